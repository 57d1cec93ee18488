package github

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// wired are settings as they should be.
func wired() githubtest.Settings {
	bypass := false
	return githubtest.Settings{
		Environments: map[string]githubtest.Environment{"production": {Reviewers: true, Branches: true, Bypass: &bypass}, "eu/production": {}},
		Workflows:    []githubtest.Workflow{{Path: ".github/workflows/drift.yml", Created: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}},
		Rules:        map[string][]string{"gate-ledger": {"deletion", "non_fast_forward"}},
		Protected:    map[string]bool{"gate-ledger": false, "old": true},
		Secrets:      []string{"GATE_SSH_KEY"},
	}
}

func TestEnvironmentOf(t *testing.T) {
	w := newWorld(t)
	w.Set(wired())
	bypass := false
	for name, want := range map[string]*Environment{
		"production":    {Rules: []ProtectionRule{{Type: "required_reviewers", Reviewers: make([]struct{}, 1)}, {Type: "branch_policy"}}, BranchPolicy: &struct{}{}, CanAdminsBypass: &bypass},
		"Production":    {Rules: []ProtectionRule{{Type: "required_reviewers", Reviewers: make([]struct{}, 1)}, {Type: "branch_policy"}}, BranchPolicy: &struct{}{}, CanAdminsBypass: &bypass},
		"prod":          nil,
		"eu/production": {Rules: []ProtectionRule{}},
	} {
		got, err := w.client.EnvironmentOf(t.Context(), hello, name)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	// What cannot be asked is not said to be missing.
	if e, err := w.client.EnvironmentOf(t.Context(), Repository{"Codertocat", "other"}, "production"); e != nil || err == nil {
		t.Errorf("of a repository that is out of reach: got %v, %v", e, err)
	}
	w.fail(t, "GET", "empty")
	if e, err := w.client.EnvironmentOf(t.Context(), hello, "production"); e == nil || err != nil {
		t.Errorf("after an empty answer: got %v, %v", e, err)
	}
}

func TestBranch(t *testing.T) {
	w := newWorld(t)
	w.Set(wired())
	types, err := w.client.BranchRules(t.Context(), hello, "gate-ledger")
	if diff := cmp.Diff([]string{"deletion", "non_fast_forward"}, types); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if types, err := w.client.BranchRules(t.Context(), hello, "main"); err != nil || len(types) != 0 {
		t.Errorf("without rules: got %v, %v", types, err)
	}
	for _, tt := range []struct {
		branch            string
		exists, protected bool
	}{{"gate-ledger", true, false}, {"old", true, true}, {"none", false, false}} {
		exists, protected, err := w.client.BranchProtected(t.Context(), hello, tt.branch)
		if err != nil || exists != tt.exists || protected != tt.protected {
			t.Errorf("%s: got %t, %t, %v; want %t, %t", tt.branch, exists, protected, err, tt.exists, tt.protected)
		}
	}
	if p, err := w.client.BranchProtection(t.Context(), hello, "old"); err != nil || p.AllowForcePushes || p.AllowDeletions {
		t.Errorf("got %+v, %v", p, err)
	}
	lenient := wired()
	lenient.Lenient = true
	w.Set(lenient)
	if p, err := w.client.BranchProtection(t.Context(), hello, "old"); err != nil || !p.AllowForcePushes || !p.AllowDeletions {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestScheduled(t *testing.T) {
	w := newWorld(t)
	w.Set(wired())
	const file = ".github/workflows/drift.yml"
	list, err := w.client.Workflows(t.Context(), hello)
	if diff := cmp.Diff([]Workflow{{file, "active", time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}}, list); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if run, err := w.client.LastScheduledRun(t.Context(), hello, file); run != nil || err != nil {
		t.Errorf("before the first: got %v, %v", run, err)
	}
	first, second := time.Date(2026, 11, 18, 2, 17, 0, 0, time.UTC), time.Date(2026, 11, 19, 2, 17, 0, 0, time.UTC)
	for _, at := range []time.Time{first, second} {
		w.AddRun(githubtest.Run{Path: file, Event: "schedule", Conclusion: "failure", Created: at, Updated: at})
	}
	w.AddRun(githubtest.Run{Path: file, Event: "push", Created: second.Add(time.Hour), Updated: second})
	w.AddRun(githubtest.Run{Path: ".github/workflows/other.yml", Event: "schedule", Created: second.Add(time.Hour), Updated: second})
	run, err := w.client.LastScheduledRun(t.Context(), hello, file)
	if err != nil || run == nil || !run.Created.Equal(second) || run.Conclusion != "failure" || run.URL == "" {
		t.Errorf("got %+v, %v", run, err)
	}
}

func TestSecretsAndPermissions(t *testing.T) {
	w := newWorld(t)
	w.Set(wired())
	names, err := w.client.Secrets(t.Context(), hello)
	if diff := cmp.Diff([]string{"GATE_SSH_KEY"}, names); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if p, err := w.client.DefaultPermissions(t.Context(), hello); p != "read" || err != nil {
		t.Errorf("got %q, %v", p, err)
	}
}

// What the token may not ask is an error, and never an empty answer; one that is cut or empty is asked for again.
func TestSettingsFail(t *testing.T) {
	w := newWorld(t)
	asks := map[string]func() error{
		"environment": func() error { _, err := w.client.EnvironmentOf(t.Context(), hello, "production"); return err },
		"rules":       func() error { _, err := w.client.BranchRules(t.Context(), hello, "gate-ledger"); return err },
		"branch":      func() error { _, _, err := w.client.BranchProtected(t.Context(), hello, "gate-ledger"); return err },
		"protection":  func() error { _, err := w.client.BranchProtection(t.Context(), hello, "old"); return err },
		"workflows":   func() error { _, err := w.client.Workflows(t.Context(), hello); return err },
		"runs": func() error {
			_, err := w.client.LastScheduledRun(t.Context(), hello, ".github/workflows/drift.yml")
			return err
		},
		"secrets":     func() error { _, err := w.client.Secrets(t.Context(), hello); return err },
		"permissions": func() error { _, err := w.client.DefaultPermissions(t.Context(), hello); return err },
	}
	for name, ask := range asks {
		w.Set(wired())
		for _, fault := range []string{"cut", "empty", "null", "502", "html"} {
			w.fail(t, "GET", fault)
			if err := ask(); err != nil {
				t.Errorf("%s after %s: %v", name, fault, err)
			}
		}
		w.fail(t, "GET", "403")
		err := ask()
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Kind != Forbidden {
			t.Errorf("%s, forbidden: got %v", name, err)
		}
		w.fail(t, "GET", "echo")
		hides(t, name, message(ask()))
		if !strings.Contains(message(err), "403") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
