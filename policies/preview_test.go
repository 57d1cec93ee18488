package policies

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-313c021b/gate/drift/collect"
)

func TestPreview(t *testing.T) {
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
  promotion {
    from = ["staging"]
    preview "puppet" {
      run     = "puppet agent --test --noop"
      become  = true
      report  = "/var/lib/puppet/state/last_run_report.yaml"
      roles   = ["web"]
      ignore  = ["Package[tzdata]", "File[/var/*]"]
      timeout = "20m"
    }
    preview "ansible" {
      format   = "lines"
      run      = "/usr/local/bin/dry && echo done"
      complete = "done"
    }
  }
}
collect "deb" {}
`
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	want := []Preview{
		{Preview: collect.Preview{Name: "puppet", Format: "puppet", Run: "puppet agent --test --noop", Become: true, Report: "/var/lib/puppet/state/last_run_report.yaml"},
			Roles: []string{"web"}, Ignore: []string{"Package[tzdata]", "File[/var/*]"}, Timeout: 20 * time.Minute},
		{Preview: collect.Preview{Name: "ansible", Format: "lines", Run: "/usr/local/bin/dry && echo done", Complete: "done"}},
	}
	got := p.Environment("production").Promotion.Previews
	if diff := cmp.Diff(got, want, cmpopts.IgnoreFields(Preview{}, "Range")); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	if !got[0].Selects("web") || got[0].Selects("worker") || !got[1].Selects("worker") {
		t.Error("the roles of a preview do not count")
	}
}

func TestChanges(t *testing.T) {
	for line, want := range map[string]string{
		"sudo -n puppet agent --test --noop --color=false": "",
		"sudo -n /opt/puppetlabs/bin/puppet agent --test":  "/opt/puppetlabs/bin/puppet",
		"puppet apply --noop a.pp && puppet apply b.pp":    "puppet",
		"apt-get -s upgrade":                               "",
		"apt-get -qys dist-upgrade":                        "",
		"apt-get --just-print install x":                   "",
		"sudo apt-get -y upgrade":                          "apt-get",
		"pip install --dry-run --report - -r x":            "",
		"/srv/app/venv/bin/pip3.11 install -r x":           "/srv/app/venv/bin/pip3.11",
		"python3 -m pip install x":                         "pip",
		"sh -c 'apt-get upgrade'":                          "apt-get",
		"/usr/local/bin/puppet-preview":                    "",
		"cd /srv; venv/bin/pip install --dry-run x":        "",
	} {
		if got, _ := changes(line); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}
