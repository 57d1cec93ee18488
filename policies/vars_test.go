package policies

import (
	"testing"
	"testing/fstest"

	"github.com/seed-313c021b/gate/drift"
)

func TestReveal(t *testing.T) {
	const text = `
environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  role "web" {
    hosts = ["production-1"]
  }
}
collect "file" {
  paths  = ["/etc/app/**"]
  reveal = "all"
}
collect "file" {
  paths  = ["/etc/app/secret/*"]
  reveal = "none"
}
collect "file" {
  paths        = ["/etc/app/b.ini"]
  environments = ["staging"]
  reveal       = "none"
}
collect "file" {
  paths = ["/etc/app/safe.ini"]
}
collect "service" {
  units  = ["*"]
  reveal = "none"
}
`
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	reveal := p.Reveal(drift.HostID{Environment: "production", Role: "web", Name: "production-1"})
	for _, test := range []struct {
		name, collector, scope string
		want                   drift.Reveal
	}{
		{"asked for by one", "file", "/etc/app/a.ini", drift.RevealAll},
		{"the strictest of two", "file", "/etc/app/secret/a.ini", drift.RevealNone},
		{"the default is stricter than all", "file", "/etc/app/safe.ini", drift.RevealSafe},
		{"a block for another environment", "file", "/etc/app/b.ini", drift.RevealAll},
		{"asked for by none", "file", "/etc/other", drift.RevealSafe},
		{"another collector's", "os", "", drift.RevealSafe},
		{"by a pattern without a slash", "service", "app.service", drift.RevealNone},
	} {
		if got := reveal(&drift.Section{Collector: test.collector, Scope: test.scope}); got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}
