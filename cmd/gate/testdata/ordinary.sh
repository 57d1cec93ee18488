# Makes an ordinary host out of a tree that debootstrap left: run in it by root, with the host's name as $0, its
# address, and a number of its own. Everything that is here is another one's, or another day's, on each host.
name=$0 address=$1 i=$2

# Who it is.
echo "$name" >/etc/hostname
printf '127.0.0.1\tlocalhost\n%s\t%s.example.net\t%s\n::1\tlocalhost\n' "$address" "$name" "$name" >/etc/hosts
echo "$name.example.net" >/etc/mailname
tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
printf 'search example.net\nnameserver 10.0.0.%s\n' "$i" >/etc/resolv.conf
disk=$(cat /proc/sys/kernel/random/uuid) swap=$(cat /proc/sys/kernel/random/uuid)
printf '# of %s\nUUID=%s / ext4 errors=remount-ro 0 1\nUUID=%s none swap sw 0 0\n' "$name" "$disk" "$swap" >/etc/fstab
mkdir -p /etc/initramfs-tools/conf.d
echo "RESUME=UUID=$swap" >/etc/initramfs-tools/conf.d/resume
rm -f /etc/ssh/ssh_host_*
ssh-keygen -q -A
make-ssl-cert generate-default-snakeoil --force-overwrite
mkdir -p /etc/network
printf 'auto lo eth0\niface lo inet loopback\niface eth0 inet static\n  address %s/24\n  gateway 10.0.1.254\n' "$address" >/etc/network/interfaces

# When it was made, and in what order.
sed -i "s/^\([^:]*:[^:]*\):[0-9]*:/\1:$((19000 + i)):/" /etc/shadow
useradd --create-home --shell /bin/sh deploy
echo 'deploy:$6$aaaaaaaa$0123456789' | chpasswd --encrypted
echo 'deploy ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/deploy
chmod 440 /etc/sudoers.d/deploy
printf '0.0 %s 0.0\n%s\nUTC\n' "$i" "$i" >/etc/adjtime
chage -d "$((20000 + i))" root
find /etc -newer /etc/hostname -exec touch -d "@$((1700000000 + i))" {} +

# What it has done since.
mkdir -p /etc/lvm/archive
echo "id = \"$disk\"" >"/etc/lvm/archive/vg0_0000$i-$i.vg"
mkdir -p /var/log/nginx /var/cache/app /etc/app/__pycache__
for day in $(seq "$i"); do
  echo "$name booted" >>/var/log/syslog
  echo "# $name, day $day" >>/etc/app/app.conf
done
printf 'workers = 4\nlisten = %s.example.net:80\n' "$name" >>/etc/app/app.conf
echo "$name" >/etc/app/app.log
echo "$name" >/etc/app/app.conf~
echo "$name" >/etc/app/.app.conf.swp
echo "$name" >/etc/app/app.conf.dpkg-old
echo "$name" >/etc/app/__pycache__/app.cpython-311.pyc
echo "$name" >"/etc/app/app.conf.$i.bak"
echo "$name" >/etc/passwd-
ldconfig
for file in .bash_history .python_history .viminfo .lesshst .cache/motd.legal-displayed; do
  mkdir -p "$(dirname "/root/$file")"
  echo "$name" >"/root/$file"
done
