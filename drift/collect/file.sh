# read_file [-x NAME]... [-a] [-s SIZE] [-d DEPTH PATH...]...
# Reads what is at paths and down to a depth below them ("" for any), without names that match an -x; with -a the content
# of every file of at most SIZE bytes (1 MiB; never more than 8 MiB), else of those whose name says that they configure
# something.
#
# No name passes through the shell: find gives them to stat, sha256sum and cat, many at a time. Each -exec … + stands
# outside of parentheses, since busybox never runs one inside. file_read.go names the lines that this prints.
read_file() {
	for file_tool in find stat sha256sum cat; do
		command -v "$file_tool" >/dev/null || {
			printf 'there is no %s\n' "$file_tool" >&2
			return 69
		}
	done
	QUOTING_STYLE=literal
	export QUOTING_STYLE file_same
	printf 'root %s\n' "$root"
	file_above='' file_links='' file_followed='' file_size=1048576
	file_each file_there "$@"
	file_modes
	file_each file_facts "$@"
	printf 'data\n'
	file_each file_data "$@"
	printf '\nend\n'
}

# The names of files whose content is read.
file_known='@NAMES@'

# What is the same of a file that did not change: type and mode, size, inode, times. To give it to somebody else changes
# the last of them, so that names of owners, which take longest, need be asked for once.
file_same='%f %s %i %Y %Z'

# file_each STEP ARGUMENT...: takes a step with the paths of each depth.
file_each() {
	file_step=$1 file_names="( $file_known )" file_prune='' file_depth='' file_paths=''
	shift
	while [ $# -gt 0 ]; do
		case $1 in
		-a) file_names= ;;
		-s)
			case $2 in '' | 0* | *[!0-9]* | ????????*) file_size=8388608 ;; *) file_size=$2 ;; esac
			[ "$file_size" -le 8388608 ] || file_size=8388608
			shift
			;;
		-x)
			file_prune="${file_prune:+$file_prune$gate_newline-o$gate_newline}-name$gate_newline$2"
			shift
			;;
		-d)
			[ -z "$file_paths" ] || "$file_step"
			file_depth=$2 file_paths=''
			shift
			;;
		*) file_paths=$file_paths$gate_newline$1 ;;
		esac
		shift
	done
	[ -z "$file_paths" ] || "$file_step"
}

# file_there says of each path whether it is there, and in which folder it really is. It collects the folders above it,
# whose modes tell who may read it, and the links. Below a root a link may lead out of it, and none is followed.
file_there() {
	IFS=$gate_newline
	# shellcheck disable=SC2086 # a path a line
	set -- $file_paths
	unset IFS
	for file_path do
		file_real=$root$file_path
		if [ ! -e "$file_real" ] && [ ! -L "$file_real" ]; then
			gate_missing "$file_real" 2>/dev/null
			case $? in 66) printf 'gone %s\n' "$file_path" ;; *) printf 'denied %s\n' "$file_path" ;; esac
			continue
		fi
		if [ -n "$root" ] && [ "$file_depth" != 0 ] && [ -L "$file_real" ]; then
			printf 'link %s\n' "$file_path"
			continue
		fi
		[ ! -L "$file_real" ] || file_links=$file_links$gate_newline$file_real
		if [ -z "$root" ] && [ -L "$file_real" ] && [ -f "$file_real" ]; then
			file_followed=$file_followed$gate_newline$file_real
			file_real=$(readlink -f "$file_real") || file_real=''
		fi
		file_folder=$file_real
		[ -d "$file_real" ] || file_folder=${file_real%/*}
		if [ -n "$root" ]; then
			file_real=$file_folder
		elif [ -n "$file_real" ]; then
			file_real=$(cd -P "$file_folder/" 2>/dev/null && pwd -P)
		fi
		case $file_real in *"$gate_newline"*) file_real= ;; esac
		printf 'at %s\nreal %s\n' "$file_path" "$file_real"
		while [ -n "$file_real" ]; do
			case $file_above$gate_newline in *"$gate_newline$file_real$gate_newline"*) break ;; esac
			file_above=$file_above$gate_newline$file_real
			[ "$file_real" != "$root" ] && [ "$file_real" != / ] || break
			file_real=${file_real%/*}
			[ -n "$file_real" ] || file_real=/
		done
	done
}

file_modes() {
	IFS=$gate_newline
	# shellcheck disable=SC2086 # a path a line
	{
		[ -z "$file_above" ] || stat -L -c 'above %f %n' $file_above
		[ -z "$file_links" ] || stat -c 'l %s %n %N' $file_links
		[ -z "$file_followed" ] || stat -L -c 'follow %f %s %n' $file_followed
	} 2>/dev/null
	unset IFS
}

# file_find ARGUMENT...: runs find on the paths of this step.
file_find() {
	file_follow=-P file_starts=
	[ -n "$root" ] || file_follow=-H
	IFS=$gate_newline
	# shellcheck disable=SC2086
	for file_path in $file_paths; do
		file_path=$root$file_path
		if [ -e "$file_path" ] || [ -L "$file_path" ]; then file_starts=$file_starts$gate_newline$file_path; fi
	done
	file_limit=
	[ -z "$file_depth" ] || file_limit=-maxdepth$gate_newline$file_depth
	file_skip=
	[ -z "$file_prune" ] || file_skip="($gate_newline$file_prune$gate_newline)$gate_newline-prune$gate_newline-o"
	# shellcheck disable=SC2086 # an argument a line
	set -- find "$file_follow" $file_starts $file_limit $file_skip "$@"
	unset IFS
	[ -z "$file_starts" ] || "$@"
}

# file_facts prints what is told of each file, and then what the programs complain about, but for what other lines tell.
file_facts() {
	{ file_look 2>&1 >&5 | file_complaints; } 5>&1
}

# Every program that find runs succeeds: after one that fails, busybox does not run those that are left.
file_look() {
	# shellcheck disable=SC2086,SC2016 # patterns without spaces; scripts for sh
	file_find -path "*$gate_newline*" -exec printf 'odd %s\0\n' {} + \
		-o -type d -exec sh -c '
			for d; do if [ ! -r "$d" ] || [ ! -x "$d" ]; then printf "closed %s\n" "$d"; fi; done
			stat -c "s $file_same:%U:%G:%n" "$@"; :' sh {} + \
		-o -type l -exec sh -c 'stat -c "s $file_same:%U:%G:%n$0l %s %n %N" "$@"; :' "$gate_newline" {} + \
		-o -type f -exec sh -c 'stat -c "s $file_same:%U:%G:%n" "$@"; sha256sum "$@"; stat -c "a $file_same:%n" "$@"; :' sh {} + \
		-size "-$((file_size + 1))c" $file_names -exec sh -c 'stat -L -c "n %s %n" "$@"; :' sh {} + \
		-o ! -type d ! -type l ! -type f -exec sh -c 'stat -c "s $file_same:%U:%G:%n" "$@"; :' sh {} + ||
		[ $? -lt 126 ] || echo 'find was ended'
}

# file_complaints tells what the programs complained about. That something vanished is no complaint, nor that a file may
# not be read, which has no digest then; a folder that find or stat could not get into hides what is in it.
file_complaints() {
	file_text='' file_count=0 file_hidden=0
	while IFS= read -r file_line; do
		case $file_line in
		'find: '*': Permission denied' | 'stat: '*': Permission denied')
			file_hidden=$((file_hidden + 1))
			[ $file_hidden -gt 1000 ] || file_text=${file_text}refused\ $file_line$gate_newline
			;;
		*': Permission denied' | *': No such file or directory') ;;
		*)
			file_count=$((file_count + 1))
			[ $file_count -gt 5 ] || file_text=${file_text}complaint\ $file_line$gate_newline
			;;
		esac
	done
	[ $file_hidden -le 1000 ] || file_text="${file_text}complaint $file_hidden times: Permission denied$gate_newline"
	printf '%s' "$file_text"
}

file_data() {
	# shellcheck disable=SC2086,SC2016
	file_find ! -path "*$gate_newline*" -type f -size "-$((file_size + 1))c" $file_names -exec sh -c 'cat "$@"; :' sh {} + 2>/dev/null
	:
}
