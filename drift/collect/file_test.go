package collect

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// fileQuery asks for paths; further arguments are pairs of a name and its values, separated by spaces.
func fileQuery(paths string, args ...string) Query {
	list := func(words string) cty.Value {
		var values []cty.Value
		for _, word := range strings.Fields(words) {
			values = append(values, cty.StringVal(word))
		}
		return cty.ListVal(values)
	}
	q := Query{Collector: "file", Args: map[string]cty.Value{"paths": list(paths)}}
	for i := 0; i < len(args); i += 2 {
		q.Args[args[i]] = list(args[i+1])
		if args[i] == "format" {
			q.Args[args[i]] = cty.StringVal(args[i+1])
		}
	}
	return q
}

// askFiles asks for files of a folder as it is seen from "/", under a shell, as a user, with programs in front of PATH.
func askFiles(t testing.TB, shell []string, q Query, prepare ...func(*exec.Cmd)) []drift.Section {
	t.Helper()
	r := Request{Word: NewWord(), Queries: []Query{q}}
	stdin, err := r.Stdin()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], shell[1:]...)
	for _, p := range prepare {
		p(cmd)
	}
	sections, err := r.Read(bytes.NewReader(run(t, cmd, stdin)), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return sections
}

var plainShell = []string{"sh", "-s"}

// lookFiles returns what askFiles finds as a host, to look things up in.
func lookFiles(t testing.TB, q Query, prepare ...func(*exec.Cmd)) *drift.Host {
	t.Helper()
	h := &drift.Host{Sections: askFiles(t, plainShell, q, prepare...)}
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	return h
}

// strange are names that something on the way might take for something else.
var strange = []string{
	"plain", "with space", " both ", "tab\there", "quote'", `double"`, `back\slash`, `\`, "$(touch x)", "`x`", "-n", "--", "*", "?", "[a]", "{a,b}", "~", "#", ";",
	"data", "again", "s 81a4 0 1 1 1:root:root:", "complaint x", ": Permission denied", "->", "a' -> 'b", "é", "\xff\xfe", "\x1b[2J", "\r", "end", ".hidden", "x -> y",
}

// plantStrange fills a folder with files, links, folders and others, of all names.
func plantStrange(t testing.TB, dir string) {
	t.Helper()
	for i, name := range strange {
		plant(t, dir, map[string]string{
			"ini/" + name + ".ini":        fmt.Sprintf("[s]\nname = %d\n", i),
			"folders/" + name + "/x.json": fmt.Sprintf(`{"n":%d}`, i),
			"other/" + name:               strings.Repeat("x", i),
		})
		links := filepath.Join(dir, "links")
		if err := os.MkdirAll(links, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("../"+name, filepath.Join(links, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("two\nlines -> '", filepath.Join(dir, "links", "break")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Every name arrives whole, with what is told of its file, whatever shell and programs the host has.
func TestFileNames(t *testing.T) {
	dir := sharedDir(t)
	plantStrange(t, dir)
	check := func(t *testing.T, sections []drift.Section) {
		h := &drift.Host{Sections: sections}
		if err := h.Sort(); err != nil {
			t.Fatal(err)
		}
		look := func(name, attr string, want drift.Value) {
			t.Helper()
			at := drift.Address("file").Key(filepath.Join(dir, name)) + drift.Address(attr)
			if got := h.Lookup(at); !got.Equal(want) {
				t.Errorf("%s = %s %s, want %s", at, got.Display(), got.Text, want.Text)
			}
		}
		for i, name := range strange {
			look("ini/"+name+".ini", `.entries["s.name"]`, drift.String(fmt.Sprint(i)))
			look("folders/"+name, ".type", drift.String("directory"))
			look("folders/"+name+"/x.json", `.entries["n"]`, drift.Int(int64(i)))
			look("other/"+name, ".size", drift.Int(int64(i)))
			look("other/"+name, ".sha256", drift.String(fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Repeat("x", i))))))
			look("links/"+name, ".target", drift.String("../"+name))
			look("links/"+name, ".sha256", drift.Value{})
		}
		look("links/break", ".target", drift.String("two\nlines -> '"))
		look("fifo", ".type", drift.String("fifo"))
		look("fifo", ".sha256", drift.Value{})
		if want := 4 + 1 + 5*len(strange) + 2 + 1; len(sections) != want {
			t.Errorf("%d sections, want %d", len(sections), want)
		}
		for _, s := range sections {
			if s.Status != drift.OK {
				t.Errorf("%s is %s: %s", s.Address(), s.Status, s.Reason)
			}
		}
	}
	q := fileQuery(dir + "/**")
	inShells(t, func(t *testing.T, shell []string) { check(t, askFiles(t, shell, q)) })
	t.Run("busybox programs", func(t *testing.T) {
		check(t, askFiles(t, []string{drifttest.Program(t, "busybox"), "sh", "-s"}, q, withBusybox(t)))
	})
	t.Run("below a root", func(t *testing.T) {
		sections := askOne(t, dir, fileQuery("/**"))
		for i := range sections {
			s := &sections[i]
			for j := range s.Facts {
				s.Facts[j].Address = drift.Address("file").Key(filepath.Join(dir, s.Scope)) + s.Facts[j].Address[len(s.Address()):]
			}
			s.Scope = filepath.Join(dir, s.Scope)
		}
		check(t, sections)
	})
}

// withBusybox puts busybox's programs in front of the others.
func withBusybox(t *testing.T) func(*exec.Cmd) {
	busybox := drifttest.Program(t, "busybox")
	dir := sharedDir(t)
	for _, name := range []string{"find", "stat", "sha256sum", "cat", "readlink", "sh", "date", "id"} {
		if err := os.Symlink(busybox, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return withPath(dir)
}

func withPath(dir string) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) { cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin"} }
}

// A name with a line break is unknown, and so is everything below it; nothing else is.
func TestFileLineBreak(t *testing.T) {
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"a\nb": "x", "c\nd/e": "x", "good.ini": "[a]\n", "\n": "", "z\ncomplaint x\nend\n": ""})
	h := lookFiles(t, fileQuery(dir+"/**"))
	for name, want := range map[string]drift.Kind{
		"a\nb": drift.Unknown, "c\nd": drift.Unknown, "c\nd/e": drift.Unknown, "\n": drift.Unknown, "z\ncomplaint x\nend\n": drift.Unknown,
		"good.ini": drift.Known, "none": drift.Absent,
	} {
		if got := h.Lookup(drift.Address("file").Key(filepath.Join(dir, name)).Attr("type")); got.Kind != want {
			t.Errorf("%q is %s", name, got.Display())
		}
	}
}

// As an account that may not read everything: what may not be read is unknown, never absent.
func TestFileDenied(t *testing.T) {
	drifttest.Root(t)
	dir := sharedDir(t)
	plant(t, dir, map[string]string{
		"open/a.ini": "[s]\na = 1\n", "open/secret.ini": "[s]\na = 1\n", "open/shut/x.ini": "", "shut/x.ini": "", "list/x.ini": "", "search/x.ini": "[s]\na = 1\n",
		"deep/a/shut/x.ini": "", "deep/b/x.ini": "",
	})
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{
		"open/secret.ini": 0o600, "open/shut": 0o700, "shut": 0o700, "list": 0o744, "search": 0o711, "deep/a/shut": 0o700,
	} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, paths string
		args        []string
		at          string
		want        drift.Kind
	}{
		{"a file that may be read", "/open/a.ini", nil, `/open/a.ini .entries["s.a"]`, drift.Known},
		{"a file that may not", "/open/secret.ini", nil, `/open/secret.ini .entries["s.a"]`, drift.Unknown},
		{"its digest", "/open/secret.ini", nil, "/open/secret.ini .sha256", drift.Unknown},
		{"its mode", "/open/secret.ini", nil, "/open/secret.ini .mode", drift.Known},
		{"its absent attribute", "/open/secret.ini", nil, "/open/secret.ini .target", drift.Absent},
		{"in a folder that may not be searched", "/shut/x.ini", nil, "/shut/x.ini .type", drift.Unknown},
		{"in one that may be listed but not searched", "/list/x.ini", nil, "/list/x.ini .type", drift.Unknown},
		{"in one that may be searched but not listed", "/search/x.ini", nil, `/search/x.ini .entries["s.a"]`, drift.Known},
		{"not there", "/open/none", nil, "/open/none .type", drift.Absent},
		{"not there, in a folder that may not be searched", "/shut/none", nil, "/shut/none .type", drift.Unknown},
		{"by a pattern, in a folder that may not be searched", "/shut/*", nil, "/shut/x.ini .type", drift.Unknown},
		{"by a pattern, below one", "/shut/no/*", nil, "/shut/no/x.ini .type", drift.Unknown},
		{"by a pattern, listed but not searched", "/list/*", nil, "/list/x.ini .type", drift.Unknown},
		{"by a pattern, searched but not listed", "/search/*", nil, "/search/x.ini .type", drift.Unknown},
		{"by a pattern that stops above", "/open/*", nil, "/open/none .type", drift.Absent},
		{"by a pattern that goes in", "/open/**", nil, "/open/shut/x.ini .type", drift.Unknown},
		{"what else that finds", "/open/**", nil, `/open/a.ini .entries["s.a"]`, drift.Known},
		{"what else that does not", "/open/**", nil, "/open/none .type", drift.Unknown},
		{"but not where it is excluded", "/open/**", []string{"exclude", "shut"}, "/open/none .type", drift.Absent},
		{"or the whole path is", "/open/**", []string{"exclude", "DIR/open/shut"}, "/open/none .type", drift.Absent},
		{"what is read last", "/**", nil, "/fifo .type", drift.Known},
		{"what is read last, of a folder that may not be searched", "/list/** DIR/fifo", nil, "/fifo .type", drift.Known},
		{"by a pattern that passes by", "/deep/b/*", nil, "/deep/b/none .type", drift.Absent},
		{"beside another that does not", "/deep/b/* DIR/shut/*", nil, "/deep/b/none .type", drift.Absent},
		{"by a pattern that goes past at its depth", "/deep/*/shut", nil, "/deep/b/shut .type", drift.Absent},
		{"by a pattern that goes in at its depth", "/deep/*/*/x.ini", nil, "/deep/b/shut/x.ini .type", drift.Unknown},
	}
	for _, programs := range []string{"GNU", "busybox"} {
		for _, test := range tests {
			t.Run(programs+"/"+test.name, func(t *testing.T) {
				for i := range test.args {
					test.args[i] = strings.ReplaceAll(test.args[i], "DIR", dir)
				}
				prepare := []func(*exec.Cmd){asNobody}
				if programs == "busybox" {
					prepare = append(prepare, withBusybox(t))
				}
				h := lookFiles(t, fileQuery(strings.ReplaceAll(dir+test.paths, "DIR", dir), test.args...), prepare...)
				name, attr, _ := strings.Cut(test.at, " ")
				if got := h.Lookup(drift.Address("file").Key(dir+name) + drift.Address(attr)); got.Kind != test.want {
					t.Errorf("%s is %s %s", test.at, got.Display(), got.Text)
				}
			})
		}
	}
}

// What changes while it is read is unknown; what stands beside it is not.
func TestFileChanges(t *testing.T) {
	tests := []struct {
		name, program, text string
		before              bool // what it was before may be told
	}{
		{"content, before the digest", "sha256sum", `echo more >>"$DIR/b.ini"; exec /usr/bin/sha256sum "$@"`, false},
		{"content, behind the digest", "sha256sum", `/usr/bin/sha256sum "$@"; echo more >>"$DIR/b.ini"`, false},
		{"content of the same length", "sha256sum", `/usr/bin/sha256sum "$@"; printf '[s]\na = 2\n' >"$DIR/b.ini"; touch -d '2001-01-01' "$DIR/b.ini"`, false},
		{"longer while it is copied", "cat", `echo more >>"$DIR/b.ini"; exec /bin/cat "$@"`, true},
		{"shorter while it is copied", "cat", `: >"$DIR/b.ini"; exec /bin/cat "$@"`, false},
		{"away while it is copied", "cat", `rm -f "$DIR/b.ini"; exec /bin/cat "$@"`, false},
		{"away before the digest", "sha256sum", `rm -f "$DIR/b.ini"; exec /usr/bin/sha256sum "$@"`, false},
		{"mode", "sha256sum", `chmod 600 "$DIR/b.ini"; exec /usr/bin/sha256sum "$@"`, false},
		{"another file in its place", "sha256sum", `printf '[s]\na = 1\n' >"$DIR/new"; mv "$DIR/new" "$DIR/b.ini"; exec /usr/bin/sha256sum "$@"`, false},
		{"no digest", "sha256sum", `for f; do case $f in */b.ini) ;; *) /usr/bin/sha256sum "$f";; esac; done`, false},
		{"no stat", "stat", `f=; for f; do case $f in */b.ini) exit 1;; esac; done; exec /usr/bin/stat "$@"`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := sharedDir(t)
			plant(t, dir, map[string]string{"a.ini": "[s]\na = a\n", "b.ini": "[s]\na = b\n", "c.ini": "[s]\na = c\n"})
			programs := program(t, test.program, "#!/bin/sh\nDIR='"+dir+"'\n"+test.text+"\n")
			h := lookFiles(t, fileQuery(dir+"/a.ini "+dir+"/b.ini "+dir+"/c.ini"), withPath(programs))
			b := drift.Address("file").Key(dir + "/b.ini")
			got := h.Lookup(b.Attr("entries").Key("s.a"))
			if got.Kind != drift.Unknown && !(test.before && got.Equal(drift.String("b"))) {
				t.Errorf("the file that changed has %s", got.Display())
			}
			if test.program == "stat" {
				return
			}
			for _, name := range []string{"a", "c"} {
				if got := h.Lookup(drift.Address("file").Key(dir + "/" + name + ".ini").Attr("entries").Key("s.a")); !got.Equal(drift.String(name)) {
					t.Errorf("%s beside it has %s %s", name, got.Display(), got.Text)
				}
			}
		})
	}
}

// A program that complains leaves no pattern answered.
func TestFileComplaints(t *testing.T) {
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"a.ini": "[s]\na = 1\n"})
	for name, text := range map[string]string{
		"find": `/usr/bin/find "$@"; echo "find: '/x/y': Input/output error" >&2; exit 1`,
		"stat": `kill -KILL $$`,
	} {
		programs := program(t, name, "#!/bin/sh\n"+text+"\n")
		h := lookFiles(t, fileQuery(dir+"/*"), withPath(programs))
		if got := h.Lookup(drift.Address("file").Key(dir + "/none").Attr("type")); got.Kind != drift.Unknown {
			t.Errorf("%s: a file that is not there is %s", name, got.Display())
		}
	}
}

func TestFilePrivate(t *testing.T) {
	dir := sharedDir(t)
	plant(t, dir, map[string]string{
		"open/a": "", "open/secret": "", "closed/a": "", "closed/b/c": "", "group/a": "",
	})
	for name, mode := range map[string]os.FileMode{"open/secret": 0o640, "closed": 0o700, "group": 0o774} {
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"to-open": "open/a", "to-closed": "closed/a", "folder": "closed", "closed/out": "../open/a"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		paths, name string
		want        bool
	}{
		{"/open/a", "/open/a", false},
		{"/open/*", "/open/a", false},
		{"/open/**", "/open", false},
		{"/open/secret", "/open/secret", true},
		{"/**", "/open/a", false},
		{"/**", "/open/secret", true},
		{"/**", "/closed", true},
		{"/**", "/closed/a", true},
		{"/**", "/closed/b/c", true},
		{"/closed/a", "/closed/a", true},
		{"/closed/b/*", "/closed/b/c", true},
		{"/group/a", "/group/a", true},
		{"/to-open", "/to-open", false},
		{"/to-closed", "/to-closed", true},
		{"/folder/a", "/folder/a", true},
		{"/folder/b/*", "/folder/b/c", true},
		{"/closed/out", "/closed/out", false},
		{"/*", "/to-closed", false}, // the link alone
	} {
		s := lookFiles(t, fileQuery(dir+test.paths)).Section("file", dir+test.name)
		if s == nil || len(s.Facts) == 0 {
			t.Errorf("%s: %s was not found", test.paths, test.name)
			continue
		}
		for _, f := range s.Facts {
			if f.Private != test.want {
				t.Errorf("%s: %s: private is %t", test.paths, f.Address, f.Private)
			}
		}
	}
}

func TestFileLinks(t *testing.T) {
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"real/a.ini": "[s]\na = 1\n"})
	for link, target := range map[string]string{"to-file.ini": "real/a.ini", "to-folder": "real", "absolute.ini": dir + "/real/a.ini", "dangling.ini": "none"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	known := drift.String("1")
	for _, test := range []struct {
		name, root, paths, at, attr string
		want                        drift.Value
	}{
		{"a named link", "", "/to-file.ini", "/to-file.ini", `.entries["s.a"]`, known},
		{"its target", "", "/to-file.ini", "/to-file.ini", ".target", drift.String("real/a.ini")},
		{"its type", "", "/to-file.ini", "/to-file.ini", ".type", drift.String("symlink")},
		{"a link by a pattern", "", "/*.ini", "/to-file.ini", `.entries["s.a"]`, drift.Value{}},
		{"its target", "", "/*.ini", "/to-file.ini", ".target", drift.String("real/a.ini")},
		{"a link that leads nowhere", "", "/dangling.ini", "/dangling.ini", ".type", drift.String("symlink")},
		{"its content", "", "/dangling.ini", "/dangling.ini", ".sha256", drift.Value{}},
		{"a link to a folder", "", "/to-folder", "/to-folder", ".target", drift.String("real")},
		{"a file below a link", "", "/to-folder/a.ini", "/to-folder/a.ini", `.entries["s.a"]`, known},
		{"a pattern below a link", "", "/to-folder/*", "/to-folder/a.ini", `.entries["s.a"]`, known},
		{"a link in a root", "x", "/absolute.ini", "/absolute.ini", ".target", drift.String(dir + "/real/a.ini")},
		{"its content", "x", "/absolute.ini", "/absolute.ini", ".sha256", drift.Value{}},
		{"a pattern below a link in a root", "x", "/to-folder/*", "/to-folder/a.ini", ".type", drift.UnknownValue("")},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := Request{Word: NewWord(), Queries: []Query{fileQuery(dir + test.paths)}}
			at := drift.Address("file").Key(dir+test.at) + drift.Address(test.attr)
			if test.root != "" {
				request.Root, request.Queries[0] = dir, fileQuery(test.paths)
				at = drift.Address("file").Key(test.at) + drift.Address(test.attr)
			}
			h := drift.Host{Sections: ask(t, plainShell, request)}
			if err := h.Sort(); err != nil {
				t.Fatal(err)
			}
			if got := h.Lookup(at); got.Kind != test.want.Kind || got.Kind != drift.Unknown && !got.Equal(test.want) {
				t.Errorf("%s = %s %s, want %s", at, got.Display(), got.Text, test.want.Display())
			}
		})
	}
}

func TestFileEntries(t *testing.T) {
	root := t.TempDir()
	plant(t, root, map[string]string{
		"etc/a.ini":      "[s]\na = 1\n",
		"etc/bad.ini":    "[s]\nno setting at all\n",
		"etc/motd":       "Hello\n\n  you \n",
		"etc/binary":     "\x00\x01",
		"etc/empty.yaml": "",
		"etc/large.ini":  "[s]\na = " + strings.Repeat("x", 1<<20),
		"srv/a.ini":      "[s]\na = 1\n",
		"srv/script":     "#!/bin/sh\n",
	})
	h := drift.Host{Sections: askOne(t, root, fileQuery("/etc/* /srv/*"))}
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, at, attr, want string }{
		{"by its name", "/etc/a.ini", `.entries["s.a"]`, `"1"`},
		{"how", "/etc/a.ini", ".format", `"ini"`},
		{"no complaint", "/etc/a.ini", ".unparsed", ""},
		{"not in its format", "/etc/bad.ini", `.entries["lines"]`, `["[s]","no setting at all"]`},
		{"said so", "/etc/bad.ini", ".unparsed", `"ini: line 2: wants \"[section]\" or \"key = value\""`},
		{"read how", "/etc/bad.ini", ".format", `"lines"`},
		{"text in /etc", "/etc/motd", `.entries["lines"]`, `["Hello","  you"]`},
		{"not text", "/etc/binary", ".format", ""},
		{"not text, said", "/etc/binary", ".unparsed", `"lines: line 1: a NUL byte: not text"`},
		{"empty", "/etc/empty.yaml", ".format", `"yaml"`},
		{"large", "/etc/large.ini", ".unparsed", `"larger than 1 MiB"`},
		{"large, its size", "/etc/large.ini", ".size", "1048584"},
		{"large, its digest", "/etc/large.ini", ".type", `"file"`},
		{"elsewhere by name", "/srv/a.ini", `.entries["s.a"]`, `"1"`},
		{"elsewhere without one", "/srv/script", ".format", ""},
	} {
		if got := h.Lookup(drift.Address("file").Key(test.at) + drift.Address(test.attr)); got.Text != test.want || got.Kind == drift.Unknown {
			t.Errorf("%s: %s%s = %s, want %s", test.name, test.at, test.attr, got.Text, test.want)
		}
	}
	t.Run("format", func(t *testing.T) {
		h := drift.Host{Sections: askOne(t, root, fileQuery("/srv/*", "format", "lines"))}
		if err := h.Sort(); err != nil {
			t.Fatal(err)
		}
		if got, want := h.Lookup(`file["/srv/script"].entries["lines"]`).Text, `["#!/bin/sh"]`; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
	t.Run("unknown format", func(t *testing.T) {
		for _, s := range askOne(t, root, fileQuery("/srv/*", "format", "docx")) {
			if s.Status != drift.Failed {
				t.Errorf("%s is %s", s.Address(), s.Status)
			}
		}
	})
}

// What a pattern matches is what doublestar matches in the whole tree, however the host looked for it.
func TestFilePatterns(t *testing.T) {
	root := t.TempDir()
	var all []string
	for _, p := range []string{"a", "a/b", "a/b/c", "a/b/c/x.ini", "a/b/x.ini", "a/bb/x.ini", "a/x.ini", "a/x.local", "a/.h/x.ini", "b/c.d/x", "b/e.d/y", "b/e.d/z/x", "c[1]/x"} {
		if strings.Contains(filepath.Base(p), "x") || strings.HasSuffix(p, "y") {
			plant(t, root, map[string]string{p: "x"})
		}
	}
	err := filepath.WalkDir(root, func(p string, _ os.DirEntry, err error) error {
		all = append(all, filepath.Join("/", strings.TrimPrefix(p, root)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ paths, exclude string }{
		{"/**", ""}, {"/*", ""}, {"/a/**", ""}, {"/a/*", ""}, {"/a/*/x.ini", ""}, {"/a/**/x.ini", ""}, {"/*/*/x", ""}, {"/b/*.d/*", ""}, {"/b/{c,e}.d/*", ""},
		{"/b/{c.d,e.d/z}/x", ""}, {"/a/b?/x.ini", ""}, {"/a/b*/**", ""}, {"/**/z/*", ""}, {"/a/[ab]*/x.ini", ""}, {`/c\[1\]/*`, ""}, {"/c[[]1]/*", ""}, {"/none/*", ""}, {"/a/x.ini/*", ""},
		{"/a/**", "*.local"}, {"/a/**", "b"}, {"/a/**", "b x.local .*"}, {"/**", "/a/b/**"}, {"/**", "/a/b"}, {"/b/**", "b"}, {"/a/**", "[b]*"}, {"/a/** /b/*.d/x /a/x.local", "*.local"}, {"/a/** /a/b/** /a/*", ""},
	} {
		q := fileQuery(test.paths)
		if test.exclude != "" {
			q = fileQuery(test.paths, "exclude", test.exclude)
		}
		var got, want []string
		for _, s := range askOne(t, root, q) {
			if s.Status != drift.OK {
				t.Errorf("%s: %s is %s: %s", test.paths, s.Address(), s.Status, s.Reason)
			}
			if !s.Question {
				got = append(got, s.Scope)
			}
		}
		for _, p := range all {
			for _, pattern := range strings.Fields(test.paths) {
				if p == pattern || doublestar.MatchUnvalidated(pattern, p) && !leftOut(p, pattern, strings.Fields(test.exclude)) {
					want = append(want, p)
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		want = slices.Compact(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s without %q (-want +got):\n%s", test.paths, test.exclude, diff)
		}
		if len(want) == 0 && test.paths != "/none/*" && test.paths != "/a/x.ini/*" {
			t.Errorf("%s without %q matches nothing", test.paths, test.exclude)
		}
	}
}

// leftOut says in the plainest way what exclude means: of a path, each folder from the pattern's own down is looked at.
func leftOut(p, pattern string, exclude []string) bool {
	start := 0
	for i, r := range pattern {
		if strings.ContainsRune(`*?[{\`, r) {
			break
		}
		if r == '/' {
			start = i + 1
		}
	}
	for end := start; end <= len(p); end++ {
		if end < len(p) && p[end] != '/' {
			continue
		}
		for _, e := range exclude {
			if doublestar.MatchUnvalidated(e, filepath.Base(p[:end])) && !strings.Contains(e, "/") && end > start || doublestar.MatchUnvalidated(e, p[:end]) {
				return true
			}
		}
	}
	return false
}

func TestFileBadPatterns(t *testing.T) {
	for _, pattern := range []string{"etc/x", "relative/*", "/etc/[", "/etc/{a", "/" + strings.Repeat("{a,aa}", 20) + "*"} {
		for _, s := range askOne(t, t.TempDir(), fileQuery(pattern)) {
			if s.Status != drift.Failed || s.Reason == "" {
				t.Errorf("%q: %s is %s: %s", pattern, s.Address(), s.Status, s.Reason)
			}
		}
	}
}

// However the output is cut, nothing is known of it.
func TestFileCutOff(t *testing.T) {
	data, err := os.ReadFile("testdata/file/debian.in")
	if err != nil {
		t.Fatal(err)
	}
	q := storedQuery(t, Named("file"), "testdata/file/debian.query")
	for cut := range len(data) {
		for _, s := range (Frame{Query: q, Data: data[:cut]}).parse() {
			if s.Known() {
				t.Fatalf("after %d bytes %s is %s", cut, s.Address(), s.Status)
			}
		}
	}
}

func FuzzParseFile(f *testing.F) {
	for _, name := range []string{"debian", "busybox"} {
		data, err := os.ReadFile("testdata/file/" + name + ".in")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	q := fileQuery("/etc/** /srv/app/*.ini /etc/hostname", "exclude", "*.local")
	f.Fuzz(func(t *testing.T, data []byte) {
		sections := Frame{Query: q, Data: data}.parse()
		if len(sections) < 3 {
			t.Errorf("%d sections of the three that were asked for", len(sections))
		}
		h := drift.Host{Sections: sections}
		if err := h.Sort(); err != nil {
			t.Error(err)
		}
	})
}
