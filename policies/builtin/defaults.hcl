# What gate leaves out of every comparison unless a policy says: compare { defaults = false }
# names are those of files in any folder, but for folders of which a program reads every file; what else a group leaves
# out is told by code: see defaults.go.

group "identity" {
  reason = "what makes a host that host: its ids, names, addresses and keys; in shadow files, the day on which a password was set"
  facts = [
    os.hostname,
    os.fqdn,
    os.addresses,
    file["/etc/machine-id"],
    file["/var/lib/dbus/machine-id"],
    file["/etc/hostname"],
    file["/etc/mailname"],
    file["/etc/hostid"],
    file["/etc/ssh/ssh_host_*"],
    file["/etc/bind/rndc.key"],
    file["/etc/chrony/chrony.keys"],
    file["/etc/resolv.conf"],
    file["/etc/iscsi/initiatorname.iscsi"],
    file["/etc/nvme/hostid"],
    file["/etc/nvme/hostnqn"],
    file["/etc/multipath/wwids"],
    file["/etc/lvm/archive/*"],
    file["/etc/lvm/backup/*"],
    file["/etc/lvm/devices/*"],
    file["/etc/udev/rules.d/70-persistent-*"],
    file["/etc/popularity-contest.conf"],
    file["/etc/ssl/certs/ssl-cert-snakeoil.pem"],
    file["/etc/ssl/private/ssl-cert-snakeoil.key"],
    file["/etc/puppet/ssl/*"],
    file["/etc/puppetlabs/puppet/ssl/*"],
    file["/etc/salt/minion_id"],
    file["/etc/salt/pki/*"],
  ]
}

group "certificates" {
  reason = "certificates that each host gets and renews for itself"
  facts = [
    file["/etc/letsencrypt/accounts"],
    file["/etc/letsencrypt/accounts/*"],
    file["/etc/letsencrypt/archive"],
    file["/etc/letsencrypt/archive/*"],
    file["/etc/letsencrypt/csr"],
    file["/etc/letsencrypt/csr/*"],
    file["/etc/letsencrypt/keys"],
    file["/etc/letsencrypt/keys/*"],
    file["/etc/letsencrypt/live"],
    file["/etc/letsencrypt/live/*"],
  ]
}

group "uuids" {
  reason = "ids of disks in fstab, crypttab, mdadm.conf, initramfs-tools and boot loaders: entries whose key is one, and those in values"
}

group "caches" {
  reason = "made from other files, in the order in which these came"
  names  = ["*.cache"]
  facts = [
    file["*.pyc"],
    file["*/__pycache__"],
    file["*/__pycache__/*"],
    file["*/.cache"],
    file["*/.cache/*"],
    file["/etc/udev/hwdb.bin"],
    file["/etc/aliases.db"],
    file["/etc/postfix/*.db"],
    file["/etc/ssl/certs/*.0"],
    file["/etc/ssl/certs/java/cacerts"],
  ]
}

group "debris" {
  reason = "what editors, tools and installers leave behind, and nothing reads"
  names = [
    "*~", "*.swp", "*.swo", "*.bak", "*.orig", "*.rej",
    "*.dpkg-old", "*.dpkg-bak", "*.dpkg-tmp", "*.ucf-old", "*.rpmsave", "*.rpmorig",
    "*.log", "*.pid",
  ]
  facts = [
    file["*/.*.swp"],
    file["*/.*.swo"],
    file["/etc/passwd-"],
    file["/etc/shadow-"],
    file["/etc/group-"],
    file["/etc/gshadow-"],
    file["/etc/subuid-"],
    file["/etc/subgid-"],
    file["/etc/.pwd.lock"],
    file["/etc/.updated"],
    file["*/.git"],
    file["*/.git/*"],
    file["*/.*_history"],
    file["*/.lesshst"],
    file["*/.viminfo"],
    file["*/.wget-hsts"],
    file["*/.Xauthority"],
    file["*/.sudo_as_admin_successful"],
  ]
}

group "motion" {
  reason = "what moves by itself: the clock and its correction, the kernel that runs until the next boot, and when a unit started or a revision came"
  facts = [
    revision["*"].changed,
    service["*"].started,
    os.clock_offset,
    os.kernel,
    file["/etc/adjtime"],
  ]
}

group "digests" {
  reason = "size and digest of a file whose settings are compared: they tell of comments and order only"
}

group "own-addresses" {
  reason = "lines of /etc/hosts that give an address of the host's own no names but its own"
}

group "removed-packages" {
  reason = "packages that were removed and left their configuration (dpkg's state config-files)"
}

group "kernel-packages" {
  reason = "kernel packages that have a version in their name, as linux-image-6.1.0-18-amd64: hosts keep old ones; linux-image-amd64 is compared"
}

group "unmerged-updates" {
  reason = "new configuration that an update brought and nobody merged (*.dpkg-dist, *.rpmnew, *.ucf-dist): reported apart"
}
