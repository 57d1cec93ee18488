package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestHostileNames gives files names by which a host could spoil a report, or hide in it.
func TestHostileNames(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	l, gate := gateOn(t, `collect "file" {
  paths = ["/etc/app/**"]
}
`)
	for _, name := range []string{"staging-1", "production-1", "production-2"} {
		must(t, writeMissing(filepath.Join(l.tree(name), "etc/app/app.ini"), "[a]\nx = 1\n"))
		start(t, l, name)
	}
	folder := filepath.Join(l.tree("production-1"), "etc/app")
	names := []string{
		"esc\x1b[2J\x1b]0;owned\a", "script<script>alert(1)<!--", "bidi\u202eini.\u2066exe", "zero\u200bwidth", "invalid\xff\xfe", "tab\there", "quote\"'`$(id)",
		"=gate X done 1", "back\\slash", "long" + strings.Repeat("x", 240), "${vars.x}%{if}", "cr\rPASS", "nel\u0085line\u2028sep",
	}
	for _, name := range names {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte(name), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(folder, "values.ini"), []byte("[a]\nevil = \x1b[31m\u202e<script>\n"), 0o644))
	checkAll := func(wantCode int) {
		t.Helper()
		for _, args := range [][]string{
			{"check", "--to", "production"}, {"check", "--to", "production", "--format", "json"}, {"diff", "staging", "production"},
			{"diff", "staging", "production", "--format", "json"}, {"explain", "1"}, {"explain", "file"},
			{"accept", "1", "--reason", "x", "--owner", "y", "--until", "2999-12-31"},
		} {
			cmd := gate(args...)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			_ = cmd.Run()
			if code := cmd.ProcessState.ExitCode(); (args[0] == "check" || args[0] == "diff") && code != wantCode || code > exitUndecided {
				t.Errorf("gate %q: exit %d\n%s", args, code, errs.String())
			}
			if err := printableOnly(out.String() + errs.String()); err != nil {
				t.Errorf("gate %q: %v", args, err)
			}
			if args[len(args)-1] == "json" && !json.Valid(out.Bytes()) {
				t.Errorf("gate %q: no JSON", args)
			}
		}
		result, err := os.ReadFile(keptResult(t, filepath.Join(l.folder, "cache/gate")))
		must(t, err)
		must(t, fitsSchema(result))
	}
	checkAll(exitBlocked)

	// All of them are told, and what is accepted is a policy again that makes the check pass.
	out, err := gate("accept", "--reason", "x", "--owner", "y", "--until", "2999-12-31").Output()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(l.folder, "policy/waivers.hcl"), out, 0o644))
	if text, err := gate("check", "--to", "production").CombinedOutput(); err != nil {
		t.Errorf("what was accepted does not pass: %v\n%s", err, text)
	}
	must(t, os.Remove(filepath.Join(l.folder, "policy/waivers.hcl")))

	// A name with a line break cannot be read, which is told.
	for _, name := range names {
		must(t, os.Remove(filepath.Join(folder, name)))
	}
	must(t, os.Remove(filepath.Join(folder, "values.ini")))
	must(t, os.WriteFile(filepath.Join(folder, "line\nbreak"), nil, 0o644))
	checkAll(exitUndecided)
}

// TestFlood checks that a host which prints without an end costs neither time nor memory, nor the others' results.
func TestFlood(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	l, gate := gateOn(t, `collect "deb" {}`)
	for _, name := range []string{"staging-1", "production-1", "production-2"} {
		must(t, writeDeb(filepath.Join(l.tree(name), "var/lib/dpkg/status"), []string{"openssl=3.0.11-1"}))
	}
	start(t, l, "staging-1", "production-1")
	for _, fault := range []string{"flood", "endless"} {
		must(t, l.start("production-2", fault))
		cmd := gate("check", "--to", "production")
		status := filepath.Join(t.TempDir(), "status")
		cmd.Env = append(cmd.Env, "GATE_TEST_STATUS="+status)
		out, _ := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); code != exitUndecided {
			t.Errorf("%s: exit %d\n%s", fault, code, out)
		}
		if !strings.Contains(string(out), "2 of 3 hosts read whole") {
			t.Errorf("%s: the others are lost:\n%s", fault, out)
		}
		if peak := peakOf(t, status); peak > 400<<10 {
			t.Errorf("%s: it took %d MiB", fault, peak>>10)
		}
	}
}

// peakOf returns the most memory that a process held at a time, in KiB, from its status in /proc (proc(5), VmHWM). What wait4
// tells of a child is no less than what its parent held when it was started.
func peakOf(t *testing.T, status string) int {
	t.Helper()
	text, err := os.ReadFile(status)
	must(t, err)
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			peak, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			must(t, err)
			return peak
		}
	}
	t.Fatalf("no VmHWM in\n%s", text)
	return 0
}
