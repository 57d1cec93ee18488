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
	revision_open "$1"
	case $revision_status in
	0) echo status=0 ;;
	66) revision_missing "$1"; return ;;
	*) printf 'status=%s\n' "$revision_status"; return ;;
	esac
	revision_commit
	[ -z "$revision_id" ] || revision_moved
	case $revision_head in 'ref: refs/heads/'*) printf 'branch=%s\n' "${revision_head#ref: refs/heads/}" ;; esac
	revision_within=
	if [ -n "$revision_work" ]; then revision_changes; else echo bare=yes; fi
}

# revision_open PATH: sets $revision_work and $revision_dir to the working directory, if any, and the repository of a
# checkout, and $revision_common to what it shares with other working directories; $revision_status to 0, or to an exit code
# and the reason.
revision_open() {
	revision_work=$1 revision_dir='' revision_status=0
	if [ ! -d "$1" ]; then
		revision_status=66
		[ ! -e "$1" ] || revision_status='1 not a folder'
		return
	fi
	[ -x "$1" ] || { revision_status='77 may not look into it'; return; }
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
	[ -n "$revision_dir" ] || { revision_status='1 not a git checkout'; return; }
	if [ ! -f "$revision_dir/HEAD" ] || [ ! -r "$revision_dir/HEAD" ]; then
		revision_status='77 may not read it'
		[ ! -x "$revision_dir" ] || [ -e "$revision_dir/HEAD" ] || revision_status='1 not a git checkout: it has no HEAD'
		return
	fi
	revision_common=$revision_dir
	if [ -f "$revision_dir/commondir" ]; then
		revision_line "$revision_dir/commondir"
		case $revision_text in /*) revision_common=$root$revision_text ;; *) revision_common=$revision_dir/$revision_text ;; esac
	fi
}

# revision_commit: prints the commit of what was opened, and sets $revision_id to it and $revision_head to what HEAD says.
revision_commit() {
	revision_line "$revision_dir/HEAD"
	revision_head=$revision_text
	if [ -d "$revision_common/reftable" ]; then
		revision_head=$(revision_git symbolic-ref -q HEAD 2>/dev/null) && revision_head="ref: $revision_head"
		revision_text=$(revision_git rev-parse -q --verify HEAD 2>/dev/null)
	else
		revision_follow 5
	fi
	revision_id=$revision_text
	printf 'commit=%s\n' "$revision_id"
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
		-c core.attributesFile=/dev/null -c core.sshCommand=false -c core.gitProxy=false -c credential.helper= -c core.alternateRefsCommand=false "$@"
}

# revision_plain ARGUMENT...: git where there is no repository, and so no filter and no attribute but those given to it.
revision_plain() {
	env -i PATH="$PATH" LC_ALL=C GIT_DIR=/dev/null/none GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME=/dev/null \
		XDG_CONFIG_HOME=/dev/null GIT_ATTR_NOSYSTEM=1 git "$@"
}

# revision_changes: what is to be known of changes. Content is hashed as it stands, without filters, and only of files that
# find(1) saw as such: no link is followed and no pipe waited for.
revision_changes() {
	command -v git >/dev/null || { echo "unclear=the host has no git"; return; }
	! revision_split || { echo "unclear=git would touch its shared index: \"git update-index --no-split-index\" does without one"; return; }
	revision_text=$(revision_git diff-index --cached --quiet --ignore-submodules=none HEAD -- 2>&1)
	case $? in
	0) ;;
	1) echo staged=yes; return ;;
	*) printf 'unclear=git cannot read it: %s\n' "$(printf '%s' "$revision_text" | tr '\n' ' ')"; return ;;
	esac
	revision_tracked=$(revision_git ls-files -t -s) || { echo "unclear=git cannot list its files"; return; }
	printf 'filemode=%s\n' "$(revision_git config --bool core.filemode)"
	printf 'symlinks=%s\n' "$(revision_git config --bool core.symlinks)"
	cd "$revision_work" || { echo "unclear=may not look into it"; return; }
	revision_disk=$(
		revision_find X -type f -perm -100
		revision_find F -type f ! -perm -100
		revision_find L -type l
		case $revision_tracked in *' 160000 '*) revision_find D -type d ;; esac
	)
	case $gate_newline$revision_disk in *"$gate_newline!"*) echo partial=yes ;; esac
	printf '%s\n' "$revision_tracked" | sed 's/^/tracked=/'
	revision_tracked=$(printf '%s\n' "$revision_tracked" | revision_names '')
	revision_disk=$(printf '%s\n=\n%s\n' "$revision_tracked" "$revision_disk" | awk '
		/^=$/ { disk = 1; next }
		!disk { mode = $1; sub(/^[^\t]*\t/, ""); tracked[$0] = mode; next }
		{ name = substr($0, 5) }
		name in tracked && (!/^D/ || tracked[name] == 160000) { print substr($0, 1, 2) name }')
	[ -n "$revision_disk" ] || return
	printf '%s\n' "$revision_disk" | sed 's/^/disk=/'
	printf '%s\n' "$revision_disk" | sed -n 's/^L //p' | while IFS= read -r revision_file; do
		revision_text=$(readlink "./$revision_file")
		case $revision_text in *"$gate_newline"*) echo "unclear=a link with a line break" ;; esac
		printf 'link=%s\n' "$revision_text" | sed 1q
	done
	revision_hashes=$(printf '%s\n' "$revision_disk" | sed -n 's|^[XF] |./|p' | revision_hash 2>&1)
	if [ -n "$revision_hashes" ]; then
		printf '%s\n' "$revision_hashes" | sed 's/^/hash=/'
		revision_convert
	fi
	printf '%s\n' "$revision_disk" | sed -n 's/^D //p' | while IFS= read -r revision_file; do
		(revision_module "$revision_file") </dev/null
	done
}

# revision_split: whether the index is a split one, or this cannot be told. It has the name of the shared index in it, which git
# touches at each reading; others may have been left over.
revision_split() {
	set +f
	set -- "$revision_dir"/sharedindex.*
	set -f
	[ -e "$1" ] || return
	revision_text=$(od -An -v -tx1 <"$revision_dir/index" | tr -d ' \n')
	[ -n "$revision_text" ] || return 0
	for revision_file do
		case $revision_text in *"${revision_file##*.}"*) return 0 ;; esac
	done
	return 1
}

# revision_names SIZES: reads lines of "git ls-files -t -s" and prints "MODE ID<tab>NAME", or of "git ls-files -t -s --debug"
# and prints "SIZE<tab>NAME", without the quotes of C about the name. Names with a line break are left out.
revision_names() {
	awk -v "sizes=$1" '
	function plain(text,   name, at, c, number) {
		if (text !~ /^"/) return text
		text = substr(text, 2, length(text) - 2)
		while ((at = index(text, "\\")) > 0) {
			name = name substr(text, 1, at - 1)
			c = substr(text, at + 1, 1)
			if (c ~ /[0-7]/) {
				c = sprintf("%c", c * 64 + substr(text, at + 2, 1) * 8 + substr(text, at + 3, 1))
				at += 2
			} else if ((number = index("abtnvfr", c)) > 0)
				c = sprintf("%c", number + 6)
			name = name c
			text = substr(text, at + 2)
		}
		return name text
	}
	/^  size: / { about = $2 }
	!/^  / {
		about = $2 " " $3
		sub(/^[^\t]*\t/, "")
		name = plain($0)
	}
	(sizes ? /^  size: / : !/^  /) && name !~ /\n/ { print about "\t" name }'
}

# revision_hash: reads names and prints the ids of their contents as blobs. Only inside a repository does git hash by SHA-256.
revision_hash() {
	if [ "${#revision_id}" -eq 64 ]; then
		revision_git hash-object --no-filters --stdin-paths
	else
		revision_plain hash-object --no-filters --stdin-paths
	fi
}

# revision_convert: of files that differ as they stand, what they would be in the repository. Line ends, encodings and $Id$
# are converted by git itself, in no repository, by the attributes that the index has for the file. A filter is not run;
# that of LFS is known to leave a hash. The sizes are that of the file, and that which it had when git looked last.
revision_convert() {
	revision_differ=$(printf '%s\n=\n%s\n=\n%s\n' "$revision_tracked" "$revision_disk" "$revision_hashes" | awk '
		/^=$/ { part++; next }
		!part { id = $2; sub(/^[^\t]*\t/, ""); tracked[$0] = id; next }
		part == 1 { if (/^[XF]/) name[++names] = substr($0, 3); next }
		tracked[name[++hashes]] "" != $0 "" && hashes <= names { print name[hashes] }')
	[ -n "$revision_differ" ] || return
	if [ "$(revision_git config --get-all core.attributesfile)" != /dev/null ]; then
		echo "unclear=core.attributesFile is set, and that file is not read"
		return
	fi
	revision_file=$revision_common/info/attributes
	if [ -e "$revision_file" ]; then
		[ -f "$revision_file" ] && [ -r "$revision_file" ]
	else
		gate_missing "$revision_file" 2>/dev/null
		[ $? -eq 66 ]
	fi || { echo "unclear=may not read info/attributes, or it is not a file"; return; }
	revision_crlf=$(revision_git config --get core.autocrlf)
	revision_eol=$(revision_git config --get core.eol)
	revision_text=$(printf '%s\n' "$revision_differ" | sed 's|^|./|' |
		revision_git check-attr --cached --stdin filter text crlf eol ident working-tree-encoding 2>/dev/null) ||
		{ echo "unclear=git cannot tell the attributes of its files"; return; }
	revision_text=$(printf '%s\n\n%s\n' "$revision_differ" "$revision_text" | awk -v "always=$revision_crlf" '
		/^$/ { attributes = 1; next }
		!attributes { name[++names] = $0; next }
		match($0, /: [^ ]+: [^ ]*$/) {
			key = value = substr($0, RSTART + 2)
			sub(/: .*/, "", key)
			sub(/.*: /, "", value)
			if (key == "filter") { list = ""; filter = value }
			else if (value == "set") list = list " " key
			else if (value == "unset") list = list " -" key
			else if (value != "unspecified") list = list " " key "=" value
		}
		key == "working-tree-encoding" {
			key = ""
			done++
			if (filter != "unspecified" && filter != "unset") print "filter " filter
			else if (list != "" || always != "") print "convert" list
			else next
			print name[done]
		}')
	[ -n "$revision_text" ] || return
	revision_sizes=$(revision_git ls-files -t -s --debug | revision_names sizes)
	printf '%s\n\n%s\n' "$revision_sizes" "$revision_text" | awk '
		/^$/ { after = 1; next }
		!after { bytes = $1; sub(/^[^\t]*\t/, ""); size[$0] = bytes; next }
		about == "" { about = $0; next }
		{ print about; print ($0 in size ? size[$0] : "-"); print; about = "" }
		BEGIN { FS = "\t" }' |
		while IFS= read -r revision_text && IFS= read -r revision_size && IFS= read -r revision_file; do
			printf 'sizes=%s %s %s\n' "$(stat -c %s -- "./$revision_file")" "$revision_size" "$revision_file"
			case $revision_text in
			'filter lfs')
				revision_text=$(sha256sum <"./$revision_file")
				printf 'pointer=%s %s\n' "${revision_text%% *}" "$revision_file"
				;;
			'filter '*) printf 'filter=%s %s\n' "${revision_text#filter }" "$revision_file" ;;
			*)
				revision_text=$(cd / && printf '*%s\n' "${revision_text#convert}" |
					revision_plain -c core.attributesFile=/dev/stdin -c core.safecrlf=false -c "core.autocrlf=${revision_crlf:-false}" \
						-c "core.eol=${revision_eol:-native}" hash-object --path=x -- "$revision_work/$revision_file" 2>&1)
				case $revision_text in *[!0-9a-f]*) revision_text=- ;; esac # as where the shell's pipes are sockets, which cannot be opened again
				printf 'converted=%s %s\n' "$revision_text" "$revision_file"
				;;
			esac
		done
}

# revision_module NAME: a submodule of the checkout, at a folder that find(1) saw.
revision_module() {
	revision_within=$revision_within$1/
	printf 'module=%s\n' "${revision_within%/}"
	revision_open "$revision_work/$1"
	if [ "$revision_status" = '1 not a git checkout' ] && [ -r "$revision_work" ]; then
		if [ -z "$(ls -A "$revision_work")" ]; then echo empty=yes; else echo "unclear=its folder has files, but is not a git checkout"; fi
	elif [ "$revision_status" != 0 ]; then
		printf 'unclear=%s\n' "${revision_status#* }"
	elif [ -z "$revision_work" ]; then
		echo "unclear=not a git checkout"
	else
		revision_commit
		revision_changes
	fi
}

# revision_find LETTER TEST...: the files below the working directory that pass, with a letter in front; "!" where not all
# folders could be looked into.
revision_find() {
	revision_letter=$1
	shift
	revision_text=$(find . -name .git -prune -o "$@" -print 2>/dev/null) || echo '!'
	printf '%s\n' "$revision_text" | sed "s/^/$revision_letter /"
}
