package doctor

import (
	"strings"
	"testing"
)

func TestExpression(t *testing.T) {
	w := world{success: no, failure: yes, cancelled: no, results: []value{textValue("failure"), unknown}, facts: map[string]value{
		"needs.gate.result": textValue("failure"), "github.event_name": textValue("push"),
	}}
	for expression, want := range map[string]value{
		"":                                    unknown,
		"true":                                yes,
		"false":                               no,
		"null":                                no,
		"0":                                   no,
		"1":                                   yes,
		"''":                                  no,
		"'false'":                             yes,
		"'it''s' == 'IT''S'":                  yes,
		"always()":                            yes,
		"success()":                           no,
		"!failure()":                          no,
		"!!failure()":                         yes,
		"inputs.x":                            unknown,
		"inputs.x && false":                   no,
		"false && inputs.x":                   no,
		"true && inputs.x":                    unknown,
		"inputs.x || true":                    yes,
		"inputs.x || false":                   unknown,
		"!inputs.x":                           unknown,
		"needs.gate.result == 'success'":      no,
		"needs.gate.result != 'success'":      yes,
		"needs['gate'].result == 'failure'":   yes,
		"needs[inputs.x].result == 'failure'": unknown,
		"NEEDS.Gate.Result == 'FAILURE'":      yes,
		"github.event_name == 'pull_request' || github.event_name == 'push'": yes,
		"(true || false) && !(false)":                                        yes,
		"true || false && false":                                             yes,
		"contains(needs.*.result, 'failure')":                                yes,
		"contains(needs.*.result, 'cancelled')":                              unknown,
		"contains(github.ref, 'main')":                                       unknown,
		"startsWith(github.ref, 'refs/tags/') && no":                         unknown,
		"needs.gate.outputs.none == 0":                                       unknown,
		"'' == 0":                                                            yes,
		"'' == false":                                                        yes,
		"'' == null":                                                         yes,
		"'1' == 1":                                                           yes,
		"'true' == true":                                                     no, // a text that is no number
		"'true' != true":                                                     yes,
		"true == 1":                                                          yes,
		"'x' == 0":                                                           no,
		"1.0 == '1'":                                                         unknown, // "1.0" is no path
		"1 < 2":                                                              unknown,
		"true &&":                                                            unknown,
		"true & true":                                                        unknown,
		"(true":                                                              unknown,
		"true)":                                                              unknown,
		"'true":                                                              unknown,
		"a..b":                                                               unknown,
		"contains(a, b":                                                      unknown,
		"success() success()":                                                unknown,
		"${{ true }}":                                                        unknown, // inside an expression
		strings.Repeat("(", 500) + "true" + strings.Repeat(")", 500): unknown,
		strings.Repeat("!", 5001) + "true":                           no,
	} {
		got := parseExpression(expression).decide(w)
		if got.known != want.known || got.truthy != want.truthy {
			t.Errorf("%.60s: got %+v, want %+v", expression, got, want)
		}
	}
}

// The status is asked for where the expression does not.
func TestCondition(t *testing.T) {
	failed := world{success: no, failure: yes, cancelled: no}
	for c, want := range map[string]bool{
		"true": false, "always()": true, "${{ always() }}": true, "${{ true }}": false, "inputs.x": false, "failure()": true, "!cancelled()": true,
		"${{ always() }} && false": true,  // a text, which is true
		"always() && ${{ false }}": false, // a text as well, and the function is only a part of it
		"${{ !success() }}":        true, "always": false, "": false, "${{": false,
	} {
		if got := failed.runs(&condition{text{c, 1}, parseCondition(c)}).maybe(); got != want {
			t.Errorf("%q: got %t, want %t", c, got, want)
		}
	}
	if failed.runs(nil).maybe() {
		t.Error("without a condition it runs after a failure")
	}
}
