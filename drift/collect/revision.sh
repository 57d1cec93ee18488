# read_revision CHECKOUT MARKER: each a path, or nothing.
read_revision() {
	[ -z "$1" ] || { printf '=checkout\n' && revision_checkout "$root$1"; }
	[ -z "$2" ] || { printf '=marker\n' && revision_marker "$root$2"; }
	echo end
}

# revision_missing PATH: says that it is not there, or that this cannot be told.
revision_missing() {
	revision_text=$(gate_missing "$1" 2>&1)
	printf 'status=%s %s\n' "$?" "$revision_text"
}

revision_marker() {
	if [ ! -e "$1" ]; then
		revision_missing "$1"
	elif [ ! -f "$1" ]; then
		echo "status=1 not a file"
	elif [ ! -r "$1" ]; then
		echo "status=77 may not read it"
	else
		revision_text=$(dd if="$1" bs=4096 count=1 2>/dev/null | tr '\000\r' '\n\n' | sed -n 1p) || revision_text=
		printf 'status=0\nvalue=%s\n' "$revision_text"
		revision_links "$1"
		revision_time "$revision_at"
	fi
}

# revision_time FILE: when it was changed on this host (ctime). Its mtime may be that of the archive which it came from.
revision_time() {
	printf 'changed=%s\n' "$(stat -c %Z -- "$1" 2>/dev/null)"
}

# revision_links PATH: the times of the symbolic links on the way, of which one may have been turned to another release;
# sets $revision_at to where they lead.
revision_links() {
	revision_at=$root revision_way=${1#"$root"}/ revision_count=0
	while [ -n "$revision_way" ]; do
		revision_part=${revision_way%%/*}
		revision_way=${revision_way#*/}
		case $revision_part in
		'' | .) ;;
		..) [ "$revision_at" = "$root" ] || revision_at=${revision_at%/*} ;;
		*)
			if [ ! -L "$revision_at/$revision_part" ]; then
				revision_at=$revision_at/$revision_part
				continue
			fi
			revision_count=$((revision_count + 1))
			[ "$revision_count" -le 40 ] || return
			revision_time "$revision_at/$revision_part"
			revision_text=$(readlink "$revision_at/$revision_part")
			case $revision_text in /*) revision_at=$root ;; esac
			revision_way=$revision_text/$revision_way
			;;
		esac
	done
}

# revision_checkout PATH: the commit and branch are read without git, which would refuse a repository of another user's.
revision_checkout() {
	revision_work=$1 revision_dir=
	if [ ! -d "$1" ]; then
		if [ -e "$1" ]; then echo "status=1 not a folder"; else revision_missing "$1"; fi
		return
	fi
	[ -x "$1" ] || { echo "status=77 may not look into it"; return; }
	if [ -f "$1/.git" ]; then
		revision_line "$1/.git"
		case $revision_text in
		'gitdir: /'*) revision_dir=$root${revision_text#gitdir: } ;;
		'gitdir: '*) revision_dir=$1/${revision_text#gitdir: } ;;
		esac
	elif [ -d "$1/.git" ]; then
		revision_dir=$1/.git
	elif [ -f "$1/HEAD" ] && [ -d "$1/objects" ]; then
		revision_dir=$1 revision_work=
	fi
	[ -n "$revision_dir" ] || { echo "status=1 not a git checkout"; return; }
	if [ ! -f "$revision_dir/HEAD" ] || [ ! -r "$revision_dir/HEAD" ]; then
		if [ -x "$revision_dir" ] && [ ! -e "$revision_dir/HEAD" ]; then echo "status=1 not a git checkout: it has no HEAD"; else echo "status=77 may not read it"; fi
		return
	fi
	revision_common=$revision_dir
	if [ -f "$revision_dir/commondir" ]; then
		revision_line "$revision_dir/commondir"
		case $revision_text in /*) revision_common=$root$revision_text ;; *) revision_common=$revision_dir/$revision_text ;; esac
	fi
	echo status=0
	revision_line "$revision_dir/HEAD"
	revision_head=$revision_text
	if [ -d "$revision_common/reftable" ]; then
		revision_head=$(revision_git symbolic-ref -q HEAD 2>/dev/null) && revision_head="ref: $revision_head"
		revision_text=$(revision_git rev-parse -q --verify HEAD 2>/dev/null)
	else
		revision_follow 5
	fi
	printf 'commit=%s\n' "$revision_text"
	[ -z "$revision_text" ] || revision_moved
	case $revision_head in 'ref: refs/heads/'*) printf 'branch=%s\n' "${revision_head#ref: refs/heads/}" ;; esac
	if [ -n "$revision_work" ]; then revision_changes; else echo bare=yes; fi
}

# revision_moved: when HEAD came to its commit, by its log, which git itself rewrites now and then, and by the files that a
# copy of the whole checkout would have replaced.
revision_moved() {
	revision_links "${revision_work:-$revision_dir}"
	[ ! -d "$revision_common/reftable" ] || { revision_time "$revision_common/reftable/tables.list"; return; }
	revision_text=
	if [ -f "$revision_dir/logs/HEAD" ]; then
		revision_text=$(awk -F '\t' '{ n = split($1, word, " ") } word[1] != word[2] { moved = word[n - 1] } END { print moved }' "$revision_dir/logs/HEAD" 2>/dev/null)
	fi
	[ -z "$revision_text" ] || printf 'changed=%s\n' "$revision_text"
	case $revision_head in 'ref: refs/'*) ;; *) revision_time "$revision_dir/HEAD"; return ;; esac
	[ -n "$revision_text" ] || revision_time "$revision_dir/HEAD"
	for revision_file in "$revision_dir/${revision_head#ref: }" "$revision_common/${revision_head#ref: }"; do
		[ ! -f "$revision_file" ] || { revision_time "$revision_file"; return; }
	done
	[ -n "$revision_text" ] || revision_time "$revision_common/packed-refs"
}

# revision_line FILE: sets $revision_text to its first line.
revision_line() {
	revision_text=
	[ -f "$1" ] && read -r revision_text 2>/dev/null <"$1" || [ -n "$revision_text" ]
}

# revision_follow DEPTH: follows $revision_text, "ref: NAME", to the id of a commit, through files, and where there is none
# through packed-refs, which may have an older one. Where a file may not be read or is empty, $revision_text is too.
revision_follow() {
	case $revision_text in 'ref: refs/'*) ;; *) return ;; esac
	revision_name=${revision_text#ref: }
	case /$revision_name/ in */../* | *//*) revision_text=''; return ;; esac
	revision_text=
	for revision_file in "$revision_dir/$revision_name" "$revision_common/$revision_name"; do
		if [ -f "$revision_file" ]; then
			if revision_line "$revision_file" && [ "$1" -gt 0 ]; then revision_follow $(($1 - 1)); fi
			return
		fi
		gate_missing "$revision_file" 2>/dev/null
		[ $? -eq 66 ] || return 0
	done
	[ ! -r "$revision_common/packed-refs" ] || [ ! -f "$revision_common/packed-refs" ] ||
		revision_text=$(awk -v "name=$revision_name" '$2 == name { print $1; exit }' "$revision_common/packed-refs")
}

# revision_git ARGUMENT...: git on the repository, which a stranger may have written: only commands that read objects and
# the index and no file of the checkout, so that no filter runs; no monitor, no hook, no transport to get objects by, no lock.
revision_git() {
	env -i PATH="$PATH" LC_ALL=C GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=/dev/null XDG_CONFIG_HOME=/dev/null \
		GIT_ATTR_NOSYSTEM=1 GIT_OPTIONAL_LOCKS=0 GIT_NO_LAZY_FETCH=1 GIT_ALLOW_PROTOCOL=none GIT_TERMINAL_PROMPT=0 \
		GIT_PAGER=cat GIT_NO_REPLACE_OBJECTS=1 git --no-pager --git-dir="$revision_dir" --work-tree="${revision_work:-/}" \
		-c core.fsmonitor=false -c core.hooksPath=/dev/null -c core.untrackedCache=false -c core.quotePath=false \
		-c core.sshCommand=false -c core.gitProxy=false -c credential.helper= -c core.alternateRefsCommand=false "$@"
}

# revision_changes: what is to be known of changes. Content is hashed outside the repository, as it stands, and only of
# files that find(1) saw as such: no link is followed and no pipe waited for.
revision_changes() {
	command -v git >/dev/null || { echo "unclear=the host has no git"; return; }
	set +f
	for revision_file in "$revision_common"/sharedindex.*; do
		[ ! -e "$revision_file" ] || { echo "unclear=git would touch its shared index"; return; }
	done
	set -f
	revision_text=$(revision_git diff-index --cached --quiet HEAD -- 2>&1)
	case $? in
	0) ;;
	1) echo staged=yes; return ;;
	*) printf 'unclear=git cannot read it: %s\n' "$(printf '%s' "$revision_text" | tr '\n' ' ')"; return ;;
	esac
	revision_tracked=$(revision_git ls-files -t -s) || { echo "unclear=git cannot list its files"; return; }
	printf 'filemode=%s\n' "$(revision_git config --bool core.filemode)"
	[ ! -e "$revision_common/info/attributes" ] || echo converts=yes
	[ -z "$(revision_git config --get-regexp '^core[.](autocrlf|eol|attributesfile)$')" ] || echo converts=yes
	cd "$revision_work" || { echo "unclear=may not look into it"; return; }
	revision_disk=$(
		revision_find X -type f -perm -100
		revision_find F -type f ! -perm -100
		revision_find L -type l
	)
	case $gate_newline$revision_disk in *"$gate_newline!"*) echo partial=yes ;; esac
	printf '%s\n' "$revision_tracked" | sed 's/^/tracked=/'
	revision_disk=$(printf '%s\n=\n%s\n' "$revision_tracked" "$revision_disk" | awk '
		/^=$/ { disk = 1; next }
		!disk { sub(/^[^\t]*\t/, ""); tracked[$0] = 1; next }
		substr($0, 5) in tracked { print substr($0, 1, 2) substr($0, 5) }')
	[ -n "$revision_disk" ] || return
	printf '%s\n' "$revision_disk" | sed 's/^/disk=/'
	printf '%s\n' "$revision_disk" | sed -n 's/^L //p' | while IFS= read -r revision_file; do
		revision_text=$(readlink "./$revision_file")
		case $revision_text in *"$gate_newline"*) echo "unclear=a link with a line break" ;; esac
		printf 'link=%s\n' "$revision_text" | sed 1q
	done
	printf '%s\n' "$revision_disk" | sed -n 's/^[XF] //p' | env -i PATH="$PATH" LC_ALL=C GIT_DIR=/dev/null/none GIT_CONFIG_NOSYSTEM=1 \
		GIT_CONFIG_GLOBAL=/dev/null HOME=/dev/null git hash-object --no-filters --stdin-paths 2>&1 | sed 's/^/hash=/'
}

# revision_find LETTER TEST...: the files below the working directory that pass, with a letter in front; "!" where not all
# folders could be looked into.
revision_find() {
	revision_letter=$1
	shift
	revision_text=$(find . -name .git -prune -o "$@" -print 2>/dev/null) || echo '!'
	printf '%s\n' "$revision_text" | sed "s/^/$revision_letter /"
}
