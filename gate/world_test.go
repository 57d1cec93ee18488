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

// world is environments with a history: hosts that are changed, time that passes, and a ledger of it.
type world struct {
	t       *testing.T
	policy  *policies.Policy
	now     time.Time
	hosts   []*drift.Snapshot
	history *gate.History
	kept    map[string]*drift.Snapshot
	commits graph
}

// graph is a history of commits, by their names. What a name begins with, up to a dash, is the content, of several components
// a part for each: "a1.b0-1" and "a1.b0-2" have the same contents, and "a1.b1" another one of the second component.
type graph struct {
	policy *policies.Policy
	parent map[string]string
	files  map[string][]string // what a commit changes; unless it is here, src/app.py
}

func newWorld(t *testing.T, promotion string) *world {
	t.Helper()
	return worldOf(t, fmt.Sprintf(promoting, promotion), "c0")
}

// worldOf begins a world in which a commit has been everywhere for a day, and was proved on everything that others are
// promoted from.
func worldOf(t *testing.T, policy, commit string) *world {
	t.Helper()
	p := load(t, policy)
	w := &world{t: t, policy: p, now: now, hosts: read(p), history: &gate.History{ID: "opened"}, kept: map[string]*drift.Snapshot{},
		commits: graph{p, map[string]string{commit: ""}, map[string][]string{}}}
	w.set("*", log, text("file"))
	for _, c := range p.Promoted() {
		w.set("*", dirty(c), new(drift.Bool(false)))
		w.set("*", unit(c).Attr("active"), text("active"))
	}
	w.mark("*", commit)
	for _, e := range p.Environments {
		w.event(gate.Event{Kind: gate.Deployed, Environment: e.Name, Adopted: true}, commit)
		w.verifyOn(e.Name, commit)
	}
	w.wait(time.Hour)
	for _, e := range p.Environments {
		w.observe(e.Name)
	}
	w.wait(24 * time.Hour)
	return w
}

// What most stories change.
const (
	log     = drift.Address(`file["/etc/app.ini"].entries["log"]`)
	openssl = drift.Address(`deb["openssl"].version`)
)

func dirty(c policies.Component) drift.Address {
	folder, _ := c.Marker.Parent()
	return folder.Attr("dirty")
}

func unit(c policies.Component) drift.Address { return drift.Address("service").Key(c.Units[0]) }

func (w *world) wait(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) set(hosts string, a drift.Address, v *drift.Value) { set(w.hosts, hosts, a, v) }

// mark lets hosts show a commit, with units that have started since; of some components or, without such, all.
func (w *world) mark(hosts, commit string, components ...string) {
	for _, c := range w.policy.Promoted() {
		if len(components) > 0 && !slices.Contains(components, c.Name) {
			continue
		}
		folder, _ := c.Marker.Parent()
		w.set(hosts, c.Marker, text(id(commit)))
		w.set(hosts, folder.Attr("changed"), text(w.now.Format(time.RFC3339)))
		w.set(hosts, unit(c).Attr("started"), text(w.now.Format(time.RFC3339)))
	}
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

// contents returns the contents that a commit's name says.
func contents(p *policies.Policy, commit string) []gate.Content {
	kind, _, _ := strings.Cut(commit, "-")
	var list []gate.Content
	for i, part := range strings.Split(kind, ".") {
		list = append(list, gate.Content{Component: p.Promoted()[i].Name, ID: "content " + part, Commit: id(commit)})
	}
	return list
}

// commit makes a commit on top of another one.
func (w *world) commit(name, parent string, files ...string) {
	w.commits.parent[name] = parent
	if len(files) > 0 {
		w.commits.files[name] = files
	}
}

// event writes an event down, with what the hosts of its environment say; before a deployment, those of the environments
// that prove it too.
func (w *world) event(e gate.Event, commit string) gate.Event {
	e.ID = fmt.Sprintf("%040x", len(w.history.Events)+1)
	e.At, e.By = w.now, "Ada"
	if commit != "" && e.Contents == nil {
		e.Contents = contents(w.policy, commit)
	}
	read := map[string]bool{}
	switch e.Kind {
	case gate.Deployed, gate.Verified, gate.Observed, gate.Failed:
		read[e.Environment] = true
	case gate.Deploying:
		read[e.Environment] = true
		for _, from := range w.policy.Environment(e.Environment).Promotion.From {
			read[from] = true
		}
	}
	for _, s := range clone(w.hosts) {
		if !read[s.Environment] {
			continue
		}
		if e.Snapshots == nil {
			e.Snapshots = map[string]string{}
		}
		key := e.ID + " " + s.Environment
		w.kept[key], e.Snapshots[s.Environment] = s, key
		if s.Environment == e.Environment {
			e.Seen, _ = gate.Observer{Policy: w.policy, Commits: w.commits, History: w.history}.Seen(s)
		}
	}
	w.history.Events = append(w.history.Events, e)
	return e
}

func (w *world) observe(environment string) {
	w.event(gate.Event{Kind: gate.Observed, Environment: environment}, "")
}

// deploy brings a commit to an environment, as gate deploy does; change is what it brings beside the marker.
func (w *world) deploy(environment, commit string, change ...string) gate.Event {
	return w.finish(w.begin(environment, commit), change...)
}

func (w *world) begin(environment, commit string) gate.Event {
	return w.event(gate.Event{Kind: gate.Deploying, Environment: environment, Outcome: gate.Pass}, commit)
}

func (w *world) finish(begun gate.Event, change ...string) gate.Event {
	w.arrive(begun.Environment+"/*", name(begun.Contents[0].Commit), change...)
	return w.event(gate.Event{Kind: gate.Deployed, Environment: begun.Environment, Of: begun.ID, Contents: begun.Contents}, "")
}

// arrive lets hosts be as a deployment of a commit leaves them.
func (w *world) arrive(hosts, commit string, change ...string) {
	w.mark(hosts, commit)
	for _, value := range change {
		w.set(hosts, log, text(value))
	}
}

func (w *world) verify(commit string) { w.verifyOn("staging", commit) }

func (w *world) verifyOn(environment, commit string) {
	w.event(gate.Event{Kind: gate.Verified, Environment: environment, Name: "smoke"}, commit)
}

// prove deploys to staging, verifies, and lets an hour pass.
func (w *world) prove(commit string, change ...string) { w.proveOn("staging", commit, change...) }

func (w *world) proveOn(environment, commit string, change ...string) {
	w.deploy(environment, commit, change...)
	w.verifyOn(environment, commit)
	w.wait(time.Hour)
	w.observe(environment)
}

// check judges whether a commit may enter production; "" is a drift check.
func (w *world) check(commit string, change ...func(*gate.Input)) *gate.Verdict {
	w.t.Helper()
	return decide(w.t, w.policy, w.hosts, append([]func(*gate.Input){func(in *gate.Input) {
		in.Now, in.History, in.Record, in.Commits = w.now, w.history, w, w.commits
		if commit != "" {
			in.Revision = commit
			in.Candidate = &gate.Candidate{Revision: commit, Commit: id(commit), Subject: "change " + commit, Contents: contents(w.policy, commit)}
		}
	}}, change...)...)
}

// back asks for the way back.
func back(in *gate.Input) { in.Candidate.Rollback = true }

// tells fails unless the verdict has a finding of a code that stops nothing, with a text in it.
func (w *world) tells(v *gate.Verdict, code, part string) {
	w.t.Helper()
	meet(code)
	for _, f := range v.Findings {
		if f.Code == code && f.Effect == gate.Informs && strings.Contains(f.Title+"\n"+strings.Join(f.Detail, "\n"), part) {
			return
		}
	}
	w.t.Errorf("nothing of %s with %q\n%s", code, part, details(v))
}

// says fails unless the finding of a code that stops a promotion has a text in it.
func (w *world) says(v *gate.Verdict, code, part string) {
	w.t.Helper()
	for _, f := range v.Findings {
		if f.Code == code && f.Effect != gate.Informs && strings.Contains(strings.Join(slices.Concat([]string{f.Title}, f.Detail, f.Next), "\n"), part) {
			return
		}
	}
	w.t.Errorf("no %s says %q\n%s", code, part, details(v))
}

// want fails unless the verdict is an outcome for exactly these codes, without those that only inform.
func (w *world) want(v *gate.Verdict, outcome gate.Outcome, codes ...string) {
	w.t.Helper()
	got := []string{}
	for _, f := range v.Findings {
		if f.Effect != gate.Informs && !slices.Contains(got, f.Code) {
			got = append(got, f.Code)
			meet(f.Code)
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

func (w *world) Since(h drift.HostID, a drift.Address, holds func(drift.Value) bool) (first, before time.Time) {
	for _, e := range slices.Backward(w.history.Events) {
		s := w.kept[e.Snapshots[h.Environment]]
		if s == nil {
			continue
		}
		i := slices.IndexFunc(s.Hosts, func(other drift.Host) bool { return other.ID == h })
		if i < 0 || !holds(s.Hosts[i].Lookup(a)) {
			return first, e.At
		}
		first = e.At
	}
	return first, time.Time{}
}

func (g graph) Contents(commit string) ([]gate.Content, error) {
	if _, ok := g.parent[name(commit)]; !ok {
		return nil, fmt.Errorf("there is no commit %s here", commit)
	}
	return contents(g.policy, name(commit)), nil
}

func (g graph) Ancestor(a, b string) (bool, error) {
	for at := name(b); at != ""; at = g.parent[at] {
		if at == name(a) {
			return true, nil
		}
	}
	if _, ok := g.parent[name(a)]; !ok {
		return false, fmt.Errorf("there is no commit %s here", a)
	}
	return false, nil
}

func (g graph) Carries(commit string, c gate.Content) (bool, error) {
	for at := name(commit); at != ""; at = g.parent[at] {
		if slices.ContainsFunc(contents(g.policy, at), func(other gate.Content) bool { return other.Component == c.Component && other.ID == c.ID }) {
			return true, nil
		}
	}
	return false, nil
}

func (g graph) Subject(commit string) (string, error) { return "change " + name(commit), nil }

func (g graph) Changed(a, b string) (int, []string, error) {
	if _, ok := g.parent[name(a)]; !ok {
		return 0, nil, fmt.Errorf("there is no commit %s here", a)
	}
	n, paths := 0, []string{}
	for at := name(b); at != "" && at != name(a); at = g.parent[at] {
		n++
		if g.files[at] == nil {
			paths = append(paths, "src/app.py")
		}
		paths = append(paths, g.files[at]...)
	}
	return n, paths, nil
}
