package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

const smallPolicy = "environment \"staging\" {\n  role \"web\" {\n    hosts = [\"a\"]\n  }\n}\nenvironment \"production\" {\n  role \"web\" {\n    hosts = [\"b\"]\n  }\n  promotion {\n    from = [\"staging\"]\n  }\n}\ncollect \"deb\" {}\n"

// readers are command lines that read a file, FILE.
var readers = map[string]struct {
	args []string
	env  map[string]string
	most string
}{
	"snapshots": {args: []string{"check", "--to", "production", "--snapshots", "FILE"}, most: "256 MiB"},
	"result":    {args: []string{"check", "--from", "FILE"}, most: "256 MiB"},
	"diff":      {args: []string{"diff", "FILE", "production"}, most: "256 MiB"},
	"policy":    {args: []string{"validate", "--policy", "FILE"}, most: "1048576 bytes"},
	"fmt":       {args: []string{"fmt", "FILE"}, most: "1 MiB"},
	"inventory": {args: []string{"init", "--output", "new.hcl", "staging=ansible:FILE", "production=b"}, most: "16 MiB"},
	"event": {args: []string{"check", "--to", "production", "--pull-request"}, most: "25 MiB",
		env: map[string]string{"GITHUB_EVENT_PATH": "FILE", "GITHUB_EVENT_NAME": "pull_request", "GITHUB_REPOSITORY": "a/b", "GITHUB_API_URL": "http://127.0.0.1:1", "GITHUB_TOKEN": "t", "GITHUB_SHA": "x", "GITHUB_WORKSPACE": "."}},
}

// readerOf returns a gate that reads a file by one of readers, and its arguments.
func readerOf(t *testing.T, name, file string) (a *app, args []string, said *bytes.Buffer) {
	t.Helper()
	r := readers[name]
	policy := filepath.Join(t.TempDir(), "gate.hcl")
	must(t, os.WriteFile(policy, []byte(smallPolicy), 0o644))
	said = &bytes.Buffer{}
	a = &app{in: strings.NewReader(""), out: said, err: said, now: time.Now, cacheFolder: t.TempDir(), getenv: func(name string) string {
		if name == "GATE_POLICY" {
			return policy
		}
		return strings.ReplaceAll(r.env[name], "FILE", file)
	}}
	for _, arg := range r.args {
		args = append(args, strings.ReplaceAll(arg, "FILE", file))
	}
	return a, args, said
}

// A file that never ends is refused, and named, whatever reads it.
func TestEndlessFiles(t *testing.T) {
	for name, r := range readers {
		t.Run(name, func(t *testing.T) {
			a, args, said := readerOf(t, name, "/dev/zero")
			code := a.run(t.Context(), args)
			named := "zero"
			if name == "event" {
				named = "GITHUB_EVENT_PATH"
			}
			if code != exitUsage || !strings.Contains(said.String(), named) || !strings.Contains(said.String(), r.most) {
				t.Errorf("exit %d: %s", code, said)
			}
		})
	}
}

// A pipe with nobody at its other end, or one in which nothing more comes, is given up when gate is interrupted.
func TestInterruptedFiles(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for name := range readers {
		for _, writer := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s written to %t", name, writer), func(t *testing.T) {
				t.Parallel()
				pipe := filepath.Join(t.TempDir(), "pipe")
				must(t, syscall.Mkfifo(pipe, 0o600))
				a, args, said := readerOf(t, name, pipe)
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				if writer { // opened once gate reads
					go func() {
						file, err := os.OpenFile(pipe, os.O_WRONLY, 0)
						if err == nil {
							_, _ = io.WriteString(file, `{"gate_snapshot": 1, `)
							interrupt()
							<-t.Context().Done()
							file.Close()
						}
					}()
				} else {
					interrupt()
				}
				if code := a.runInTime(ctx, args); code != exitInterrupted {
					t.Errorf("exit %d: %s", code, said)
				}
			})
		}
	}
}

// So is a pipe that nobody reads, where a report goes.
func TestInterruptedOutput(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	must(t, syscall.Mkfifo(pipe, 0o600))
	a, _, said := readerOf(t, "policy", "")
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	if code := a.runInTime(ctx, []string{"probe", "--output", pipe}); code != exitInterrupted {
		t.Errorf("exit %d: %s", code, said)
	}
}

// A small file may stand for much more: a result or a snapshot of very many parts is refused before it is taken apart.
func TestManyParts(t *testing.T) {
	for text, want := range map[string]int{`{"a": "x,y\",", "b": [1,2]}`: 2, `[null,null]`: 1, `"`: 0, `"\`: 0, ``: 0} {
		if got := parts([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
	file := filepath.Join(t.TempDir(), "many.json")
	must(t, os.WriteFile(file, append([]byte(`{"gate_snapshot": 1, "hosts": [`), bytes.Repeat([]byte("{},"), maxSavedParts+1)...), 0o644))
	for _, name := range []string{"snapshots", "result"} {
		a, args, said := readerOf(t, name, file)
		if code := a.run(t.Context(), args); code != exitUsage || !strings.Contains(said.String(), "many.json: it has more than 8000000 parts") {
			t.Errorf("%s: exit %d: %s", name, code, said)
		}
	}
}
