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
	[ -e "$1" ] || [ -L "$1" ] || gate_missing "$1" 2>/dev/null
}

# python_hides FOLDER: can it not be told what is in it, or where it leads?
python_hides() {
	gate_missing "$1" 2>/dev/null
	[ $? -eq 77 ]
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
			case $python_part in *[*?[]*) [ ! -d "$python_folder/" ] || [ -r "$python_folder/" ] || python_hidden=$python_folder ;; esac
			! python_hides "$python_folder" || python_hidden=$python_folder
		done
		python_base=$python_base/$python_part
	done
	IFS=
	if [ -n "$python_rest" ]; then
		set --
		for python_folder in $python_base; do
			if [ -d "$python_folder/" ]; then set -- "$@" "$python_folder"; elif python_hides "$python_folder"; then python_hidden=$python_folder; fi
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
		if [ ! -d "$python_folder/" ]; then
			! python_hides "$python_folder" || python_hidden=$python_folder
			continue
		fi
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
	python_home='' python_shared=''
	python_config "$root$1/pyvenv.cfg" && python_interpreter "$1" && python_scripts "$1" || return
	{
		python_put root "$root" && python_libraries "$root$1" && echo tree &&
			find "$root$1/" -print -type l -print 2>/dev/null && echo +
	} | python_awk
}

# python_libraries FOLDER: the folders of packages that the environment at FOLDER has, and what is in them: lines for
# python_awk.
python_libraries() {
	for python_lib in "$1/lib" "$1/lib64"; do
		python_there "$python_lib"
		case $? in
		66) continue ;;
		77) echo "unread ${python_lib##*/}" && continue ;;
		esac
		case $python_lib in */lib64) [ ! -L "$python_lib" ] || continue ;; esac
		if [ ! -r "$python_lib/" ] || [ ! -x "$python_lib/" ]; then echo "unread ${python_lib##*/}" && continue; fi
		for python_folder in "$python_lib"/python[0-9]* "$python_lib"/pypy[0-9]*; do
			[ -d "$python_folder" ] || continue
			python_site own "$python_folder/site-packages" || return
			[ ! -e "$python_folder/os.py" ] || echo base
			[ -z "$python_home" ] || python_system "$root${python_home%/*}" "${python_folder##*/}" || return
		done
	done
}

# python_system PREFIX NAME: what the base interpreter adds to lib/NAME of an environment.
python_system() {
	python_there "$1/lib/$2/distutils/__init__.py"
	case $? in
	0) echo "stdlib $2" ;;
	77) echo "maybestdlib $2" ;;
	esac
	[ -n "$python_shared" ] || return 0
	for python_place in "local/lib/$2/dist-packages" "local/lib/$2/site-packages" lib/python3/dist-packages "lib/$2/dist-packages" \
		"lib/$2/site-packages"; do
		python_site shared "$1/$python_place" || return
	done
}

# python_site KIND FOLDER: one folder of packages.
python_site() {
	python_there "$2"
	case $? in
	66) return 0 ;;
	77) python_put "$1" "$2" && echo "denied folder" && return ;;
	esac
	python_put "$1" "$2" || return
	if [ ! -r "$2/" ] || [ ! -x "$2/" ]; then echo "denied folder"; fi
	python_modules "$2"
	for python_entry in "$2"/[!~-]*.dist-info "$2"/[!~-]*.egg-info "$2"/[!~-]*.egg-link "$2"/[!~-]*.egg; do
		python_there "$python_entry" || continue
		python_put item "$python_entry" && python_item "$1" "$python_entry" || return
	done
	for python_entry in "$2"/[~-]*; do
		! python_there "$python_entry" || python_put leftover "$python_entry" || return
	done
}

# python_item KIND PATH: one distribution: which of its files can be read.
python_item() {
	if [ -d "$2" ] && { [ ! -r "$2" ] || [ ! -x "$2" ]; }; then echo "denied folder" && return; fi
	case $1.$2 in
	*.egg-link)
		python_text link "$2" && python_link "$2"
		;;
	*.egg) python_text metadata "$2/EGG-INFO/PKG-INFO" && python_text requires "$2/EGG-INFO/requires.txt" ;;
	*.egg-info)
		if [ -f "$2" ]; then
			python_text metadata "$2"
		else
			python_text metadata "$2/PKG-INFO" && python_text requires "$2/requires.txt"
		fi
		;;
	shared.*) python_text metadata "$2/METADATA" && python_text installer "$2/INSTALLER" ;;
	*)
		python_text metadata "$2/METADATA" && python_text installer "$2/INSTALLER" && python_text record "$2/RECORD" &&
			python_text origin "$2/direct_url.json"
		;;
	esac
}

# python_text WORD FILE
python_text() {
	if [ -f "$2" ] && [ -r "$2" ]; then
		python_put "$1" "$2"
	elif [ -e "$2" ] || [ -L "$2" ]; then
		echo "denied $1"
	fi
}

# python_link FILE: the egg-info in the folder that an egg-link names. Where that has more than one, none counts.
python_link() {
	[ -f "$1" ] && [ -r "$1" ] || return 0
	python_line=
	IFS= read -r python_line <"$1" || [ -n "$python_line" ] || return 0
	python_there "$root$python_line"
	case $? in
	66) return 0 ;;
	77) echo "denied target" && return ;;
	esac
	if [ -d "$root$python_line" ] && { [ ! -r "$root$python_line" ] || [ ! -x "$root$python_line" ]; }; then
		echo "denied target" && return
	fi
	set -- "$root$python_line"/*.egg-info
	if [ $# -eq 1 ] && [ -d "$1" ]; then python_item own "$1"; fi
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

# python_modules FOLDER: which of the modules that installations need are in a folder, told by their files.
python_modules() {
	python_hack=
	for python_name in pkg_resources setuptools pip; do
		for python_entry in "$1/$python_name/__init__.py" "$1/$python_name.py"; do
			python_there "$python_entry"
			case $? in
			0) echo "module $python_name" && break ;;
			77) echo "maybe $python_name" && break ;;
			esac
		done
	done
	for python_entry in "$1/distutils-precedence.pth" "$1/_distutils_hack/__init__.py" "$1/setuptools/_distutils/__init__.py"; do
		python_there "$python_entry"
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

# python_awk prints the lines that it reads and, in one process, what the files hold that they name. Behind the
# line "tree" it reads the list of all files of the environment, links twice, with "+" at its end where that is whole, to
# look up the files of RECORD. A file's lines begin with "=", a missing file of RECORD with "-", one that cannot be told
# with "?"; "." ends them, "!" where reading failed.
python_awk() {
	awk '
		function put(word, text) {
			gsub(/\\/, "&&", text)
			gsub(/\n/, "\\n", text)
			print word " " text
		}
		function unescape(text,    out, i) {
			for (out = ""; (i = index(text, "\\")) > 0; text = substr(text, i + 2))
				out = out substr(text, 1, i - 1) (substr(text, i + 1, 1) == "n" ? "\n" : "\\")
			return out text
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
		!tree_began {
			if ($0 == "tree") tree_began = 1
			else ask[++count] = $0
			next
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
			if (!tree_began) exit 1
			for (i = 1; i <= count; i++) {
				word = path = ask[i]
				sub(/ .*/, "", word)
				path = unescape(substr(path, length(word) + 2))
				name = path
				sub(/.*\//, "", name)
				if (word == "root") root = path
				else if (word == "own" || word == "shared") put(word, substr(path, length(root) + 1))
				else if (word == "item" || word == "leftover") put(word, name)
				else if (word ~ /^(metadata|record|installer|origin|requires|link)$/) {
					print word
					if (word == "metadata") header(path)
					else if (word == "record") record(path)
					else lines(path)
				} else print ask[i]
			}
		}'
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
