#!/bin/sh
# gate-probe: reads a host for gate (https://github.com/seed-313c021b/gate). It writes no file, changes nothing, and runs
# nothing but POSIX sh and the programs named below; only a "command" section runs what the policy says.
#
# gate sends it to "sh -s", with the request as its last line. Installed on a host, it is a forced command (sshd(8),
# AUTHORIZED_KEYS FILE FORMAT), and then takes the request line alone from what gate sends, without running it:
#
#   restrict,command="/usr/local/libexec/gate-probe /etc/app /srv --run 'openssl version'" ssh-ed25519 AAAA…
#
# Its arguments bound what may be asked for: the folders to look in (links out of them are followed), and after --run the
# command lines that "command" and "preview" sections may run. Without a folder it reads any path that the account may read.
#
# What it prints is framed by a random word of the request:
#
#   =gate WORD head 1 DIGEST SECONDS UID MACHINE-ID BOOT-ID DEVICE:INODE
#   =gate WORD begin NUMBER
#   (what the section's function printed, and a newline)
#   =gate WORD end NUMBER STATUS MESSAGES
#   =gate WORD done NUMBER
#
# A section's function relies on: LC_ALL=C; set -f (it may set +f: it runs in a subshell); the folder / as its working
# directory; $root before every path, "" or a folder that stands for "/"; no input; its standard error becomes MESSAGES;
# it returns 0, 66 for "it is not there", 77 for "may not" (gate_missing tells which), else it failed (sysexits(3)). Nothing
# may be kept in a file.

# Functions that the account exports to bash would stand in for programs.
# shellcheck disable=SC2046,SC3044 # in bash alone
[ -z "${BASH_VERSION-}" ] || unset -f $(compgen -A function)
LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export PATH
unset IFS CDPATH GREP_OPTIONS POSIXLY_CORRECT
unalias -a
set -f
umask 077
gate_digest=@DIGEST@
gate_collectors=' @COLLECTORS@ '
gate_self=
gate_leader=
gate_installed=
gate_bounds=
gate_folders=
gate_commands=
gate_newline='
'

# gate_main WORD MODE ROOT ROOT_REQUEST [NUMBER COLLECTOR COUNT ARGUMENT...]...
# MODE "watch" ends everything when standard input closes; "inner" and "watch-inner" are for the shell of root's, whose
# whole request line is ROOT_REQUEST.
gate_main() {
	[ $# -ge 4 ] || gate_usage
	gate_word=$1 gate_mode=$2 root=$3 gate_become=$4
	shift 4
	cd / || exit 71
	exec 4>&1
	case $gate_mode in watch*) gate_watcher ;; esac
	case $gate_mode in
	*inner) ;;
	*) gate_head ;;
	esac
	gate_count=0
	while [ $# -gt 0 ]; do
		[ $# -ge 3 ] || gate_usage
		gate_number=$1 gate_name=$2 gate_args=$3
		shift 3
		case $gate_name in *' '*) gate_usage ;; esac
		case $gate_collectors in *" $gate_name "*) ;; *) gate_usage ;; esac
		case $gate_args in '' | *[!0-9]* | ???????*) gate_usage ;; esac
		[ "$gate_args" -le $# ] || gate_usage
		gate_section "$@"
		shift "$gate_args"
		gate_count=$((gate_count + 1))
	done
	if [ -n "$gate_become" ]; then
		gate_as_root
	else
		gate_done
	fi
	exit 0
}

# gate_head prints the first line. What tells one machine from another, the folder / included, is "-" where it cannot be read.
gate_head() {
	gate_id='' gate_boot='' gate_place='' gate_name=head
	if gate_allowed; then
		read -r gate_id <"$root/etc/machine-id"
		read -r gate_boot </proc/sys/kernel/random/boot_id
		gate_place=$(stat -L -c %d:%i "$root/")
	fi 2>/dev/null
	case $gate_id in '' | *[!0-9a-f]*) gate_id=- ;; esac
	case $gate_boot in '' | *[!0-9a-f-]*) gate_boot=- ;; esac
	case $gate_place in '' | *[!0-9:]*) gate_place=- ;; esac
	printf '\n=gate %s head 1 %s %s %s %s %s %s\n' "$gate_word" "$gate_digest" "$(date +%s)" "$(id -u)" "$gate_id" "$gate_boot" "$gate_place"
}

# gate_section ARGUMENT...: runs one section, on the first $gate_args arguments.
gate_section() {
	printf '=gate %s begin %s\n' "$gate_word" "$gate_number"
	{
		(
			gate_i=0
			for gate_arg do
				[ "$gate_i" -gt 0 ] || set --
				[ "$gate_i" -ge "$gate_args" ] || set -- "$@" "$gate_arg"
				gate_i=$((gate_i + 1))
			done
			gate_allowed "$@" && "read_$gate_name" "$@"
		) 2>&1 >&4 4>&- 3<&- </dev/null
		gate_status $?
	} | gate_end end "$gate_number"
}

gate_status() {
	printf '\n=gate %s status %s\n' "$gate_word" "$1"
}

# gate_end KIND NUMBER: reads messages to the line of gate_status, and prints a frame's last line. It does not wait for
# the end of input, which a process that a command left in the background may hold open.
gate_end() {
	gate_kind=$1 gate_of=$2 gate_messages='' gate_code=71
	while IFS= read -r gate_line; do
		case $gate_line in
		"=gate $gate_word status "*)
			gate_code=${gate_line##* }
			break
			;;
		esac
		[ "${#gate_messages}" -gt 500 ] || gate_messages="$gate_messages $gate_line"
	done
	# shellcheck disable=SC2086 # the words of it, by one space each
	set -- $gate_messages
	printf '\n=gate %s %s %s %s %.500s\n' "$gate_word" "$gate_kind" "$gate_of" "$gate_code" "$*"
}

gate_done() {
	case $gate_mode in
	*inner) ;;
	*) printf '=gate %s done %s\n' "$gate_word" "$gate_count" ;;
	esac
}

# gate_watcher ends everything that was started here when standard input closes: sshd passes no signals.
gate_watcher() {
	exec 3<&0
	gate_find_leader
	{
		trap '' HUP INT TERM
		cat <&3
		if [ -n "$gate_leader" ]; then kill -KILL 0; fi
		kill -KILL $$
	} >/dev/null 2>&1 4>&- &
}

# gate_find_leader sets $gate_leader to the leader of this process group, or to nothing where other processes than those of this
# login may be in the group: a server that gives its logins no group of their own may share one with all services. Root's
# shell gets it from the shell that started it.
gate_find_leader() {
	read -r gate_line 2>/dev/null <"/proc/$$/stat" || gate_line='() - - 0'
	# shellcheck disable=SC2086 # proc_pid_stat(5): PID (NAME) STATE PARENT GROUP
	set -- ${gate_line##*") "}
	[ "$3" != "$$" ] || gate_leader=$$
	[ "$3" != "$gate_leader" ] || return 0
	gate_leader=
	read -r gate_line 2>/dev/null <"/proc/$3/stat" || return 0
	# shellcheck disable=SC2086
	set -- "$3" "$gate_line" ${gate_line##*") "}
	read -r gate_line 2>/dev/null <"/proc/$4/stat" || gate_line=
	for gate_line in "$2" "$gate_line"; do
		case $gate_line in *' (sshd'* | *' (dropbear'* | *' (tinysshd'* | *' (sudo)'*) gate_leader=$1 ;; esac
	done
}

# gate_as_root runs the sections that ask for it in one shell of root's. The cat hands the end of input on to that
# shell's own watcher, since root's processes cannot be ended from here; it outlives that shell, so the frames are ended
# on the other side of the pipe.
gate_as_root() {
	{
		[ -n "$gate_installed" ] || printf '%s\ngate_leader=%s\n' "$gate_self" "$gate_leader"
		printf '%s\n' "$gate_become"
		[ "$gate_mode" != watch ] || cat <&3
	} 4>&- 2>/dev/null | {
		exec 3<&-
		{
			gate_root_shell 2>&1 >&4 4>&-
			gate_status $?
		} | gate_end root 0
		gate_done
	}
}

gate_root_shell() {
	set -- sh -s
	if [ -n "$gate_installed" ]; then
		IFS=$gate_newline
		# shellcheck disable=SC2086 # a bound a line
		set -- "$gate_installed" $gate_bounds
		unset IFS
	fi
	[ "$(id -u)" -eq 0 ] || set -- sudo -n "$@"
	"$@"
}

# gate_missing PATH: for a section's function that cannot see what it looks for. Returns 66 when it is not there, and 77
# when that cannot be told, since a folder above it may not be searched. Of a link that leads below such a folder the
# shell's tests say that nothing is there: links are followed by hand.
gate_missing() {
	gate_rest=$1 gate_above='' gate_hops=0
	while :; do
		gate_part=$gate_above${gate_rest%%/*}
		if [ -d "$gate_part/" ]; then
			[ -x "$gate_part/" ] || { printf 'may not look into %s/\n' "$gate_part" >&2; return 77; }
			case $gate_rest in */*) gate_above=$gate_part/ gate_rest=${gate_rest#*/} ;; *) return 66 ;; esac
		elif [ -L "$gate_part" ] && [ "$gate_hops" -lt 40 ]; then
			gate_hops=$((gate_hops + 1))
			gate_part=$(readlink "$gate_part") || return 77
			case $gate_part in /*) gate_above='' ;; esac
			case $gate_rest in */*) gate_rest=$gate_part/${gate_rest#*/} ;; *) gate_rest=$gate_part ;; esac
		else
			return 66
		fi
	done
}

# gate_forced BOUND...: what the script does when it is installed. It reads lines until one is a request. Who asks sshd for
# anything but gate's command would wait for an answer.
gate_forced() {
	[ "${SSH_ORIGINAL_COMMAND-sh -s}" = 'sh -s' ] || gate_usage
	gate_installed=$0
	case $0 in /*) ;; */*) gate_installed=$PWD/$0 ;; esac
	gate_run=
	for gate_arg do
		gate_bounds=$gate_bounds$gate_arg$gate_newline
		case $gate_run$gate_arg in
		--run) gate_run=yes ;;
		yes*) gate_commands=$gate_commands$gate_arg$gate_newline ;;
		/*) gate_folders=$gate_folders$gate_arg$gate_newline ;;
		*) gate_usage ;;
		esac
	done
	while IFS= read -r gate_line; do
		case $gate_line in
		"gate_main '"*) gate_words "${gate_line#gate_main } ." ;;
		esac
	done
	gate_usage
}

# gate_words LINE: runs gate_main on the words of a line, each in single quotes as 'it'\''s' is, with a last word "." that
# is not. Between two quotes a part is inside them or outside in turn, and what is outside says what comes next.
gate_words() {
	IFS="'"
	# shellcheck disable=SC2086 # the parts between quotes
	set -- $1
	unset IFS
	gate_expect=begin
	for gate_part do
		case $gate_expect:$gate_part in
		begin:)
			gate_expect=inside gate_arg=
			set --
			;;
		inside:*)
			gate_expect=outside gate_arg=$gate_arg$gate_part
			;;
		'outside: ')
			gate_expect=inside
			set -- "$@" "$gate_arg"
			gate_arg=
			;;
		outside:\\)
			gate_expect=again gate_arg=$gate_arg"'"
			;;
		again:) gate_expect=inside ;;
		'outside: .') gate_main "$@" "$gate_arg" ;;
		*) gate_usage ;;
		esac
	done
	gate_usage
}

gate_usage() {
	printf 'gate-probe: this is no request of gate. See gate probe --help\n' >&2
	exit 64
}

# gate_allowed ARGUMENT...: may the section read this? Only an installed script bounds it.
gate_allowed() {
	[ -n "$gate_installed" ] || return 0
	case $gate_name in
	command | preview)
		case $gate_newline$gate_commands in *"$gate_newline$1$gate_newline"*) ;; *) gate_refuse "$1" || return ;; esac
		shift
		;;
	esac
	[ -n "$gate_folders" ] || return 0
	for gate_arg in "$root" "$@"; do
		case $gate_arg in
		*/*) gate_inside || gate_refuse "$gate_arg" || return ;;
		?*) ! gate_at_root || gate_refuse "$gate_arg" || return ;;
		esac
	done
}

# gate_at_root: is $gate_arg, which has no slash, the name of something in /, or a pattern of such names?
gate_at_root() {
	gate_found=1
	IFS=
	set +f
	for gate_folder in /$gate_arg; do
		[ ! -e "$gate_folder" ] || gate_found=0
	done
	set -f
	unset IFS
	return "$gate_found"
}

gate_refuse() {
	printf 'the installed gate-probe does not allow %s\n' "$1" >&2
	return 77
}

# gate_inside: does $gate_arg stand below one of $gate_folders? Not when it climbs, also by a pattern that ".." matches.
gate_inside() {
	case $gate_arg/ in */../* | */.[*?[]* | */..[*?[]*) return 1 ;; esac
	IFS=$gate_newline
	# shellcheck disable=SC2086 # a folder a line
	set -- $gate_folders
	unset IFS
	for gate_folder do
		case $gate_arg in "$gate_folder" | "${gate_folder%/}/"*) return 0 ;; esac
	done
	return 1
}
