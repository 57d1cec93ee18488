package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// The commits of these tests: whole ids, with the content that each has. The second and the third have the same.
const (
	first  = "1111111aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	second = "2222222bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	third  = "3333333ccccccccccccccccccccccccccccccccc"
)

// library is a repository in which components have contents at commits.
type library map[string]map[string]string

func (l library) Contents(id string) ([]Content, error) {
	for commit, contents := range l {
		if !strings.HasPrefix(commit, id) {
			continue
		}
		var list []Content
		for component, content := range contents {
			list = append(list, Content{component, content, commit})
		}
		SortContents(list)
		return list, nil
	}
	return nil, errors.New("the repository does not have the commit " + id)
}

func (library) Ancestor(a, b string) (bool, error)         { panic("not asked") }
func (library) Carries(string, Content) (bool, error)      { panic("not asked") }
func (library) Subject(string) (string, error)             { panic("not asked") }
func (library) Changed(a, b string) (int, []string, error) { panic("not asked") }

var books = library{
	first:  {"app": "content-1", "db": "db-1"},
	second: {"app": "content-2", "db": "db-1"},
	third:  {"app": "content-2"},
}

// observed loads a policy with one component, on two hosts of the role web and one of the role db.
func observed(t *testing.T, component string) *policies.Policy {
	t.Helper()
	text := component + `
environment "staging" {
  role "web" { hosts = ["deploy@web-1", "deploy@web-2"] }
  role "db" { hosts = ["db-1"] }
}
collect "revision" { checkout = "/srv/app" }
collect "revision" { marker = "/srv/REVISION" }
collect "service" { units = ["app.service"] }
collect "deb" {}
`
	p, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

// hostWith returns a host that says facts, each "address = JSON value", or "address ?" for one that could not be told.
func hostWith(t *testing.T, role, name string, facts ...string) drift.Host {
	t.Helper()
	h := drift.Host{ID: drift.HostID{Environment: "staging", Role: role, Name: name}}
	for _, line := range facts {
		text, value, known := strings.Cut(line, " = ")
		text = strings.TrimSuffix(text, " ?")
		a, err := drift.ParseAddress(text)
		if err != nil {
			t.Fatal(err)
		}
		v := drift.UnknownValue("may not read it")
		if known {
			v = drift.Value{Kind: drift.Known, Text: value}
		}
		s := drift.Section{Collector: a.Collector(), Status: drift.OK}
		if steps := a.Steps(); s.Collector != "deb" {
			s.Scope = steps[1].Text
		}
		i := slices.IndexFunc(h.Sections, func(other drift.Section) bool { return other.Collector == s.Collector && other.Scope == s.Scope })
		if i < 0 {
			i = len(h.Sections)
			h.Sections = append(h.Sections, s)
		}
		h.Sections[i].Facts = append(h.Sections[i].Facts, drift.Fact{Address: a, Value: v})
	}
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	return h
}

// checkout returns what a host says of a clean checkout that changed at noon.
func checkout(commit string) []string {
	at := `revision["/srv/app"]`
	return []string{at + `.commit = "` + commit + `"`, at + `.dirty = false`, at + `.changed = "2026-11-20T12:00:00Z"`}
}

func unit(active, started string) []string {
	at := `service["app.service"]`
	return []string{at + `.active = "` + active + `"`, at + `.started = "` + started + `"`}
}

// told writes what Seen returns: contents, and problems as "component host sight content: text".
func told(seen []Content, unseen []Unseen) string {
	var b strings.Builder
	for _, c := range seen {
		fmt.Fprintf(&b, "%s %s at %s\n", c.Component, c.ID, Short(c.Commit))
	}
	for _, u := range unseen {
		fmt.Fprintf(&b, "%s %s %s %s: %s\n", u.Component, u.Host.Name, u.Sight, u.Content.ID, u.Text)
	}
	return b.String()
}

const (
	byCommit = `component "app" {
  paths = ["src/**"]
  roles = ["web"]
  marker = revision["/srv/app"].commit
  units = ["app"]
}`
	byMarker = `component "app" {
  paths = ["src/**"]
  roles = ["web"]
  marker = revision["/srv/REVISION"].value
}`
	byPackage = `component "app" {
  paths = ["src/**"]
  roles = ["web"]
  marker = deb["app"].version
}`
)

func TestSeen(t *testing.T) {
	running := unit("active", "2026-11-20T12:00:01Z")
	value := func(v string) []string { return []string{`revision["/srv/REVISION"].value = "` + v + `"`} }
	version := func(v string) []string { return []string{`deb["app"].version = "` + v + `"`} }
	with := func(parts ...[]string) []string { return slices.Concat(parts...) }
	good := with(checkout(first), running)
	for _, test := range []struct {
		name, policy string
		one, two     []string // what the hosts web-1 and web-2 say; nil for a host that was not read
		want         string
	}{
		{"seen", byCommit, good, good, "app content-1 at 1111111\n"},
		{"other commits of one content", byCommit, with(checkout(third), running), with(checkout(second), running), "app content-2 at 3333333\n"},
		{"mixed", byCommit, good, with(checkout(second), running),
			"app web-1 mixed content-1: it shows 1111111, and not all hosts do\napp web-2 mixed content-2: it shows 2222222, and not all hosts do\n"},
		{"a host not read", byCommit, good, nil, "app web-2 not-read : it was not read\n"},
		{"the marker could not be told", byCommit, good, with([]string{`revision["/srv/app"].commit ?`}, running),
			"app web-2 not-told : revision[\"/srv/app\"].commit: may not read it\napp web-2 start-unsure : revision[\"/srv/app\"].changed is absent\n"},
		{"the marker was not collected", byCommit, good, running,
			"app web-2 not-told : revision[\"/srv/app\"].commit: not collected\napp web-2 start-unsure : revision[\"/srv/app\"].changed: not collected\n"},
		{"dirty", byCommit, good, with([]string{`revision["/srv/app"].commit = "` + first + `"`, `revision["/srv/app"].dirty = true`, `revision["/srv/app"].changed = "2026-11-20T12:00:00Z"`}, running),
			"app web-2 dirty content-1: files of revision[\"/srv/app\"] differ from its commit 1111111\n"},
		{"perhaps dirty", byCommit, good, with([]string{`revision["/srv/app"].commit = "` + first + `"`, `revision["/srv/app"].dirty ?`, `revision["/srv/app"].changed = "2026-11-20T12:00:00Z"`}, running),
			"app web-2 not-told content-1: revision[\"/srv/app\"].dirty: may not read it\n"},
		{"bare", byCommit, good, with([]string{`revision["/srv/app"].commit = "` + first + `"`, `revision["/srv/app"].changed = "2026-11-20T12:00:00Z"`}, running), "app content-1 at 1111111\n"},
		{"a commit that the repository lacks", byCommit, good, with(checkout("4444444"+first[7:]), running),
			"app web-2 unresolved : revision[\"/srv/app\"].commit is 4444444aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: the repository does not have the commit 4444444aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"},
		{"started in the second of the change", byCommit, good, with(checkout(first), unit("active", "2026-11-20T12:00:00Z")), "app content-1 at 1111111\n"},
		{"started before the change", byCommit, good, with(checkout(first), unit("active", "2026-11-20T11:59:59Z")),
			"app web-2 not-started content-1: app has run since 2026-11-20T11:59:59Z, and the marker changed at 2026-11-20T12:00:00Z\n"},
		{"reloading", byCommit, good, with(checkout(first), unit("reloading", "2026-11-20T12:00:01Z")), "app content-1 at 1111111\n"},
		{"failed", byCommit, good, with(checkout(first), []string{`service["app.service"].active = "failed"`}), "app web-2 not-running content-1: app is failed\n"},
		{"starting", byCommit, good, with(checkout(first), unit("activating", "2026-11-20T12:00:01Z")), "app web-2 not-running content-1: app is activating\n"},
		{"a unit that could not be told", byCommit, good, with(checkout(first), []string{`service["app.service"].active ?`}),
			"app web-2 start-unsure content-1: service[\"app.service\"].active: may not read it\n"},
		{"a unit that was not collected", byCommit, good, checkout(first), "app web-2 start-unsure content-1: service[\"app.service\"].active: not collected\n"},
		{"a start that could not be told", byCommit, good, with(checkout(first), []string{`service["app.service"].active = "active"`, `service["app.service"].started ?`}),
			"app web-2 start-unsure content-1: service[\"app.service\"].started: may not read it\n"},
		{"a start that an older gate did not ask for", byCommit, good, with(checkout(first), []string{`service["app.service"].active = "active"`}),
			"app web-2 start-unsure content-1: service[\"app.service\"].started is absent\n"},
		{"a start that is no time", byCommit, good, with(checkout(first), unit("active", "yesterday")),
			"app web-2 start-unsure content-1: service[\"app.service\"].started is \"yesterday\", which is no time\n"},

		{"a marker file", byMarker, value(first), value("1111111"), "app content-1 at 1111111\n"},
		{"as git describes it", byMarker, value("v1.2-3-g1111111"), value("1111111aaaa"), "app content-1 at 1111111\n"},
		{"described as dirty", byMarker, value("v1.2-3-g1111111-dirty"), value(first),
			"app web-1 dirty : revision[\"/srv/REVISION\"].value is v1.2-3-g1111111-dirty: it was built of files that differ from their commit\n"},
		{"too short", byMarker, value("111111"), value(first),
			"app web-1 unresolved : revision[\"/srv/REVISION\"].value is \"111111\": it is no commit, and no event says what it was built of\n"},
		{"a tag", byMarker, value("v1.2"), value("v1.2"),
			"app web-1 unresolved : revision[\"/srv/REVISION\"].value is v1.2: it is no commit, and no event says what it was built of\n" +
				"app web-2 unresolved : revision[\"/srv/REVISION\"].value is v1.2: it is no commit, and no event says what it was built of\n"},
		{"an option", byMarker, value("--all"), value(first),
			"app web-1 unresolved : revision[\"/srv/REVISION\"].value is --all: it is no commit, and no event says what it was built of\n"},
		{"an image", byMarker, value("registry.example.com/app@sha256:aa"), value("sha256:aa"), "app content-1 at 1111111\n"},
		{"no marker", byMarker, []string{`revision["/srv/REVISION"].other = 1`}, value(first), "app web-1 not-there : it has no revision[\"/srv/REVISION\"].value\n"},
		{"a number", byMarker, []string{`revision["/srv/REVISION"].value = 1111111`}, value(first),
			"app web-1 unresolved : revision[\"/srv/REVISION\"].value is 1111111, which names no revision\n"},

		{"a package", byPackage, version("1.2-1"), version("1.2-1"), "app content-1 at 1111111\n"},
		{"a package that was built twice of one content", byPackage, version("1.4-1"), version("1.4-1"), "app content-2 at 3333333\n"},
		{"a package of two contents", byPackage, version("1.3-1"), version("1.2-1"),
			"app web-1 unresolved : deb[\"app\"].version is 1.3-1: events say that it was built of 1111111 and of 2222222\n"},
		{"a package that only a forged event knows", byPackage, version("6.6-6"), version("1.2-1"),
			"app web-1 unresolved : deb[\"app\"].version is 6.6-6: it is no commit, and no event says what it was built of\n"},
		{"a package of another component", byPackage, version("5.0-1"), version("1.2-1"),
			"app web-1 unresolved : deb[\"app\"].version is 5.0-1: it is no commit, and no event says what it was built of\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &drift.Snapshot{Environment: "staging", Hosts: []drift.Host{hostWith(t, "db", "db-1")}}
			for name, facts := range map[string][]string{"web-1": test.one, "web-2": test.two} {
				if facts != nil {
					s.Hosts = append(s.Hosts, hostWith(t, "web", name, facts...))
				}
			}
			o := Observer{Policy: observed(t, test.policy), Commits: books, History: artifacts}
			if diff := cmp.Diff(test.want, told(o.Seen(s))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

var artifacts = &History{Events: []Event{
	{Kind: Built, Artifacts: []string{"app.whl", "1.2-1", "1.3-1"}, Contents: []Content{{"app", "content-1", first}}},
	{Kind: Built, Artifacts: []string{"1.3-1", "1.4-1"}, Contents: []Content{{"app", "content-2", second}}},
	{Kind: Built, Artifacts: []string{"1.4-1"}, Contents: []Content{{"app", "content-2", third}}},
	{Kind: Built, Artifacts: []string{"registry.example.com/app@sha256:aa"}, Contents: []Content{{"app", "content-1", first}}},
	{Kind: Built, Artifacts: []string{"6.6-6"}, Contents: []Content{{"app", "content-1", first}}, Invalid: "unsigned"},
	{Kind: Built, Artifacts: []string{"5.0-1"}, Contents: []Content{{"db", "db-1", first}}},
	{Kind: Note, Artifacts: []string{"5.0-1"}, Contents: []Content{{"app", "content-1", first}}},
}}

func TestSeenWithoutHosts(t *testing.T) {
	s := &drift.Snapshot{Environment: "staging", Hosts: []drift.Host{hostWith(t, "web", "web-1", checkout(first)...), hostWith(t, "db", "db-1", checkout(first)...)}}
	web := map[string]Event{"staging/web/web-2": {}}
	for _, test := range []struct {
		name, policy string
		aside        map[string]Event
		want         string
	}{
		{"set aside", strings.Replace(byCommit, `units = ["app"]`, "", 1), web, "app content-1 at 1111111\n"},
		{"all set aside", byCommit, map[string]Event{"staging/web/web-1": {}, "staging/web/web-2": {}},
			"app  no-host : staging has no host that it runs on, less those that are set aside\n"},
		{"no marker", `component "app" { paths = ["src/**"] }`, web, "app  no-marker : the policy names no marker for it\n"},
		{"several components", strings.Replace(byCommit, `units = ["app"]`, "", 1) + `
component "db" {
  paths = ["db/**"]
  roles = ["db"]
  marker = revision["/srv/app"].commit
}
component "docs" {
  paths = ["docs/**"]
  roles = ["db"]
  marker = revision["/srv/app"].commit
}`, web, "app content-1 at 1111111\ndb db-1 at 1111111\ndocs db-1 unresolved : revision[\"/srv/app\"].commit is " + first + ": the commit 1111111 has no content of it\n"},
	} {
		o := Observer{Policy: observed(t, test.policy), Commits: books, Aside: test.aside}
		if diff := cmp.Diff(test.want, told(o.Seen(s))); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.name, diff)
		}
	}
}

func TestSightCodes(t *testing.T) {
	for sight, want := range map[Sight]string{
		NoMarker: "promotion.unresolved", NoHost: "promotion.not_observed", NotRead: "promotion.unresolved", NotTold: "promotion.unresolved",
		NotThere: "promotion.not_observed", Dirty: "promotion.dirty", Unresolved: "promotion.unresolved", Mixed: "promotion.not_observed",
		NotRunning: "promotion.not_observed", NotStarted: "promotion.not_observed", StartUnsure: "promotion.unresolved",
	} {
		if got := sight.Code(); got != want {
			t.Errorf("%s: got %s, want %s", sight, got, want)
		}
	}
}
