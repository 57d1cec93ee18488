package doctor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// told is what GitHub says, in a test; without a permission it says nothing of what needs it.
type told struct {
	branch       string
	environments map[string]*Environment
	ledger       Branch
	workflows    map[string]*WorkflowState
	secrets      []string
	standard     string
	refuses      bool
}

var errRefused = errors.New("403: Resource not accessible by integration")

func answer[T any](t told, v T) (T, error) {
	if t.refuses {
		var none T
		return none, errRefused
	}
	return v, nil
}

func (t told) DefaultBranch() (string, error)                { return answer(t, t.branch) }
func (t told) Environment(name string) (*Environment, error) { return answer(t, t.environments[name]) }
func (t told) Branch(string) (Branch, error)                 { return answer(t, t.ledger) }
func (t told) Workflow(file string) (*WorkflowState, error)  { return answer(t, t.workflows[file]) }
func (t told) Secrets() ([]string, error)                    { return answer(t, t.secrets) }
func (t told) DefaultPermissions() (string, error)           { return answer(t, t.standard) }

const commit = "8e8c483db84b4bee98b60c0593521ed34d9990e8"

const promote = `on: workflow_dispatch
permissions: {contents: write}
jobs:
  promote:
    runs-on: ubuntu-latest
    environment: production
    steps:
      - uses: actions/checkout@` + commit + `
        with: {fetch-depth: 0}
      - uses: seed-313c021b/gate@` + commit + `
        with: {command: begin, to: production, revision: x, known-hosts: k}
        env:
          GATE_SSH_KEY: ${{ secrets.GATE_SSH_KEY }}
      - run: ./deploy production
`

const nightly = `on:
  schedule:
    - cron: 17 2 * * *
permissions: {contents: write}
jobs:
  check:
    runs-on: ubuntu-latest
    environment: drift
    steps:
      - uses: actions/checkout@` + commit + `
        with: {fetch-depth: 0}
      - uses: seed-313c021b/gate@` + commit + `
        with: {command: check, to: production, record: true, known-hosts: k}
`

func wired() told {
	bypass := false
	return told{
		branch:       "main",
		environments: map[string]*Environment{"production": {Approval: true, Branches: true, Bypass: &bypass}, "drift": {Branches: true}},
		ledger:       Branch{Exists: true, NoRewrite: true, NoDelete: true},
		workflows:    map[string]*WorkflowState{".github/workflows/nightly.yml": {State: "active", Created: now.AddDate(0, -1, 0), LastScheduled: now.Add(-9 * time.Hour)}},
		standard:     "read",
	}
}

// Each setting that is not as it should be is found, and nothing is where all are.
func TestSettings(t *testing.T) {
	bypass := true
	state := func(change func(*WorkflowState)) func(*told) {
		return func(t *told) { change(t.workflows[".github/workflows/nightly.yml"]) }
	}
	tests := []struct {
		name   string
		change func(*told)
		want   []string
	}{
		{"as it should be", func(*told) {}, nil},
		{"a missing environment", func(t *told) { t.environments["production"] = nil }, []string{"environment.missing promote.yml:6"}},
		{"an environment without rules", func(t *told) { t.environments["production"] = &Environment{} }, []string{"environment.unprotected promote.yml:6"}},
		{"an environment with an approval only", func(t *told) { t.environments["production"].Branches = false }, nil},
		{"an environment with branches only", func(t *told) { t.environments["production"] = &Environment{Branches: true, Bypass: &bypass} }, nil},
		{"an environment without rules that nothing is deployed to", func(t *told) { t.environments["drift"] = &Environment{} }, []string{"environment.loose nightly.yml:8"}},
		{"administrators", func(t *told) { t.environments["production"].Bypass = &bypass }, []string{"environment.bypass promote.yml:6"}},
		{"administrators, untold", func(t *told) { t.environments["production"].Bypass = nil }, []string{"settings.unknown promote.yml:6"}},
		{"a ledger that can be rewritten", func(t *told) { t.ledger.NoRewrite = false }, []string{"ledger.rewritable gate.hcl:2"}},
		{"a ledger that can be deleted", func(t *told) { t.ledger.NoDelete = false }, []string{"ledger.rewritable gate.hcl:2"}},
		{"a ledger of which it is untold", func(t *told) { t.ledger = Branch{Exists: true, Untold: "403"} }, []string{"settings.unknown gate.hcl:2"}},
		{"no ledger yet", func(t *told) { t.ledger.Exists = false }, []string{"ledger.missing gate.hcl:2"}},
		{"a secret of the repository", func(t *told) { t.secrets = []string{"OTHER", "gate_ssh_key"} }, []string{"secrets.repository promote.yml:13"}},
		{"another secret of the repository", func(t *told) { t.secrets = []string{"OTHER"} }, nil},
		{"no such workflow", func(t *told) { t.workflows = nil }, []string{"schedule.stopped nightly.yml:2"}},
		{"turned off", state(func(s *WorkflowState) { s.State = "disabled_inactivity" }), []string{"schedule.stopped nightly.yml:2"}},
		{"a night late", state(func(s *WorkflowState) { s.LastScheduled = now.Add(-33 * time.Hour) }), nil},
		{"two nights late", state(func(s *WorkflowState) { s.LastScheduled = now.Add(-60 * time.Hour) }), []string{"schedule.stopped nightly.yml:2"}},
		{"never", state(func(s *WorkflowState) { s.LastScheduled = time.Time{} }), []string{"schedule.stopped nightly.yml:2"}},
		{"never, and new", state(func(s *WorkflowState) { s.LastScheduled, s.Created = time.Time{}, now.Add(-20*time.Hour) }), nil},
		{"found drift", state(func(s *WorkflowState) { s.Conclusion = "failure" }), nil},
		{"did not begin", state(func(s *WorkflowState) { s.Conclusion = "startup_failure" }), []string{"schedule.stopped nightly.yml:2"}},
		{"nothing is told", func(t *told) { t.refuses = true }, []string{
			"settings.unknown nightly.yml:2", "settings.unknown nightly.yml:8", "settings.unknown promote.yml:6", "settings.unknown gate.hcl:2", "settings.unknown"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := input(t, map[string]string{"promote.yml": promote, "nightly.yml": nightly})
			settings := wired()
			tt.change(&settings)
			in.Settings = settings
			got := all(Examine(in))
			want := append([]string{}, tt.want...)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// all returns findings as "code file:line".
func all(list []Finding) []string {
	kept := absent
	absent = nil
	defer func() { absent = kept }()
	return said(list)
}

// What the settings decide about workflows.
func TestSettingsOfWorkflows(t *testing.T) {
	branches := strings.Replace("on:\n  pull_request: {branches: [release]}\n"+promote, "on: workflow_dispatch\n", "", 1)
	tests := []struct {
		name, workflow string
		change         func(*told)
		want           []string
	}{
		{"a default token that may only read", strings.Replace(promote, "permissions: {contents: write}\n", "", 1), func(*told) {}, []string{"permission.missing promote.yml:3"}},
		{"a default token that may write", strings.Replace(promote, "permissions: {contents: write}\n", "", 1), func(t *told) { t.standard = "write" }, nil},
		{"another branch", branches, func(t *told) { t.branch = "release" }, []string{"secrets.pull-request promote.yml:14", "secrets.pull-request promote.yml:7"}},
		{"not the default branch", branches, func(*told) {}, []string{"secrets.pull-request promote.yml:14", "secrets.pull-request promote.yml:7", "gate.optional promote.yml:2"}},
		{"an environment that a run decides", strings.Replace(promote, "environment: production", "environment: ${{ inputs.to }}", 1), func(*told) {}, []string{"settings.unknown promote.yml:6"}},
		{"a group, and no approval", "concurrency: x\n" + promote + "  staging: {environment: staging, runs-on: ubuntu-latest, steps: [{run: x}]}\n", func(t *told) {
			t.environments["production"].Approval = false
		}, nil},
		{"a group, and an approval", "concurrency: x\n" + promote + "  staging: {environment: staging, runs-on: ubuntu-latest, steps: [{run: x}]}\n", func(*told) {}, []string{"concurrency.shared promote.yml:1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := input(t, map[string]string{"promote.yml": tt.workflow, "nightly.yml": nightly})
			settings := wired()
			tt.change(&settings)
			in.Settings = settings
			got := all(Examine(in))
			slices.Sort(got)
			want := append([]string{}, tt.want...)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A job that does not run by the schedule is no check by the schedule.
func TestScheduledElsewhere(t *testing.T) {
	for condition, want := range map[string][]string{
		"github.event_name == 'push'":     {"schedule.none"},
		"github.event_name == 'schedule'": {},
	} {
		in := input(t, map[string]string{"promote.yml": promote, "nightly.yml": strings.Replace(nightly, "    environment: drift\n", "    environment: drift\n    if: "+condition+"\n", 1)})
		in.Settings = wired()
		if diff := cmp.Diff(want, all(Examine(in))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", condition, diff)
		}
	}
}

// What is in the policy.
func TestPolicy(t *testing.T) {
	signer := func(expires string) string {
		return policy + "signer \"ci\" {\n  key = \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJJBvlT0L9cGHfkbFkf2IBTOaNRgdIvYiRs4CnkqAFSl ci\"\n  may = [\"deployed\"]\n" + expires + "}\n"
	}
	tests := []struct {
		name, policy string
		want         []string
	}{
		{"a key without an end", signer(""), nil},
		{"a key with a far end", signer("  expires = \"2026-12-21\"\n"), nil},
		{"a key with a near end", signer("  expires = \"2026-12-19\"\n"), []string{"signer.ends gate.hcl:13"}},
		{"a key that has ended", signer("  expires = \"2026-11-01\"\n"), []string{"signer.ends gate.hcl:13"}},
		{"a ledger without a remote", strings.Replace(policy, `remote = "origin"`, "", 1), []string{"ledger.local gate.hcl:2"}},
		{"no ledger", strings.Replace(policy, "ledger {\n  remote = \"origin\"\n}", "", 1), nil},
		{"evidence of GitHub", strings.Replace(policy, `from = ["staging"]`, "\nfrom = [\"staging\"]\n verified_by = [\"check:e2e\"]\n", 1), []string{"permission.missing nightly.yml:4", "permission.missing nightly.yml:4", "permission.missing promote.yml:2", "permission.missing promote.yml:2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := input(t, map[string]string{"promote.yml": promote, "nightly.yml": nightly})
			in.Policy, in.Settings = load(t, tt.policy), wired()
			got := all(Examine(in))
			if diff := cmp.Diff(append([]string{}, tt.want...), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// What judges asks GitHub whether a change was verified; a drift check does so where something has skipped the gate.
func TestWhoAsksForProof(t *testing.T) {
	workflow := "on: %s\npermissions: {contents: write, pull-requests: write}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - "
	action := workflow + "uses: seed-313c021b/gate@" + commit + "\n        with: {command: %s, to: production, known-hosts: k}\n"
	script := workflow + "run: gate %s --to production\n"
	tests := []struct {
		workflow, on, command string
		want                  bool
	}{
		{action, "schedule", "check", true},
		{action, "push", "check, revision: x", true},
		{action, "push", "begin, revision: x", true},
		{action, "push", "record, status: success", false},
		{action, "pull_request", "check", true},
		{action, "pull_request_target", "check", true},
		{script, "schedule", "check", true},
		{script, "push", "check --revision x", true},
		{script, "push", "deploy --revision x", true},
		{script, "pull_request", "check", true},
		{script, "pull_request", "check --pull-request", true},
		{script, "push", "hold", false},
	}
	for _, tt := range tests {
		in := input(t, map[string]string{"a.yml": fmt.Sprintf(tt.workflow, tt.on, tt.command)})
		in.Policy = load(t, strings.Replace(policy, `from = ["staging"]`, "\nfrom = [\"staging\"]\nverified_by = [\"check:e2e\"]\n", 1))
		got := slices.ContainsFunc(Examine(in), func(f Finding) bool { return strings.Contains(f.What, "checks: read") })
		if got != tt.want {
			t.Errorf("gate %s on %s asks for proof: got %t, want %t", tt.command, tt.on, got, tt.want)
		}
	}
}

// A policy that no workflow asks, and none that runs by itself.
func TestAbsent(t *testing.T) {
	in := input(t, map[string]string{"a.yml": "on: push\njobs: {test: {runs-on: ubuntu-latest, steps: [{run: make test}]}}\n"})
	in.Settings = wired()
	if diff := cmp.Diff([]string{"gate.absent", "schedule.none"}, all(Examine(in))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Every code says why it matters, and is met by a test.
func TestCodes(t *testing.T) {
	var tests strings.Builder
	paths, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, "settings_test.go") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(data)
	}
	for name, c := range codes {
		if c.why == "" || !strings.HasSuffix(c.why, ".") || c.severity == "" {
			t.Errorf("%s: %+v", name, c)
		}
		if !strings.Contains(tests.String(), name) {
			t.Errorf("%s: no test meets it", name)
		}
	}
}
