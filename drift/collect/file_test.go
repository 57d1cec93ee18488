package collect

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

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
		if args[i] == "format" || args[i] == "max_size" {
			q.Args[args[i]] = cty.StringVal(args[i+1])
		}
	}
	return q
}

// askFiles asks for files of a folder as it is seen from "/", under a shell, as a user, with programs in front of PATH.
func askFiles(t testing.TB, shell []string, q Query, prepare ...func(*exec.Cmd)) []drift.Section {
	t.Helper()
	return ask(t, shell, Request{Word: NewWord(), Queries: []Query{q}}, prepare...)
}

var plainShell = []string{"sh", "-s"}

// lookFiles returns what askFiles finds as a host, to look things up in.
func lookFiles(t testing.TB, q Query, prepare ...func(*exec.Cmd)) *drift.Host {
	t.Helper()
	return hostOf(t, askFiles(t, plainShell, q, prepare...))
}

func hostOf(t testing.TB, sections []drift.Section) *drift.Host {
	t.Helper()
	h := &drift.Host{Sections: sections}
	must(t, h.Sort())
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
	t.Parallel()
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
	t.Parallel()
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

func TestFileEntries(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	plant(t, root, map[string]string{
		"etc/a.ini":      "[s]\na = 1\n",
		"etc/bad.ini":    "[s]\nno setting at all\n",
		"etc/motd":       "Hello\n\n  you \n",
		"etc/binary":     "\x00\x01",
		"etc/binary.ini": "\x00\x01",
		"etc/empty.yaml": "",
		"etc/large.ini":  "[s]\na = " + strings.Repeat("x", 1<<20),
		"etc/large":      strings.Repeat("x", 1<<20) + "\n",
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
		{"not text, no wonder", "/etc/binary", ".unparsed", ""},
		{"not text, by its name", "/etc/binary.ini", ".unparsed", `"ini: line 1: a NUL byte: not text"`},
		{"empty", "/etc/empty.yaml", ".format", `"yaml"`},
		{"large text in /etc", "/etc/large", ".unparsed", `"larger than 1 MiB (max_size = \"1 MiB\", the default): it has 1048577 bytes; a larger max_size reads it, up to 8 MiB"`},
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
