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

// A host is asked for what its blocks do not leave out, each in its own way; of the past that is told from what a section says
// it was asked.
func TestQuestions(t *testing.T) {
	t.Parallel()
	const text = `
environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  ssh {
    root = "/srv/image"
  }
  role "web" {
    hosts = ["production-1"]
  }
  promotion {
    from = ["staging"]
    preview "apt" {
      run = "apt-get -s upgrade"
    }
  }
}
collect "file" {
  paths   = ["/etc/app/**"]
  exclude = ["*.local"]
}
collect "file" {
  paths        = ["/etc/app/x.local"]
  environments = ["staging"]
}
collect "command" "x" {
  run    = "true"
  become = true
}
`
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	asks, questions := p.Asks(), p.Questions()
	for _, test := range []struct {
		environment, collector, scope string
		question                      bool
		asks                          bool
		want                          string
	}{
		{"staging", "file", "/etc/app/a", false, true, `{"version":1}`},
		{"staging", "file", "/etc/app/**", true, true, `{"exclude":["*.local"],"version":1}`},
		{"staging", "file", "/etc/app/x.local", false, true, `{"version":1}`},
		{"production", "file", "/etc/app/x.local", false, false, ""},
		{"production", "file", "/etc/app/a", false, true, `{"root":"/srv/image","version":1}`},
		{"staging", "command", "x", false, true, `{"become":true,"run":"true","version":1}`},
		{"staging", "os", "", false, false, `{"version":1}`}, // it is read, and not compared
		{"staging", "preview", "apt", false, false, ""},
		{"production", "preview", "apt", false, false, `{"format":"apt","root":"/srv/image","run":"apt-get -s upgrade","version":1}`},
	} {
		id := drift.HostID{Environment: test.environment, Role: "web", Name: test.environment + "-1"}
		if got := asks(id, test.collector, test.scope); got != test.asks {
			t.Errorf("%s: %s[%s] is asked for: %t, want %t", test.environment, test.collector, test.scope, got, test.asks)
		}
		s := drift.Section{Collector: test.collector, Scope: test.scope, Question: test.question}
		if got := questions(id).Asked(&s); got != test.want {
			t.Errorf("%s: %s is asked %s, want %s", test.environment, s.Address(), got, test.want)
		}
	}
}

// Two blocks that read one thing without a scope on one host cannot both be answered.
func TestOneThingTwice(t *testing.T) {
	t.Parallel()
	hosts := `
environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
  role "worker" {
    hosts = ["worker-1"]
  }
}
`
	for text, bad := range map[string]bool{
		`collect "deb" {}` + "\n" + `collect "deb" { become = true }`:                                               true,
		`collect "deb" { roles = ["web"] }` + "\n" + `collect "deb" { become = true }`:                              true,
		`collect "deb" { roles = ["web"] }` + "\n" + `collect "deb" { environments = ["staging"] }`:                 true,
		`collect "deb" { roles = ["web"] }` + "\n" + "collect \"deb\" {\n roles = [\"worker\"]\n become = true\n}":  false,
		`collect "command" "x" { run = "a" }` + "\n" + `collect "command" "x" { run = "b" }`:                        true,
		`collect "command" "x" { run = "a" }` + "\n" + `collect "command" "y" { run = "b" }`:                        false,
		`collect "service" { units = ["a"] }` + "\n" + "collect \"service\" {\n units = [\"a\"]\n become = true\n}": false,
	} {
		if _, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(hosts + text + "\n")}}, "gate.hcl"); diags.HasErrors() != bad {
			t.Errorf("%s\n%v", text, diags)
		}
	}
}
