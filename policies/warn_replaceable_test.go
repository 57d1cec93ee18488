package policies

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestNotReplaced warns of each variable and host name that is not replaced, with a block that stands in a policy as it is
// printed, and is silent when that stands there.
func TestNotReplaced(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                string
		staging, production string   // vars
		hosts               []string // of staging and of production
		want                []string // what each warning names
	}{
		{"places", `a = "staging.example.com", b = "10.0.0.7", c = "2001:db8::1"`, `a = "example.com"`, []string{`"staging-1"`, `"production-1"`}, nil},
		{"a short one", `a = "on"`, `a = "off"`, nil, []string{`variable "a" of "staging" is "on"`}},
		{"short in one environment", `a = "db.staging.internal"`, `a = "db"`, nil, []string{`variable "a" of "production" is "db"`}},
		{"numbers", `a = "5432", b = "1.25"`, `a = "6543", b = "${1}"`, nil, []string{`variable "a"`, `variable "b"`}},
		{"words of JSON", `a = "true"`, `a = "false"`, nil, []string{`variable "a"`}},
		{"names", ``, ``, []string{`"on"`, `"off"`}, []string{`role "web" of "staging" has the host "on"`}},
		{"a name with a user and a port", ``, ``, []string{`"staging-1"`, `"deploy@db1:2222"`}, []string{`of "production" has the host "db1"`}},
		{"addresses", ``, ``, []string{`"::1"`, `"deploy@[::1]:22"`}, nil},
		{"a number", ``, ``, []string{`"staging-1"`, `"12345"`}, []string{`has the host "12345"`}},
		{"several", ``, ``, []string{`"a", "b", "c", "d1", "staging-5"`, `"x", "y"`}, []string{`has the hosts "a", "b", "c" and 1 more`}},
		{"two", ``, ``, []string{`"staging-1"`, `"x", "y"`}, []string{`has the hosts "x" and "y"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			hosts := test.hosts
			if hosts == nil {
				hosts = []string{`"staging-1"`, `"production-1"`}
			}
			warnings := func(blocks ...string) (details []string) {
				text := fmt.Sprintf("environment \"staging\" {\nvars = { %s }\nrole \"web\" {\nhosts = [%s]\n}\n}\nenvironment \"production\" {\nvars = { %s }\nrole \"web\" {\nhosts = [%s]\n}\npromotion {\nfrom = [\"staging\"]\n}\n}\n"+
					"collect \"file\" {\npaths = [\"/path/**\"]\n}\ncompare {\n%s\n}\n", test.staging, hosts[0], test.production, hosts[1], strings.Join(blocks, "\n"))
				p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl")
				if len(diags) > 0 {
					t.Fatalf("%v\n%s", diags, text)
				}
				for _, diag := range p.Warnings() {
					details = append(details, diag.Detail)
				}
				return details
			}
			var got, differs, ignores []string
			for i, detail := range warnings() {
				if said, block, _ := strings.Cut(detail, "\n\n"); i < len(test.want) && strings.Contains(said, test.want[i]) {
					got = append(got, test.want[i])
					block, _, _ = strings.Cut(block, "\n\n")
					if strings.HasPrefix(block, "differ") {
						differs = append(differs, block)
					} else {
						ignores = append(ignores, block)
					}
				} else {
					got = append(got, detail)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			for i := range differs {
				differs[i] = strings.Replace(differs[i], "/path/", fmt.Sprintf("/path/%d/", i), 1)
			}
			if left := warnings(append(differs, ignores...)...); len(left) != len(ignores) {
				t.Errorf("warns in spite of the blocks: %q", left)
			}
		})
	}
}

// TestNotReplacedBlock: the block is what the policy's author pastes.
func TestNotReplacedBlock(t *testing.T) {
	t.Parallel()
	p := &Policy{Environments: []*Environment{{Name: "staging"}, {Name: "eu-1.production"}}}
	want := `differ {
  fact = file["/path/to/file"].entries["workers"]
  values = {
    staging           = "4"
    "eu-1.production" = "$${8}"
  }
}

For YAML, JSON and TOML, write a number, true, false and null without quotes.`
	if diff := cmp.Diff(want, p.differBlock("workers", map[string]string{"staging": "4", "eu-1.production": "${8}"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
