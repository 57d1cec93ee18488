package gate

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// previewPolicy has one preview, PREVIEW, and a component that restarts a unit.
const previewPolicy = `
environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  role "web" {
    hosts = ["production-1", "production-2"]
  }
  role "worker" {
    hosts = ["worker-1"]
  }
  promotion {
    from = ["staging"]
    PREVIEW
  }
}
component "app" {
  paths   = ["src/**"]
  roles   = ["web"]
  marker  = revision["/srv/app"].commit
  units   = ["app"]
  carries = [file["/etc/app/*"], python["/srv/app/venv"], deb["*"], service["*"]]
}
collect "deb" {}
collect "revision" {
  checkout = "/srv/app"
}
`

const puppetPreview = `preview "puppet" {
      run    = "puppet agent --test --noop"
      roles  = ["web"]
      ignore = ["Package[tz*]"]
    }`

var web1, web2 = drift.HostID{Environment: "production", Role: "web", Name: "production-1"}, drift.HostID{Environment: "production", Role: "web", Name: "production-2"}

// previewed judges what a preview lists on each of two hosts, with rows in flight, and returns the findings.
func previewed(t *testing.T, preview string, inFlight []drift.Row, sections ...drift.Section) []Finding {
	t.Helper()
	p, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: []byte(strings.Replace(previewPolicy, "PREVIEW", preview, 1))}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s := &drift.Snapshot{Environment: "production"}
	for i, id := range []drift.HostID{web1, web2} {
		h := drift.Host{ID: id, Sections: []drift.Section{{Collector: "python", Scope: "/srv/app/venv", Status: drift.OK}, {Collector: "python", Scope: "/opt/venv", Status: drift.OK}}}
		if i < len(sections) && sections[i].Collector != "" {
			h.Sections = append(h.Sections, sections[i])
		}
		if err := h.Sort(); err != nil {
			t.Fatal(err)
		}
		s.Hosts = append(s.Hosts, h)
	}
	d := &decision{Input: Input{Policy: p, To: "production", Snapshots: []*drift.Snapshot{s}, Now: time.Now()},
		environment: p.Environment("production"), verdict: &Verdict{To: "production"}, dead: map[drift.HostID]bool{}}
	d.previews(inFlight)
	d.verdict.seal()
	return d.verdict.Findings
}

// would is the section of a preview that lists items: names and values in turn; several changes are parted by "; ".
func would(name string, items ...string) drift.Section {
	s := drift.Section{Collector: "preview", Scope: name, Status: drift.OK}
	for i := 0; i < len(items); i += 2 {
		v := drift.String(items[i+1])
		if parts := strings.Split(items[i+1], "; "); len(parts) > 1 {
			v = drift.Strings(parts...)
		}
		s.Facts = append(s.Facts, drift.Fact{Address: s.Address().Attr("items").Key(items[i]), Value: v})
	}
	return s
}

// moving is a row in flight, on both hosts.
func moving(a drift.Address, from, to drift.Value) drift.Row {
	return drift.Row{Class: drift.InFlight, Address: a,
		From: []drift.Group{{Value: from, Hosts: []drift.HostID{{Environment: "staging", Role: "web", Name: "staging-1"}}}},
		To:   []drift.Group{{Value: to, Hosts: []drift.HostID{web1, web2}, Differs: true}}}
}

func stated(s string) drift.Value { return drift.String(s) }

// briefly writes findings a line each, with their items.
func briefly(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(string(f.Effect) + " " + f.Code + ": " + f.Title + "\n")
		for _, item := range f.Items {
			b.WriteString("  " + item.Label)
			for _, v := range item.To {
				b.WriteString(" " + v.Value + " (" + places(v.Hosts) + ")")
			}
			b.WriteString("\n")
		}
		for _, line := range f.Detail {
			b.WriteString("  " + line + "\n")
		}
	}
	return b.String()
}

func TestPreviews(t *testing.T) {
	failed := drift.Section{Collector: "preview", Scope: "puppet", Status: drift.Denied, Reason: "sudo refuses: a password is required"}
	tz := []string{"Package[tzdata]", "1 -> 2"}
	tests := []struct {
		name     string
		preview  string
		sections []drift.Section
		inFlight []drift.Row
		want     string
	}{
		{"nothing", puppetPreview, []drift.Section{would("puppet", tz...), would("puppet")}, nil, ""},
		{"a drift check", puppetPreview, []drift.Section{
			would("puppet", append(tz, "Package[libssl3]", "3.0.11-1 -> 3.0.15-1", "Service[nginx]", "refresh")...),
			would("puppet", "Package[libssl3]", "3.0.9-1 -> 3.0.15-1")}, nil,
			`blocks preview.outside: Puppet would change 2 items on production-1, production-2
  Package[libssl3] 3.0.11-1 -> 3.0.15-1 (production-1) 3.0.9-1 -> 3.0.15-1 (production-2)
  Service[nginx] refresh (production-1)
`},
		{"more than the change", puppetPreview, []drift.Section{
			would("puppet", append(tz, "Package[libssl3]", "3.0.11-1 -> 3.0.15-1", "Package[hello]", "1 -> 2")...), would("puppet", "Package[hello]", "1 -> 2")},
			[]drift.Row{moving(`deb["hello"].version`, stated("2"), stated("1"))},
			`blocks preview.outside: Puppet would do more than this change on production-1: 1 item
  Package[libssl3] 3.0.11-1 -> 3.0.15-1 (production-1)
`},
		{"no dry run", puppetPreview, []drift.Section{would("puppet", append(tz, "Exec[x]", "changed")...), would("puppet")}, nil,
			`blocks preview.outside: Puppet would change 1 item on production-1
  Exec[x] changed (production-1)
  "changed" was done by the preview itself: the resource has noop => false, or it was no dry run
`},
		{"unknown", puppetPreview, []drift.Section{would("puppet", tz...), failed}, nil,
			`undecided preview.unknown: Could not tell what Puppet would do on production-2
  production-2: denied: sudo refuses: a password is required
`},
		{"not made", puppetPreview, []drift.Section{would("puppet", "Exec[x]", "run"), {}}, nil,
			`blocks preview.outside: Puppet would change 1 item on production-1
  Exec[x] run (production-1)
undecided preview.unknown: Could not tell what Puppet would do on production-2
  production-2: it was not made
`},
		{"gone is not nothing", puppetPreview, []drift.Section{would("puppet", tz...), {Collector: "preview", Scope: "puppet", Status: drift.Gone}}, nil,
			`undecided preview.unknown: Could not tell what Puppet would do on production-2
  production-2: absent
`},
		{"an unused pattern", puppetPreview, []drift.Section{would("puppet"), would("puppet")}, nil,
			`advisory pattern.unused: The preview "puppet" ignores "Package[tz*]", and nothing of that name is in it
`},
		{"of no host that is there", strings.Replace(puppetPreview, "web", "worker", 1), nil, nil,
			`undecided preview.unknown: The preview "puppet" is of no host of production
`},
		{"lines", `preview "ansible" {
			format   = "lines"
			run      = "dry"
			complete = "done"
		}`, []drift.Section{would("ansible", "restart nginx", "listed"), would("ansible")}, nil,
			`blocks preview.outside: Preview "ansible" would change 1 item on production-1
  restart nginx listed (production-1)
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			findings := previewed(t, tt.preview, tt.inFlight, tt.sections...)
			if diff := cmp.Diff(briefly(findings), tt.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
			for _, f := range findings {
				if f.Policy == nil || f.Effect != Informs && len(f.Next) == 0 {
					t.Errorf("%s: no place in the policy, or no next step: %+v", f.Code, f)
				}
			}
		})
	}
}

// TestPreviewInside asks of each kind of item when it is the change in flight.
func TestPreviewInside(t *testing.T) {
	const apt, pip = `preview "apt" { run = "apt-get -s upgrade" }`, `preview "pip" { run = "/srv/app/venv/bin/pip install --dry-run --report - x" }`
	const anyPip = `preview "pip" { run = "dry-pip" }`
	absent, present := drift.Value{}, drift.Present("digest")
	hello := moving(`deb["hello"].version`, stated("2"), stated("1"))
	added := moving(`deb["hello"].version`, stated("2"), absent)
	ini := moving(`file["/etc/app/a.ini"].entries["a"]`, stated("2"), stated("1"))
	mode := moving(`file["/etc/app/a.ini"].mode`, stated("0600"), stated("0644"))
	venv := func(path string) drift.Row {
		return moving(drift.Address("python").Key(path).Attr("packages").Key("x").Attr("version"), stated("2"), stated("1"))
	}
	other := hello
	other.To = []drift.Group{{Value: stated("2"), Hosts: []drift.HostID{web1}}, {Value: stated("1"), Hosts: []drift.HostID{web2}, Differs: true}}
	tests := []struct {
		name, preview, item, value string
		row                        drift.Row
		inside                     bool
	}{
		{"package", puppetPreview, "Package[hello]", "1 -> 2", hello, true},
		{"another version", puppetPreview, "Package[hello]", "1 -> 3", hello, false},
		{"another package", puppetPreview, "Package[hello2]", "1 -> 2", hello, false},
		{"in flight on another host", puppetPreview, "Package[hello]", "1 -> 2", other, false},
		{"package that is latest", puppetPreview, "Package[hello]", "1 -> latest", hello, false},
		{"new package", puppetPreview, "Package[hello]", "absent -> present", added, true},
		{"package that goes, and comes on staging", puppetPreview, "Package[hello]", "2 -> absent", hello, false},
		{"package that goes", puppetPreview, "Package[hello]", "1 -> absent", moving(`deb["hello"].version`, absent, stated("1")), true},
		{"what could not be told there", puppetPreview, "Package[hello]", "1 -> 2", moving(`deb["hello"].version`, drift.UnknownValue("x"), stated("1")), false},
		{"changed already", puppetPreview, "Package[hello]", "changed", hello, false},
		{"a value that is not shown", puppetPreview, "Package[hello]", "changes", hello, false},
		{"content", puppetPreview, "File[/etc/app/a.ini]", "content", ini, true},
		{"content, and a mode that is not", puppetPreview, "File[/etc/app/a.ini]", "content; mode: 0644 -> 0600", ini, false},
		{"mode", puppetPreview, "File[/etc/app/a.ini]", "mode: 0644 -> 0600", mode, true},
		{"another mode", puppetPreview, "File[/etc/app/a.ini]", "mode: 0644 -> 0640", mode, false},
		{"content, where the mode is in flight", puppetPreview, "File[/etc/app/a.ini]", "content", mode, false},
		{"new file", puppetPreview, "File[/etc/app/a.ini]", "absent -> file", moving(`file["/etc/app/a.ini"]`, present, absent), true},
		{"file that goes", puppetPreview, "File[/etc/app/a.ini]", "file -> absent", moving(`file["/etc/app/a.ini"]`, absent, present), true},
		{"file that comes, and goes on staging", puppetPreview, "File[/etc/app/a.ini]", "absent -> file", moving(`file["/etc/app/a.ini"]`, absent, present), false},
		{"file beside it", puppetPreview, "File[/etc/app/a.ini.bak]", "content", ini, false},
		{"restart of the component's unit", puppetPreview, "Service[app]", "refresh", ini, true},
		{"with its suffix", puppetPreview, "Service[app.service]", "refresh", ini, true},
		{"restart of another unit", puppetPreview, "Service[nginx]", "refresh", ini, false},
		{"restart for what is not carried", puppetPreview, "Service[app]", "refresh", moving(`file["/etc/nginx.conf"].entries["a"]`, stated("1"), stated("2")), false},
		{"start", puppetPreview, "Service[x]", "stopped -> running", moving(`service["x.service"].active`, stated("active"), stated("inactive")), true},
		{"stop", puppetPreview, "Service[x]", "running -> stopped", moving(`service["x.service"].active`, stated("active"), stated("inactive")), false},
		{"enable", puppetPreview, "Service[x.timer]", "enable: false -> true", moving(`service["x.timer"].enabled`, stated("enabled"), stated("disabled")), true},
		{"exec", puppetPreview, "Exec[hello]", "run", hello, false},
		{"a type that is not known", puppetPreview, "Apt::Pin[hello]", "1 -> 2", hello, false},
		{"no resource", puppetPreview, "hello", "1 -> 2", hello, false},
		{"apt", apt, "hello", "1 -> 2", hello, true},
		{"apt, another version", apt, "hello", "1 -> 3", hello, false},
		{"apt takes no word of Puppet's", apt, "hello", "absent -> present", added, false},
		{"pip", pip, "x", "-> 2", venv("/srv/app/venv"), true},
		{"pip, another version", pip, "x", "-> 3", venv("/srv/app/venv"), false},
		{"pip, another environment", pip, "x", "-> 2", venv("/opt/venv"), false},
		{"pip, in whichever environment", anyPip, "x", "-> 2", venv("/opt/venv"), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := strings.Split(tt.preview, `"`)[1]
			findings := previewed(t, tt.preview, []drift.Row{tt.row}, would(name, "Package[tzdata]", "x", tt.item, tt.value), would(name))
			var got []string
			for _, f := range findings {
				for _, item := range f.Items {
					got = append(got, item.Label)
				}
			}
			want := []string{tt.item}
			if tt.inside {
				want = nil
			}
			if name != "puppet" {
				want = append([]string{"Package[tzdata]"}, want...)
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

// Values that may not be shown are outside, and stay sealed.
func TestPreviewSealed(t *testing.T) {
	s := would("puppet", "Package[tzdata]", "1 -> 2", "Package[hello]", "")
	s.Facts[1].Value = drift.Value{Kind: drift.Sealed, Raw: "3fa9c01b77", Normal: "3fa9c01b77"}
	findings := previewed(t, puppetPreview, []drift.Row{moving(`deb["hello"].version`, s.Facts[1].Value, stated("1"))}, s, would("puppet"))
	if len(findings) != 1 || len(findings[0].Items) != 1 || findings[0].Items[0].To[0].Value != `sealed("3fa9c01b")` {
		t.Errorf("got %+v", findings)
	}
}
