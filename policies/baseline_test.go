package policies

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
)

// baselineRules are the rules of a set, as a policy that uses it has them.
func baselineRules(t *testing.T, collector, body string) []*Rule {
	t.Helper()
	src := "environment \"production\" {\n  role \"web\" { hosts = [\"web-1\"] }\n}\ncollect \"" + collector + "\" {" + body + "}\nuse \"baseline/" + collector + "\" {}\n"
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(src)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p.Rules
}

func TestBaselinePython(t *testing.T) {
	rules := baselineRules(t, "python", ` venvs = ["/v"] `)
	healthy := map[string]drift.Value{
		`problems`:                                 drift.Strings(),
		`interpreter.state`:                        drift.String("ok"),
		`imports["setuptools"]`:                    drift.Bool(true),
		`imports["pkg_resources"]`:                 drift.Bool(true),
		`packages["setuptools"].version`:           drift.String("66.1.1"),
		`requirements["/r.txt"]["setuptools"]`:     drift.String("met"),
		`requirements["/r.txt"]["pywin32"]`:        drift.String("not needed"),
		`requirements["/other.txt"]["setuptools"]`: drift.String("met"),
	}
	for _, test := range []struct {
		name   string
		change map[string]drift.Value // Absent takes a fact away
		failed []string
		untold []string
	}{
		{"healthy", nil, nil, nil},
		{"damaged", map[string]drift.Value{`problems`: drift.Strings("the interpreter is a dangling link")}, []string{"python-intact"}, nil},
		{"damage untold", map[string]drift.Value{`problems`: drift.UnknownValue("may not look")}, nil, []string{"python-intact"}},
		{"unmet", map[string]drift.Value{`unmet["app"]`: drift.Strings("django==4.2: not installed")}, []string{"python-dependencies-met"}, nil},
		{"unmet untold", map[string]drift.Value{`unmet["app"]`: drift.UnknownValue("installed twice")}, nil, []string{"python-dependencies-met"}},
		{"unmet all untold", map[string]drift.Value{`unmet`: drift.UnknownValue("may not look")}, nil, []string{"python-dependencies-met"}},
		{"one unmet, one untold", map[string]drift.Value{`unmet["app"]`: drift.Strings("x: not installed"), `unmet["lib"]`: drift.UnknownValue("?")}, []string{"python-dependencies-met"}, nil},
		{"requirement", map[string]drift.Value{`requirements["/r.txt"]["setuptools"]`: drift.String("66 is installed, not ==80")}, []string{"python-requirements-installed"}, nil},
		{"requirement untold", map[string]drift.Value{`requirements["/r.txt"]["setuptools"]`: drift.UnknownValue("?")}, nil, []string{"python-requirements-installed"}},
		{"requirements unread", map[string]drift.Value{`requirements["/x.txt"]`: drift.UnknownValue("denied")}, nil, []string{"python-requirements-installed"}},
		{"no pkg_resources", map[string]drift.Value{`imports["pkg_resources"]`: drift.Bool(false)}, []string{"python-setuptools-importable"}, nil},
		{"no pkg_resources any more", map[string]drift.Value{`imports["pkg_resources"]`: drift.Bool(false), `packages["setuptools"].version`: drift.String("82.0.1")}, nil, nil},
		{"no setuptools, and nothing asks for it", map[string]drift.Value{`imports["setuptools"]`: drift.Bool(false), `imports["pkg_resources"]`: drift.Bool(false), `packages["setuptools"].version`: {}}, nil, nil},
		{"packages untold", map[string]drift.Value{`packages["setuptools"].version`: {}, `packages`: drift.UnknownValue("may not look")}, nil, []string{"python-setuptools-importable"}},
	} {
		s := drift.Section{Collector: "python", Scope: "/v", Status: drift.OK}
		for _, facts := range []map[string]drift.Value{healthy, test.change} {
			for path, v := range facts {
				a := drift.Address(`python["/v"].` + path)
				s.Facts = slices.DeleteFunc(s.Facts, func(f drift.Fact) bool { return f.Address == a })
				if v.Kind != drift.Absent {
					s.Facts = append(s.Facts, drift.Fact{Address: a, Value: v})
				}
			}
		}
		h := &drift.Host{ID: drift.HostID{Environment: "production", Role: "web", Name: "web-1"}, Sections: []drift.Section{s}}
		if err := h.Sort(); err != nil {
			t.Fatal(err)
		}
		var failed, untold []string
		for _, r := range rules {
			for _, result := range r.Evaluate(h, nil, labTime) {
				switch result.Outcome {
				case Failed:
					failed = append(failed, r.Name)
				case Undecided:
					untold = append(untold, r.Name)
				}
			}
		}
		if diff := cmp.Diff(failed, test.failed); diff != "" {
			t.Errorf("%s: failed: got - want +\n%s", test.name, diff)
		}
		if diff := cmp.Diff(untold, test.untold); diff != "" {
			t.Errorf("%s: undecided: got - want +\n%s", test.name, diff)
		}
	}
}

// What is known of a failure is named, whatever else could not be told.
func TestBaselinePythonMessage(t *testing.T) {
	h := &drift.Host{ID: drift.HostID{Environment: "production", Role: "web", Name: "web-1"}, Sections: []drift.Section{{
		Collector: "python", Scope: "/v", Status: drift.OK, Facts: []drift.Fact{
			{Address: `python["/v"].unmet["app"]`, Value: drift.Strings("django==4.2: not installed")},
			{Address: `python["/v"].unmet["lib"]`, Value: drift.UnknownValue("installed twice")},
		},
	}}}
	for _, r := range baselineRules(t, "python", ` venvs = ["/v"] `) {
		if r.Name != "python-dependencies-met" {
			continue
		}
		got := r.Evaluate(h, nil, labTime)[0].Message
		if want := "/v on web-1, what pip check would say: app needs django==4.2: not installed; lib needs (unknown)"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
