package main

import (
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/policies"
)

// TestExplainDefaults: everything that is left out is listed, and once more at its folder what is below a service's own.
func TestExplainDefaults(t *testing.T) {
	t.Parallel()
	text := string(defaultsText(policies.Defaults()))
	for _, group := range policies.Defaults() {
		for _, name := range group.Names {
			if !strings.Contains(text, " "+name) {
				t.Errorf("%s: no %s", group.Builtin, name)
			}
		}
		for _, p := range group.Facts {
			if !strings.Contains(text, "\n  "+string(p.Address())+"\n") {
				t.Errorf("%s: no %s", group.Builtin, p.Address())
			}
		}
	}
	_, own, _ := strings.Cut(text, "a service's own folder")
	for _, line := range []string{
		"/etc/bind: rndc.key",
		"/etc/letsencrypt: accounts, accounts/*, archive, archive/*, csr, csr/*, keys, keys/*, live, live/*",
		"/etc/postfix: *.db",
		"/etc/ssh: ssh_host_*",
		"/etc/ssl: certs/ssl-cert-snakeoil.pem, private/ssl-cert-snakeoil.key, certs/*.0, certs/java/cacerts",
	} {
		if !strings.Contains(own, "\n  "+line+"\n") {
			t.Errorf("no line %q in:\n%s", line, own)
		}
	}
	if strings.Contains(own, "machine-id") {
		t.Error("/etc itself is no service's folder")
	}
}
