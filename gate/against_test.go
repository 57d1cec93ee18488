package gate

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLost(t *testing.T) {
	item := func(address string, hosts ...string) Item {
		return Item{Address: address, From: []Values{{Value: "1", Hosts: []string{"staging/web/staging-1"}}}, To: []Values{{Value: "2", Hosts: hosts, Differs: true}}}
	}
	drift := func(code string, items ...Item) Finding {
		return Finding{Code: code, Effect: Blocks, Title: code, Items: items}
	}
	titled := func(code, title string, hosts ...string) Finding {
		return Finding{Code: code, Effect: Blocks, Title: title, Hosts: hosts}
	}
	for _, tt := range []struct {
		name       string
		base, head []Finding
		want       int
	}{
		{"the same", []Finding{drift("drift.skipped", item("a", "x"))}, []Finding{drift("drift.skipped", item("a", "x"))}, 0},
		{"another class", []Finding{drift("drift.skipped", item("a", "x"))}, []Finding{drift("drift.diverged", item("a", "x"))}, 0},
		{"not on one host", []Finding{drift("drift.skipped", item("a", "x", "y"))}, []Finding{drift("drift.skipped", item("a", "x"))}, 1},
		{"not at one address", []Finding{drift("drift.skipped", item("a", "x"), item("b", "x"))}, []Finding{drift("drift.skipped", item("b", "x"))}, 1},
		{"only told", []Finding{drift("drift.skipped", item("a", "x"))}, []Finding{{Code: "drift.skipped", Effect: Informs, Items: []Item{item("a", "x")}}}, 1},
		{"not told before either", []Finding{{Code: "drift.skipped", Effect: Informs, Items: []Item{item("a", "x")}}}, nil, 0},
		{"more of it", []Finding{drift("drift.skipped", item("a", "x"))}, []Finding{drift("drift.skipped", item("a", "x", "y"))}, 0},
		{"a rule that cannot be told now", []Finding{titled("rule.failed", `Rule "a" fails on x`, "x")}, []Finding{titled("rule.undecided", `Rule "a" could not be evaluated on x`, "x")}, 0},
		{"another rule", []Finding{titled("rule.failed", `Rule "a" fails on x`, "x")}, []Finding{titled("rule.failed", `Rule "b" fails on x`, "x")}, 1},
		{"a rule on fewer hosts", []Finding{titled("rule.failed", `Rule "a" fails on x, y`, "x", "y")}, []Finding{titled("rule.failed", `Rule "a" fails on x`, "x")}, 1},
		{"a longer soak", []Finding{titled("promotion.soaking", "app a41c9e2 has soaked 10m of 30m on staging")}, []Finding{titled("promotion.soaking", "app a41c9e2 has soaked 10m of 2h on staging")}, 0},
		{"no soak", []Finding{titled("promotion.soaking", "app a41c9e2 has soaked 10m of 30m on staging")}, nil, 1},
		{"a longer freeze", []Finding{titled("promotion.frozen", `The freeze "w" holds until Mon 2 Nov 08:00 UTC`)}, []Finding{titled("promotion.frozen", `The freeze "w" holds until Tue 3 Nov 08:00 UTC`)}, 0},
		{"another freeze", []Finding{titled("promotion.frozen", `The freeze "w" holds until Mon 2 Nov 08:00 UTC`)}, []Finding{titled("promotion.frozen", `The freeze "v" holds until Mon 2 Nov 08:00 UTC`)}, 1},
		{"one check of two", []Finding{titled("promotion.not_verified", `app is not verified by "smoke" on staging`), titled("promotion.not_verified", `app is not verified by "e2e" on staging`)},
			[]Finding{titled("promotion.not_verified", `app is not verified by "smoke" on staging`)}, 1},
	} {
		if got := Lost(&Verdict{Findings: tt.base}, &Verdict{Findings: tt.head}); len(got) != tt.want {
			t.Errorf("%s: got %d, want %d: %+v", tt.name, len(got), tt.want, got)
		}
	}
}

// A verdict less what decides passes, and its findings are counted anew.
func TestWithout(t *testing.T) {
	v := &Verdict{Outcome: Blocked, Findings: []Finding{{Number: 1, Code: "rule.failed", Effect: Blocks}, {Number: 2, Code: "unknown.host", Effect: Opens}, {Number: 3, Code: "host.clock", Effect: Informs}}}
	for _, tt := range []struct {
		without []string
		want    Outcome
		numbers []int
	}{
		{nil, Blocked, []int{1, 2, 3}},
		{[]string{"rule.failed"}, Undecided, []int{1, 2}},
		{[]string{"rule.failed", "unknown.host"}, Pass, []int{1}},
	} {
		got := v.Without(func(f *Finding) bool {
			for _, code := range tt.without {
				if f.Code == code {
					return true
				}
			}
			return false
		})
		var numbers []int
		for _, f := range got.Findings {
			numbers = append(numbers, f.Number)
		}
		if diff := cmp.Diff(tt.numbers, numbers); got.Outcome != tt.want || diff != "" || got.Check() != nil {
			t.Errorf("without %v: got %s, want %s, %s", tt.without, got.Outcome, tt.want, diff)
		}
	}
	if v.Outcome != Blocked || len(v.Findings) != 3 {
		t.Error("the verdict itself has changed")
	}
}
