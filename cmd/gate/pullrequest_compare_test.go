package main

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// What a pull request asks otherwise than its base is read after the merge, as what it asks anew; what answers neither is unknown
// by both.
func TestAsksOtherwise(t *testing.T) {
	t.Parallel()
	parse := func(text string) *policies.Policy {
		p, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: []byte(`
environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  role "web" {
    hosts = ["production-1"]
  }
` + text)}}, "gate.hcl")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		return p
	}
	base := parse(`
  promotion {
    from = ["staging"]
    preview "apt" {
      run = "apt-get -s upgrade"
    }
    preview "pip" {
      run = "pip install --dry-run --report - -r x"
    }
  }
}
collect "file" {
  paths   = ["/etc/**"]
  exclude = ["local"]
}
collect "command" "x" {
  run = "new"
}
collect "deb" {}
`)
	head := parse(`
  promotion {
    from = ["staging"]
    preview "apt" {
      run = "apt-get -s dist-upgrade"
    }
    preview "pip" {
      run = "pip install --dry-run --report - -r x"
    }
  }
}
collect "file" {
  paths = ["/etc/**"]
}
collect "command" "x" {
  run = "new"
}
collect "service" {
  units = ["a.service"]
}
collect "deb" {}
`)
	id := drift.HostID{Environment: "production", Role: "web", Name: "production-1"}
	kept := []drift.Section{
		{Collector: "command", Scope: "x", Status: drift.OK, Asked: `{"run":"old","version":1}`},
		{Collector: "deb", Status: drift.OK, Asked: `{"version":1}`},
		{Collector: "file", Scope: "/etc/**", Question: true, Status: drift.OK, Asked: `{"exclude":["local"],"version":1}`},
		{Collector: "preview", Scope: "apt", Status: drift.OK, Asked: `{"format":"apt","run":"apt-get -s upgrade","version":1}`},
		{Collector: "preview", Scope: "pip", Status: drift.OK, Asked: `{"format":"pip","run":"pip","version":1}`},
	}
	h := drift.Host{ID: id, Sections: head.Questions()(id).Answers(kept, false)}
	o := &other{asked: base, input: gate.Input{To: "production"}, known: &gate.Verdict{}, sections: map[drift.Address][]string{}, previews: map[string]gate.Position{}}
	o.policy = head
	o.note(&h)
	if diff := cmp.Diff(o.first(), []string{`file["/etc/**"] on 1 host`, `service["a.service"] on 1 host`, `the preview "apt"`}); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	for address, awaits := range map[string]bool{`file["/etc/**"]`: true, `command["x"]`: false, `deb`: false} {
		f := gate.Finding{Code: "unknown.section", Effect: gate.Opens, Items: []gate.Item{{Address: address}}}
		if got := o.awaits(&f); got != awaits {
			t.Errorf("%s: awaited: %t, want %t", address, got, awaits)
		}
		f.Items = append(f.Items, gate.Item{Address: `command["x"]`})
		if o.awaits(&f) {
			t.Errorf("%s, and what nobody reads after the merge, is awaited", address)
		}
	}
}
