package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

const puppetPromotion = `
    preview "puppet" {
      run = "puppet apply --noop --color=false --vardir $GATE_ROOT/var/lib/puppet --confdir $GATE_ROOT/etc/puppet $GATE_ROOT/etc/puppet/site.pp"
    }
`

// puppetSite is what Puppet wants of a host, with TREE for its tree. Of an Exec gate knows no fact.
const puppetSite = `file { "TREE/etc/app/motd": content => "welcome\n", mode => '0644' }
file { "TREE/etc/app/tls.conf":
  content => "min = 1.3\n",
  notify  => Exec['reload'],
}
exec { 'reload': command => '/bin/false', refreshonly => true }
`

// TestPuppetOnHost lets the real Puppet tell, over SSH, what it would do to a host: what has piled up there blocks, item by item, and
// nothing is done. On a host that is as its manifest says, it passes.
func TestPuppetOnHost(t *testing.T) {
	t.Parallel()
	drifttest.Minutes(t) // the demo has one that is none, and drift/collect asks the real one without a host
	drifttest.Program(t, "puppet")
	drifttest.Root(t)
	p := newPromotion(t)
	policy, err := os.ReadFile(p.path("policy/gate.hcl"))
	must(t, err)
	must(t, os.WriteFile(p.path("policy/gate.hcl"), []byte(strings.Replace(string(policy), "  promotion {", "  promotion {"+puppetPromotion, 1)), 0o600))
	tree := p.tree("production-1")
	must(t, writeMissing(filepath.Join(tree, "etc/puppet/site.pp"), strings.ReplaceAll(puppetSite, "TREE", tree)))
	must(t, writeMissing(filepath.Join(tree, "etc/app/motd"), "welcome\n"))
	must(t, writeMissing(filepath.Join(tree, "etc/app/tls.conf"), "min = 1.2\n"))
	must(t, os.Chmod(filepath.Join(tree, "etc/app/motd"), 0o600))

	p.gate(exitBlocked, "check", "--to", "production", "--format", "json")
	for _, part := range []string{
		"preview.outside", "Puppet would change 3 items on production-1", "File[" + tree + "/etc/app/motd]", `mode: 0600 -\u003e 0644`,
		"File[" + tree + "/etc/app/tls.conf]", "Exec[reload]",
	} {
		p.says(part)
	}
	got, err := os.ReadFile(filepath.Join(tree, "etc/app/tls.conf"))
	must(t, err)
	if want := "min = 1.2\n"; string(got) != want {
		t.Errorf("got %q, want %q: the dry run has changed the host", got, want)
	}

	must(t, os.Chmod(filepath.Join(tree, "etc/app/motd"), 0o644))
	must(t, os.WriteFile(filepath.Join(tree, "etc/app/tls.conf"), []byte("min = 1.3\n"), 0o600))
	p.gate(exitPass, "check", "--to", "production")
}
