package collect

import (
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

func TestParsePip(t *testing.T) {
	const report = `{"version": "1", "pip_version": "23.0.1", "install": [{"metadata": {"name": "Foo.Bar", "version": "1.2+local"}}, {"metadata": {"name": "baz", "version": "1!2"}}], "environment": {}}`
	want := map[string]string{"foo-bar": "-> 1.2+local", "baz": "-> 1!2"}
	tests := []struct {
		name string
		run  dryRun
		want map[string]string
		err  string
	}{
		{"quiet", dryRun{output: report}, want, ""},
		{"among other lines", dryRun{output: "Looking in links: /x\nCollecting foo {bar}\n" + report + "\nWould install Foo.Bar-1.2\n"}, want, ""},
		{"nothing", dryRun{output: `{"version": "1", "install": []}`}, map[string]string{}, ""},
		{"empty", dryRun{}, nil, "there is no report in the output: pip install needs --dry-run --report - --quiet"},
		{"cut off", dryRun{output: report[:len(report)-1]}, nil, "the report is not whole: unexpected EOF"},
		{"another version", dryRun{output: `{"version": "2", "install": []}`}, nil, `the report has the version "2", and gate reads version 1`},
		{"no list", dryRun{output: `{"version": "1"}`}, nil, `the report has no list of what it would install`},
		{"no version", dryRun{output: `{"version": "1", "install": [{"metadata": {"name": "a"}}]}`}, nil, "the report has a package without a name or a version"},
		{"nothing, by pip 23", dryRun{output: `{"version": "1", "pip_version": "23.0.1", "install": [], "environment": {"implementation_name": "cpython"}}`}, map[string]string{}, ""},
		{"failed", dryRun{status: 1, messages: "ERROR: No matching distribution found for nothing"}, nil, "exit status 1: ERROR: No matching distribution found for nothing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			items, err := tt.run.items("pip")
			wantResult(t, items, err, tt.want, tt.err)
		})
	}
}

// TestPip asks the real pip, offline, with and without its other output.
func TestPip(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	python := drifttest.Python(t, "pip")
	dir := t.TempDir()
	wheel{name: "gate_test_one", version: "1.0"}.build(t, dir)
	wheel{name: "gate_test_one", version: "2.1"}.build(t, dir)
	wheel{name: "gate_test_two", version: "3.0.post1"}.build(t, dir)
	run := python + " -m pip install --disable-pip-version-check --break-system-packages --no-cache-dir --no-index --find-links " + dir + " --dry-run --report - "
	want := map[string]string{"gate-test-one": "-> 2.1", "gate-test-two": "-> 3.0.post1"}
	// What is there already, as pip itself is, is none that it would install.
	for _, option := range []string{"", "--quiet pip "} {
		wantItems(t, askOne(t, "", Preview{Name: "pip", Format: "pip", Run: run + option + "gate_test_one gate-test-two"}.Query()), want)
	}
	if !drifttest.Thorough() { // TestParsePip has what it prints
		return
	}
	wantItems(t, askOne(t, "", Preview{Name: "pip", Format: "pip", Run: run + "-q pip"}.Query()), map[string]string{})
	got := askOne(t, "", Preview{Name: "pip", Format: "pip", Run: run + "gate-test-three"}.Query())
	if len(got) != 1 || got[0].Status != drift.Failed {
		t.Errorf("no package: got %+v, want it failed", got)
	}
}

func FuzzParsePip(f *testing.F) {
	f.Add(`{"version": "1", "install": [{"metadata": {"name": "a", "version": "1"}}]}`)
	fuzzPreview(f, "pip", output)
}
