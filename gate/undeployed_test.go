package gate_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/seed-313c021b/gate/gate"
)

// lacking is a repository that has not got one commit, as a shallow clone.
type lacking struct {
	graph
	commit string
}

func (l lacking) Contents(commit string) ([]gate.Content, error) {
	if commit == l.commit {
		return nil, fmt.Errorf("contents: %w", missing{errors.New("x")})
	}
	return l.graph.Contents(commit)
}

type missing struct{ error }

func (missing) Lacks() (what, mend string) {
	return "the repository does not have the commit", "git fetch --unshallow"
}

// TestNeverDeployed has a sentence and a cure of its own for each reason why no deployment of the candidate counts.
func TestNeverDeployed(t *testing.T) {
	t.Parallel()
	none := func(h gate.History) func(w *world, in *gate.Input) {
		return func(_ *world, in *gate.Input) { in.History = &h }
	}
	for _, c := range []struct {
		name        string
		do          func(w *world, in *gate.Input)
		effect      gate.Effect
		title, next string
	}{
		{"never", func(*world, *gate.Input) {}, gate.Blocks,
			"app 6331000 was never deployed to staging", "deploy 6331000 to staging"},
		{"no ledger in the clone", none(gate.History{}), gate.Opens,
			"unknown: there is no ledger in this clone", "git fetch origin gate-ledger:gate-ledger"},
		{"none at the remote", none(gate.History{Remote: "upstream"}), gate.Opens,
			"unknown: the remote upstream has no ledger", "gate record --adopt"},
		{"none where --ledger says", none(gate.History{Place: "/srv/ledger.git"}), gate.Opens,
			"unknown: there is no ledger in /srv/ledger.git", "--ledger"},
		{"not fetched", none(gate.History{Remote: "upstream", Offline: true}), gate.Opens,
			"unknown: the ledger of the remote upstream was not fetched", "without --offline"},
		{"never fetched, and something recorded here", func(w *world, in *gate.Input) {
			in.History.Remote, in.History.Offline = "upstream", true
		}, gate.Opens, "unknown: the ledger of the remote was never fetched, only what was recorded here is known", "without --offline"},
		{"fetched once", func(w *world, in *gate.Input) {
			in.History.Remote, in.History.Offline, in.History.Fetched = "upstream", true, now
		}, gate.Opens, "unknown: it is not in the ledger as it was fetched on 22 Nov 12:00 UTC", "without --offline"},
		{"under other paths", func(w *world, in *gate.Input) {
			e := w.event(gate.Event{Kind: gate.Deployed, Environment: "staging", Policy: "another"}, "c1-before")
			in.History.Events[len(in.History.Events)-1].Contents[0].ID = "content by other paths"
			w.commit(name(e.Contents[0].Commit), "c0")
		}, gate.Blocks, "app 6331000 was deployed to staging, recorded under other component paths than the policy has now",
			"gate record deployed --to staging --revision 6331000"},
		{"as another component", func(w *world, in *gate.Input) {
			w.event(gate.Event{Kind: gate.Deployed, Environment: "staging"}, "c1")
			in.History.Events[len(in.History.Events)-1].Contents[0] = gate.Content{Component: "all", ID: "everything", Commit: id("c1")}
		}, gate.Blocks, "recorded under other component paths", "gate record deployed"},
		{"under the same policy another content", func(w *world, in *gate.Input) {
			w.event(gate.Event{Kind: gate.Deployed, Environment: "staging", Policy: w.policy.Digest}, "c1")
			in.History.Events[len(in.History.Events)-1].Contents[0].ID = "another content"
		}, gate.Blocks, "was never deployed to staging", "deploy 6331000"},
		{"under another policy, of a commit that is not here", func(w *world, in *gate.Input) {
			in.Commits = lacking{w.commits, id("c0")}
		}, gate.Opens, "unknown: the policy has changed since deployments were recorded, and the repository does not have the commit", "git fetch --unshallow"},
		{"begun", func(w *world, in *gate.Input) { w.begin("staging", "c1") }, gate.Blocks,
			"A deployment of app 6331000 to staging has begun, and its end is not on record", "gate record deployed|failed --to staging"},
		{"begun and failed", func(w *world, in *gate.Input) {
			e := w.begin("staging", "c1")
			w.event(gate.Event{Kind: gate.Failed, Environment: "staging", Of: e.ID}, "")
		}, gate.Blocks, "was never deployed to staging", "deploy 6331000"},
		{"a flaw", func(w *world, in *gate.Input) {
			in.History.Flaws = []gate.Flaw{{Code: "ledger.forged", Text: "An event is not signed"}}
		}, gate.Blocks, "No deployment of app 6331000 to staging counts", "what is wrong with the ledger"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "")
			w.commit("c1", "c0")
			v := w.check("c1", func(in *gate.Input) { c.do(w, in) })
			w.says(v, "promotion.not_deployed", c.title)
			w.says(v, "promotion.not_deployed", c.next)
			if !slices.ContainsFunc(v.Findings, func(f gate.Finding) bool { return f.Code == "promotion.not_deployed" && f.Effect == c.effect }) {
				t.Errorf("want the effect %s\n%s", c.effect, details(v))
			}
		})
	}
}

// TestOnTargetUnderOtherPaths has what is on production, deployed there before the paths of its component changed.
func TestOnTargetUnderOtherPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	w.commit("c1", "c0")
	w.mark("production/*", "c1")
	w.says(w.check(""), "promotion.skipped", "app 6331000 is on production, and no deployment on record brought it there")
	w.event(gate.Event{Kind: gate.Deployed, Environment: "production", Policy: "another"}, "c1-before")
	recorded := &w.history.Events[len(w.history.Events)-1].Contents[0]
	recorded.ID = "content by other paths"
	w.says(w.check("", func(in *gate.Input) { in.Commits = lacking{w.commits, recorded.Commit} }), "promotion.skipped", "this gets it: git fetch --unshallow")
	w.commit("c1-before", "c0")
	w.says(w.check(""), "promotion.skipped", "app 6331000 is on production, deployed there as recorded under other component paths")
}
