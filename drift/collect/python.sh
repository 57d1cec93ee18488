# read_python [venv PATH | glob PATTERN | file PATH]...: environments, and requirements files.
#
# It prints lines of a word and a text, in which a backslash is \\ and a line break \n. python_parse.go names the words.
read_python() {
	set +f
	printf 'system %s\n' "$(uname -srvm)"
	while [ $# -gt 1 ]; do
		case $1 in
		venv) (python_venv "$2") ;;
		glob) (cd "$root/" && python_find "$2") ;;
		file) python_file "$2" ;;
		esac || return
		shift 2
	done
	echo end
}

# python_put WORD TEXT
python_put() {
	case $2 in
	*\\* | *"$gate_newline"*)
		awk 'BEGIN { gsub(/\\/, "&&", ARGV[2]); gsub(/\n/, "\\n", ARGV[2]); print ARGV[1] " " ARGV[2]; exit }' "$1" "$2"
		;;
	*) printf '%s %s\n' "$1" "$2" ;;
	esac
}

# python_there PATH: 0 it exists, 66 it does not, 77 that cannot be told.
python_there() {
	if [ -e "$1" ] || [ -L "$1" ]; then return 0; fi
	python_up=$1
	while [ -n "$python_up" ]; do
		python_up=${python_up%/*}
		if [ -d "$python_up/" ]; then
			[ -x "$python_up/" ] || return 77
			return 66
		fi
	done
	return 66
}

# python_find PATTERN: the environments that match, and then whether some folder could not be searched for them. The
# working directory is $root.
python_find() {
	python_pattern=$1 python_base=. python_rest=${1#/} python_hidden=
	while [ -n "$python_rest" ]; do
		python_part=${python_rest%%/*}
		case $python_part in *'**'*) break ;; esac
		python_rest=${python_rest#"$python_part"}
		python_rest=${python_rest#/}
		IFS=
		for python_folder in $python_base; do
			case $python_part in
			*[*?[]*) [ -r "$python_folder/" ] && [ -x "$python_folder/" ] ;;
			*) [ -x "$python_folder/" ] ;;
			esac || [ ! -d "$python_folder/" ] || python_hidden=$python_folder
		done
		python_base=$python_base/$python_part
	done
	IFS=
	if [ -n "$python_rest" ]; then
		set --
		for python_folder in $python_base; do
			[ ! -d "$python_folder/" ] || set -- "$@" "$python_folder"
		done
		IFS=$gate_newline
		# shellcheck disable=SC2046 # a path a line
		[ $# -eq 0 ] || set -- $(find "$@" -name pyvenv.cfg 2>/dev/null || echo '?')
	else
		# shellcheck disable=SC2086
		set -- $python_base
	fi
	unset IFS
	for python_folder do
		case $python_folder in '?') python_hidden="something below $python_base" && continue ;; esac
		python_folder=${python_folder%/pyvenv.cfg}
		if [ ! -e "$python_folder" ] && [ -n "$python_rest" ]; then python_hidden="a name with a line break below $python_base"; fi
		[ -d "$python_folder/" ] || continue
		if [ ! -x "$python_folder/" ] || [ -e "$python_folder/pyvenv.cfg" ] || [ -L "$python_folder/bin/python" ] ||
			[ -e "$python_folder/bin/python" ] || [ -L "$python_folder/bin/python3" ]; then
			(python_venv "/${python_folder#./}") || return
		fi
	done
	python_put glob "$python_pattern"
	[ -z "$python_hidden" ] || python_put hidden "${python_hidden#./}"
}

# python_venv PATH: one environment.
python_venv() {
	python_put venv "$1"
	python_there "$root$1"
	case $? in
	66) echo absent && return ;;
	77) echo denied && return ;;
	esac
	if [ ! -d "$root$1/" ]; then echo nofolder && return; fi
	if [ ! -x "$root$1/" ]; then echo denied && return; fi
	python_home='' python_shared='' python_venv=$root$1
	python_config "$python_venv/pyvenv.cfg" && python_interpreter "$1" && python_scripts "$1" || return
	set --
	for python_lib in lib lib64; do
		python_there "$python_venv/$python_lib"
		case $? in
		66) continue ;;
		77) echo "unread $python_lib" && continue ;;
		esac
		[ "$python_lib" = lib ] || [ ! -L "$python_venv/$python_lib" ] || continue
		if [ ! -r "$python_venv/$python_lib/" ] || [ ! -x "$python_venv/$python_lib/" ]; then echo "unread $python_lib" && continue; fi
		for python_folder in "$python_venv/$python_lib"/python[0-9]* "$python_venv/$python_lib"/pypy[0-9]*; do
			[ -d "$python_folder" ] || continue
			python_name=${python_folder##*/}
			set -- "$@" own "$python_folder/site-packages"
			python_stdlib "$python_name" || return
			[ -n "$python_shared" ] || continue
			for python_place in "local/lib/$python_name/dist-packages" "local/lib/$python_name/site-packages" \
				lib/python3/dist-packages "lib/$python_name/dist-packages" "lib/$python_name/site-packages"; do
				set -- "$@" shared "$root${python_home%/*}/$python_place"
			done
		done
	done
	# What was listed is taken from the front, what it holds is put to the back.
	python_left=$#
	while [ "$python_left" -gt 0 ]; do
		python_kind=$1 python_site=$2
		shift 2
		python_left=$((python_left - 2))
		python_there "$python_site"
		case $? in
		66) continue ;;
		77) set -- "$@" "$python_kind" "$python_site" denied folder && continue ;;
		esac
		set -- "$@" "$python_kind" "$python_site"
		python_modules "$python_site" || return
		if [ ! -r "$python_site/" ] || [ ! -x "$python_site/" ]; then set -- "$@" denied folder && continue; fi
		for python_item in "$python_site"/[!~-]*.dist-info "$python_site"/[!~-]*.egg-info "$python_site"/[!~-]*.egg-link \
			"$python_site"/[!~-]*.egg "$python_site"/[~-]*; do
			python_there "$python_item" || continue
			case ${python_item##*/} in
			[~-]*)
				set -- "$@" leftover "$python_item"
				continue
				;;
			esac
			set -- "$@" item "$python_item"
			if [ -d "$python_item" ] && { [ ! -r "$python_item" ] || [ ! -x "$python_item" ]; }; then
				set -- "$@" denied folder
				continue
			fi
			case $python_item in
			*.dist-info)
				python_files='metadata METADATA record RECORD installer INSTALLER origin direct_url.json'
				[ "$python_kind" = own ] || python_files='metadata METADATA installer INSTALLER'
				;;
			*.egg) python_item=$python_item/EGG-INFO python_files='metadata PKG-INFO requires requires.txt' ;;
			*.egg-link)
				if [ ! -f "$python_item" ] || [ ! -r "$python_item" ]; then set -- "$@" denied link && continue; fi
				IFS= read -r python_line <"$python_item" || [ -n "$python_line" ] || python_line=
				set -- "$@" link "$python_item"
				python_link "$root$python_line" || { set -- "$@" denied target && continue; }
				[ -n "$python_item" ] || continue
				python_files='metadata PKG-INFO requires requires.txt'
				;;
			*) python_files='metadata PKG-INFO requires requires.txt' ;;
			esac
			if [ -f "$python_item" ]; then
				if [ -r "$python_item" ]; then set -- "$@" metadata "$python_item"; else set -- "$@" denied metadata; fi
				continue
			fi
			python_word=
			for python_name in $python_files; do
				if [ -z "$python_word" ]; then python_word=$python_name && continue; fi
				if [ -f "$python_item/$python_name" ] && [ -r "$python_item/$python_name" ]; then
					set -- "$@" "$python_word" "$python_item/$python_name"
				elif [ -e "$python_item/$python_name" ] || [ -L "$python_item/$python_name" ]; then
					set -- "$@" denied "$python_word"
				fi
				python_word=
			done
		done
	done
	{ find "$python_venv/" -print -type l -print 2>/dev/null && echo +; } | python_awk "$root" "$@"
}

# python_link FOLDER: sets $python_item to the only egg-info in the folder that an egg-link names, or to nothing.
python_link() {
	python_item=
	python_there "$1" || [ $? -eq 66 ] || return
	[ -d "$1/" ] || return 0
	[ -r "$1/" ] && [ -x "$1/" ] || return
	set -- "$1"/*.egg-info
	[ $# -eq 1 ] && [ -e "$1" ] || return 0
	python_item=$1
}

# python_config FILE: pyvenv.cfg, and from it the folder of the base interpreter, and whether its packages count too.
python_config() {
	python_there "$1"
	case $? in
	66) echo noconfig && return ;;
	77) echo "unread pyvenv.cfg" && return ;;
	esac
	if [ ! -f "$1" ] || [ ! -r "$1" ]; then echo "unread pyvenv.cfg" && return; fi
	while IFS= read -r python_line || [ -n "$python_line" ]; do
		python_put config "$python_line" || return
		case $python_line in
		home[\ =]*) python_home=${python_line#*=} && python_home=${python_home# } ;;
		include-system-site-packages[\ =]*[Tt][Rr][Uu][Ee]) python_shared=yes ;;
		esac
	done <"$1"
}

# python_interpreter PATH: where bin/python leads, link by link, below $root.
python_interpreter() {
	python_target=
	for python_name in python python3; do
		python_there "$root$1/bin/$python_name"
		case $? in
		0) python_target=$1/bin/$python_name && break ;;
		77) echo "unread bin" && return ;;
		esac
	done
	if [ -z "$python_target" ]; then echo "interpreter missing" && return; fi
	python_hops=0 python_kind=ok
	while [ -L "$root$python_target" ] && [ "$python_hops" -lt 40 ]; do
		python_line=$(readlink "$root$python_target") || return
		case $python_line in
		/*) python_target=$python_line ;;
		*) python_target=${python_target%/*}/$python_line ;;
		esac
		python_hops=$((python_hops + 1))
	done
	python_there "$root$python_target"
	case $? in
	66) python_kind=dangling ;;
	77) python_kind=denied ;;
	*)
		if [ -L "$root$python_target" ]; then
			python_kind=dangling
		elif [ ! -f "$root$python_target" ] || [ ! -x "$root$python_target" ]; then
			python_kind=unusable
		fi
		;;
	esac
	echo "interpreter $python_kind"
	python_put target "$python_target"
	[ -n "$python_home" ] || python_home=${python_target%/*}
	for python_name in "$root$1"/bin/python[0-9]*.[0-9]* "$root$1"/bin/pypy[0-9]*.[0-9]*; do
		! python_there "$python_name" || python_put named "${python_name##*/}"
	done
}

# python_scripts PATH: interpreters of other environments that scripts in bin start.
python_scripts() {
	python_known=$gate_newline
	[ -d "$root$1/bin/" ] || return 0
	if [ ! -r "$root$1/bin/" ]; then echo "unread scripts" && return; fi
	for python_name in "$root$1"/bin/*; do
		[ -f "$python_name" ] && [ ! -L "$python_name" ] || continue
		if [ ! -r "$python_name" ]; then echo "unread scripts" && continue; fi
		{ IFS= read -r python_line && IFS= read -r python_rest || python_rest=; } 2>/dev/null <"$python_name"
		case $python_line in
		'#!/bin/sh') python_line=${python_rest#"'''exec' "} && python_line=${python_line#'"'} && python_line=${python_line%%'"'*} ;;
		'#!'*) python_line=${python_line#'#!'} && python_line=${python_line# } && python_line=${python_line%% *} ;;
		*) continue ;;
		esac
		python_folder=${python_line%/*}
		case $python_line in */python* | */pypy*) ;; *) continue ;; esac
		case $python_known in *"$gate_newline$python_folder$gate_newline"*) continue ;; esac
		python_known=$python_known$python_folder$gate_newline
		case $python_folder in "$1/bin" | "${python_home%/}" | /bin | /usr/bin | /usr/local/bin) continue ;; esac
		python_place=$(cd -P "$root$python_folder" 2>/dev/null && pwd -P) &&
			[ "$python_place" = "$(cd -P "$root$1/bin" && pwd -P)" ] && continue
		python_put moved "$python_line" || return
	done
}

# python_stdlib NAME: whether the base interpreter of a lib/NAME has distutils.
python_stdlib() {
	[ -n "$python_home" ] || return 0
	python_there "$root${python_home%/*}/lib/$1/distutils/__init__.py"
	case $? in
	0) echo "stdlib $1" ;;
	77) echo "maybestdlib $1" ;;
	esac
}

# python_modules FOLDER: which of the modules that installations need are in a folder, told by their files.
python_modules() {
	python_put in "${1#"$root"}"
	python_hack=
	for python_name in pkg_resources setuptools pip; do
		for python_item in "$1/$python_name/__init__.py" "$1/$python_name.py"; do
			python_there "$python_item"
			case $? in
			0) echo "module $python_name" && break ;;
			77) echo "maybe $python_name" && break ;;
			esac
		done
	done
	for python_item in "$1/distutils-precedence.pth" "$1/_distutils_hack/__init__.py" "$1/setuptools/_distutils/__init__.py"; do
		python_there "$python_item"
		case $? in
		0) ;;
		77) python_hack=${python_hack:-maybe} ;;
		*) python_hack=no ;;
		esac
	done
	case $python_hack in
	'') echo "module distutils" ;;
	maybe) echo "maybe distutils" ;;
	esac
}

# python_awk ROOT [WORD PATH]...: prints what the files hold, in one process. It reads the list of all files of the
# environment, links twice, with "+" behind it where that is whole, to look up the files of RECORD. A file's lines begin
# with "=", a missing file of RECORD with "-", one that cannot be told with "?"; "." ends them, "!" where reading failed.
python_awk() {
	awk '
		function put(word, text) {
			gsub(/\\/, "&&", text)
			gsub(/\n/, "\\n", text)
			print word " " text
		}
		function lines(path,    line, status) {
			while ((status = (getline line < path)) > 0) put("=", line)
			close(path)
			print status < 0 ? "!" : "."
		}
		# The header of METADATA, of which only some fields are asked for.
		function header(path,    line, status, kept) {
			while ((status = (getline line < path)) > 0) {
				if (line == "" || line == "\r") break
				if (line !~ /^[ \t]/) kept = line !~ /^[^ \t:]+:/ || tolower(line) ~ /^(name|version|requires-dist|requires-python):/
				if (kept) put("=", line)
				if (line !~ /^[ \t]/ && line !~ /^[^ \t:]+:/) break
			}
			close(path)
			print status < 0 ? "!" : "."
		}
		# 1 the file exists, 0 it does not, -1 that cannot be told.
		function exists(path,    folder) {
			if (path in tree) return 1
			for (folder = path; folder != "" && !(folder in tree);) if (!sub(/\/[^\/]*$/, "", folder)) break
			return folder in tree && !(folder in links) && (whole || folder in filled) ? 0 : -1
		}
		function record(path,    line, status, name, base, found, total, gone, unsure, own) {
			base = path
			sub(/\/[^\/]*\/[^\/]*$/, "", base)
			own = substr(path, length(base) + 2)
			sub(/[^\/]*$/, "", own)
			total = gone = unsure = 0
			while ((status = (getline line < path)) > 0) {
				sub(/\r$/, "", line)
				if (line == "") continue
				name = line
				if (name ~ /^"/) {
					if (match(name, /^"([^"]|"")*",/)) name = substr(name, 2, RLENGTH - 3)
					gsub(/""/, "\"", name)
				} else sub(/,.*/, "", name)
				if (name ~ /\.pyc$/ || index(name, own) == 1) continue
				total++
				found = exists(join(base, name))
				if (found == 1) continue
				if (found == 0) gone++; else unsure++
				if (gone + unsure <= 100) put(found == 0 ? "-" : "?", line)
			}
			close(path)
			if (status < 0) print "!"
			else print ". " total " " gone " " unsure
		}
		function join(base, name) {
			if (name ~ /^\//) return root name
			while (name ~ /^\.\.\//) {
				name = substr(name, 4)
				sub(/\/[^\/]*$/, "", base)
			}
			return base "/" name
		}
		BEGIN {
			root = ARGV[1]
			for (i = 2; i < ARGC; i++) word[i] = ARGV[i]
			count = ARGC
			ARGC = 1
		}
		{
			whole = $0 == "+"
			sub(/\/$/, "")
			if ($0 == last) links[$0]
			last = $0
			tree[$0]
			sub(/\/[^\/]*$/, "")
			filled[$0]
		}
		END {
			for (i = 2; i < count; i += 2) {
				path = word[i + 1]
				name = path
				sub(/.*\//, "", name)
				if (word[i] == "own" || word[i] == "shared") put(word[i], substr(path, length(root) + 1))
				else if (word[i] == "item" || word[i] == "leftover") put(word[i], name)
				else if (word[i] == "denied") put("denied", path)
				else {
					print word[i]
					if (word[i] == "metadata") header(path)
					else if (word[i] == "record") record(path)
					else lines(path)
				}
			}
		}' "$@"
}

# python_file PATH: a requirements file and those that it includes, up to a hundred.
python_file() {
	python_kind=file python_count=0
	while [ $# -gt 0 ] && [ "$python_count" -lt 100 ]; do
		python_there "$root$1"
		case $? in
		66) python_put nofile "$1" && shift && continue ;;
		77) python_put maynot "$1" && shift && continue ;;
		esac
		if [ ! -f "$root$1" ] || [ ! -r "$root$1" ]; then python_put maynot "$1" && shift && continue; fi
		python_put "$python_kind" "$1" && sed 's/\\/\\\\/g; s/^/= /' "$root$1" && printf '\n.\n' || return
		python_kind=include python_count=$((python_count + 1))
		python_line=$(awk '
			/^[ \t]*(-r|-c|--requirement|--constraint)/ {
				sub(/^[ \t]*(-r|-c|--requirement|--constraint)[ \t=]*/, "")
				sub(/[ \t]+#.*/, "")
				sub(/[ \t\r]+$/, "")
				if (!/^[a-zA-Z]+:\/\// && !seen[$0]++) print
			}' "$root$1") || return
		IFS=$gate_newline
		set -f
		for python_name in $python_line; do
			case $python_name in /*) ;; *) python_name=${1%/*}/$python_name ;; esac
			set -- "$@" "$python_name"
		done
		unset IFS
		set +f
		shift
	done
}
