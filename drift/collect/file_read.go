package collect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// files is what read_file printed.
type files struct {
	root       string
	maxSize    int64             // of a file whose entries are read
	gone       map[string]bool   // paths that were asked for and are not there
	denied     map[string]bool   // … or are below a folder that may not be searched
	links      map[string]bool   // … or are links that are not followed
	real       map[string]string // of a path that was asked for: the folder that it, or what it leads to, really is in
	above      map[string]uint64 // modes of these folders and of all above them
	open       map[string]bool   // of a path that was asked for: see openTo
	stats      map[string]fileStat
	changed    map[string]bool   // files that were not the same when their digest had been made
	targets    map[string]string // of links
	followed   map[string]fileStat
	closed     []string // folders that may not be listed or searched
	odd        []string // names with a line break
	sums       map[string]string
	contents   map[string]string
	complaints []string

	wanted  []fileContent     // files whose content follows, in its order
	again   map[string]string // what stat said of a file when its digest had been made
	refused []string          // complaints that something may not be looked at
	long    bool              // a path was too long to be one
}

// fileContent is a file whose content was asked for.
type fileContent struct {
	path string
	size int
}

// fileStat is what stat(1) says of a file.
type fileStat struct {
	mode         uint64 // st_mode (inode(7))
	size         int64
	owner, group string
	same         string // what is the same of a file that did not change
}

// Types of st_mode (inode(7)).
const (
	modeType      = 0o170000
	modeDirectory = 0o040000
	modeLink      = 0o120000
	modeFile      = 0o100000
)

var sumEscapes = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r")

var sumLine = regexp.MustCompile(`^(\\?)([0-9a-f]{64})  (/.*)$`)

// readFiles reads lines of a word and its text, and behind the line "data" the content of files, without anything
// between them.
func readFiles(data []byte) (*files, error) {
	data, ok := bytes.CutSuffix(data, []byte("\nend\n"))
	if !ok {
		return nil, errors.New("what the host printed is cut off")
	}
	f := &files{
		gone: map[string]bool{}, denied: map[string]bool{}, links: map[string]bool{}, real: map[string]string{},
		above: map[string]uint64{}, open: map[string]bool{}, stats: map[string]fileStat{}, changed: map[string]bool{}, again: map[string]string{},
		targets: map[string]string{}, followed: map[string]fileStat{}, sums: map[string]string{}, contents: map[string]string{},
	}
	at := ""
	for {
		line, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return nil, errors.New("no line \"data\"")
		}
		if f.long {
			return nil, errLongPath
		}
		if string(line) == "data" {
			f.split(rest)
			f.compare()
			f.hide()
			if f.long {
				return nil, errLongPath
			}
			return f, nil
		}
		if name, ok := bytes.CutPrefix(data, []byte("odd ")); ok {
			name, rest, ok := bytes.Cut(name, []byte("\x00\n"))
			if !ok {
				return nil, errors.New("a name without an end")
			}
			f.odd, data = append(f.odd, f.inside(string(name))), rest
			continue
		}
		if name, ok := bytes.CutPrefix(data, []byte("l ")); ok {
			var err error
			if data, err = f.link(name); err != nil {
				return nil, err
			}
			continue
		}
		word, text, _ := strings.Cut(string(line), " ")
		data = rest
		var err error
		if at, err = f.line(word, text, at); err != nil {
			return nil, fmt.Errorf("%w: %.200q", err, line)
		}
	}
}

var (
	errFileLine = errors.New("not a line of the file probe")
	errLongPath = fmt.Errorf("the host tells of a path of more than %d bytes, which is none", maxPath)
)

// maxComplaints is how many complaints are kept: the probe prints six at most.
const maxComplaints = 10

// line takes a line. at is the path that the last line "at" was about, and the one that the next is.
func (f *files) line(word, text, at string) (string, error) {
	// In front of a path there is a stat and two names, or a digest.
	if len(text) > maxPath+1024 && word != "complaint" && word != "refused" {
		return "", errLongPath
	}
	switch word {
	case "root":
		f.root = text
	case "gone":
		f.gone[text] = true
	case "denied":
		f.denied[text] = true
	case "link":
		f.links[text] = true
	case "at":
		return text, nil
	case "real":
		f.real[at] = text
	case "above":
		mode, name, ok := cutMode(text)
		if !ok {
			return "", errFileLine
		}
		f.above[name] = mode
	case "follow":
		mode, rest, ok := cutMode(text)
		size, name, ok2 := cutSize(rest)
		if !ok || !ok2 {
			return "", errFileLine
		}
		f.followed[f.inside(name)] = fileStat{mode: mode, size: size}
	case "s":
		return "", f.stat(text)
	case "a":
		same, name, ok := strings.Cut(text, ":")
		if !ok || !strings.HasPrefix(name, "/") {
			return "", errFileLine
		}
		f.again[f.inside(name)] = same
	case "n":
		size, name, ok := cutSize(text)
		if !ok {
			return "", errFileLine
		}
		f.wanted = append(f.wanted, fileContent{f.inside(name), int(size)})
	case "closed":
		f.closed = append(f.closed, f.inside(text))
	case "complaint":
		f.complain(text)
	case "refused":
		f.refused = append(f.refused, text)
	default:
		return "", f.sum(word + " " + text)
	}
	return "", nil
}

// inside returns a path as it is below the root.
func (f *files) inside(p string) string {
	if len(p) > maxPath {
		f.long = true
		return "/"
	}
	p = path.Clean(strings.TrimPrefix(p, f.root))
	if p == "." {
		return "/"
	}
	return p
}

func cutMode(text string) (mode uint64, rest string, ok bool) {
	digits, rest, _ := strings.Cut(text, " ")
	mode, err := strconv.ParseUint(digits, 16, 32)
	return mode, rest, err == nil && rest != ""
}

func cutSize(text string) (size int64, rest string, ok bool) {
	digits, rest, _ := strings.Cut(text, " ")
	size, err := strconv.ParseInt(digits, 10, 64)
	return size, rest, err == nil && size >= 0 && rest != ""
}

// stat takes a line: mode, size, inode, times:owner:group:path. No name of a user or group has a colon (passwd(5)).
func (f *files) stat(text string) error {
	fields := strings.SplitN(text, ":", 4)
	if len(fields) != 4 || !strings.HasPrefix(fields[3], "/") {
		return errFileLine
	}
	s := fileStat{owner: fields[1], group: fields[2], same: fields[0]}
	mode, rest, ok := cutMode(fields[0])
	size, _, ok2 := cutSize(rest)
	if !ok || !ok2 {
		return errFileLine
	}
	s.mode, s.size = mode, size
	if mode&modeType == modeDirectory {
		// What happens in a folder is told by what is in it.
		s.same = fmt.Sprint(mode)
	}
	name := f.inside(fields[3])
	if old, ok := f.stats[name]; ok && old != s {
		f.changed[name] = true
	}
	f.stats[name] = s
	return nil
}

// compare finds the files that were not the same before and after their digest was made, or not there.
func (f *files) compare() {
	for name, s := range f.stats {
		if again, ok := f.again[name]; ok && again != s.same || !ok && s.mode&modeType == modeFile {
			f.changed[name] = true
		}
	}
}

// hide takes complaints of find and stat that something may not be looked at: the folder itself, or that which it is in,
// hides what is in it, if the host has not said so already. Whose name cannot be told hides everything.
func (f *files) hide() {
	closed := map[string]bool{}
	for _, folder := range f.closed {
		closed[folder] = true
	}
	for _, complaint := range f.refused {
		name, ok := refusedName(complaint)
		if !ok {
			f.complain(complaint)
			continue
		}
		name = f.inside(name)
		if isBelowAny(name, closed) {
			continue
		}
		if f.stats[name].mode&modeType != modeDirectory {
			name = parent(name)
		}
		closed[name] = true
		f.closed = append(f.closed, name)
	}
}

// isBelowAny reports whether a path is one of some folders, or below one.
func isBelowAny(p string, folders map[string]bool) bool {
	for at := p; ; at = parent(at) {
		if folders[at] {
			return true
		}
		if at == "/" {
			return false
		}
	}
}

func (f *files) complain(text string) {
	if len(f.complaints) < maxComplaints {
		f.complaints = append(f.complaints, shorten(text))
	}
}

// refusedName returns the path in a complaint: "find: /a: Permission denied", as busybox words it, or with the path in
// single quotes and C's escapes, as GNU does.
func refusedName(complaint string) (name string, ok bool) {
	text, ok := strings.CutSuffix(complaint, ": Permission denied")
	at := strings.IndexByte(text, '/')
	if !ok || at < 1 {
		return "", false
	}
	name = text[at:]
	if text[at-1] != '\'' {
		return name, true
	}
	if name, ok = strings.CutSuffix(name, "'"); !ok {
		return "", false
	}
	name, err := strconv.Unquote(`"` + strings.NewReplacer(`\'`, `'`, `\\`, `\\`, `"`, `\"`).Replace(name) + `"`)
	return name, err == nil
}

// link takes the size of a link's target, the link's name, and again the name with the target, as GNU or as busybox's
// stat -c %N prints them: "name -> target" or "'name' -> 'target'". It returns what follows. A name has no line breaks
// here, but a target may. One that does not have the size stays unknown.
func (f *files) link(data []byte) ([]byte, error) {
	digits, rest, _ := bytes.Cut(data, []byte(" "))
	size, err := strconv.Atoi(string(digits))
	if err != nil || size < 0 {
		return nil, errFileLine
	}
	line, after, _ := bytes.Cut(rest, []byte("\n"))
	if len(line) > 3*maxPath+len(" '' -> ''") {
		return nil, errLongPath
	}
	for i := 0; i < min(len(line), maxPath+2) && size <= maxPath; i++ {
		if line[i] != ' ' {
			continue
		}
		for _, quote := range []string{"", "'"} {
			if target, after, ok := cutTarget(rest[i+1:], rest[:i], size, quote); ok {
				f.targets[f.inside(string(rest[:i]))] = target
				return after, nil
			}
		}
	}
	return after, nil
}

// cutTarget reads a name, an arrow and a target of a size, each in quotes, up to a line break.
func cutTarget(data, name []byte, size int, quote string) (target string, rest []byte, ok bool) {
	for _, before := range [][]byte{[]byte(quote), name, []byte(quote + " -> " + quote)} {
		if data, ok = bytes.CutPrefix(data, before); !ok {
			return "", nil, false
		}
	}
	if len(data) < size {
		return "", nil, false
	}
	rest, ok = bytes.CutPrefix(data[size:], []byte(quote+"\n"))
	return string(data[:size]), rest, ok
}

// sum takes a line of sha256sum. GNU's writes a backslash before a line whose name has escapes in it, busybox's never.
func (f *files) sum(line string) error {
	m := sumLine.FindStringSubmatch(line)
	if m == nil {
		return errFileLine
	}
	name := m[3]
	if m[1] != "" {
		name = sumEscapes.Replace(name)
	}
	name = f.inside(name)
	if old, ok := f.sums[name]; ok && old != m[2] {
		f.changed[name] = true
	}
	f.sums[name] = m[2]
	return nil
}

// split finds the files in the data. Each must have the digest that sha256sum found: where one has not, it or one before
// it changed, and the files behind it are found from the end.
func (f *files) split(data []byte) {
	var present []fileContent
	for _, w := range f.wanted {
		if f.sums[w.path] != "" {
			present = append(present, w)
		}
	}
	take := func(w fileContent, content []byte) bool {
		sum := sha256.Sum256(content)
		if hex.EncodeToString(sum[:]) != f.sums[w.path] {
			return false
		}
		f.contents[w.path] = string(content)
		return true
	}
	first := 0
	for ; first < len(present); first++ {
		w := present[first]
		if w.size > len(data) || !take(w, data[:w.size]) {
			break
		}
		data = data[w.size:]
	}
	for last := len(present) - 1; last >= first; last-- {
		w := present[last]
		if w.size > len(data) || !take(w, data[len(data)-w.size:]) {
			break
		}
		data = data[:len(data)-w.size]
	}
}

// typeName returns the name of a file's type (find(1), -type).
func (s fileStat) typeName() string {
	switch s.mode & modeType {
	case modeFile:
		return "file"
	case modeDirectory:
		return "directory"
	case modeLink:
		return "symlink"
	case 0o010000:
		return "fifo"
	case 0o140000:
		return "socket"
	case 0o060000:
		return "block"
	case 0o020000:
		return "character"
	}
	return fmt.Sprintf("%o", s.mode&modeType)
}

// permissions returns the mode without the type, octal.
func (s fileStat) permissions() string { return fmt.Sprintf("%04o", s.mode&^modeType) }

// othersMay reports whether those who are neither owner nor of the group have a permission.
func othersMay(mode uint64, permission fs.FileMode) bool {
	return mode&uint64(permission) == uint64(permission)
}
