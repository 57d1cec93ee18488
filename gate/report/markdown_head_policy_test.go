package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
)

// headOf returns the options of a pull request that changes the policy.
func headOf(change func(*HeadPolicy)) CommentOptions {
	o := inPullRequest
	o.Changed = []string{"gate.hcl"}
	o.Head = &HeadPolicy{
		Base: "main", BaseCommit: strings.Repeat("5d2e0b1f", 5), Commit: strings.Repeat("a41c9e2f", 5), Files: "https://github.example/o/r/blob/a41c9e2",
		Verdict: verdict(gate.Blocked, 2, packages(5, 2)),
	}
	change(o.Head)
	return o
}

func line(text string, at int, base bool) PolicyLine {
	return PolicyLine{Text: text, At: &gate.Position{File: "gate.hcl", Line: at}, Base: base}
}

var headPolicies = map[string]CommentOptions{
	"a weaker policy": headOf(func(h *HeadPolicy) {
		h.Weaker = []PolicyLine{line(`rule "setuptools-present" is gone`, 102, true), line(`environment "production", promotion: soak is "5m", and was "1h"`, 40, false)}
		h.Changed = []PolicyLine{line(`waiver "requests" is new`, 120, false)}
		h.Lost, h.Waived, h.Stops = []gate.Finding{notDeployed()}, []gate.Finding{packages(1, 2)}, true
	}),
	"a stricter policy": headOf(func(h *HeadPolicy) {
		h.Gained = []gate.Finding{{Code: "rule.failed", Effect: gate.Blocks, Title: `Rule "wget" fails on production-1`}}
		h.First = []string{"the host production/web/production-2", `service["app.service"] on 3 hosts`}
		h.Changed = []PolicyLine{line(`rule "wget" is new`, 130, false)}
	}),
	"an invalid policy": headOf(func(h *HeadPolicy) {
		h.Verdict, h.Stops = nil, true
		h.Mistakes = []PolicyLine{line(`Unsupported argument: An argument named "soack" is not expected here. Did you mean "soak"?`, 41, false), {Text: "there is more"}}
	}),
	"a policy that nothing is told of": headOf(func(h *HeadPolicy) {
		h.Verdict, h.Reason, h.Stops = nil, "the ledger has lost a snapshot", true
	}),
	"a policy that could not be compared": headOf(func(h *HeadPolicy) {
		h.Uncompared = []PolicyLine{line(`rule "pool": assert is host.pool > 4, and was host.pool >= 5`, 130, false), line(`collect "command" "openssl": run is gone, and was "openssl version"`, 90, true)}
		h.Changed, h.Stops = []PolicyLine{line(`rule "wget" is new`, 130, false)}, true
	}),
	"the same policy": headOf(func(h *HeadPolicy) {}),
	"a policy without the environment": headOf(func(h *HeadPolicy) {
		h.Verdict, h.Reason, h.Stops = nil, "it has no environment production", true
		h.Weaker = []PolicyLine{line(`environment "production" is gone`, 30, true)}
	}),
}

func TestHeadPolicy(t *testing.T) {
	for name, o := range headPolicies {
		t.Run(name, func(t *testing.T) {
			got := Comment(candidate(packages(5, 2), notDeployed()), o)
			checkMarkdown(t, got)
			golden(t, strings.ReplaceAll(name, " ", "-")+".comment.md", []byte(got))
		})
	}
}

// Whatever the policy of a pull request says, the comment fits, and nothing in it means more than itself.
func TestHeadPolicyHostile(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	verdicts := []*gate.Verdict{candidate(packages(5, 2)), many(1000, "")}
	for _, said := range []string{evil, strings.Repeat("`|", 1_000), strings.Repeat(evil, 10)} {
		for _, n := range []int{1, 200} {
			o := headOf(func(h *HeadPolicy) {
				h.Base, h.Commit, h.Reason = said, said, said
				for i := range n {
					h.Weaker = append(h.Weaker, PolicyLine{Text: said, At: &gate.Position{File: said, Line: i}, Base: i%2 == 0})
					h.Lost = append(h.Lost, gate.Finding{Code: said, Title: said})
					h.First = append(h.First, said)
				}
				h.Uncompared, h.Changed, h.Gained, h.Waived = h.Weaker, h.Weaker, h.Lost, h.Lost
				if n > 1 {
					h.Mistakes = h.Weaker
				}
			})
			for _, v := range verdicts {
				got := Comment(v, o)
				if len(got) > commentBudget {
					t.Errorf("%d lines of %.10q: it has %d bytes", n, said, len(got))
				}
				checkMarkdown(t, got)
				if !strings.Contains(got, "It is weaker") {
					t.Errorf("%d lines of %.10q: it does not say that it is weaker", n, said)
				}
			}
		}
	}
}

func TestHeadPolicyAnnotations(t *testing.T) {
	rule := gate.Finding{Code: "rule.failed", Effect: gate.Blocks, Title: "a rule", Policy: &gate.Position{File: "gate.hcl", Line: 102}}
	for name, want := range map[string]string{
		"a weaker policy": "::error file=gate.hcl,line=1,title=gate%3A the policy is weaker::rule \"setuptools-present\" is gone (gate.hcl:102 at main)\n" +
			"::error file=gate.hcl,line=40,title=gate%3A the policy is weaker::environment \"production\", promotion: soak is \"5m\", and was \"1h\"\n" +
			"::error file=gate.hcl,line=1,title=gate%3A the policy is weaker::it no longer stops: app a41c9e2 was never deployed to staging\n",
		"an invalid policy": "::error file=gate.hcl,line=41,title=gate%3A the policy is invalid::Unsupported argument: An argument named \"soack\" is not expected here. Did you mean \"soak\"?\n" +
			"::error file=gate.hcl,line=1,title=gate%3A the policy is invalid::there is more\n",
		"a stricter policy": "",
	} {
		o := headPolicies[name]
		for _, stops := range []bool{true, false} {
			head := *o.Head
			head.Stops, o.Head = stops, &head
			if !stops {
				want = strings.ReplaceAll(want, "::error ", "::warning ")
			}
			var out strings.Builder
			if err := Annotations(&out, verdict(gate.Blocked, 1, rule), nil, o); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, out.String()); diff != "" {
				t.Errorf("%s (-want +got)\n%s", name, diff)
			}
		}
	}
}

func TestPolicyLine(t *testing.T) {
	for _, tt := range []struct {
		line PolicyLine
		want string
	}{
		{line("a\x1b[31m", 7, false), `gate.hcl:7: a\u001b[31m`},
		{line("a", 7, true), "a (gate.hcl:7 of the base)"},
		{PolicyLine{Text: "a\nb"}, `a\nb`},
	} {
		if got := fmt.Sprint(tt.line); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
