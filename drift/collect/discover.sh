# read_discover FOLDER...: what may be worth a collect block, for gate init.
#
# It prints lines of a kind and a path or name: deb, upgrades, venv, requirements, checkout, marker, unit, folder, and partial
# for a folder in which something could not be looked at; then "end".
read_discover() {
	set +f
	if [ -e "$root/var/lib/dpkg/status" ] || [ -d "$root/var/lib/dpkg/status.d" ]; then
		echo "deb /var/lib/dpkg"
	fi
	if grep -qs '^[[:space:]]*APT::Periodic::Unattended-Upgrade[[:space:]]*"[1-9]' "$root"/etc/apt/apt.conf.d/*; then
		echo "upgrades /etc/apt/apt.conf.d"
	fi
	discover_dnf
	for discover_folder do
		[ ! -d "$root$discover_folder/" ] || discover_below "$discover_folder"
	done
	discover_units
	discover_folders
	echo end
}

# discover_dnf: whether dnf-automatic installs updates: it has a timer of its own for that, and else is told to.
discover_dnf() {
	for discover_path in "$root"/etc/systemd/system/timers.target.wants/dnf*automatic*.timer; do
		case ${discover_path##*/} in
		dnf-automatic-install.timer) ;;
		dnf-automatic.timer | dnf5-automatic.timer)
			grep -qsiE '^[[:space:]]*apply_updates[[:space:]]*=[[:space:]]*(yes|true|on|1)[[:space:]]*$' "$root"/etc/dnf/automatic.conf "$root"/etc/dnf/dnf5-plugins/automatic.conf || continue ;;
		*) continue ;;
		esac
		if [ -L "$discover_path" ] || [ -e "$discover_path" ]; then
			echo "upgrades /etc/dnf"
		fi
	done
}

# discover_below FOLDER: virtual environments, requirements files, checkouts and files that say what is deployed (REVISION), a
# few levels down, and not in hidden folders but .venv. Of releases side by side the current one counts.
discover_below() {
	{
		find "$root$1/" -maxdepth 5 \( -name "*$gate_newline*" -o -name node_modules -o -name site-packages -o -name dist-packages \) -prune \
			-o -name .git -print -prune \
			-o -name '.*' ! -name .venv -prune \
			-o \( -name pyvenv.cfg -o -name requirements.txt -o -name REVISION \) -type f -print 2>/dev/null || echo partial
	} | while IFS= read -r discover_path; do
		case $discover_path in
		*/pyvenv.cfg) discover_kind=venv ;;
		*/requirements.txt) discover_kind=requirements ;;
		*/.git) discover_kind=checkout ;;
		*/releases/*/REVISION)
			discover_kind=marker discover_path=${discover_path%/releases/*}/current/REVISION
			[ -f "$discover_path" ] || continue
			;;
		*/REVISION) discover_kind=marker ;;
		*) discover_kind=partial discover_path=$root$1/. ;;
		esac
		case $discover_kind in requirements | marker) ;; *) discover_path=${discover_path%/*} ;; esac
		printf '%s %s\n' "$discover_kind" "${discover_path#"$root"}"
	done
}

# discover_units: units that the host's administrator wrote. Links are states of other units, but for those to a file elsewhere.
discover_units() {
	for discover_path in "$root"/etc/systemd/system/*; do
		case $discover_path in
		*"$gate_newline"*) continue ;;
		*.service | *.timer | *.socket | *.path) ;;
		*) continue ;;
		esac
		if [ -L "$discover_path" ]; then
			case $(readlink "$discover_path") in /lib/* | /usr/lib/* | /dev/null | '' | [!/]*) continue ;; esac
		fi
		[ ! -f "$discover_path" ] || printf 'unit %s\n' "${discover_path##*/}"
	done
}

# discover_folders: folders in /etc that have something in them and belong to no package, where dpkg knows that.
discover_folders() {
	set -- "$root"/var/lib/dpkg/info/*.list
	[ -r "$1" ] || return 0
	discover_owned=$gate_newline$(cat "$@" | grep -x '/etc/[^/]*')$gate_newline
	for discover_path in "$root"/etc/*; do
		if [ -L "$discover_path" ] || [ ! -d "$discover_path" ]; then continue; fi
		set -- "$discover_path"/*
		case $discover_path$discover_owned in
		*"$gate_newline${discover_path#"$root"}$gate_newline"*) ;;
		*) [ ! -e "$1" ] || printf 'folder %s\n' "${discover_path#"$root"}" ;;
		esac
	done
}
