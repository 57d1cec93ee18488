package gate_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// promoting is the policy of most stories.
const promoting = `
component "app" {
  paths   = ["src/**"]
  marker  = revision["/srv/app"].commit
  units   = ["app.service"]
  carries = [file["/etc/app.ini"], revision["*"]]
}
environment "staging" {
  vars = { domain = "staging.example.com" }
  role "web" {
    hosts = ["staging-1", "staging-2"]
  }
}
environment "production" {
  vars = { domain = "example.com" }
  role "web" {
    hosts = ["production-1", "production-2"]
  }
  promotion {
    from        = ["staging"]
    verified_by = ["smoke"]
    soak        = "30m"
    %s
  }
}
collect "deb" {}
collect "file" { paths = ["/etc/app.ini"] }
collect "revision" { checkout = "/srv/app" }
collect "service" { units = ["app.service"] }
`

// world is two environments with a history: hosts that are changed, time that passes, and a ledger of it.
type world struct {
	t       *testing.T
	policy  *policies.Policy
	now     time.Time
	hosts   []*drift.Snapshot
	history *gate.History
	kept    map[string]*drift.Snapshot
	commits graph
}

// graph is a history of commits: of each its parent. The content of a commit is what its name begins with, up to a dash:
// "aa-1" and "aa-2" have the same content.
type graph map[string]string

func newWorld(t *testing.T, promotion string) *world {
	t.Helper()
	p := load(t, fmt.Sprintf(promoting, promotion))
	w := &world{t: t, policy: p, now: now, hosts: read(p), history: &gate.History{ID: "opened"}, kept: map[string]*drift.Snapshot{}, commits: graph{}}
	w.set("*", `file["/etc/app.ini"].entries["log"]`, text("file"))
	w.set("*", `revision["/srv/app"].dirty`, new(drift.Bool(false)))
	w.set("*", `service["app.service"].active`, text("active"))
	w.commits["c0"] = ""
	w.mark("*", "c0")
	w.event(gate.Event{Kind: gate.Deployed, Environment: "staging", Adopted: true}, "c0")
	w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "smoke"}, "c0")
	w.wait(time.Hour)
	w.observe("staging")
	w.event(gate.Event{Kind: gate.Deployed, Environment: "production", Adopted: true}, "c0")
	w.wait(24 * time.Hour)
	return w
}

func (w *world) wait(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) set(hosts string, a drift.Address, v *drift.Value) { set(w.hosts, hosts, a, v) }

// mark lets hosts show a commit, with a unit that has started since.
func (w *world) mark(hosts, commit string) {
	w.set(hosts, `revision["/srv/app"].commit`, text(id(commit)))
	w.set(hosts, `revision["/srv/app"].changed`, text(w.now.Format(time.RFC3339)))
	w.set(hosts, `service["app.service"].started`, text(w.now.Format(time.RFC3339)))
}

// id makes an object id of a commit's name.
func id(commit string) string {
	return fmt.Sprintf("%x", commit) + strings.Repeat("0", 40-2*len(commit))
}

// name is the other way round.
func name(id string) string {
	data, err := hex.DecodeString(id)
	must(err)
	return strings.TrimRight(string(data), "\x00")
}

func content(commit string) gate.Content {
	kind, _, _ := strings.Cut(commit, "-")
	return gate.Content{Component: "app", ID: "content " + kind, Commit: id(commit)}
}

// commit makes a commit on top of another one.
func (w *world) commit(name, parent string) { w.commits[name] = parent }

// event writes an event down, with what the hosts of its environment say.
func (w *world) event(e gate.Event, commit string) gate.Event {
	e.ID = fmt.Sprintf("event-%d", len(w.history.Events)+1)
	e.At, e.By = w.now, "Ada"
	if commit != "" {
		e.Contents = []gate.Content{content(commit)}
	}
	switch e.Kind {
	case gate.Deployed, gate.Verified, gate.Observed, gate.Deploying, gate.Failed:
		e.Snapshots = map[string]string{}
		for _, s := range clone(w.hosts) {
			key := e.ID + " " + s.Environment
			w.kept[key], e.Snapshots[s.Environment] = s, key
			if s.Environment == e.Environment {
				e.Seen, _ = gate.Observer{Policy: w.policy, Commits: w.commits, History: w.history}.Seen(s)
			}
		}
	}
	w.history.Events = append(w.history.Events, e)
	return e
}

func (w *world) observe(environment string) {
	w.event(gate.Event{Kind: gate.Observed, Environment: environment}, "")
}

// deploy brings a commit to an environment, in the open; change is what it brings beside the marker.
func (w *world) deploy(environment, commit string, change ...string) gate.Event {
	begun := w.event(gate.Event{Kind: gate.Deploying, Environment: environment, Outcome: gate.Pass}, commit)
	w.mark(environment+"/*", commit)
	for _, log := range change {
		w.set(environment+"/*", `file["/etc/app.ini"].entries["log"]`, text(log))
	}
	return w.event(gate.Event{Kind: gate.Deployed, Environment: environment, Of: begun.ID}, commit)
}

func (w *world) verify(commit string) {
	w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "smoke"}, commit)
}

// prove deploys to staging, verifies, and lets an hour pass.
func (w *world) prove(commit string, change ...string) {
	w.deploy("staging", commit, change...)
	w.verify(commit)
	w.wait(time.Hour)
	w.observe("staging")
}

// check judges whether a commit may enter production; "" is a drift check.
func (w *world) check(commit string, change ...func(*gate.Input)) *gate.Verdict {
	w.t.Helper()
	return decide(w.t, w.policy, w.hosts, append([]func(*gate.Input){func(in *gate.Input) {
		in.Now, in.History, in.Record, in.Commits = w.now, w.history, w, w.commits
		if commit != "" {
			in.Revision = commit
			in.Candidate = &gate.Candidate{Revision: commit, Commit: id(commit), Subject: "change " + commit, Contents: []gate.Content{content(commit)}}
		}
	}}, change...)...)
}

// want fails unless the verdict is an outcome for exactly these codes, without those that only inform.
func (w *world) want(v *gate.Verdict, outcome gate.Outcome, codes ...string) {
	w.t.Helper()
	got := []string{}
	for _, f := range v.Findings {
		if f.Effect != gate.Informs && !slices.Contains(got, f.Code) {
			got = append(got, f.Code)
		}
		checkFinding(w.t, f)
	}
	slices.Sort(got)
	slices.Sort(codes)
	if v.Outcome != outcome || !slices.Equal(got, codes) {
		w.t.Errorf("got %s for %q, want %s for %q\n%s", v.Outcome, got, outcome, codes, details(v))
	}
}

func details(v *gate.Verdict) string {
	var b strings.Builder
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "%s %s: %s\n", f.Effect, f.Code, f.Title)
		for _, line := range f.Detail {
			fmt.Fprintf(&b, "    %s\n", line)
		}
		for _, i := range f.Items {
			fmt.Fprintf(&b, "    %s %v %v\n", i.Address, i.From, i.To)
		}
	}
	return b.String()
}

func (w *world) Snapshot(id string) (*drift.Snapshot, error) {
	if s := w.kept[id]; s != nil {
		return s, nil
	}
	return nil, errors.New("the snapshot is not kept any more")
}

func (w *world) Since(h drift.HostID, a drift.Address, v drift.Value) (first, before time.Time) {
	for _, e := range slices.Backward(w.history.Events) {
		s := w.kept[e.Snapshots[h.Environment]]
		if s == nil {
			continue
		}
		i := slices.IndexFunc(s.Hosts, func(other drift.Host) bool { return other.ID == h })
		if i < 0 || !s.Hosts[i].Lookup(a).Equal(v) {
			return first, e.At
		}
		first = e.At
	}
	return first, time.Time{}
}

func (g graph) Contents(commit string) ([]gate.Content, error) {
	if _, ok := g[name(commit)]; !ok {
		return nil, fmt.Errorf("there is no commit %s here", commit)
	}
	return []gate.Content{content(name(commit))}, nil
}

func (g graph) Ancestor(a, b string) (bool, error) {
	for at := name(b); at != ""; at = g[at] {
		if at == name(a) {
			return true, nil
		}
	}
	if _, ok := g[name(a)]; !ok {
		return false, fmt.Errorf("there is no commit %s here", a)
	}
	return false, nil
}

func (g graph) Subject(commit string) (string, error) { return "change " + name(commit), nil }

func (g graph) Changed(a, b string) (int, []string, error) {
	n := 0
	for at := name(b); at != "" && at != name(a); at = g[at] {
		n++
	}
	return n, []string{"src/app.py"}, nil
}
