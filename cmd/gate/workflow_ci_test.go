package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestTestWorkflow plays test.yml by act, but for its container, and with something shorter in place of .ci/run.
func TestTestWorkflow(t *testing.T) {
	t.Parallel()
	drifttest.Slow(t)
	drifttest.Program(t, "act")
	p := newRepository(t)
	workflow := p.read("../../.github/workflows/test.yml")
	bare := regexp.MustCompile(`(?m)^    container:\n(?:      .*\n)+`).ReplaceAllString(workflow, "")
	if bare == workflow {
		t.Fatal("test.yml has no container")
	}
	p.write(filepath.Join(p.repo, ".github/workflows/test.yml"), bare, 0o644)
	p.write(filepath.Join(p.repo, ".ci/run"), "#!/bin/sh\ntouch '"+p.root+"/tested'; test ! -e broken\n", 0o755)
	pushed := p.pushed(p.commit("it works"))
	broken := p.branch("broken", "broken", "")
	for _, c := range []struct {
		name     string
		occasion occasion
		ok       bool
	}{
		{"a push", pushed, true},
		{"a pull request that breaks it", p.opened("pull_request_fork", broken), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer p.within(t)()
			run := p.play("test.yml", c.occasion)
			if err := os.Remove(filepath.Join(p.root, "tested")); run.ok != c.ok || err != nil {
				t.Errorf("got %t, %v, want %t in\n%s", run.ok, err, c.ok, run)
			}
		})
	}
}
