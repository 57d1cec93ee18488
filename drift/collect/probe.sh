#!/bin/sh
# gate-probe: reads a host for gate (https://github.com/seed-313c021b/gate). It writes no file, changes nothing, and runs
# nothing but POSIX sh and the programs named below; only a "command" section runs what the policy says.
#
# gate sends it to "sh -s", with the request as its last line. Installed on a host, it is a forced command (sshd(8),
# AUTHORIZED_KEYS FILE FORMAT), and then takes the request line alone from what gate sends:
#
#   restrict,command="/usr/local/libexec/gate-probe /etc/app /srv" ssh-ed25519 AAAA…
#
# Its arguments bound what may be read: folders, and whole command lines for "command" sections. Without arguments it
# reads any path that the account may read, and runs no command.
#
# What it prints is framed by a random word of the request:
#
#   =gate WORD head VERSION DIGEST SECONDS UID
#   =gate WORD begin NUMBER
#   (what the section's function printed, and a newline)
#   =gate WORD end NUMBER STATUS MESSAGES
#   =gate WORD done NUMBER
#
# A section's function relies on: LC_ALL=C; set -f (it may set +f: it runs in a subshell); $root before every path, ""
# or a folder that stands for "/"; no input; its standard error becomes MESSAGES; it returns 0, 66 for "it is not
# there", 77 for "may not", else it failed (sysexits(3)). Nothing may be kept in a file.

LC_ALL=C
export LC_ALL
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export PATH
unset IFS CDPATH GREP_OPTIONS POSIXLY_CORRECT
unalias -a
set -f
umask 077
gate_digest=@DIGEST@
gate_self=
gate_installed=
gate_roots=
gate_newline='
'

# gate_main WORD MODE ROOT ROOT_REQUEST [NUMBER COLLECTOR COUNT ARGUMENT...]...
# MODE "watch" ends everything when standard input closes; "inner" and "watch-inner" are for the shell of root's, whose
# whole request line is ROOT_REQUEST.
gate_main() {
	gate_word=$1 gate_mode=$2 root=$3 gate_become=$4
	shift 4
	exec 4>&1
	case $gate_mode in watch*) gate_watcher ;; esac
	case $gate_mode in
	*inner) ;;
	*) printf '\n=gate %s head 1 %s %s %s\n' "$gate_word" "$gate_digest" "$(date +%s)" "$(id -u)" ;;
	esac
	gate_count=0
	while [ $# -gt 0 ]; do
		gate_number=$1 gate_name=$2 gate_args=$3
		shift 3
		case $gate_name$gate_args in *[!a-z0-9_]*) gate_usage ;; esac
		case $gate_args in '' | *[!0-9]*) gate_usage ;; esac
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

# gate_section ARGUMENT...: runs one section, on the first $gate_args arguments.
gate_section() {
	printf '=gate %s begin %s\n' "$gate_word" "$gate_number"
	gate_messages=$({
		gate_i=0
		for gate_arg do
			[ "$gate_i" -gt 0 ] || set --
			[ "$gate_i" -ge "$gate_args" ] || set -- "$@" "$gate_arg"
			gate_i=$((gate_i + 1))
		done
		gate_allowed "$@" && "read_$gate_name" "$@"
	} 2>&1 >&4 4>&- 3<&- </dev/null)
	gate_end end "$gate_number" "$?" "$gate_messages"
}

# gate_end KIND NUMBER STATUS MESSAGES: prints a frame's last line, with the messages on it.
gate_end() {
	gate_kind=$1 gate_of=$2 gate_status=$3
	set -- $4
	printf '\n=gate %s %s %s %s %.500s\n' "$gate_word" "$gate_kind" "$gate_of" "$gate_status" "$*"
}

gate_done() {
	case $gate_mode in
	*inner) ;;
	*) printf '=gate %s done %s\n' "$gate_word" "$gate_count" ;;
	esac
}

# gate_watcher ends every process of this session when standard input closes: sshd passes no signals.
gate_watcher() {
	exec 3<&0
	{
		trap '' HUP INT TERM
		cat <&3
		kill -KILL 0
	} >/dev/null 2>&1 4>&- &
}

# gate_as_root runs the sections that ask for it in one shell of root's. The cat hands the end of input on to that
# shell's own watcher, since root's processes cannot be ended from here; it outlives that shell, so the frames are ended
# on the other side of the pipe.
gate_as_root() {
	{
		[ -n "$gate_installed" ] || printf '%s\n' "$gate_self"
		printf '%s\n' "$gate_become"
		[ "$gate_mode" != watch ] || cat <&3
	} 4>&- | {
		exec 3<&-
		gate_messages=$({
			if [ -n "$gate_installed" ]; then
				IFS=$gate_newline
				set -- "$gate_installed" $gate_roots
				unset IFS
			else
				set -- sh -s
			fi
			[ "$(id -u)" -eq 0 ] || set -- sudo -n "$@"
			"$@"
		} 2>&1 >&4 4>&-)
		gate_end root 0 "$?" "$gate_messages"
		gate_done
	}
}

# gate_forced ROOT...: what the script does when it is installed. It reads lines until one is a request.
gate_forced() {
	gate_installed=$0
	for gate_arg do
		gate_roots=$gate_roots$gate_arg$gate_newline
	done
	while IFS= read -r gate_line; do
		case $gate_line in
		"gate_main '"*)
			gate_rest=${gate_line#gate_main }
			set --
			while [ -n "$gate_rest" ]; do
				gate_next
				set -- "$@" "$gate_arg"
			done
			gate_main "$@"
			;;
		esac
	done
	gate_usage
}

# gate_next takes the next word, in single quotes, from $gate_rest to $gate_arg.
gate_next() {
	case $gate_rest in "'"*"'"*) ;; *) gate_usage ;; esac
	gate_arg=
	while :; do
		gate_rest=${gate_rest#"'"}
		gate_arg=$gate_arg${gate_rest%%"'"*}
		gate_rest=${gate_rest#*"'"}
		case $gate_rest in
		"\\''"*)
			gate_arg=$gate_arg"'"
			gate_rest=${gate_rest#"\\'"}
			;;
		*) break ;;
		esac
	done
	gate_rest=${gate_rest# }
}

gate_usage() {
	printf 'gate-probe: this is no request of gate. See gate probe --help\n' >&2
	exit 64
}

# gate_allowed ARGUMENT...: may the section read this? Only an installed script bounds it.
gate_allowed() {
	[ -n "$gate_installed" ] || return 0
	if [ "$gate_name" = command ]; then
		case $gate_newline$gate_roots in *"$gate_newline$1$gate_newline"*) return 0 ;; esac
		gate_refuse "$1"
		return 77
	fi
	case $gate_newline$gate_roots in *"$gate_newline"/*) ;; *) return 0 ;; esac
	for gate_arg do
		case $gate_arg in /*) gate_inside || { gate_refuse "$gate_arg"; return 77; } ;; esac
	done
}

gate_refuse() {
	printf 'the installed gate-probe does not allow %s\n' "$1" >&2
}

# gate_inside: does $gate_arg stand below one of $gate_roots?
gate_inside() {
	case $gate_arg/ in */../*) return 1 ;; esac
	IFS=$gate_newline
	set -- $gate_roots
	unset IFS
	for gate_root do
		case $gate_arg in "$gate_root" | "${gate_root%/}"/*) return 0 ;; esac
	done
	return 1
}
