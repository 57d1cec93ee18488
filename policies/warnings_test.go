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
			text := fmt.Sprintf("collect \"revision\" {\n checkout = \"/srv/app\"\n}\nenvironment \"staging\" {\n role \"web\" {\n hosts = [\"s\"]\n }\n}\n"+
				"environment \"production\" {\n role \"web\" {\n hosts = [\"p\"]\n }\n promotion {\n from = [\"staging\"]\n %s\n }\n}\n%s", test.promotion, test.blocks)
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
