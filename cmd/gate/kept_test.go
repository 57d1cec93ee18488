package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// TestKeptByPolicy keeps the last check of each policy, of so many of them.
func TestKeptByPolicy(t *testing.T) {
	t.Parallel()
	cache, policies := t.TempDir(), t.TempDir()
	at := time.Date(2026, 11, 20, 14, 30, 0, 0, time.UTC)
	of := func(policy string) *app {
		a := &app{cacheFolder: cache, now: func() time.Time { return at.Add(90 * time.Minute) }}
		a.flags.policy = filepath.Join(policies, policy)
		return a
	}
	check := func(policy, to string, age time.Duration) {
		a := of(policy)
		must(t, a.keep(&gate.Verdict{Schema: gate.SchemaVersion, Outcome: gate.Pass, To: to, At: at}, nil))
		folder, err := a.lastFolder()
		must(t, err)
		result := filepath.Join(folder, "result.json")
		must(t, os.Chtimes(result, at.Add(-age), at.Add(-age)))
		for path, mode := range map[string]os.FileMode{folder: 0o700, result: 0o600} {
			info, err := os.Stat(path)
			must(t, err)
			if info.Mode().Perm() != mode {
				t.Errorf("%s: mode %o, want %o", path, info.Mode().Perm(), mode)
			}
		}
	}
	check("a.hcl", "production", 2*time.Hour)
	check("b.hcl", "staging", time.Hour)
	must(t, os.WriteFile(filepath.Join(policies, "a.hcl"), nil, 0o600))
	must(t, os.Symlink("a.hcl", filepath.Join(policies, "link.hcl")))
	for policy, want := range map[string]string{
		"a.hcl": "check of production on 20 Nov 2026 14:30 UTC, 1h30m ago", "./b.hcl": "check of staging on 20 Nov 2026 14:30 UTC, 1h30m ago",
	} {
		v, err := of(policy).last()
		must(t, err)
		if got := of(policy).checked(v); got != want {
			t.Errorf("%s: got %q, want %q", policy, got, want)
		}
	}
	if _, err := of("c.hcl").last(); err == nil || !strings.Contains(err.Error(), "no result of a check of "+filepath.Join(policies, "c.hcl")) {
		t.Errorf("a policy that was not checked: %v", err)
	}
	for n := range mostKept - 1 {
		check(fmt.Sprintf("%d.hcl", n), "production", 0)
	}
	if _, err := of("a.hcl").last(); err == nil {
		t.Error("the oldest is kept, and is one too many")
	}
	if _, err := of("b.hcl").last(); err != nil {
		t.Errorf("the last but one is not kept: %v", err)
	}
}

// TestAcceptWrites has every class of drift that a waiver covers, and what none covers.
func TestAcceptWrites(t *testing.T) {
	t.Parallel()
	w := acceptance{reason: "OPS-412", owner: "platform", until: "2999-12-31"}
	for _, c := range []struct{ code, enforcement, problem string }{
		{"drift.skipped", "soft", ""}, {"drift.ahead", "soft", ""}, {"drift.diverged", "soft", ""},
		{"drift.unexplained", "soft", ""}, {"drift.within", "soft", ""}, {"drift.foreign", "soft", ""},
		{"drift.skipped", "hard", "it is hard"},
		{"drift.unpaired", "soft", "waivers cover drift"},
		{"promotion.not_deployed", "soft", "waivers cover drift"},
		{"rule.failed", "soft", "to waive a rule, write a waiver with rules = […]"},
	} {
		f := gate.Finding{Number: 1, Code: c.code, Effect: gate.Blocks, Enforcement: c.enforcement, Title: "it differs", Items: []gate.Item{{
			Address: `deb["openssl"].version`,
			From:    []gate.Values{{Value: "3", Kind: "known", JSON: `"3"`, Hosts: []string{"staging/web/staging-1"}}},
			To:      []gate.Values{{Value: "4", Kind: "known", JSON: `"4"`, Hosts: []string{"production/web/production-1"}, Differs: true}},
		}}}
		var out bytes.Buffer
		problem := w.write(&out, f, false)
		written := strings.Contains(out.String(), `values = [`+"\n"+`"4",`)
		if problem != c.problem || written != (c.problem == "") {
			t.Errorf("%s %s: %q, want %q; written:\n%s", c.enforcement, c.code, problem, c.problem, &out)
		}
	}
}
