package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// pair is a policy with two components on the same hosts.
var pair = strings.NewReplacer("%s", "", `environment "staging"`, `component "db" {
  paths   = ["db/**"]
  marker  = revision["/srv/db"].commit
  units   = ["db.service"]
  carries = [file["/etc/db.ini"], revision["/srv/db"]]
}
environment "staging"`, `revision["*"]`, `revision["/srv/app"]`, `["/etc/app.ini"] }`, `["/etc/app.ini", "/etc/db.ini"] }`,
	`collect "service" { units = ["app.service"] }`, `collect "service" { units = ["app.service", "db.service"] }
collect "revision" { checkout = "/srv/db" }`).Replace(promoting)

const size = drift.Address(`file["/etc/db.ini"].entries["size"]`)

// arriveOne brings one component of a commit to staging, in the open.
func (w *world) arriveOne(commit, component string) gate.Event {
	one := func(e gate.Event) gate.Event {
		for _, c := range contents(w.policy, commit) {
			if c.Component == component {
				e.Contents = append(e.Contents, c)
			}
		}
		return e
	}
	begun := w.event(one(gate.Event{Kind: gate.Deploying, Environment: "staging", Outcome: gate.Pass}), "")
	w.mark("staging/*", commit, component)
	return w.event(one(gate.Event{Kind: gate.Deployed, Environment: "staging", Of: begun.ID}), "")
}

// One of two components moves: the other needs no proof.
func TestStoryOneComponent(t *testing.T) {
	w := worldOf(t, pair, "a0.b0")
	w.want(w.check(""), gate.Pass)
	w.commit("a1.b0", "a0.b0")
	w.arriveOne("a1.b0", "app")
	w.set("staging/*", log, text("stdout"))
	w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "smoke", Contents: contents(w.policy, "a1.b0")[:1]}, "")
	w.wait(time.Hour)
	w.want(w.check("a1.b0"), gate.Pass)
	w.set("production/*", size, text("2"))
	w.want(w.check("a1.b0"), gate.Blocked, "drift.skipped") // of what the other carries
}

// Both move: they must have been verified together.
func TestStoryComponentsTogether(t *testing.T) {
	begin := func(t *testing.T) *world {
		w := worldOf(t, pair, "a0.b0")
		w.commit("a1.b0", "a0.b0")
		w.commit("a1.b1", "a1.b0")
		w.arriveOne("a1.b0", "app")
		w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "smoke", Contents: contents(w.policy, "a1.b0")}, "")
		w.wait(time.Hour)
		return w
	}
	t.Run("apart", func(t *testing.T) {
		w := begin(t)
		w.arriveOne("a1.b1", "db")
		w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "smoke", Contents: contents(w.policy, "a1.b1")[1:]}, "")
		w.wait(time.Hour)
		v := w.check("a1.b1")
		w.want(v, gate.Blocked, "promotion.not_verified")
		w.says(v, "promotion.not_verified", "not with all that would be promoted together")
	})
	t.Run("together", func(t *testing.T) {
		w := begin(t)
		e := w.arriveOne("a1.b1", "db")
		w.event(gate.Event{Kind: gate.Verified, Environment: "staging", Name: "smoke", Of: e.ID, Contents: contents(w.policy, "a1.b1")}, "")
		w.want(w.check("a1.b1"), gate.Blocked, "promotion.soaking")
		w.wait(30 * time.Minute)
		w.want(w.check("a1.b1"), gate.Pass)
		w.deploy("production", "a1.b1")
		w.want(w.check(""), gate.Pass)
	})
	t.Run("one revoked", func(t *testing.T) {
		w := begin(t)
		w.arriveOne("a1.b1", "db")
		w.verify("a1.b1")
		w.wait(time.Hour)
		w.want(w.check("a1.b1"), gate.Pass)
		w.event(gate.Event{Kind: gate.Revoked, Contents: contents(w.policy, "a1.b1")[1:]}, "")
		w.want(w.check("a1.b1"), gate.Blocked, "promotion.revoked")
	})
}

// One component was replaced on staging, the other is still there: each fact is of the reading that proved it.
func TestStoryComponentReplaced(t *testing.T) {
	w := worldOf(t, pair, "a0.b0")
	w.commit("a1.b1", "a0.b0")
	w.commit("a2.b1", "a1.b1")
	w.set("*", size, text("1"))
	w.observe("staging")
	w.deploy("staging", "a1.b1", "stdout")
	w.set("staging/*", size, text("2"))
	w.verify("a1.b1")
	w.wait(time.Hour)
	w.observe("staging")
	w.want(w.check("a1.b1"), gate.Pass)
	w.arriveOne("a2.b1", "app")
	w.set("staging/*", log, text("journal"))
	w.wait(time.Hour)
	v := w.check("a1.b1")
	w.want(v, gate.Pass)
	if got, want := proved(v), `"stdout"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}

	// What no component carries is as it was then, since staging does not run with it now.
	w.set("staging/*", openssl, text("4"))
	w.want(w.check("a1.b1"), gate.Pass)
	w.set("production/*", openssl, text("4"))
	w.want(w.check("a1.b1"), gate.Blocked, "drift.skipped")
	w.set("production/*", openssl, text("3.0.11-1"))

	// What the other carries must be as it was verified.
	w.set("staging/*", size, text("3"))
	if v := w.check("a1.b1"); v.Outcome != gate.Blocked {
		t.Errorf("it passes:\n%s", details(v))
	}
	w.want(w.check("a1.b1"), gate.Blocked, "promotion.moved")
}

// A component carries a part of a file. Where the rest of that cannot be read any more, the whole cannot be told.
func TestStoryPartOfFile(t *testing.T) {
	w := worldOf(t, strings.NewReplacer("%s", "", `file["/etc/app.ini"], revision`, `file["/etc/app.ini"].entries["log"], revision`).Replace(promoting), "c0")
	w.commit("c1", "c0")
	w.commit("c2", "c1")
	w.prove("c1", "stdout")
	w.prove("c2", "journal")
	v := w.check("c1")
	w.want(v, gate.Pass)
	if got, want := proved(v), `"stdout"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	file := drift.Section{Collector: "file", Scope: "/etc/app.ini"}
	harmHosts(w.hosts, "staging/*", func(h *drift.Host) { unread(h, file, drift.Denied, "may not read it") })
	w.want(w.check("c1"), gate.Undecided, "unknown.section")
}

// several returns a policy in which production is promoted from what is told, and staging from dev.
func several(from string) string {
	return strings.NewReplacer("%s", "", `from        = ["staging"]`, from, `environment "staging" {
  vars = { domain = "staging.example.com" }`, `environment "dev" {
  role "web" {
    hosts = ["dev-1"]
  }
}
environment "staging" {
  vars = { domain = "staging.example.com" }
  promotion {
    from        = ["dev"]
    verified_by = ["smoke"]
  }`).Replace(promoting)
}

// A change must be proved on each environment that production is promoted from, and the worst of them counts.
func TestStorySeveralFrom(t *testing.T) {
	begin := func(t *testing.T) *world {
		w := worldOf(t, several(`from = ["dev", "staging"]`), "c0")
		w.commit("c1", "c0")
		return w
	}
	w := begin(t)
	w.want(w.check(""), gate.Pass)
	v := w.check("c1")
	w.want(v, gate.Blocked, "promotion.not_deployed")
	w.says(v, "promotion.not_deployed", "to dev")
	w.proveOn("dev", "c1", "stdout")
	v = w.check("c1")
	if v.Outcome != gate.Blocked {
		t.Errorf("dev alone proves it:\n%s", details(v))
	}
	w.says(v, "promotion.not_deployed", "to staging")
	w.proveOn("staging", "c1", "stdout")
	w.want(w.check("c1"), gate.Pass)

	for _, environment := range []string{"dev", "staging"} {
		w := begin(t)
		w.proveOn("dev", "c1", "stdout")
		w.proveOn("staging", "c1", "stdout")
		w.set(environment+"/*", openssl, text("4"))
		v := w.check("c1")
		w.want(v, gate.Blocked, "drift.ahead")
		w.says(v, "drift.ahead", environment)
		unknown := drift.UnknownValue("may not")
		w.set(environment+"/*", openssl, &unknown)
		w.want(w.check("c1"), gate.Undecided, "unknown.fact")
	}
}

// The gate stands before staging as well, and what skipped dev is found there, and proves nothing more for production.
func TestStoryChain(t *testing.T) {
	w := worldOf(t, several(`from = ["staging"]`), "c0")
	w.commit("c1", "c0")
	staging := func(in *gate.Input) { in.To = "staging" }
	w.want(w.check("c1", staging), gate.Blocked, "promotion.not_deployed")
	w.proveOn("dev", "c1", "stdout")
	w.want(w.check("c1", staging), gate.Pass)
	w.want(w.check("c1"), gate.Blocked, "promotion.not_deployed")
	w.prove("c1", "stdout")
	w.want(w.check("c1"), gate.Pass)
	w.want(w.check("", staging), gate.Pass)
	w.commit("c2", "c1")
	w.arrive("staging/*", "c2")
	w.want(w.check("", staging), gate.Blocked, "promotion.skipped")
}
