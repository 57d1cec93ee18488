package collect

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/zclconf/go-cty/cty"
)

func checkoutQuery(path string) Query {
	return Query{Collector: "revision", Args: map[string]cty.Value{"checkout": cty.StringVal(path)}}
}

// git runs git as its owner would, with a configuration of the test's own.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(drifttest.Program(t, "git"), args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=5",
		"GIT_CONFIG_KEY_0=user.name", "GIT_CONFIG_VALUE_0=x", "GIT_CONFIG_KEY_1=user.email", "GIT_CONFIG_VALUE_1=x@example.com",
		"GIT_CONFIG_KEY_2=protocol.file.allow", "GIT_CONFIG_VALUE_2=always", "GIT_CONFIG_KEY_3=safe.directory", "GIT_CONFIG_VALUE_3=*",
		"GIT_CONFIG_KEY_4=core.fsync", "GIT_CONFIG_VALUE_4=none")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

var repositoryModel model

// repository returns a checkout of two commits on the branch main: a copy of one that is made once.
func repository(t testing.TB) string {
	t.Helper()
	dir := sharedDir(t)
	run(t, exec.Command("cp", "-a", repositoryModel.get(t, makeRepository)+"/.", dir), nil)
	return dir
}

func makeRepository(t testing.TB, dir string) {
	t.Helper()
	git(t, dir, "init", "-q", "-b", "main")
	plant(t, dir, map[string]string{"README": "one\n", "src/app.py": "print()\n", "bin/run": "#!/bin/sh\n", "with space é": "x"})
	must(t, os.Chmod(filepath.Join(dir, "bin/run"), 0o755))
	must(t, os.Symlink("src/app.py", filepath.Join(dir, "link")))
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", "one")
	plant(t, dir, map[string]string{"README": "two\n"})
	git(t, dir, "commit", "-q", "-a", "-m", "two")
}

// timeless drops when things changed, after a look at whether that is a time since the test began to make them.
func timeless(t testing.TB, sections []drift.Section) []drift.Section {
	t.Helper()
	for i := range sections {
		sections[i].Facts = slices.DeleteFunc(sections[i].Facts, func(f drift.Fact) bool {
			if !strings.HasSuffix(string(f.Address), ".changed") || f.Value.Kind != drift.Known {
				return false
			}
			if age := time.Since(changedTime(t, f.Value)); age < -time.Second || age > 10*time.Minute {
				t.Errorf("%s is %s", f.Address, f.Value.Text)
			}
			return true
		})
	}
	return sections
}

func changedTime(t testing.TB, v drift.Value) time.Time {
	t.Helper()
	text, _ := v.AsString()
	changed, err := time.Parse(time.RFC3339, text)
	if err != nil || changed.Location() != time.UTC {
		t.Fatalf("%s: %v", v.Text, err)
	}
	return changed
}

func write(t testing.TB, path, content string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(content), 0o644))
}

func TestRevisionCheckout(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(t *testing.T, dir string)
		branch string
		dirty  string // true, false, or why it is unknown
	}{
		{"clean", func(t *testing.T, dir string) {}, "main", "false"},
		{"touched", func(t *testing.T, dir string) { write(t, dir+"/README", "two\n") }, "main", "false"},
		{"changed", func(t *testing.T, dir string) { write(t, dir+"/README", "six\n") }, "main", "true"},
		{"staged", func(t *testing.T, dir string) { write(t, dir+"/README", "six\n"); git(t, dir, "add", "README") }, "main", "true"},
		{"staged and put back", func(t *testing.T, dir string) {
			write(t, dir+"/README", "six\n")
			git(t, dir, "add", "README")
			write(t, dir+"/README", "two\n")
		}, "main", "true"},
		{"deleted", func(t *testing.T, dir string) { must(t, os.Remove(dir+"/src/app.py")) }, "main", "true"},
		{"a folder in its place", func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/README"))
			must(t, os.Mkdir(dir+"/README", 0o755))
		}, "main", "true"},
		{"a link in its place", func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/README", dir+"/untracked"))
			must(t, os.Symlink("untracked", dir+"/README"))
		}, "main", "true"},
		{"a pipe in its place", func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/README"))
			must(t, exec.Command("mkfifo", dir+"/README").Run())
		}, "main", "true"},
		{"another link", func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/link"))
			must(t, os.Symlink("src", dir+"/link"))
		}, "main", "true"},
		{"a link with a line break", func(t *testing.T, dir string) {
			must(t, os.Remove(dir+"/link"))
			must(t, os.Symlink("a\n=marker", dir+"/link"))
		}, "main", "a link with a line break"},
		{"mode", func(t *testing.T, dir string) { must(t, os.Chmod(dir+"/bin/run", 0o644)) }, "main", "true"},
		{"mode that git does not look at", func(t *testing.T, dir string) {
			git(t, dir, "config", "core.filemode", "false")
			must(t, os.Chmod(dir+"/bin/run", 0o644))
		}, "main", "false"},
		{"untracked", func(t *testing.T, dir string) { write(t, dir+"/untracked", "x") }, "main", "false"},
		{"a strange untracked name", func(t *testing.T, dir string) { write(t, dir+"/a\nX .\tb\"", "x") }, "main", "false"},
		{"detached", func(t *testing.T, dir string) { git(t, dir, "checkout", "-q", "--detach") }, "", "false"},
		{"another branch", func(t *testing.T, dir string) { git(t, dir, "checkout", "-q", "-b", "feature/x") }, "feature/x", "false"},
		{"packed", func(t *testing.T, dir string) { git(t, dir, "gc", "-q") }, "main", "false"},
		{"packed, then moved", func(t *testing.T, dir string) { git(t, dir, "gc", "-q"); git(t, dir, "reset", "-q", "--hard", "HEAD^") }, "main", "false"},
		{"a tag of the branch's name", func(t *testing.T, dir string) { git(t, dir, "tag", "main", "HEAD^"); git(t, dir, "gc", "-q") }, "main", "false"},
		{"attributes, clean", func(t *testing.T, dir string) {
			write(t, dir+"/.gitattributes", "*.py text eol=crlf\n")
			git(t, dir, "add", "-A")
			git(t, dir, "commit", "-q", "-m", "x")
		}, "main", "false"},
		{"skip-worktree, clean", func(t *testing.T, dir string) { git(t, dir, "update-index", "--skip-worktree", "README") }, "main", "false"},
		{"skip-worktree, changed", func(t *testing.T, dir string) {
			git(t, dir, "update-index", "--skip-worktree", "README")
			write(t, dir+"/README", "six\n")
		}, "main", "true"},
		{"skip-worktree, not there", func(t *testing.T, dir string) {
			git(t, dir, "update-index", "--skip-worktree", "README")
			must(t, os.Remove(dir+"/README"))
		}, "main", "false"},
		{"a split index", func(t *testing.T, dir string) { git(t, dir, "update-index", "--split-index") }, "main", `git would touch its shared index: "git update-index --no-split-index" does without one`},
		{"a broken index", func(t *testing.T, dir string) { write(t, dir+"/.git/index", "x") }, "main", "git cannot read it: error: bad signature 0x780a"},
		{"a conflict", func(t *testing.T, dir string) {
			git(t, dir, "checkout", "-q", "-b", "other", "HEAD^")
			write(t, dir+"/README", "other\n")
			git(t, dir, "commit", "-q", "-a", "-m", "x")
			cmd := exec.Command("git", "-c", "user.name=x", "-c", "user.email=x", "-c", "safe.directory=*", "merge", "-q", "main")
			cmd.Dir = dir
			if cmd.Run() == nil {
				t.Fatal("no conflict")
			}
		}, "other", "true"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := repository(t)
			test.change(t, dir)
			section := timeless(t, askOne(t, "", checkoutQuery(dir)))[0]
			if section.Status != drift.OK {
				t.Fatalf("%s: %s", section.Status, section.Reason)
			}
			got := map[string]string{}
			for _, f := range section.Facts {
				got[strings.TrimPrefix(string(f.Address), string(section.Address())+".")] = strings.Trim(f.Value.Text, `"`)
			}
			want := map[string]string{"commit": git(t, dir, "rev-parse", "HEAD"), "branch": test.branch, "dirty": test.dirty}
			if test.branch == "" {
				delete(want, "branch")
			}
			if strings.HasPrefix(got["dirty"], "git cannot read it") && strings.HasPrefix(test.dirty, "git cannot read it") {
				got["dirty"] = test.dirty
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// plantCommit writes files and commits them.
func plantCommit(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	plant(t, dir, files)
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "--allow-empty", "-m", "x")
}

// dirtyOf returns what is told of a checkout's files: true, false, or why it is unknown.
func dirtyOf(t testing.TB, dir string) string {
	t.Helper()
	section := askOne(t, "", checkoutQuery(dir))[0]
	f, ok := section.Find(section.Address().Attr("dirty"))
	if !ok {
		t.Fatalf("%s: %s", section.Status, section.Reason)
	}
	return f.Value.Text
}

// lfsPointer is what Git LFS keeps in the repository for a file that holds "big".
const lfsPointer = "version https://git-lfs.github.com/spec/v1\noid sha256:2a21fe6d592a19b7de898b50eb53c429608de1a66f3e9f62da19714a770553d1\nsize 3\n"

func TestRevisionConverted(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	const utf16 = "a\x00b\x00\n\x00"
	lfs := map[string]string{".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "big.bin": lfsPointer}
	attributes := func(text string) map[string]string { return map[string]string{".gitattributes": text} }
	for _, test := range []struct {
		name    string
		config  string            // a key and its value
		commit  map[string]string // files that are committed
		changed map[string]string // files that are written then
		want    string
	}{
		{"auto, changed", "", attributes("* text=auto\n"), map[string]string{"README": "six\n"}, "true"},
		{"auto, other line ends", "", attributes("* text=auto\n"), map[string]string{"README": "two\r\n"}, "true"},
		{"auto, binary", "", map[string]string{".gitattributes": "* text=auto\n", "a": "\x00\n"}, map[string]string{"a": "\x00\r\n"}, "true"},
		{"crlf", "", attributes("*.py text eol=crlf\n"), nil, "false"},
		{"crlf, written again", "", attributes("*.py text eol=crlf\n"), map[string]string{"src/app.py": "print()\r\n"}, "false"},
		{"crlf, changed", "", attributes("*.py text eol=crlf\n"), map[string]string{"src/app.py": "print(1)\r\n"}, "true"},
		{"crlf, changed, of one size", "", attributes("*.py text eol=crlf\n"), map[string]string{"src/app.py": "prunt()\r\n"}, "true"},
		{"crlf, other line ends", "", attributes("*.py text eol=crlf\n"), map[string]string{"src/app.py": "print()\n"}, "false"},
		{"other files are crlf", "", attributes("*.py text eol=crlf\n"), map[string]string{"README": "two\r\n"}, "true"},
		{"attributes in a folder", "", map[string]string{"src/.gitattributes": "app.py eol=crlf\n"}, nil, "false"},
		{"info/attributes", "", map[string]string{".git/info/attributes": "README eol=crlf\n"}, map[string]string{"README": "two\r\n"}, "false"},
		{"changed attributes", "", attributes("* text=auto\n"), attributes("* filter=x\n"), "true"},
		{"autocrlf", "core.autocrlf true", nil, nil, "false"},
		{"autocrlf, written again", "core.autocrlf true", nil, map[string]string{"README": "two\r\n"}, "false"},
		{"autocrlf, changed", "core.autocrlf true", nil, map[string]string{"README": "six\r\n"}, "true"},
		{"core.eol", "core.eol crlf", attributes("* text=auto\n"), map[string]string{"README": "two\r\n"}, "false"},
		{"no autocrlf", "core.autocrlf false", nil, map[string]string{"README": "two\r\n"}, "true"},
		{"ident", "", map[string]string{".gitattributes": "a ident\n", "a": "$Id$\n"}, nil, "false"},
		{"ident, changed", "", map[string]string{".gitattributes": "a ident\n", "a": "$Id$\n"}, map[string]string{"a": "$Id: 0123 $\nx"}, "true"},
		{"an encoding", "", map[string]string{".gitattributes": "a text working-tree-encoding=UTF-16LE\n", "a": utf16}, nil, "false"},
		{"an encoding, broken", "", map[string]string{".gitattributes": "a text working-tree-encoding=UTF-16LE\n", "a": utf16}, map[string]string{"a": "\x00\xd8\x00\x00\x00\xd8"}, "git cannot convert a"},
		{"an encoding, changed", "", map[string]string{".gitattributes": "a text working-tree-encoding=UTF-16LE\n", "a": utf16}, map[string]string{"a": "b" + utf16[1:]}, "true"},
		{"lfs, no content", "", lfs, nil, "false"},
		{"lfs, content", "", lfs, map[string]string{"big.bin": "xyz"}, "true"},
		{"lfs, the same content", "", lfs, map[string]string{"big.bin": "big"}, "false"},
		{"a filter, as it stands", "filter.x.clean false", attributes("README filter=x\n"), nil, "false"},
		{"a filter", "filter.x.clean false", attributes("README filter=x\n"), map[string]string{"README": "six\n"}, "git converts README by the filter x, which is not run"},
		{"a filter, and another size", "filter.x.clean false", attributes("README filter=x\n"), map[string]string{"README": "three\n"}, "true"},
		{"a filter, and a change elsewhere", "filter.x.clean false", attributes("README filter=x\n"), map[string]string{"README": "six\n", "src/app.py": ""}, "true"},
		{"attributes elsewhere", "core.attributesFile /dev/zero", nil, map[string]string{"README": "six\n"}, "core.attributesFile is set, and that file is not read"},
		{"names", "", map[string]string{"a\tb\"\\\x01\x7fé": "x", `"`: "", "=": "", "a: b: filter: y": "z\n", ".gitattributes": "* eol=crlf\n"}, nil, "false"},
		{"names, changed", "", map[string]string{"a\tb\"\\\x01\x7fé": "x"}, map[string]string{"a\tb\"\\\x01\x7fé": "y"}, "true"},
		{"a name with a line break", "", map[string]string{"a\nb": "x"}, nil, `the name of the tracked file "a\nb" is not supported`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := repository(t)
			plantCommit(t, dir, test.commit)
			if key, value, ok := strings.Cut(test.config, " "); ok {
				git(t, dir, "config", key, value)
			}
			if !strings.HasPrefix(test.config, "filter") && !strings.HasPrefix(test.config, "core.attributesFile") && test.commit["big.bin"] == "" {
				checkoutAnew(t, dir)
			}
			plant(t, dir, test.changed)
			if got := dirtyOf(t, dir); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// plantWorktree makes a checkout a linked working directory, of a repository beside it.
func plantWorktree(t testing.TB, dir string) {
	t.Helper()
	origin := sharedDir(t)
	run(t, exec.Command("cp", "-a", dir+"/.", origin), nil)
	must(t, os.RemoveAll(dir))
	git(t, origin, "worktree", "add", "-q", dir)
}

// checkoutAnew lets git write all files anew, as it converts them.
func checkoutAnew(t testing.TB, dir string) {
	t.Helper()
	git(t, dir, "rm", "-r", "-q", "-f", ".")
	git(t, dir, "reset", "-q", "--hard")
}

// What git's index can say of a file, beside its content.
func TestRevisionIndex(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   string
	}{
		{"assume-unchanged", func(t *testing.T, dir string) {
			git(t, dir, "update-index", "--assume-unchanged", "README")
			write(t, dir+"/README", "six\n")
		}, "true"},
		{"skip-worktree, another mode", func(t *testing.T, dir string) {
			git(t, dir, "update-index", "--skip-worktree", "bin/run")
			must(t, os.Chmod(dir+"/bin/run", 0o644))
		}, "true"},
		{"intent to add", func(t *testing.T, dir string) { write(t, dir+"/new", "x"); git(t, dir, "add", "-N", "new") }, "true"},
		{"ignored, and tracked", func(t *testing.T, dir string) {
			plantCommit(t, dir, map[string]string{".gitignore": "README\nlogs\n"})
			plant(t, dir, map[string]string{"logs/a": "x"})
		}, "false"},
		{"ignored, tracked and changed", func(t *testing.T, dir string) {
			plantCommit(t, dir, map[string]string{".gitignore": "README\n"})
			write(t, dir+"/README", "six\n")
		}, "true"},
		{"sparse", func(t *testing.T, dir string) { git(t, dir, "sparse-checkout", "set", "--cone", "src") }, "false"},
		{"sparse, changed", func(t *testing.T, dir string) {
			git(t, dir, "sparse-checkout", "set", "--cone", "src")
			write(t, dir+"/src/app.py", "")
		}, "true"},
		{"sparse, changed outside", func(t *testing.T, dir string) {
			git(t, dir, "sparse-checkout", "set", "--cone", "src")
			plant(t, dir, map[string]string{"bin/run": "x"})
		}, "true"},
		{"sparse, deleted", func(t *testing.T, dir string) {
			git(t, dir, "sparse-checkout", "set", "--cone", "src")
			must(t, os.Remove(dir+"/src/app.py"))
		}, "true"},
		{"a sparse index", func(t *testing.T, dir string) {
			git(t, dir, "sparse-checkout", "set", "--cone", "--sparse-index", "src")
		}, "false"},
		{"no more a split index", func(t *testing.T, dir string) {
			git(t, dir, "update-index", "--split-index")
			git(t, dir, "update-index", "--no-split-index")
		}, "false"},
		{"a split index of a worktree", func(t *testing.T, dir string) {
			plantWorktree(t, dir)
			git(t, dir, "update-index", "--split-index")
		}, `git would touch its shared index: "git update-index --no-split-index" does without one`},
		{"a worktree with attributes", func(t *testing.T, dir string) {
			write(t, dir+"/.git/info/attributes", "README eol=crlf\n")
			plantWorktree(t, dir)
			write(t, dir+"/README", "two\r\n")
		}, "false"},
		{"names of no encoding", func(t *testing.T, dir string) {
			plantCommit(t, dir, map[string]string{"\xff\xfe": "x"})
		}, "false"},
		{"names of no encoding, changed", func(t *testing.T, dir string) {
			plantCommit(t, dir, map[string]string{"\xff\xfe": "x"})
			write(t, dir+"/\xff\xfe", "y")
		}, "true"},
		{"files for links", func(t *testing.T, dir string) {
			git(t, dir, "config", "core.symlinks", "false")
			must(t, os.Remove(dir+"/link"))
			write(t, dir+"/link", "src/app.py")
		}, "false"},
		{"files for links, changed", func(t *testing.T, dir string) {
			git(t, dir, "config", "core.symlinks", "false")
			must(t, os.Remove(dir+"/link"))
			write(t, dir+"/link", "src/app")
		}, "true"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := repository(t)
			test.change(t, dir)
			if got := dirtyOf(t, dir); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestRevisionSubmodule(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	inner, middle := repository(t), repository(t)
	git(t, middle, "submodule", "--quiet", "add", inner, "deep/inner")
	git(t, middle, "commit", "-q", "-m", "x")
	outer := repository(t)
	git(t, outer, "submodule", "--quiet", "add", middle, "part")
	git(t, outer, "submodule", "--quiet", "update", "--init", "--recursive")
	git(t, outer, "commit", "-q", "-m", "x")
	for _, test := range []struct {
		name   string
		change func(t *testing.T, dir string)
		want   string
	}{
		{"as tracked", func(t *testing.T, dir string) {}, "false"},
		{"changed", func(t *testing.T, dir string) { write(t, dir+"/part/README", "six\n") }, "true"},
		{"changed deep within", func(t *testing.T, dir string) { write(t, dir+"/part/deep/inner/README", "six\n") }, "true"},
		{"untracked files", func(t *testing.T, dir string) { write(t, dir+"/part/new", "x") }, "false"},
		{"staged", func(t *testing.T, dir string) { write(t, dir+"/part/new", "x"); git(t, dir+"/part", "add", "new") }, "true"},
		{"another commit", func(t *testing.T, dir string) { git(t, dir+"/part", "checkout", "-q", "HEAD^") }, "true"},
		{"another commit deep within", func(t *testing.T, dir string) { git(t, dir+"/part/deep/inner", "checkout", "-q", "HEAD^") }, "true"},
		{"a branch", func(t *testing.T, dir string) { git(t, dir+"/part", "checkout", "-q", "-b", "x") }, "false"},
		{"another commit, staged and not looked at", func(t *testing.T, dir string) {
			git(t, dir, "config", "submodule.part.ignore", "all")
			git(t, dir, "config", "diff.ignoreSubmodules", "all")
			git(t, dir+"/part", "checkout", "-q", "HEAD^")
			git(t, dir, "update-index", "part")
		}, "true"},
		{"not checked out", func(t *testing.T, dir string) { git(t, dir, "submodule", "--quiet", "deinit", "-f", "part") }, "false"},
		{"no folder", func(t *testing.T, dir string) { must(t, os.RemoveAll(dir+"/part")) }, "true"},
		{"a file", func(t *testing.T, dir string) { must(t, os.RemoveAll(dir+"/part")); write(t, dir+"/part", "") }, "true"},
		{"a link", func(t *testing.T, dir string) {
			must(t, os.Rename(dir+"/part", dir+"/other"))
			must(t, os.Symlink("other", dir+"/part"))
		}, "true"},
		{"sparse", func(t *testing.T, dir string) { git(t, dir, "sparse-checkout", "set", "--cone", "src") }, "false"},
		{"no repository", func(t *testing.T, dir string) { must(t, os.Remove(dir+"/part/.git")) }, "submodule part: its folder has files, but is not a git checkout"},
		{"a repository that cannot be read", func(t *testing.T, dir string) {
			write(t, dir+"/.git/modules/part/index", "x")
		}, "submodule part: git cannot read it"},
		{"no commit", func(t *testing.T, dir string) {
			write(t, dir+"/.git/modules/part/HEAD", "ref: refs/heads/none\n")
		}, "submodule part: git cannot read it"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := sharedDir(t)
			run(t, exec.Command("cp", "-a", outer+"/.", dir), nil)
			test.change(t, dir)
			if got := dirtyOf(t, dir); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestRevisionSHA256(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	part := sharedDir(t)
	git(t, part, "init", "-q", "--object-format=sha256", "-b", "main")
	plantCommit(t, part, map[string]string{"a": "x\n"})
	dir := sharedDir(t)
	git(t, dir, "init", "-q", "--object-format=sha256", "-b", "main")
	must(t, os.Symlink("README", dir+"/link"))
	git(t, dir, "submodule", "--quiet", "add", part, "part")
	plantCommit(t, dir, map[string]string{"README": "one\n", "crlf": "x\n", ".gitattributes": "crlf text\n"})
	for _, step := range []struct {
		change func()
		want   string
	}{
		{func() {}, "false"},
		{func() { write(t, dir+"/crlf", "x\r\n") }, "true"},
		{func() { write(t, dir+"/crlf", "y\n") }, "git may convert crlf, which is not done in a repository of SHA-256"},
		{func() { write(t, dir+"/crlf", "x\n"); write(t, dir+"/README", "six\n") }, "true"},
		{func() { write(t, dir+"/README", "one\n"); write(t, dir+"/part/a", "y\n") }, "true"},
		{func() { write(t, dir+"/part/a", "x\n"); must(t, os.Remove(dir+"/link")) }, "true"},
		{func() { must(t, os.Symlink("crlf", dir+"/link")) }, "true"},
		{func() { must(t, os.Remove(dir+"/link")); must(t, os.Symlink("README", dir+"/link")) }, "false"},
	} {
		step.change()
		if got := dirtyOf(t, dir); got != step.want {
			t.Errorf("got %s, want %s", got, step.want)
		}
	}
}

func TestRevisionShapes(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	dir := repository(t)
	commit := git(t, dir, "rev-parse", "HEAD")
	worktree, bare, submodule := filepath.Join(sharedDir(t), "tree"), filepath.Join(sharedDir(t), "bare.git"), repository(t)
	git(t, dir, "worktree", "add", "-q", "-b", "side", worktree)
	git(t, dir, "clone", "-q", "--bare", dir, bare)
	git(t, submodule, "submodule", "--quiet", "add", dir, "part")
	git(t, submodule, "commit", "-q", "-m", "part")
	empty := sharedDir(t)
	git(t, empty, "init", "-q", "-b", "main")
	link := filepath.Join(sharedDir(t), "current")
	must(t, os.Symlink(dir, link))
	facts := func(path, commit, branch, dirty string) string {
		at := fmt.Sprintf("revision[%q]", path)
		text := "section " + at + ": ok \n" + at + ".branch = \"" + branch + "\"\n"
		if strings.HasPrefix(commit, "unknown") {
			text += at + ".changed = unknown: the host does not tell when it changed\n"
		}
		text += at + ".commit = " + commit + "\n"
		if dirty != "" {
			text += at + ".dirty = " + dirty + "\n"
		}
		return text
	}
	id := `"` + commit + `"`
	for _, test := range []struct{ name, path, want string }{
		{"a worktree", worktree, facts(worktree, id, "side", "false")},
		{"a bare repository", bare, facts(bare, id, "main", "")},
		{"a submodule", submodule, facts(submodule, `"`+git(t, submodule, "rev-parse", "HEAD")+`"`, "main", "false")},
		{"in a submodule", submodule + "/part", facts(submodule+"/part", id, "main", "false")},
		{"no commit", empty, facts(empty, "unknown: the checkout's HEAD leads to no commit", "main", "unknown: git cannot read it: fatal: bad revision 'HEAD'")},
		{"a link to it", link, facts(link, id, "main", "false")},
		{"a folder inside", dir + "/src", "section revision[\"" + dir + "/src\"]: failed not a git checkout\n"},
		{"a file", dir + "/README", "section revision[\"" + dir + "/README\"]: failed not a folder\n"},
		{"nothing", dir + "/nothing/there", "section revision[\"" + dir + "/nothing/there\"]: absent \n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, text(timeless(t, askOne(t, "", checkoutQuery(test.path))))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRevisionHostileRefs(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	secret, id := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), "id")
	write(t, secret, "canary-content\n")
	write(t, id, strings.Repeat("0123456789", 4)+"\n")
	for _, head := range []string{"ref: refs/../../../../../../../.." + id + "\n", "ref: refs/../../../../../../../.." + secret + "\n", "ref: " + secret + "\n", "canary\n", "\n", "", "ref: refs/heads/loop\n", "ref: refs/heads/link\n"} {
		dir := repository(t)
		write(t, dir+"/.git/HEAD", head)
		write(t, dir+"/.git/refs/heads/loop", "ref: refs/heads/loop\n")
		must(t, os.Symlink(secret, dir+"/.git/refs/heads/link"))
		section := askOne(t, "", checkoutQuery(dir))[0]
		if f, _ := section.Find(section.Address().Attr("commit")); f.Value.Kind != drift.Unknown || strings.Contains(text([]drift.Section{section}), "canary-content") {
			t.Errorf("HEAD %q: %v", head, section)
		}
	}
}

// Whatever a repository of another user's names is not run, and nothing in it is changed.
func TestRevisionRunsNothing(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	drifttest.Root(t)
	canary := filepath.Join(sharedDir(t), "canary")
	dir, part := repository(t), repository(t)
	git(t, dir, "submodule", "--quiet", "add", part, "part")
	git(t, dir, "commit", "-q", "-m", "x")
	evil := "touch " + canary + "; false"
	for _, key := range []string{"core.fsmonitor", "filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.external", "diff.x.textconv", "diff.x.command",
		"core.sshCommand", "core.gitProxy", "core.pager", "core.editor", "credential.helper", "core.askPass", "gpg.program", "core.alternateRefsCommand",
		"uploadpack.packObjectsHook", "remote.origin.uploadpack", "alias.diff-index", "alias.ls-files", "alias.config", "alias.check-attr", "alias.hash-object", "pager.check-attr", "pager.hash-object", "pager.config", "pager.ls-files", "sequence.editor", "interactive.diffFilter"} {
		git(t, dir, "config", key, evil)
	}
	git(t, dir, "config", "filter.x.required", "true")
	git(t, dir, "config", "remote.origin.url", "ext::sh -c touch% "+canary)
	git(t, dir, "config", "remote.origin.promisor", "true")
	git(t, dir, "config", "extensions.partialClone", "origin")
	git(t, dir, "config", "core.repositoryFormatVersion", "1")
	write(t, dir+"/.git/info/attributes", "* filter=x diff=x text=auto ident working-tree-encoding=UTF-16\n")
	// The submodule names the same, and its own repository has other settings which it needs.
	config, err := os.ReadFile(dir + "/.git/config")
	must(t, err)
	write(t, dir+"/.git/modules/part/config", string(config)+"[core]\n\tworktree = ../../../part\n")
	write(t, dir+"/part/README", "two\n")
	must(t, os.MkdirAll(dir+"/.git/hooks", 0o755))
	for _, hook := range []string{"post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-commit", "post-checkout", "pre-auto-gc", "query-fsmonitor"} {
		must(t, os.WriteFile(dir+"/.git/hooks/"+hook, []byte("#!/bin/sh\n"+evil+"\n"), 0o755))
	}
	write(t, dir+"/README", "two\n")         // another time, so that git would look into it
	write(t, dir+"/src/app.py", "prunt()\n") // another content of that size
	commit, err := os.ReadFile(dir + "/.git/refs/heads/main")
	must(t, err)
	must(t, exec.Command("chown", "-R", "65533:65533", dir).Run())
	check := func(name, want string) {
		t.Helper()
		before := treeOf(t, dir)
		section := askOne(t, "", checkoutQuery(dir))[0]
		if diff := cmp.Diff(before, treeOf(t, dir)); diff != "" {
			t.Errorf("%s: the repository was changed (-before +after)\n%s", name, diff)
		}
		if _, err := os.Stat(canary); err == nil {
			t.Fatalf("%s: a program of the repository was run", name)
		}
		f, _ := section.Find(section.Address().Attr("commit"))
		if got, _ := f.Value.AsString(); got != strings.TrimSpace(string(commit)) {
			t.Errorf("%s: commit %q, %s %s", name, got, section.Status, section.Reason)
		}
		f, _ = section.Find(section.Address().Attr("dirty"))
		if !strings.HasPrefix(f.Value.Text, want) {
			t.Errorf("%s: dirty is %s, want %s", name, f.Value.Text, want)
		}
	}
	check("changed", "git converts src/app.py by the filter x")
	write(t, dir+"/.git/info/attributes", "* diff=x text=auto ident working-tree-encoding=UTF-16LE\n")
	check("converted", "true")
	// Without its objects git would ask the promisor for them.
	must(t, filepath.WalkDir(dir+"/.git/objects", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			return os.Remove(path)
		}
		return err
	}))
	check("without objects", "git cannot read it")
}

// treeOf returns what a read must not change: of each entry its mode, size and times.
func treeOf(t testing.TB, dir string) map[string]string {
	t.Helper()
	out, err := exec.Command("find", dir, "-printf", `%p %y %m %U %G %s %T@ %C@ %l\0`).Output()
	must(t, err)
	tree := map[string]string{}
	for entry := range strings.SplitSeq(string(out), "\x00") {
		name, about, _ := strings.Cut(entry, " ")
		tree[name] += about
	}
	return tree
}

func TestRevisionDenied(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	drifttest.Root(t)
	for _, closed := range []string{"", ".git", ".git/HEAD"} {
		dir := repository(t)
		must(t, os.Chmod(filepath.Join(dir, closed), 0))
		if got := askAsNobody(t, "", checkoutQuery(dir))[0]; got.Status != drift.Denied {
			t.Errorf("%q closed: %s: %s", closed, got.Status, got.Reason)
		}
	}
	part := repository(t)
	for _, closed := range []string{"README", "src", ".git/index", ".git/config", "part", "part/README", ".git/modules/part", ".git/modules/part/HEAD"} {
		dir := repository(t)
		if strings.Contains(closed, "part") {
			git(t, dir, "submodule", "--quiet", "add", part, "part")
			git(t, dir, "commit", "-q", "-m", "x")
		}
		must(t, os.Chmod(filepath.Join(dir, closed), 0))
		section := askAsNobody(t, "", checkoutQuery(dir))[0]
		if f, _ := section.Find(section.Address().Attr("dirty")); f.Value.Kind != drift.Unknown {
			t.Errorf("%q closed: %s %s: dirty is %s", closed, section.Status, section.Reason, f.Value.Text)
		}
	}
}

// Where the branch's own file cannot be read, packed-refs must not answer for it: it has an older commit.
func TestRevisionDeniedRef(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	tests := []struct {
		name   string
		change func(t *testing.T, git string)
	}{
		{"the file", func(t *testing.T, git string) { must(t, os.Chmod(git+"/refs/heads/main", 0o600)) }},
		{"the folder", func(t *testing.T, git string) { must(t, os.Chmod(git+"/refs/heads", 0o700)) }},
		{"the folder above", func(t *testing.T, git string) { must(t, os.Chmod(git+"/refs", 0o600)) }},
		{"an empty file", func(t *testing.T, git string) { write(t, git+"/refs/heads/main", "") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := repository(t)
			git(t, dir, "pack-refs", "--all")
			git(t, dir, "commit", "-q", "--allow-empty", "-m", "three")
			test.change(t, dir+"/.git")
			section := askAsNobody(t, "", checkoutQuery(dir))[0]
			if f, ok := section.Find(section.Address().Attr("commit")); !ok || f.Value.Kind != drift.Unknown {
				t.Errorf("%s %s: the commit is %s", section.Status, section.Reason, f.Value.Display())
			}
		})
	}
}

func TestRevisionMarker(t *testing.T) {
	t.Parallel()
	root := sharedDir(t)
	plant(t, root, map[string]string{"a": " v1.2.3 \r\nmore\n", "b": "v2", "empty": "", "blank": "\nv3\n", "long": strings.Repeat("x", 5000), "binary": "a\x00b\n", "bom": "\uFEFFv4\n", "dir/x": ""})
	for _, test := range []struct{ name, want string }{
		{"a", "ok \nrevision[\"/a\"].value = \"v1.2.3\"\n"},
		{"b", "ok \nrevision[\"/b\"].value = \"v2\"\n"},
		{"bom", "ok \nrevision[\"/bom\"].value = \"v4\"\n"},
		{"binary", "ok \nrevision[\"/binary\"].value = \"a\"\n"},
		{"empty", "failed the first line of the marker is empty\n"},
		{"blank", "failed the first line of the marker is empty\n"},
		{"long", "failed the first line of the marker has 4096 bytes or more\n"},
		{"dir", "failed not a file\n"},
		{"nothing", "absent \n"},
	} {
		q := Query{Collector: "revision", Args: map[string]cty.Value{"marker": cty.StringVal("/" + test.name)}}
		if diff := cmp.Diff("section revision[\"/"+test.name+"\"]: "+test.want, text(timeless(t, askOne(t, root, q)))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", test.name, diff)
		}
	}
	both := Query{Collector: "revision", Args: map[string]cty.Value{"marker": cty.StringVal("/a"), "checkout": cty.StringVal("/dir")}}
	want := "section revision[\"/dir\"]: failed not a git checkout\nsection revision[\"/a\"]: ok \nrevision[\"/a\"].value = \"v1.2.3\"\n"
	if diff := cmp.Diff(want, text(timeless(t, askOne(t, root, both)))); diff != "" {
		t.Errorf("both (-want +got)\n%s", diff)
	}
}

func TestRevisionMarkerDenied(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	for _, closed := range []string{"dir", "dir/marker"} {
		root := sharedDir(t)
		plant(t, root, map[string]string{"dir/marker": "x\n"})
		must(t, os.Chmod(filepath.Join(root, closed), 0))
		q := Query{Collector: "revision", Args: map[string]cty.Value{"marker": cty.StringVal("/dir/marker")}}
		if got := askAsNobody(t, root, q)[0]; got.Status != drift.Denied {
			t.Errorf("%s closed: %s %s", closed, got.Status, got.Reason)
		}
	}
}

// Of a checkout that is years old, each of these moves brings it to now, and what changes nothing does not.
func TestRevisionChanged(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	const old = 1600000000
	long := time.Unix(old, 0).UTC().Format(time.RFC3339)
	for _, test := range []struct {
		name   string
		change func(t *testing.T, dir string)
		moved  bool
	}{
		{"nothing", func(t *testing.T, dir string) {}, false},
		{"reset to where it is", func(t *testing.T, dir string) { git(t, dir, "reset", "-q", "--hard") }, false},
		{"its log rewritten", func(t *testing.T, dir string) { git(t, dir, "reflog", "expire", "--expire=never", "--all") }, false},
		{"packed again", func(t *testing.T, dir string) { git(t, dir, "pack-refs", "--all") }, false},
		{"a commit", func(t *testing.T, dir string) { git(t, dir, "commit", "-q", "--allow-empty", "-m", "x") }, true},
		{"back", func(t *testing.T, dir string) { git(t, dir, "reset", "-q", "--hard", "HEAD^") }, true},
		{"another branch", func(t *testing.T, dir string) { git(t, dir, "checkout", "-q", "-b", "x", "HEAD^") }, true},
		{"detached", func(t *testing.T, dir string) { git(t, dir, "checkout", "-q", "HEAD^") }, true},
		{"copied over", func(t *testing.T, dir string) {
			write(t, dir+"/.git/refs/heads/main", git(t, dir, "rev-parse", "HEAD^")+"\n")
		}, true},
		{"no log", func(t *testing.T, dir string) { must(t, os.RemoveAll(dir+"/.git/logs")) }, true},
	} {
		dir := repository(t)
		age(t, dir, old)
		test.change(t, dir)
		f, _ := askOne(t, "", checkoutQuery(dir))[0].Find(drift.Address("revision").Key(dir).Attr("changed"))
		changedTime(t, f.Value)
		if got := f.Value.Text != drift.String(long).Text; got != test.moved {
			t.Errorf("%s: changed is %s, moved %t", test.name, f.Value.Text, test.moved)
		}
	}
}

// age makes the log of a checkout one of long ago, and packs its refs: the time at which a file changed cannot be set back.
func age(t testing.TB, dir string, seconds int) {
	t.Helper()
	git(t, dir, "pack-refs", "--all")
	log := dir + "/.git/logs/HEAD"
	text, err := os.ReadFile(log)
	must(t, err)
	write(t, log, regexp.MustCompile(`\b[0-9]+ \+`).ReplaceAllString(string(text), fmt.Sprintf("%d +", seconds)))
}

// The time of a marker is that at which it came here, and that of each link which leads to it counts.
func TestRevisionMarkerChanged(t *testing.T) {
	t.Parallel()
	root := sharedDir(t)
	plant(t, root, map[string]string{"srv/releases/1/REVISION": "one\n"})
	long := time.Unix(1600000000, 0)
	must(t, os.Chtimes(root+"/srv/releases/1/REVISION", long, long)) // as tar(1) and rsync(1) do
	for link, target := range map[string]string{"absolute": "/srv/./releases//1", "up": "../../../srv/releases/1", "app": "absolute", "loop": "loop"} {
		must(t, os.Symlink(target, root+"/"+link))
	}
	must(t, os.Symlink("../releases/1/REVISION", root+"/srv/file"))
	must(t, os.Symlink("releases/1/REVISION", root+"/srv/other"))
	for _, test := range []struct {
		path  string
		links int
	}{{"/srv/releases/1/REVISION", 0}, {"//srv/../srv/./releases/1/REVISION", 0}, {"/srv/other", 1}} {
		stdin, err := Request{Word: NewWord(), Root: root, Queries: []Query{markerQuery(test.path)}}.Stdin()
		must(t, err)
		out := string(run(t, exec.Command("sh", "-s"), stdin))
		if got := strings.Count(out, "\nchanged=1"); got != 1+test.links {
			t.Errorf("%s: %d times, want that of the file and of %d links:\n%s", test.path, got, test.links, out)
		}
		timeless(t, askOne(t, root, markerQuery(test.path)))
	}
	inShells(t, func(t *testing.T, shell []string) {
		script := "revision_time() { echo \"$1\"; }\nroot=$1\n" + revisionScript + "\nrevision_links \"$2\"; echo \"= $revision_at\""
		for path, want := range map[string]string{
			"/app/REVISION":      "/app /absolute = /srv/releases/1/REVISION",
			"/up/REVISION":       "/up = /srv/releases/1/REVISION",
			"/srv/file":          "/srv/file = /releases/1/REVISION",
			"/../../app/../x y*": "/app /absolute = /srv/releases/x y*",
		} {
			cmd := exec.Command(shell[0], slices.Concat(slices.DeleteFunc(slices.Clone(shell[1:]), func(s string) bool { return s == "-s" }), []string{"-c", strings.Replace(script, "revision_time() {\n", "unused() {\n", 1), "sh", root, root + path})...)
			out, err := cmd.CombinedOutput()
			got := strings.ReplaceAll(strings.Join(strings.Split(strings.TrimSpace(string(out)), "\n"), " "), root, "")
			if err != nil || got != want {
				t.Errorf("%s: got %q, %v, want %q", path, got, err, want)
			}
		}
	})
}

func markerQuery(path string) Query {
	return Query{Collector: "revision", Args: map[string]cty.Value{"marker": cty.StringVal(path)}}
}

func TestChanged(t *testing.T) {
	for _, test := range []struct {
		lines linePart
		want  string // or unknown
	}{
		{linePart{"changed=1600000000"}, "2020-09-13T12:26:40Z"},
		{linePart{"changed=1600000000", "changed=1600000001", "changed=3"}, "2020-09-13T12:26:41Z"},
		{linePart{"changed=253402300799"}, "9999-12-31T23:59:59Z"},
		{linePart{"changed=253402300800"}, ""},
		{linePart{"changed=1600000000", "changed="}, ""},
		{linePart{"changed=-1"}, ""},
		{linePart{"changed=1600000000.5"}, ""},
		{nil, ""},
	} {
		v := changed(test.lines)
		if got, ok := v.AsString(); got != test.want || !ok && v.Kind != drift.Unknown {
			t.Errorf("%q: got %s, want %q", test.lines, v.Text, test.want)
		}
	}
}

func FuzzParseRevision(f *testing.F) {
	f.Add("=checkout\nstatus=0\ncommit=0123456789012345678901234567890123456789\nbranch=main\ntracked=H 100644 0123456789012345678901234567890123456789 0\ta\ndisk=F a\nhash=0123456789012345678901234567890123456789\nend\n")
	f.Add("=checkout\nstatus=0\ntracked=H 160000 0123456789012345678901234567890123456789 0\t\"a\\t\"\ndisk=D a\t\nmodule=a\t\ncommit=0123456789012345678901234567890123456789\n" +
		"tracked=H 100644 0123456789012345678901234567890123456789 0\ta\ndisk=F a\nhash=1123456789012345678901234567890123456789\nconverted=- a\nsizes=1 1 a\npointer=0 a\nfilter=x a\nend\n")
	f.Add("=checkout\nstatus=77 x\nend\n")
	f.Fuzz(func(t *testing.T, data string) { fuzzParse(t, checkoutQuery("/srv/app"), data) })
}

func TestRevisionInAllShells(t *testing.T) {
	t.Parallel()
	dir, part := repository(t), repository(t)
	git(t, dir, "submodule", "--quiet", "add", part, "part")
	plantCommit(t, dir, map[string]string{".gitattributes": "*.bin filter=lfs -text\nsrc/* eol=crlf\n", "a\tb\"\\\x01": "x", "big.bin": lfsPointer})
	checkoutAnew(t, dir)
	plant(t, dir, map[string]string{"big.bin": "big"})
	git(t, dir, "gc", "-q")
	write(t, dir+"/VERSION", "v1\n")
	want := fmt.Sprintf("section revision[%[1]q]: ok \nrevision[%[1]q].branch = \"main\"\nrevision[%[1]q].commit = %[2]q\nrevision[%[1]q].dirty = false\n"+
		"section revision[%[3]q]: ok \nrevision[%[3]q].value = \"v1\"\n", dir, git(t, dir, "rev-parse", "HEAD"), dir+"/VERSION")
	q := checkoutQuery(dir)
	q.Args["marker"] = cty.StringVal(dir + "/VERSION")
	inShells(t, func(t *testing.T, shell []string) {
		want := want
		if filepath.Base(shell[0]) == "ksh" { // its pipes are sockets
			want = strings.Replace(want, "dirty = false", "dirty = unknown: git cannot convert src/app.py", 1)
		}
		if diff := cmp.Diff(want, text(timeless(t, ask(t, shell, Request{Word: NewWord(), Queries: []Query{q}})))); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
