package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/policies"
)

const ledgerPolicy = `
environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  role "web" {
    hosts = ["production-1"]
  }
  promotion {
    from = ["staging"]
  }
}
ledger {
  repository = "benchmark"
}
collect "deb" {}
`

// recent is how many events are of the last thirty days, which gate log tells of by itself, however long the ledger is.
const recent = 50

// newRepository makes a repository with a policy in it, in a folder of the site.
func (s *site) newRepository(name string) (string, error) {
	dir := s.file(name)
	return dir, errors.Join(quietly(exec.Command("git", "init", "-q", dir)), os.WriteFile(filepath.Join(dir, "gate.hcl"), []byte(ledgerPolicy), 0o600),
		quietly(exec.Command("git", "-C", dir, "config", "user.name", "Benchmark")), quietly(exec.Command("git", "-C", dir, "config", "user.email", "benchmark@example.com")))
}

// newLedger makes a repository with a ledger of n events.
func (s *site) newLedger(n int) (string, error) {
	dir, err := s.newRepository(fmt.Sprint("ledger-", n))
	if err != nil {
		return "", err
	}
	var in bytes.Buffer
	for i := range n {
		e := event(i, time.Now().UTC().Truncate(time.Second).Add(age(n-i)))
		text, err := json.MarshalIndent(struct {
			Schema int `json:"schema"`
			gate.Event
		}{1, e}, "", "  ")
		if err != nil {
			return "", err
		}
		subject := e.String() + "\n"
		fmt.Fprintf(&in, "commit refs/heads/gate-ledger\ncommitter Benchmark <benchmark@example.com> %d +0000\ndata %d\n%s\nM 100644 inline event.json\ndata %d\n%s\n\n",
			e.At.Unix(), len(subject), subject, len(text)+1, text)
	}
	cmd := exec.Command("git", "-C", dir, "fast-import", "--quiet")
	cmd.Stdin = &in
	return dir, quietly(cmd)
}

// age is how long ago the event was that so many follow.
func age(following int) time.Duration {
	if following <= recent {
		return -time.Duration(following) * time.Hour
	}
	return -60*24*time.Hour - time.Duration(following)*time.Minute
}

func event(i int, at time.Time) gate.Event {
	e := gate.Event{At: at, By: "Benchmark <benchmark@example.com>", Repository: "benchmark", Key: fmt.Sprintf("%064d", i)}
	content := gate.Content{Component: "app", ID: strings.Repeat("c", 64), Commit: fmt.Sprintf("%040x", i/4)}
	switch e.Environment = []string{"staging", "production"}[i/2%2]; {
	case i == 0:
		e.Kind, e.Environment = gate.Opened, ""
	case i%2 == 1:
		e.Kind, e.Contents = gate.Deployed, []gate.Content{content}
	default:
		e.Kind, e.Name, e.Contents = gate.Verified, "smoke", []gate.Content{content}
	}
	return e
}

// ledgerScales measure gate record and gate log, as processes, on a short ledger and on a long one; and what reading a
// long one for the first time takes.
func (s *site) ledgerScales(ctx context.Context, rounds int) (scales []*scale, cold time.Duration, err error) {
	dirs := map[int]string{}
	for _, n := range []int{100, 10_000} {
		if dirs[n], err = s.newLedger(n); err != nil {
			return nil, 0, err
		}
	}
	run := func(n int, args ...string) (time.Duration, error) {
		cmd := s.command(s.gate, args...)
		cmd.Dir = dirs[n]
		began := time.Now()
		err := quietly(cmd)
		return time.Since(began), err
	}
	if cold, err = run(10_000, "log"); err != nil {
		return nil, 0, err
	}
	for _, args := range [][]string{{"record", "note", "--reason", "benchmark"}, {"log"}} {
		one := &scale{name: "gate " + strings.Join(args[:min(2, len(args))], " ") + ", events", small: 100, large: 10_000, aim: flat}
		scales = append(scales, one)
		if err = one.alternate(ctx, rounds, func(n int) (time.Duration, error) { return run(n, args...) }); err != nil {
			return nil, 0, err
		}
	}
	return scales, cold, nil
}

// flat is how much more the same may take and still be called the same.
const flat = 1.5

// ledgerSize is how many bytes a ledger has.
type ledgerSize struct {
	snapshots, hosts  int
	first, all, after int64 // with one snapshot; with all of them; after git gc
	kept              time.Duration
}

// measureSize keeps hourly snapshots of like hosts; a release comes once a day.
func (s *site) measureSize(ctx context.Context) (*ledgerSize, error) {
	size := &ledgerSize{snapshots: 100, hosts: 100}
	dir, err := s.newRepository("snapshots")
	if err != nil {
		return nil, err
	}
	r, err := ledger.OpenRepository(ctx, dir, s.dir)
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, ledger.Options{Repository: r, Cache: s.file("cache"), Policy: &policies.Policy{Ledger: &policies.Ledger{Repository: "benchmark"}}})
	if err != nil {
		return nil, err
	}
	begins, err := bytesIn(dir)
	if err != nil {
		return nil, err
	}
	for i := range size.snapshots {
		snapshot, err := fleet("production", size.hosts, i/24, time.Now().Add(time.Duration(i-size.snapshots)*time.Hour))
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if _, err := l.Keep(ctx, snapshot, "benchmark"); err != nil {
			return nil, err
		}
		size.kept += time.Since(began)
		if i == 0 {
			if size.first, err = bytesIn(dir); err != nil {
				return nil, err
			}
		}
	}
	if size.all, err = bytesIn(dir); err != nil {
		return nil, err
	}
	if err := quietly(exec.CommandContext(ctx, "git", "-C", dir, "gc", "--quiet", "--prune=now")); err != nil {
		return nil, err
	}
	size.after, err = bytesIn(dir)
	size.first, size.all, size.after = size.first-begins, size.all-begins, size.after-begins
	return size, err
}

// bytesIn returns how many bytes the files below a folder have.
func bytesIn(dir string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	return sum, err
}
