package policies

import (
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestRegexAsInTheStandardLibrary: values, types and mistakes are those of HCL's own functions.
func TestRegexAsInTheStandardLibrary(t *testing.T) {
	functions := functionsOn(&meter{left: stepsToLoad}, pure)
	for name, want := range map[string]function.Function{"regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc} {
		for _, pattern := range []string{
			"", "a", "b+", "(a)|(b)", "(?P<x>a)(?P<y>c)?", "(?P<x>a)(b)", "((a)(b)?)*", "^$", "(", "a{2,1}", `\pL`, "(?i)B", "(?P<x>a)(?P<x>b)", "z", "(z)?",
		} {
			for _, text := range []cty.Value{cty.StringVal(""), cty.StringVal("abba cab"), cty.StringVal("äbc"), cty.UnknownVal(cty.String), cty.NullVal(cty.String), cty.StringVal("ab").Mark("m")} {
				args := []cty.Value{cty.StringVal(pattern), text}
				got, gotErr := functions[name].Call(args)
				want, wantErr := want.Call(args)
				if (gotErr == nil) != (wantErr == nil) || gotErr != nil && gotErr.Error() != wantErr.Error() || gotErr == nil && !got.RawEquals(want) {
					t.Errorf("%s(%q, %#v): got %#v, %v, want %#v, %v", name, pattern, text, got, gotErr, want, wantErr)
				}
			}
		}
		if got, err := functions[name].Call([]cty.Value{cty.UnknownVal(cty.String), cty.StringVal("a")}); err != nil || got.IsKnown() {
			t.Errorf("%s of an unknown pattern: got %#v, %v", name, got, err)
		}
	}
}

// TestRegexMemory: whatever can and try make of it, a regular expression of a rule takes little to load. (The first of
// these took more than 1 GiB.)
func TestRegexMemory(t *testing.T) {
	drifttest.Slow(t)
	for _, pattern := range []string{
		strings.Repeat("(a*)*", 6000), strings.Repeat("(a)", 99) + "(a{0,1000}){0,1}", strings.Repeat("a{0,1000}", 400),
		strings.Repeat(`\\pL`, 25_000), "[" + strings.Repeat(`\\PL`, 2000) + "]", "(?i)" + strings.Repeat(`[B-\\x{1e943}]`, 2000), strings.Repeat("a", 500_000),
	} {
		for _, text := range []string{`"` + strings.Repeat("a", 1000) + `"`, "host.name"} {
			for _, call := range []string{`can(regex("P", T))`, `try(length(regexall("P", T)), 0) == 0`} {
				rule := strings.NewReplacer("P", pattern, "T", text).Replace(call)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				_, _ = Load(fstest.MapFS{"gate.hcl": {Data: []byte(hostilePrefix + "rule \"r\" {\n  assert  = " + rule + "\n  message = \"m\"\n}\n")}}, "gate.hcl")
				runtime.ReadMemStats(&after)
				if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 48 {
					t.Errorf("%.30s of %d characters, of %.10s: %d MiB", rule, len(pattern), text, mib)
				}
			}
		}
	}
}
