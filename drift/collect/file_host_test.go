package collect

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// As an account that may not read everything: what may not be read is unknown, never absent.
func TestFileDenied(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	dir := sharedDir(t)
	plant(t, dir, map[string]string{
		"open/a.ini": "[s]\na = 1\n", "open/secret.ini": "[s]\na = 1\n", "open/shut/x.ini": "", "shut/x.ini": "", "shut/in/x.ini": "", "list/x.ini": "", "search/x.ini": "[s]\na = 1\n",
		"deep/a/shut/x.ini": "", "deep/b/x.ini": "",
	})
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"link.ini": "shut/x.ini", "through": "shut/in", "around": "through", "dangling.ini": "none/x.ini", "dangling": "none", "loop": "loop",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
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
		{"a link into a folder that may not be searched", "/link.ini", nil, "/link.ini .sha256", drift.Unknown},
		{"a link to nothing", "/dangling.ini", nil, "/dangling.ini .sha256", drift.Absent},
		{"a link to nothing, itself", "/dangling.ini", nil, "/dangling.ini .target", drift.Known},
		{"below a link to a folder that may not be searched", "/through/x.ini", nil, "/through/x.ini .type", drift.Unknown},
		{"below a link to such a link", "/around/x.ini", nil, "/around/x.ini .type", drift.Unknown},
		{"below a link to nothing", "/dangling/x.ini", nil, "/dangling/x.ini .type", drift.Absent},
		{"below a link to itself", "/loop/x.ini", nil, "/loop/x.ini .type", drift.Absent},
		{"by a pattern, below such a link", "/through/*", nil, "/through/x.ini .type", drift.Unknown},
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
	var queries []Query
	for _, test := range tests {
		for i := range test.args {
			test.args[i] = strings.ReplaceAll(test.args[i], "DIR", dir)
		}
		queries = append(queries, fileQuery(strings.ReplaceAll(dir+test.paths, "DIR", dir), test.args...))
	}
	for programs, prepare := range map[string][]func(*exec.Cmd){"GNU": {asNobody}, "busybox": {asNobody, withBusybox(t)}} {
		t.Run(programs, func(t *testing.T) {
			t.Parallel()
			for i, sections := range askEach(t, plainShell, "", queries, prepare...) {
				name, attr, _ := strings.Cut(tests[i].at, " ")
				if got := hostOf(t, sections).Lookup(drift.Address("file").Key(dir+name) + drift.Address(attr)); got.Kind != tests[i].want {
					t.Errorf("%s: %s is %s %s", tests[i].name, tests[i].at, got.Display(), got.Text)
				}
			}
		})
	}
}

// What changes while it is read is unknown; what stands beside it is not.
func TestFileChanges(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
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
			t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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
	tests := []struct {
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
	}
	var queries []Query
	for _, test := range tests {
		queries = append(queries, fileQuery(dir+test.paths))
	}
	answers := askEach(t, plainShell, "", queries)
	for i, test := range tests {
		s := hostOf(t, answers[i]).Section("file", dir+test.name)
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

// Where a link leads cannot be told: then others may not read it.
func TestFilePrivateUntold(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"a": "x\n"})
	must(t, os.Symlink("a", filepath.Join(dir, "link")))
	s := lookFiles(t, fileQuery(dir+"/link"), withPath(program(t, "readlink", "#!/bin/sh\nexit 1\n"))).Section("file", dir+"/link")
	if f, ok := s.Find(s.Address().Attr("sha256")); !ok || !f.Private {
		t.Errorf("%s %s: %s, private is %t", s.Status, s.Reason, f.Value.Display(), f.Private)
	}
}

func TestFileLinks(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"real/a.ini": "[s]\na = 1\n"})
	for link, target := range map[string]string{"to-file.ini": "real/a.ini", "to-folder": "real", "absolute.ini": dir + "/real/a.ini", "dangling.ini": "none"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	known := drift.String("1")
	type linkTest struct {
		name, root, paths, at, attr string
		want                        drift.Value
	}
	tests := []linkTest{
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
		{"a link in a root", dir, "/absolute.ini", "/absolute.ini", ".target", drift.String(dir + "/real/a.ini")},
		{"its content", dir, "/absolute.ini", "/absolute.ini", ".sha256", drift.Value{}},
		{"a pattern below a link in a root", dir, "/to-folder/*", "/to-folder/a.ini", ".type", drift.UnknownValue("")},
	}
	for root, below := range map[string]string{"": dir, dir: ""} {
		tests := slices.DeleteFunc(slices.Clone(tests), func(test linkTest) bool { return test.root != root })
		var queries []Query
		for _, test := range tests {
			queries = append(queries, fileQuery(below+test.paths))
		}
		answers := askEach(t, plainShell, root, queries)
		for i, test := range tests {
			at := drift.Address("file").Key(below+test.at) + drift.Address(test.attr)
			if got := hostOf(t, answers[i]).Lookup(at); got.Kind != test.want.Kind || got.Kind != drift.Unknown && !got.Equal(test.want) {
				t.Errorf("%s: %s = %s %s, want %s", test.name, at, got.Display(), got.Text, test.want.Display())
			}
		}
	}
}

// What a program may not look at is not absent, even where the shell's own tests say that it may, as busybox's do where
// an access control list says otherwise (acl(5)).
func TestFileRefused(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"shut/x.ini": "", `it's \é/x.ini`: "", "open/x.ini": ""})
	escaped := strings.NewReplacer(`\`, `\\`, `'`, `\'`, "é", `\303\251`).Replace(`it's \é`)
	tests := []struct {
		complaint, at string
		want          drift.Kind
	}{
		{"find: '" + dir + "/shut': Permission denied", "/shut/none", drift.Unknown},
		{"find: " + dir + "/shut: Permission denied", "/shut/none", drift.Unknown},
		{"find: '" + dir + "/shut': Permission denied", "/open/none", drift.Absent},
		{"stat: can't stat '" + dir + "/shut/y': Permission denied", "/shut/y", drift.Unknown},
		{"stat: cannot statx '" + dir + "/shut/y': Permission denied", "/open/none", drift.Absent},
		{"find: '" + dir + "/" + escaped + "': Permission denied", `/it's \é/none`, drift.Unknown},
		{"find: '" + dir + "/" + escaped + "': Permission denied", "/open/none", drift.Absent},
		{"find: '" + dir + "/sh\\ut': Permission denied", "/open/none", drift.Unknown},
		{"find: something: Permission denied", "/open/none", drift.Unknown},
		{"cat: " + dir + "/shut/x.ini: Permission denied", "/shut/none", drift.Absent},
		{"find: '" + dir + "/gone': No such file or directory", "/open/none", drift.Absent},
	}
	for _, test := range tests {
		t.Run(test.complaint, func(t *testing.T) {
			t.Parallel()
			text := strings.ReplaceAll(test.complaint, `'`, `'\''`)
			programs := program(t, "find", "#!/bin/sh\n/usr/bin/find \"$@\"\nprintf '%s\\n' '"+text+"' >&2\nexit 1\n")
			h := lookFiles(t, fileQuery(dir+"/shut/* "+dir+"/open/* "+dir+`/it's?*/*`), withPath(programs))
			if got := h.Lookup(drift.Address("file").Key(dir + test.at).Attr("type")); got.Kind != test.want {
				t.Errorf("%s is %s %s", test.at, got.Display(), got.Text)
			}
		})
	}
}

// Folders that complaints are too many to name are not left out: then everything is unknown.
func TestFileRefusedOften(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	plant(t, dir, map[string]string{"x.ini": ""})
	for times, want := range map[int]drift.Kind{1000: drift.Absent, 1001: drift.Unknown} {
		programs := program(t, "find", fmt.Sprintf("#!/bin/sh\n/usr/bin/find \"$@\"\nyes \"find: '%s/shut/x': Permission denied\" | head -n %d >&2\nexit 1\n", dir, times))
		h := lookFiles(t, fileQuery(dir+"/*"), withPath(programs))
		if got := h.Lookup(drift.Address("file").Key(dir + "/none").Attr("type")); got.Kind != want {
			t.Errorf("after %d complaints a file that is not there is %s", times, got.Display())
		}
	}
}
