package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"go.uber.org/goleak"
)

// TestDemo tells the story at times and in zones in which calendars do not go straight on, and where git has settings with which it
// would fail, and none of who commits. TestReadmeHasTheDemo tells it as most see it.
func TestDemo(t *testing.T) {
	for _, test := range []struct {
		name, now string
		full      bool
		setenv    func(*testing.T)
		minutes   bool
	}{
		{"everything, at the end of a day", "2026-03-29T23:59:59-11:00", true, spoilGit, false},
		{"the day after February", "2025-03-01T00:00:01+14:00", false, func(*testing.T) {}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			drifttest.Slow(t)
			if test.minutes {
				drifttest.Minutes(t)
			}
			leavesNothing(t)
			test.setenv(t)
			at, err := time.Parse(time.RFC3339, test.now)
			must(t, err)
			before := slices.Sorted(slices.Values(os.Environ()))
			tellsStory(t, at, test.full)
			if diff := cmp.Diff(slices.Sorted(slices.Values(os.Environ())), before); diff != "" {
				t.Errorf("the environment afterwards (-got +want)\n%s", diff)
			}
		})
	}
}

// spoilGit sets what git would fail with.
func spoilGit(t *testing.T) {
	t.Helper()
	settings := filepath.Join(t.TempDir(), "gitconfig")
	must(t, os.WriteFile(settings, []byte("[core\n"), 0o600))
	t.Setenv("GIT_CONFIG_GLOBAL", settings)
	t.Setenv("GIT_DIR", filepath.Dir(settings))
	t.Setenv("GIT_COMMITTER_NAME", "")
}

// tellsStory runs the demo at a time, checks what it prints, and returns that.
func tellsStory(t *testing.T, at time.Time, full bool) string {
	t.Helper()
	args := []string{"demo"}
	if full {
		args = append(args, "--full")
	}
	var out, errs bytes.Buffer
	a := demoApp(&out, &errs)
	a.now = func() time.Time { return at }
	if code := a.run(t.Context(), args); code != exitPass || errs.Len() > 0 {
		t.Errorf("exit %d, standard error %q; standard output:\n%s", code, &errs, &out)
	}
	for _, want := range []string{"\nBLOCKED ", "\nDO NEXT", "\nPASS ", "\nrecorded: deployed app ", "gate exited with 1, 1, 0.\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output has no %q:\n%s", want, &out)
		}
	}
	if whole := strings.Contains(out.String(), "\nBLOCKERS\n"); whole != full {
		t.Errorf("whole reports: %v", whole)
	}
	if err := printableOnly(out.String()); err != nil {
		t.Error(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > demoWidth {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
	return out.String()
}

func TestDemoNeedsPrograms(t *testing.T) {
	for name, want := range map[string]string{"git": "the ledger is a branch of a git repository", "sh": "under this machine's sh"} {
		t.Run(name, func(t *testing.T) {
			programs := t.TempDir()
			for _, other := range []string{"git", "sh"} {
				if other != name {
					link(t, programs, other)
				}
			}
			leavesNothing(t)
			t.Setenv("PATH", programs)
			var out, errs bytes.Buffer
			if code := demoApp(&out, &errs).run(t.Context(), []string{"demo"}); code != exitUsage || !strings.Contains(errs.String(), want) {
				t.Errorf("exit %d, %q, want %d and %q", code, &errs, exitUsage, want)
			}
		})
	}
}

// link puts a program of this machine into a folder.
func link(t *testing.T, folder, program string) {
	t.Helper()
	if err := os.Symlink(drifttest.Program(t, program), filepath.Join(folder, program)); err != nil {
		t.Fatal(err)
	}
}

// TestDemoOtherwise tells the story on hosts that are not as it says.
func TestDemoOtherwise(t *testing.T) {
	policy := func(d *demo) string { return d.repository.path("gate.hcl") }
	tests := []struct {
		name    string
		spoil   func(*demo) error
		want    string
		minutes bool // it comes to light like another one
	}{
		{"a difference more", func(d *demo) error { return d.staging.tree.uninstall("idna") }, "it found what is not in the story: ", false},
		{"a host that is down", func(d *demo) error { d.production.server.close(); return nil }, "gate record --adopt exited with 3", false},
		{"a broken tree", func(d *demo) error {
			return os.WriteFile(d.production.tree.path("/var/lib/dpkg/status"), nil, 0o644)
		}, "it found what is not in the story: unknown.section", true},
		{"a broken policy", func(d *demo) error { return os.WriteFile(policy(d), []byte("rule {"), 0o644) }, "gate record --adopt exited with 2", false},
		{"rules that do not hold any more", func(d *demo) error { return replace(policy(d), `"hard"`, `"soft"`) }, "it did not find: rule.failed, hard: ", true},
		{"a Puppet that does not end", func(d *demo) error { return replace(d.path("bin/puppet"), "Notice: Applied", "Notice: Read") }, "it did not find: preview.outside", false},
		{"a Puppet that wants more", func(d *demo) error {
			return replace(d.production.tree.path("/etc/puppet/manifest"), "file /etc/ssh", "package dash 1\nfile /etc/ssh")
		}, "Package[dash]", true},
		{"a deployment that does not arrive", func(d *demo) error {
			return replace(d.repository.path("deploy"), "#!/bin/sh -e\n", "#!/bin/sh -e\n[ \"$GATE_EVENT\" = '' ] || exit 0\n")
		}, "gate exited with 1, not with 0: ", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			drifttest.Slow(t)
			if test.minutes {
				drifttest.Minutes(t)
			}
			leavesNothing(t)
			var out, errs bytes.Buffer
			d, err := newDemo(t.Context(), demoApp(&out, &errs), false)
			if err != nil {
				t.Fatal(err)
			}
			err = test.spoil(d)
			if err == nil {
				err = d.tell(t.Context())
			}
			if closeErr := d.close(); closeErr != nil {
				t.Error(closeErr)
			}
			exit, ok := errors.AsType[*exitError](err)
			if !ok || exit.code != exitBlocked {
				t.Fatalf("error %v, want exit %d", err, exitBlocked)
			}
			if text := out.String() + err.Error(); !strings.Contains(text, test.want) {
				t.Errorf("no %q in:\n%s", test.want, text)
			}
		})
	}
}

// replace replaces a text of a file, which must be there.
func replace(path, old, text string) error {
	data, err := os.ReadFile(path)
	if err == nil && !bytes.Contains(data, []byte(old)) {
		err = fmt.Errorf("%s has no %q", path, old)
	}
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes.Replace(data, []byte(old), []byte(text), 1), 0o755)
}

// TestDemoInterrupted presses Ctrl-C at several places of the story.
func TestDemoInterrupted(t *testing.T) {
	for _, at := range []string{"are up", "Day 1", "Day 6", "BLOCKED", "The way out"} {
		t.Run(at, func(t *testing.T) {
			drifttest.Slow(t)
			if at != "are up" && at != "BLOCKED" {
				drifttest.Minutes(t)
			}
			leavesNothing(t)
			ctx, cancel := context.WithCancel(t.Context())
			out := &watchedBuffer{at: at, do: cancel}
			if code := demoApp(out, io.Discard).run(ctx, []string{"demo"}); code != exitInterrupted {
				t.Errorf("exit %d, want %d:\n%s", code, exitInterrupted, &out.Buffer)
			}
		})
	}
}

// TestDemoKeep plays with what --keep leaves, as from another terminal.
func TestDemoKeep(t *testing.T) {
	drifttest.Slow(t)
	leavesNothing(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	left, cache := make(chan struct{}), t.TempDir()
	out := &watchedBuffer{at: "The trees of the hosts", do: func() { close(left) }}
	done := make(chan int)
	var said bytes.Buffer
	go func() { done <- demoApp(out, &said).run(ctx, []string{"demo", "--keep"}) }()
	select {
	case code := <-done:
		t.Fatalf("exit %d:\n%s", code, &out.Buffer)
	case <-left:
	}
	folder := regexp.MustCompile(`(?m)^  cd (\S+)/app && \. \.\./env$`).FindStringSubmatch(out.String())
	if folder == nil {
		t.Fatalf("no commands to play with:\n%s", &out.Buffer)
	}
	for _, line := range []string{"check --to production", "check --to production --revision HEAD", "explain 1", "log --since 60d"} {
		if !strings.Contains(out.String(), " "+line+"\n") {
			t.Errorf("no %q in:\n%s", line, &out.Buffer)
		}
		var report, errs bytes.Buffer
		other := demoApp(&report, &errs)
		other.cacheFolder, other.getenv = cache, settingsOf(t, folder[1]+"/env")
		want := exitPass
		if strings.HasPrefix(line, "check") {
			want = exitBlocked
		}
		if code := other.run(t.Context(), strings.Fields(line)); code != want || report.Len() == 0 {
			t.Errorf("gate %s exits with %d, want %d:\n%s%s", line, code, want, &report, &errs)
		}
	}
	cancel()
	if code := <-done; code != exitPass || said.Len() > 0 {
		t.Errorf("exit %d, want %d; standard error %q", code, exitPass, &said)
	}
	if want := "\nThe servers and their files are gone.\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("the output does not end with %q:\n%s", want, &out.Buffer)
	}
}

// settingsOf reads the file of settings that --keep leaves, as sh does, into a getenv.
func settingsOf(t *testing.T, path string) func(string) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `. "$1" && echo "$GATE_POLICY" && echo "$GATE_DIGEST_KEY"`, "sh", path).Output()
	lines := strings.Split(string(out), "\n")
	if err != nil || len(lines) != 3 {
		t.Fatalf("%s: %q, %v", path, out, err)
	}
	return func(name string) string {
		return map[string]string{"GATE_POLICY": lines[0], "GATE_DIGEST_KEY": lines[1]}[name]
	}
}

// bsdStat is a stat that takes the options of stat(1) of FreeBSD and macOS, by the one of this machine.
const bsdStat = `#!/bin/sh
follow=
if [ "$1" = -L ]; then follow=-L; shift; fi
[ "$1" = -f ] || { echo "stat: illegal option" >&2; exit 1; }
case $2 in *%f* | *%s* | *%n* | *%U* | *%G*) echo "stat: bad format" >&2; exit 1 ;; esac
format=$(printf '%s\n' "$2" | sed 's/%Y/@/g; s/%N/%n/g; s/ -> @/ -> LINK/g; s/%Xp/%f/g; s/%z/%s/g; s/%m/%Y/g; s/%c/%Z/g; s/%Su/%U/g; s/%Sg/%G/g')
shift 2
for file; do
	line=$(STAT $follow -c "$format" "$file") || continue
	case $line in *' -> LINK') line=${line%LINK}$(readlink "$file") ;; esac
	printf '%s\n' "$line"
done
`

// TestDemoOnBSD tells the story on a machine without GNU's programs.
func TestDemoOnBSD(t *testing.T) {
	drifttest.Minutes(t)
	programs := t.TempDir()
	for _, name := range []string{"sh", "awk", "cat", "cmp", "cut", "date", "dd", "dirname", "dpkg-query", "find", "git", "grep", "head", "id", "readlink", "rm", "sed", "sort", "tail", "tr", "uname"} {
		if path, err := exec.LookPath(name); err == nil {
			if err := os.Symlink(path, filepath.Join(programs, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, text := range map[string]string{
		"stat":   strings.Replace(bsdStat, "STAT", drifttest.Program(t, "stat"), 1),
		"shasum": "#!/bin/sh\n[ \"$1 $2\" = '-a 256' ] || exit 1\nshift 2\nexec " + drifttest.Program(t, "sha256sum") + " \"$@\"\n",
	} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", programs)
	leavesNothing(t)
	var out, errs bytes.Buffer
	if code := demoApp(&out, &errs).run(t.Context(), []string{"demo"}); code != exitPass {
		t.Errorf("exit %d: %s\n%s", code, &errs, &out)
	}
}

func demoApp(out, errs io.Writer) *app {
	return &app{in: strings.NewReader(""), out: out, err: errs, now: time.Now,
		getenv: func(string) string { return "" }}
}

// watchedBuffer does something once, when a text is written to it.
type watchedBuffer struct {
	bytes.Buffer
	at string
	do func()
}

func (b *watchedBuffer) Write(p []byte) (int, error) {
	n, err := b.Buffer.Write(p)
	if b.do != nil && strings.Contains(b.Buffer.String(), b.at) {
		b.do()
		b.do = nil
	}
	return n, err
}

// leavesNothing fails the test when a file, a goroutine (and with it a listener), a process, or anything in the user's
// cache is left at its end.
func leavesNothing(t *testing.T) {
	t.Helper()
	drifttest.Program(t, "sh")
	drifttest.Program(t, "git")
	temporary, cache := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	t.Setenv("XDG_CACHE_HOME", cache)
	goroutines := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		goleak.VerifyNone(t, goroutines)
		for _, folder := range []string{temporary, cache} {
			entries, err := os.ReadDir(folder)
			if err != nil || len(entries) > 0 {
				t.Errorf("left in %s: %v, %v", folder, entries, err)
			}
		}
		environments, err := filepath.Glob("/proc/[0-9]*/environ")
		if err != nil {
			t.Error(err)
		}
		for _, path := range environments {
			if environment, err := os.ReadFile(path); err == nil && bytes.Contains(environment, []byte("HOME="+temporary)) {
				command, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
				t.Errorf("still running: %q", command)
			}
		}
	})
}
