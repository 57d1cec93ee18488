package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// A remote that takes the connection and never answers is given up, by its name and without what may be a secret in it.
func TestSilentRemote(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer server.Close()
	go func() {
		for {
			connection, err := server.Accept()
			if err != nil {
				return
			}
			defer connection.Close()
		}
	}()
	s := newSite(t)
	for _, scheme := range []string{"git://", "http://ada:secret@"} {
		s.policy.Ledger.Remote = scheme + server.Addr().String() + "/x.git"
		l := s.open()
		if l.there.limits.silence != time.Minute {
			t.Errorf("got a limit of %s", l.there.limits.silence)
		}
		l.there.limits.silence = 100 * time.Millisecond
		_, err = l.History(t.Context())
		wantHint(t, err, "the remote "+withoutSecrets(s.policy.Ledger.Remote)+" did not answer: git ls-remote heard nothing from it for 0.1 seconds", "--offline")
		if strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), server.Addr().String()) {
			t.Errorf("got %v", err)
		}
	}
}

// sh returns a git that runs a shell script as a command, and the folder that the script is in.
func sh(t *testing.T, script string) (*git, string) {
	t.Helper()
	g := newRepository(t)
	g.settings = slices.Concat(g.settings, []string{"-c", "alias.sh=!exec sh " + filepath.Join(g.folder(), "script")})
	must(t, os.WriteFile(filepath.Join(g.folder(), "script"), []byte(script), 0o600))
	return g, g.folder()
}

// fifo makes a pipe with a name.
func fifo(t *testing.T, name string) string {
	t.Helper()
	must(t, syscall.Mkfifo(name, 0o600))
	return name
}

// alive reports whether a process is there, and no zombie that waits for its parent.
func alive(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return syscall.Kill(pid, 0) == nil && !errors.Is(err, os.ErrNotExist)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return !strings.HasPrefix(after, "Z")
}

// What git has started ends with it, also where it heeds no SIGTERM; so does reading objects.
func TestGitEndsWithItsChildren(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for name, deaf := range map[string]string{"SIGTERM": "", "SIGKILL": "trap '' TERM\n"} {
		g, folder := sh(t, deaf+"sleep 600 & echo $! >pids; sleep 600 & echo $! $$ >pids2; cat pids pids2 >began; wait\n")
		began := fifo(t, filepath.Join(folder, "began"))
		ctx, cancel := context.WithCancel(t.Context())
		var pids []string
		go func() {
			text, _ := os.ReadFile(began)
			pids = strings.Fields(string(text))
			cancel()
		}()
		if _, err := g.run(ctx, "sh"); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want canceled", name, err)
		}
		if len(pids) != 3 {
			t.Fatalf("%s: got the processes %q", name, pids)
		}
		for _, text := range pids {
			pid, err := strconv.Atoi(text)
			must(t, err)
			drifttest.Until(t, name+": its processes have ended", func() bool { return !alive(pid) }) // their parent is gone: nobody can wait for them
		}
	}
	g := newRepository(t)
	ctx, cancel := context.WithCancel(t.Context())
	b, err := g.batch(ctx)
	must(t, err)
	defer b.close()
	cancel()
	<-b.process.ended
	if _, err := b.read("HEAD", 100); !errors.Is(err, context.Canceled) {
		t.Errorf("reading objects: got %v, want canceled", err)
	}
}

// A limit counts silence where a remote is asked: as long as git says something it goes on. What is said is no more than
// can be held, and never cut off.
func TestLimits(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	var work sync.WaitGroup
	const short, silence = 500 * time.Millisecond, 3 * time.Second
	for _, tt := range []struct {
		name, script string
		remote       bool
		set          func(*limits)
		want         string // of the error; empty where there is none
	}{
		{"slow, and alive", `for i in 1 2 3 4 5 6 7 8; do printf "Receiving objects:  $i%% ($i/99)\r" >&2; sleep 0.5; done; echo done`, true, func(l *limits) { l.silence = silence }, ""},
		{"silent", "sleep 600", true, func(l *limits) { l.silence = short }, "the remote origin did not answer: git sh heard nothing from it for 0.5 seconds"},
		{"silent while hooks run", `printf 'Writing objects: 100%% (3/3), 9 bytes, done.\nremote: checking\n' >&2; sleep 4; echo done`, true, func(l *limits) { l.silence = silence }, ""},
		{"silent hooks", `printf 'Writing objects: 100%% (3/3)\rremote: checking\n' >&2; sleep 600`, true, func(l *limits) { l.hooks = short }, "for 0.5 seconds"},
		{"alive for ever", `while :; do echo >&2; sleep 0.1; done`, true, func(l *limits) { l.remote = short }, "the remote origin: git sh did not end in 0.5 seconds"},
		{"a local command", "sleep 600", false, func(l *limits) { l.local = short }, "git sh did not end in 0.5 seconds"},
		{"a local command that is silent", "sleep 1; echo done", false, func(l *limits) { l.silence = short }, ""},
		{"an endless answer", "yes", false, func(l *limits) { l.answer = 1 << 20 }, "git sh answered with more than 1 MiB"},
		{"an endless list of a remote", "yes", true, func(l *limits) { l.listing = 1 << 20 }, "the remote origin: git sh answered with more than 1 MiB"},
		{"endless words", "yes >&2", true, func(l *limits) {}, "the remote origin: git sh wrote more than 1024 KiB to standard error"},
		{"a line without an end", "yes | tr -d '\\n' >&2", true, func(l *limits) {}, "wrote more than 1024 KiB to standard error"},
		{"an answer and an error", "yes | head -c 2000000; exit 3", false, func(l *limits) { l.answer = 1 << 20 }, "more than 1 MiB"},
	} {
		g, _ := sh(t, tt.script)
		if tt.remote {
			g = g.asking("origin")
		}
		tt.set(&g.limits)
		work.Go(func() { // all at once: most of them sleep
			got, err := g.run(t.Context(), "sh")
			switch {
			case tt.want == "" && (err != nil || got != "done"):
				t.Errorf("%s: got %q, %v", tt.name, got, err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || got != ""):
				t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
			}
		})
	}
	work.Wait()
	g := newRepository(t)
	g.limits.local = short
	b, err := g.batch(t.Context())
	must(t, err)
	defer b.close()
	must(t, b.process.cmd.Process.Signal(syscall.SIGSTOP))
	for range 2 {
		if _, err := b.read("HEAD", 100); err == nil || !strings.Contains(err.Error(), "git cat-file did not answer in 0.5 seconds") {
			t.Errorf("an object: got %v", err)
		}
	}
}

// A git that has ended is not signalled any more, nor what has its number as that of a group.
func TestKillAfterEnd(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		drifttest.Skip(t, "needs /proc")
	}
	g, folder := sh(t, "sleep 600 >/dev/null 2>&1 </dev/null & echo $! >\"$(dirname \"$0\")/pid\"\n")
	p, err := g.start(nil, "sh")
	must(t, err)
	<-p.ended
	text, err := os.ReadFile(filepath.Join(folder, "pid"))
	must(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	must(t, err)
	p.kill()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // proc(5): a signal is pending as soon as it is sent
	if untouched := regexp.MustCompile(`State:\t[RS] [^Z]*SigPnd:\t0+\nShdPnd:\t0+\n`).Match(status); err != nil || !untouched || p.waited != nil {
		t.Errorf("what git left behind was signalled: %v, %s; git itself: %v", err, status, p.waited)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// What git leaves behind may hold its pipes: git's own answer is whole, and is not waited for longer.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	g, _ := sh(t, "seq 1 200000; echo sorry >&2; (trap '' TERM; sleep 600) & exit 0\n")
	a, err := g.do(t.Context(), nil, "sh")
	if lines := strings.Count(a.out, "\n"); err != nil || lines != 200_000 || a.words != "sorry" {
		t.Errorf("got %d lines, %q, %v", lines, a.words, err)
	}
}

// Git has no terminal: nothing that it starts waits for somebody to answer a question there.
func TestNoTerminal(t *testing.T) {
	t.Parallel()
	g, _ := sh(t, "if (exec </dev/tty) 2>/dev/null; then echo terminal; else echo none; fi; ps -o pid= -o sid= -p $PPID\n")
	got := mustRun(t, g, "sh")
	fields := strings.Fields(got)
	if len(fields) != 3 || fields[0] != "none" {
		t.Fatalf("got %q, want no terminal", got)
	}
	if fields[1] != fields[2] {
		t.Errorf("git is %s, in the session %s, and not in one of its own", fields[1], fields[2])
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		written, want string
		sent          bool
	}{
		{"remote: Enumerating objects: 5, done.        \nremote: Counting objects:  50% (1/2)\rremote: Counting objects: 100% (2/2)\rremote: Counting objects: 100% (2/2), done.        \n", "", false},
		{"remote: Total 3 (delta 0), reused 0 (delta 0), pack-reused 0        \nReceiving objects: 100% (3/3), 1.00 MiB | 2.00 MiB/s, done.\nfatal: bad\n", "fatal: bad", false},
		{"Delta compression using up to 2 threads\nWriting objects:  50% (1/2)\r", "", false},
		{"Writing objects: 100% (2/2), 9 bytes | 9.00 KiB/s, done.\nremote: Resolving deltas:   0% (0/1)        \rremote: no\n", "remote: no", true},
		{"Total 0 (delta 0), reused 0 (delta 0), pack-reused 0\n", "", true},
		{"remote: errors: 3\nremote: Errors: 3\n", "remote: errors: 3\nremote: Errors: 3", false},
		{"error: from a server\r\nfatal: with other ends\r\n", "error: from a server\nfatal: with other ends", false},
		{"fatal: no end", "fatal: no end", false},
	} {
		whole, pieces := words{most: 1 << 10}, words{most: 1 << 10}
		_, _ = io.WriteString(&whole, tt.written)
		for _, c := range []byte(tt.written) {
			_, _ = pieces.Write([]byte{c})
		}
		for _, w := range []*words{&whole, &pieces} {
			if got := w.String(); got != tt.want || w.sent() != tt.sent {
				t.Errorf("%q: got %q, sent %t", tt.written, got, w.sent())
			}
		}
	}
}

func TestWithoutSecrets(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://x-access-token:secret@github.com/a/b.git?token=secret#secret": "https://github.com/a/b.git",
		"https://secret@github.com:8443/a/b":                                   "https://github.com:8443/a/b",
		"git://127.0.0.1:9418/x.git":                                           "git://127.0.0.1:9418/x.git",
		"secret:secret@host:path":                                              "host:path",
		"git@github.com:a/b.git":                                               "github.com:a/b.git",
		"https://user:sec%zzret@host/x":                                        "host/x",
		"/srv/app.git":                                                         "/srv/app.git",
		"origin":                                                               "origin",
	} {
		if got := withoutSecrets(address); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}
