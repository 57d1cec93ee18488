package policies

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestWarnings warns of promotions that can never pass, and of no others.
func TestWarnings(t *testing.T) {
	const (
		key    = `key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDP0N048OaR2Y+0+N0vIybVc/OBP52zSb7Fmrl0q+nWx ci"`
		strict = `verified_by = ["smoke"]`
		marker = `marker = revision["/srv/app"].commit`
	)
	component := func(marker string) string { return "component \"app\" {\n paths = [\"src/**\"]\n " + marker + "\n}\n" }
	signer := func(rest string) string { return "signer \"ci\" {\n" + key + "\n" + rest + "\n}\n" }
	tests := []struct {
		name, promotion, blocks string
		want                    []string // what each warning names
	}{
		{"all is said", strict, component(marker), nil},
		{"nothing is promoted", ``, component(``), nil},
		{"no marker", strict, component(``), []string{`"app"`}},
		{"no marker, a soak", `soak = "30m"`, component(``), []string{`"app"`}},
		{"no component, and the one revision", strict, ``, nil},
		{"no component, and two revisions", strict, "collect \"revision\" {\n checkout = \"/srv/lib\"\n}\n", []string{`"all"`}},
		{"a signer of all", strict, component(marker) + signer(`may = ["deploying", "deployed", "verified"]`), nil},
		{"a signer of the check", strict, component(marker) + signer(`may = ["deploying", "deployed", "verified:smoke"]`), nil},
		{"a signer of another check", strict, component(marker) + signer(`may = ["deploying", "deployed", "verified:load"]`), []string{`"verified:smoke" of "staging"`}},
		{"a signer of staging", strict, component(marker) + signer("may = [\"deploying\", \"deployed\", \"verified\"]\nenvironments = [\"staging\"]"),
			[]string{`"deploying" of "production"`, `"deployed" of "production"`}},
		{"a signer of notes", strict, component(marker) + signer(`may = ["note"]`),
			[]string{`"deployed" of "staging"`, `"verified:smoke" of "staging"`, `"deploying" of "production"`, `"deployed" of "production"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := fmt.Sprintf("collect \"revision\" {\n checkout = \"/srv/app\"\n}\nenvironment \"staging\" {\n role \"web\" {\n hosts = [\"staging-1\"]\n }\n}\n"+
				"environment \"production\" {\n role \"web\" {\n hosts = [\"production-1\"]\n }\n promotion {\n from = [\"staging\"]\n %s\n }\n}\n%s", test.promotion, test.blocks)
			p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl")
			if len(diags) > 0 {
				t.Fatal(diags)
			}
			var got []string
			for i, diag := range p.Warnings() {
				if i >= len(test.want) || !strings.Contains(diag.Detail, test.want[i]) || diag.Subject.Filename != "gate.hcl" {
					got = append(got, diag.Error())
				} else {
					got = append(got, test.want[i])
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWarningsOfWhatIsNotCompared names blocks for one side, rules that can judge nothing, and hosts that are like no other.
func TestWarningsOfWhatIsNotCompared(t *testing.T) {
	const two = "environment \"staging\" {\n role \"web\" {\n hosts = [\"staging-1\"]\n }\n}\nenvironment \"production\" {\n role \"web\" {\n hosts = [\"production-1\"]\n }\n promotion {\n from = [\"staging\"]\n }\n}\n"
	rule := func(rest string) string { return "rule \"x\" {\n" + rest + "\n assert = true\n message = \"m\"\n}\n" }
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"two environments", two + "collect \"deb\" {}\n", nil},
		{"an environment alone", "collect \"deb\" {}\nenvironment \"production\" {\n role \"web\" {\n hosts = [\"production-1\"]\n }\n}\n", []string{`its role "web" has one host`}},
		{"two hosts", "collect \"deb\" {}\nenvironment \"production\" {\n role \"web\" {\n hosts = [\"production-1\", \"production-2\"]\n }\n}\n", nil},
		{"a block for one side", two + "collect \"deb\" {\n environments = [\"production\"]\n}\n", []string{`asks "production", and not "staging"`}},
		{"a block for the other", two + "collect \"deb\" {\n environments = [\"staging\"]\n}\n", []string{`asks "staging", and not "production"`}},
		{"a block for both", two + "collect \"deb\" {\n environments = [\"staging\", \"production\"]\n roles = [\"web\"]\n}\n", nil},
		{"a role of one side", strings.Replace(two, " role \"web\" {\n hosts = [\"production-1\"]", " role \"db\" {\n hosts = [\"database-1\"]\n }\n role \"web\" {\n hosts = [\"production-1\"]", 1) + "collect \"deb\" {\n roles = [\"db\"]\n}\n", nil},
		{"a host that is there", two + rule(`when = host.name == "production-1" && host.role != "web"`), nil},
		{"a host that is not", two + rule(`when = host.name == "q1" || "q2" == host.name`), []string{`no host "q1"`, `no host "q2"`}},
		{"a role that is not", two + rule(`when = contains(["web", "webb"], host.role)`), []string{`no role "webb"`}},
		{"an environment that is not", two + rule(`when = !(host.environment == "prod")`), []string{`no environment "prod"`}},
		{"what is worked out", two + rule(`when = host.name == "production-${host.role}"`), nil},
	} {
		p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(test.text)}}, "gate.hcl")
		if diags.HasErrors() {
			t.Errorf("%s: %s", test.name, diags)
			continue
		}
		var got []string
		for _, diag := range p.Warnings() {
			got = append(got, diag.Detail)
		}
		for i := range max(len(got), len(test.want)) {
			if i >= len(got) || i >= len(test.want) || !strings.Contains(got[i], test.want[i]) {
				t.Errorf("%s: got %q, want %q", test.name, got, test.want)
				break
			}
		}
	}
}
