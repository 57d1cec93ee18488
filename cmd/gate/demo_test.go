package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"go.uber.org/goleak"
)

func TestDemo(t *testing.T) {
	for _, args := range [][]string{{"demo"}, {"demo", "--full"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			leavesNothing(t)
			var out, errs bytes.Buffer
			code := demoApp(&out, &errs).run(t.Context(), args)
			if code != exitPass || errs.Len() > 0 {
				t.Errorf("exit %d, standard error %q; standard output:\n%s", code, &errs, &out)
			}
			for _, want := range []string{"\nBLOCKED ", "exit 1\n", "gate check exited with 0, 1, 0.\n"} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output has no %q:\n%s", want, &out)
				}
			}
			if whole := strings.Contains(out.String(), "DO NEXT"); whole != (len(args) > 1) {
				t.Errorf("whole reports: %v", whole)
			}
			if err := printableOnly(out.String()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDemoOtherwise tells the story on hosts that are not as it says.
func TestDemoOtherwise(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*demo) error
		want  string
	}{
		{"a difference more", func(d *demo) error { return d.staging.tree.uninstall("idna") }, "it found what is not in the story: "},
		{"a host that is down", func(d *demo) error { d.production.server.close(); return nil }, `its verdict is "undecided", not "pass"`},
		{"a broken tree", func(d *demo) error {
			return os.WriteFile(d.production.tree.path("/var/lib/dpkg/status"), nil, 0o644)
		}, "gate check exited with 3, not with 0"},
		{"a broken policy", func(d *demo) error { return os.WriteFile(d.path("gate.hcl"), []byte("rule {"), 0o644) }, "left no result"},
		{"rules that do not hold any more", func(d *demo) error {
			return os.WriteFile(d.path("gate.hcl"), bytes.Replace(d.policy(t), []byte(`"hard"`), []byte(`"soft"`), 1), 0o644)
		}, "it did not find: rule.failed, hard: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			leavesNothing(t)
			var out, errs bytes.Buffer
			d, err := newDemo(demoApp(&out, &errs), false)
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
			var exit *exitError
			if !errors.As(err, &exit) || exit.code != exitBlocked {
				t.Fatalf("error %v, want exit %d", err, exitBlocked)
			}
			if text := out.String() + err.Error(); !strings.Contains(text, test.want) {
				t.Errorf("no %q in:\n%s", test.want, text)
			}
		})
	}
}

func (d *demo) policy(t *testing.T) []byte {
	text, err := os.ReadFile(d.path("gate.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDemoInterrupted presses Ctrl-C at several places of the story.
func TestDemoInterrupted(t *testing.T) {
	for _, at := range []string{"are up", "Day 1", "Day 6", "BLOCKED", "The way out"} {
		t.Run(at, func(t *testing.T) {
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
	leavesNothing(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	left := make(chan struct{})
	out := &watchedBuffer{at: "The trees of the hosts", do: func() { close(left) }}
	done := make(chan int)
	var said bytes.Buffer
	go func() { done <- demoApp(out, &said).run(ctx, []string{"demo", "--keep"}) }()
	select {
	case code := <-done:
		t.Fatalf("exit %d:\n%s", code, &out.Buffer)
	case <-left:
	}
	command := regexp.MustCompile(`(?m)^  .* check --policy (\S+) --to production$`).FindStringSubmatch(out.String())
	if command == nil {
		t.Fatalf("no command to play with:\n%s", &out.Buffer)
	}
	var report, errs bytes.Buffer
	other := demoApp(&report, &errs)
	other.cacheFolder = t.TempDir()
	if code := other.run(t.Context(), []string{"check", "--policy", command[1], "--to", "production"}); code != exitBlocked {
		t.Errorf("gate check exits with %d, want %d:\n%s%s", code, exitBlocked, &report, &errs)
	}
	cancel()
	if code := <-done; code != exitPass || said.Len() > 0 {
		t.Errorf("exit %d, want %d; standard error %q", code, exitPass, &said)
	}
	if want := "\nThe servers and their files are gone.\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("the output does not end with %q:\n%s", want, &out.Buffer)
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
	programs := t.TempDir()
	for _, name := range []string{"sh", "awk", "cat", "date", "dpkg-query", "find", "grep", "head", "id", "readlink", "sed", "sort", "tail", "tr", "uname"} {
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
