package policies

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// hostilePrefix is what a policy needs, whatever else stands in it.
const hostilePrefix = "environment \"production\" {\n  role \"web\" {\n    hosts = [\"web-1\"]\n  }\n}\ncollect \"deb\" {}\n"

// fewSteps are enough for these tests: with as many as a policy has, only more of the same is done. .ci/run does it.
func fewSteps(steps int) int { return drifttest.Times(steps/20, steps) }

func nested(open, inner, close string, n int) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(close, n)
}

// bound nests "for", each of which has a value of the one before: b0, b1, …
func bound(first, next string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[for b0 in [%s]: ", first)
	for i := range n {
		fmt.Fprintf(&b, "[for b%d in [%s]: ", i+1, strings.ReplaceAll(next, "B", fmt.Sprintf("b%d", i)))
	}
	return b.String() + "1" + strings.Repeat("]", n+1)
}

// TestHostilePolicies: what would take years or all memory is a mistake of the policy, and said soon.
func TestHostilePolicies(t *testing.T) {
	drifttest.Slow(t)
	loop := func(n int) string {
		return nested("[for x in range(1000): ", "x", "]", n)
	}
	for _, test := range []struct{ name, text, want string }{
		{"size", strings.Repeat("# comment\n", 200_000), "at most 1048576 bytes"},
		{"words", "rule \"r\" {\n  assert = " + strings.Repeat("[1,\n1],\n", 60_000) + "\n}\n", "Too long"},
		{"signs", strings.Repeat("@", 500_000), "at most 200000 words and signs, 400000 with those in texts and comments"},
		{"signs in a text", "a = \"" + strings.Repeat("${", 300_000) + "\"", "Too long"},
		{"brackets", "a = " + nested("[", "", "]", 40_000), "Too deep"},
		{"open brackets", "a = " + strings.Repeat("(", 40_000), "Too deep"},
		{"blocks in blocks", nested("a {\n", "", "}\n", 1000), "Too deep"},
		{"templates in templates", "a = " + nested(`"${`, "1", `}"`, 1000), "Too deep"},
		{"not not", "a = " + strings.Repeat("!", 400_000) + "true", "Too long"},
		{"sum", "a = " + strings.Repeat("1+", 90_000) + "1", "Too long"},
		{"sum in brackets", "a = (" + strings.Repeat("1+\n", 60_000) + "1)", "Too long"},
		{"choice after choice", "a = " + strings.Repeat("true?1:", 40_000) + "1", "Too long"},
		{"index after index", "a = b" + strings.Repeat("[c]", 60_000), "Too long"},
		{"blocks", strings.Repeat("collect \"deb\" {}\n", 20_000), "Too many blocks"},
		{"equal blocks", strings.Repeat("collect \"deb\" {}\n", 4_000), "Duplicate collect"},
		{"loop in loop", "x = " + loop(12), "Too much to work out"},
		{"loop in loop of literals", "x = [for a in [" + strings.Repeat("1,", 900) + "]: " + nested("[for x in ["+strings.Repeat("1,", 900)+"]: ", "x", "]", 5) + "]", "Too much to work out"},
		{"doubled list", "x = " + bound(`["a"]`, "concat(B, B)", 40), "Too much to work out"},
		{"doubled text", "x = " + bound(`"aaaa"`, `"${B}${B}"`, 40), "Too much to work out"},
		{"doubled by join", "x = " + bound(`"aaaa"`, `join(B, ["x", "x", "x"])`, 40), "Too much to work out"},
		{"doubled by replace", "x = " + bound(`"aaaa"`, `replace(B, "a", B)`, 40), "Too much to work out"},
		{"doubled by format", "x = " + bound(`"aaaa"`, `format("%s%s%s", B, B, B)`, 40), "Too much to work out"},
		{"squared", "x = " + bound("10", "B * B", 40), "Too much to work out"},
		{"wide", `x = format("%1000000000d", 1)`, "Too much to work out"},
		{"large number", `x = "${1e600000000}"`, "Too much to work out"},
		{"small number", `x = "${1e-600000000}"`, "Too much to work out"},
		{"large number in a text", `x = tostring(tonumber("1e600000000"))`, "Too much to work out"},
		{"large number in JSON", `x = join(",", jsondecode("[1e600000000]"))`, "Too much to work out"},
		{"regular expression", `x = [for a in range(1000): [for b in range(1000): regexall("(a|b|ab){1000}$", "` + strings.Repeat("ab", 20_000) + `")]]`, "Too much to work out"},
		{"long regular expression", `x = regex("` + strings.Repeat("(a*)*", 6000) + `", "aaaa")`, "a regular expression of more than 4096 characters"},
		{"many groups", `x = regex("` + strings.Repeat("(a)", 101) + `", "aaaa")`, "a regular expression of more than 100 groups"},
		{"repeats", `x = regex("` + strings.Repeat("a{0,1000}", 3) + `", "aaaa")`, "a regular expression of more than 5000 instructions"},
		{"repeats in repeats", `x = regexall("((ab?c){30}){0,30}", "aaaa")`, "a regular expression of more than 5000 instructions"},
		{"ranges in any case", `x = [for i in range(1000): regexall("(?i)[B-\\x{1e943}]${i}", "a")]`, "Too much to work out"},
		{"classes", `x = [for i in range(1000): regexall("` + strings.Repeat(`\\pL`, 800) + `${i}", "a")]`, "Too much to work out"},
		{"groups found", `x = regexall("` + strings.Repeat("()", 100) + `", "` + strings.Repeat("a", 12_000) + `")`, "a list of more than 9900 matches"},
		{"matches", `x = regexall("", "` + strings.Repeat("a", 200_000) + `")`, "a list of more than 100000 matches"},
		{"doubled value", "x = " + bound(`["a"]`, "[reverse(B), reverse(B)]", 30), "a value of more than 500000 parts"},
		{"doubled value as JSON", "x = " + strings.Replace(bound(`["a"]`, "[B, B]", 40), ": 1]", ": jsonencode(b40)]", 1), "a value of more than 500000 parts"},
		{"doubled value by an object", "x = " + bound(`["a"]`, "values({ a = B, b = B })", 30), "a value of more than 500000 parts"},
		{"list of texts and numbers", "x = [for k in range(100): sort(concat(flatten([for i in range(20): [for j in range(1000): \"${i}\"]]), [1]))]", "Too much to work out"},
		{"types", "x = tolist([for i in range(1000): [for j in range(10): jsondecode(\"{\\\"a${i}x${j}\\\": 1}\")]])", "Too much to work out"},
		{"set of lists", "x = toset([for i in range(1000): [for j in range(90): i * j]])", "a set of more than 500 lists or objects"},
		{"numbers", "x = [for i in range(1000): [for j in range(1000): floor(1e3000 / 3)]]", "Too much to work out"},
		{"ranges", "x = [for i in range(1000): [for j in range(1000): range(1000)]]", "Too much to work out"},
		{"distinct", "x = [for i in range(1000): distinct(range(1000))]", "Too much to work out"},
		{"characters to trim", "x = [trim(\"" + strings.Repeat("ab", 50_000) + "\", \"" + strings.Repeat("\u1234", 30_000) + "ab\")]", "Too much to work out"},
		{"digits", "x = [" + strings.Repeat("1", 5000) + "]", "A number has at most 4000 digits"},
		{"digits in a text", "x = [1 * \"" + strings.Repeat("1", 5000) + "\"]", "a number of more than 4000 digits"},
		{"digits of another base", "x = [parseint(\"" + strings.Repeat("z", 5000) + "\", 62)]", "a number of more than 4000 digits"},
		{"digits in JSON", "x = jsondecode(\"[0." + strings.Repeat("1", 5000) + "]\")", "a number of more than 4000 digits"},
		{"deep JSON", "x = jsondecode(\"" + nested("[", "", "]", 200) + "\")", "JSON with brackets in brackets more than 100 deep"},
		{"table", "x = csvdecode(\"a\\n" + strings.Repeat("1\\n", 100_001) + "\")", "a list or map of more than 100000 elements"},
		{"key", "x = { (" + loop(12) + ") = 1 }", "Too much to work out"},
		{"use", strings.Repeat("use \"baseline/python\" {}\n", 4000), "And 3900 more."},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := hostilePrefix + test.text
			if value, ok := strings.CutPrefix(test.text, "x = "); ok {
				text = strings.Replace(hostilePrefix, `["web-1"]`, value, 1)
			}
			t.Parallel()
			steps := stepsToLoad
			if test.want == "Too much to work out" {
				steps = fewSteps(steps)
			}
			fsys := fstest.MapFS{"gate.hcl": {Data: []byte(text)}}
			p, diags := loadWithin(steps, fsys, "gate.hcl", collect.All())
			var b strings.Builder
			if err := WriteDiagnostics(&b, fsys, diags, 0, false); err != nil {
				t.Fatal(err)
			}
			if p != nil || !strings.Contains(b.String(), test.want) {
				t.Errorf("got %.2000s", b.String())
			}
		})
	}
}

// TestMeterOfChoices: HCL looks for a common type of what is on both sides of ":", and compares each attribute with each.
func TestMeterOfChoices(t *testing.T) {
	attributes := map[string]cty.Value{}
	for i := range 25_000 {
		attributes[fmt.Sprint(i)] = cty.True
	}
	v := cty.ObjectVal(attributes)
	for as, want := range map[standing]bool{asItIs: true, made: true, taken: true, oneOfTwo: false} {
		m := &meter{left: stepsToLoad}
		if got := m.weighAs(v, as); got != want {
			t.Errorf("%d: got %t, with %d steps left", as, got, m.left)
		}
	}
}

// TestUniform: what is made into a list or a map without looking for a type is what HCL's conversion makes of it.
func TestUniform(t *testing.T) {
	null, unknown := cty.NullVal(cty.String), cty.UnknownVal(cty.String)
	a, one := cty.StringVal("a"), cty.NumberIntVal(1)
	changed := 0
	for _, v := range []cty.Value{
		cty.TupleVal([]cty.Value{a, null, unknown}), cty.TupleVal([]cty.Value{a, one}), cty.TupleVal([]cty.Value{one, one}), cty.EmptyTupleVal,
		cty.TupleVal([]cty.Value{a.Mark("x"), a}).Mark("y"), cty.TupleVal([]cty.Value{cty.EmptyTupleVal}), cty.TupleVal([]cty.Value{a, cty.DynamicVal}),
		cty.ObjectVal(map[string]cty.Value{"b": a, "c": null}), cty.ObjectVal(map[string]cty.Value{"b": a, "c": one}), cty.EmptyObjectVal,
		cty.ListVal([]cty.Value{a}), a, one, cty.NullVal(cty.Tuple([]cty.Type{cty.String})), cty.UnknownVal(cty.Tuple([]cty.Type{cty.String})), cty.DynamicVal,
	} {
		for _, element := range []cty.Type{cty.String, cty.Number, cty.DynamicPseudoType} {
			for _, want := range []cty.Type{cty.List(element), cty.Set(element), cty.Map(element)} {
				short := uniform(v, want)
				if !short.RawEquals(v) {
					changed++
				}
				got, gotErr := convert.Convert(short, want)
				wanted, wantErr := convert.Convert(v, want)
				if (gotErr == nil) != (wantErr == nil) || gotErr == nil && !got.RawEquals(wanted) {
					t.Errorf("%#v to %#v: got %#v, %v, want %#v, %v", v, want, got, gotErr, wanted, wantErr)
				}
			}
		}
	}
	if changed < 10 {
		t.Errorf("%d values were changed", changed)
	}
}

// TestHostilePatterns: braces and stars that stand for a great many patterns.
func TestHostilePatterns(t *testing.T) {
	braces, stars := strings.Repeat("{a,b}", 30), strings.Repeat("**/a/", 40)+"b"
	for _, text := range []string{
		"component \"a\" {\n  paths = [\"" + braces + "\"]\n}\n",
		"component \"a\" {\n  paths = [\"" + stars + "\"]\n}\n",
		"collect \"file\" {\n  paths = [\"/" + braces + "\"]\n}\n",
		"collect \"file\" {\n  paths = [\"/etc/**\"]\n  exclude = [\"/" + braces + "\"]\n}\n",
	} {
		if p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(hostilePrefix + text)}}, "gate.hcl"); p != nil || !diags.HasErrors() {
			t.Errorf("%.60s: loaded", text)
		}
	}
}

// TestHostileRules: a rule that would take years on a host is undecided, whatever can and try make of it.
func TestHostileRules(t *testing.T) {
	loops := nested("[for a in range(1000): ", "a", "]", 12)
	byFacts := nested("[for a in host.service: ", "a", "]", 40)
	list := "[" + strings.Repeat("host.name,", 600) + "]"
	byList := nested("[for a in "+list+": ", "a", "]", 6)
	for _, test := range []struct{ name, rule string }{
		{"assert", "assert = length(" + byList + ") > 0"},
		{"can", "assert = can(" + byList + ")"},
		{"not can", "assert = !can(" + byList + ")"},
		{"try", "assert = try(" + byList + ", true) == true"},
		{"when", "when = !can(" + byList + ")\n  assert = true"},
		{"for_each", "for_each = " + byList + "\n  assert = true"},
		{"each", "for_each = toset([for i in range(1000): \"${host.name}${i}\"])\n  assert = length(" + nested("[for a in "+list+": ", "a", "]", 2) + ") > 0"},
		{"facts", "assert = length(" + byFacts + ") > 0 && length([for a in range(1000): [for b in range(1000): [for c in range(1000): host.name]]]) > 0"},
		{"literal", "assert = length(" + loops + ") > 0"},
		{"text", "assert = length(" + bound("host.name", `"${B}${B}"`, 40) + ") > 0"},
		{"element of an element", "assert = can(" + nested("host.service[", "host.name", "].active", 40) + ")"},
		{"number", "assert = length(" + bound("10", "B * B * length(host.name)", 40) + ") > 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			text := labPolicy + "rule \"it\" {\n  message = \"it fails\"\n  " + test.rule + "\n}\n"
			p, diags := loadWithin(fewSteps(stepsToLoad), fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl", labCollectors())
			if p == nil {
				if !strings.Contains(diags.Error(), "Too much to work out") {
					t.Errorf("got %.2000s", diags)
				}
				return
			}
			rule := p.Rules[len(p.Rules)-1]
			rule.steps = fewSteps(rule.steps)
			m := &meter{left: rule.steps}
			results := rule.evaluate(m, labHost(t), nil, labTime)
			last := results[len(results)-1]
			if last.Outcome != Undecided || !strings.HasPrefix(last.Message, "Too much to work out") {
				t.Errorf("got %d results, the last %v", len(results), last)
			}
			if m.left != 0 && !strings.HasPrefix(m.over, "It makes ") { // what is too large is refused before
				t.Errorf("%d steps are left", m.left)
			}
		})
	}
}

// TestHostileMessage: a message that takes too much hides no failure.
func TestHostileMessage(t *testing.T) {
	t.Parallel()
	text := labPolicy + "rule \"it\" {\n  assert = host.name == \"\"\n  message = \"so: ${length(" + nested("[for a in ["+strings.Repeat("host.name,", 600)+"]: ", "a", "]", 6) + ")}\"\n}\n"
	p, diags := loadWithin(fewSteps(stepsToLoad), fstest.MapFS{"gate.hcl": {Data: []byte(text)}}, "gate.hcl", labCollectors())
	if diags.HasErrors() {
		if !strings.Contains(diags.Error(), "Too much to work out") {
			t.Fatal(diags)
		}
		return
	}
	rule := p.Rules[len(p.Rules)-1]
	if got := rule.evaluate(&meter{left: fewSteps(rule.steps)}, labHost(t), nil, labTime)[0]; got.Outcome != Failed {
		t.Errorf("got %v", got)
	}
}

// TestLargeIsNoMistake: what large installations write is far below the limits.
func TestLargeIsNoMistake(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	var b strings.Builder
	b.WriteString("environment \"production\" {\n  role \"web\" {\n    hosts = [for n in range(1, 1000) : \"deploy@web-${n}\"]\n  }\n}\ncollect \"deb\" {}\n")
	for i := range 1000 {
		fmt.Fprintf(&b, "waiver \"w%d\" {\n  hosts   = [\"production/web/web-%d\"]\n  facts   = [deb[\"p%d\"].version]\n  values  = [\"1.%d-1\"]\n  reason  = \"the vendor's release is late, OPS-%d\"\n  owner   = \"platform\"\n  expires = \"2030-01-01\"\n}\n", i, i%998+1, i, i, i)
	}
	b.WriteString("rule \"all\" {\n  assert  = alltrue([for name, it in host.deb : it.status == \"installed\" || glob(\"linux-*\", name) || contains([\"a\", \"b\"], name)])\n  message = \"m\"\n}\n")
	p := loaded(t, b.String())
	deb := drift.Section{Collector: "deb", Status: drift.OK}
	for i := range 4000 {
		deb.Facts = append(deb.Facts, drift.Fact{Address: drift.Address("deb").Key(fmt.Sprintf("package-%d", i)).Attr("status"), Value: drift.String("installed")})
	}
	h := &drift.Host{ID: drift.HostID{Environment: "production", Role: "web", Name: "web-1"}, Sections: []drift.Section{deb}}
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	if got := p.Rules[0].Evaluate(h, nil, labTime)[0]; got.Outcome != Passed {
		t.Errorf("got %v", got)
	}
}
