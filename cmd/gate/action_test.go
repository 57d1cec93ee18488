package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// actionFile is what the tests look at in action.yml.
type actionFile struct {
	Inputs, Outputs inputs
	Runs            struct {
		Using string
		Steps []struct {
			Uses, Shell, Run string
			Env              map[string]string
		}
	}
}

// inputs are those of the action, in their order; its outputs are read alike.
type inputs []input

type input struct {
	name, Description string
	Default, Value    string
}

func (list *inputs) UnmarshalYAML(node *yaml.Node) error {
	for i := 0; i < len(node.Content); i += 2 {
		in := input{name: node.Content[i].Value}
		if err := node.Content[i+1].Decode(&in); err != nil {
			return err
		}
		*list = append(*list, in)
	}
	return nil
}

func readAction(t *testing.T) actionFile {
	t.Helper()
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var action actionFile
	if err := yaml.Unmarshal(data, &action); err != nil {
		t.Fatal(err)
	}
	return action
}

var actionCommands = []string{"check", "begin", "record", "deploy", "hold", "resume", "doctor"}

// ownInputs are the action's inputs that are no flags, with the commands that they are for; nil for all.
var ownInputs = map[string][]string{
	"command": nil, "mode": nil, "path": nil, "download-url": nil, "token": nil,
	"known-hosts": {"check", "begin", "record", "deploy"},
	"kind":        {"record"},
	"run":         {"deploy"},
}

// noInputs are the flags that are no inputs, with the reason.
var noInputs = map[string]string{
	"help":         "it asks a person's question",
	"pull-request": "the event says whether it is one",
	"repository":   "a workflow's doctor looks at its own",
	"host":         "a check of some hosts never passes",
	"from":         "a saved result is for a person to read again",
	"snapshots":    "a workflow has the ledger",
	"format":       "the log gets text; the summary, the comment and the outputs have their own forms",
	"output":       "the report belongs into the log",
	"quiet":        "progress belongs into the log",
	"no-color":     "no log of a workflow is a terminal",
}

// flagCommands returns the flags of the commands that the action has, each with those that have it.
func flagCommands(t *testing.T) map[string][]string {
	t.Helper()
	root := (&app{getenv: func(string) string { return "" }}).rootCommand()
	flags := map[string][]string{}
	for _, name := range actionCommands {
		cmd, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		cmd.InitDefaultHelpFlag()
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags[f.Name] = append(flags[f.Name], name) })
	}
	return flags
}

// The action's inputs are its own, or flags of gate; and each flag is one, or is left out for a reason.
func TestActionInputsAreFlags(t *testing.T) {
	flags, listed := flagCommands(t), map[string]bool{}
	for _, in := range readAction(t).Inputs {
		listed[in.name] = true
		_, own := ownInputs[in.name]
		if _, flag := flags[in.name]; flag == own {
			t.Errorf("input %q: a flag: %t, one of the action's own: %t", in.name, flag, own)
		}
	}
	for name := range flags {
		if _, out := noInputs[name]; listed[name] == out {
			t.Errorf("flag --%s: an input: %t, left out: %t", name, listed[name], out)
		}
	}
	for name := range noInputs {
		if flags[name] == nil {
			t.Errorf("--%s is left out, and is no flag", name)
		}
	}
}

// Inputs reach the script by its environment, each under its name, and by nothing else.
func TestActionPassesInputsByEnvironment(t *testing.T) {
	action := readAction(t)
	if got, want := action.Runs.Using, "composite"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(action.Runs.Steps) != 1 {
		t.Fatalf("got %d steps, want 1", len(action.Runs.Steps))
	}
	step := action.Runs.Steps[0]
	if step.Uses != "" || step.Shell != "bash" || strings.Contains(step.Run, "${{") {
		t.Errorf("the step is not plain bash: %+v", step)
	}
	want := map[string]string{}
	for _, in := range action.Inputs {
		want[variable(in.name)] = "${{ inputs." + in.name + " }}"
	}
	if diff := cmp.Diff(want, step.Env); diff != "" {
		t.Errorf("env (-want +got)\n%s", diff)
	}
}

// The action's outputs are those that gate writes.
func TestActionHasTheOutputs(t *testing.T) {
	outputs, err := report.Outcomes(&gate.Verdict{}, report.OutputOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, output := range outputs {
		want = append(want, output.Name)
	}
	want = append(want, "deployment") // see deploymentOutput
	for _, output := range readAction(t).Outputs {
		got = append(got, output.name)
		if got, want := output.Value, "${{ steps.gate.outputs."+output.name+" }}"; got != want {
			t.Errorf("output %s: got %q, want %q", output.name, got, want)
		}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

func TestReadmeHasTheOutputs(t *testing.T) {
	var want strings.Builder
	for _, output := range readAction(t).Outputs {
		fmt.Fprintf(&want, "| `%s` | %s |\n", output.name, output.Description)
	}
	checkReadme(t, "outputs", want.String(), func(s string) string { return s })
}

// variable returns the environment variable that has an input.
func variable(name string) string {
	if name == "token" {
		return "GITHUB_TOKEN"
	}
	prefix := "GATE_FLAG_"
	if _, own := ownInputs[name]; own {
		prefix = "GATE_ACTION_"
	}
	return prefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

func TestReadmeHasTheInputs(t *testing.T) {
	flags := flagCommands(t)
	var want strings.Builder
	for _, in := range readAction(t).Inputs {
		commands, own := ownInputs[in.name]
		if !own {
			commands = flags[in.name]
		}
		goesWith := strings.Join(commands, ", ")
		switch {
		case commands == nil || len(commands) == len(actionCommands):
			goesWith = "all"
		case len(commands) == len(actionCommands)-1 && !slices.Contains(commands, "doctor"):
			goesWith = "all but doctor"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s |\n", in.name, goesWith, in.Description)
	}
	checkReadme(t, "inputs", want.String(), func(s string) string { return s })
}

// step is one step of a workflow that uses the action, as a runner runs it.
type step struct {
	folder string            // the workspace
	action string            // GITHUB_ACTION_PATH
	inputs map[string]string // with:
	env    map[string]string // env:
}

// ran is what became of a step.
type ran struct {
	code                        int
	out, path, exported, output string
}

// newStep returns a step with an empty workspace, in the mode "path" with a program that prints its arguments, a line each
// with %q of bash.
func newStep(t *testing.T, inputs map[string]string) *step {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s := &step{folder: t.TempDir(), action: root, inputs: map[string]string{"mode": "path", "path": "fake gate"}, env: map[string]string{}}
	for name, value := range inputs {
		s.inputs[name] = value
	}
	s.env["GITHUB_EVENT_NAME"] = inputs["event"]
	s.write(t, "fake gate", "#!/usr/bin/env bash\nprintf '<%s>' \"$@\"\necho\nenv | grep '^GATE_'\nexit \"${FAKE_EXIT:-0}\"\n", 0o755)
	s.write(t, "known hosts", "host ssh-ed25519 AAAA\n", 0o644)
	return s
}

func (s *step) write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// run runs the step under bash with the variables that a runner sets.
func (s *step) run(t *testing.T) ran {
	t.Helper()
	action, temporary := readAction(t), t.TempDir()
	file := func(name string) string { return filepath.Join(temporary, name) }
	cmd := exec.Command(drifttest.Program(t, "bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c", action.Runs.Steps[0].Run)
	cmd.Dir = s.folder
	cmd.Env = append(os.Environ(),
		"GITHUB_ACTIONS=true", "GITHUB_ACTION_PATH="+s.action, "GITHUB_WORKSPACE="+s.folder, "RUNNER_TEMP="+temporary,
		"GITHUB_PATH="+file("path"), "GITHUB_ENV="+file("env"), "GITHUB_OUTPUT="+file("output"), "GITHUB_STEP_SUMMARY="+file("summary"))
	for _, in := range action.Inputs {
		value, given := s.inputs[in.name]
		if !given && !strings.Contains(in.Default, "${{") {
			value = in.Default
		}
		cmd.Env = append(cmd.Env, variable(in.name)+"="+value)
	}
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	content := func(name string) string {
		data, err := os.ReadFile(file(name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(data)
	}
	return ran{code: cmd.ProcessState.ExitCode(), out: string(out), path: content("path"), exported: content("env"), output: content("output")}
}

// What is missing or unknown is exit 2, and gate is not run.
func TestActionRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		inputs map[string]string
		want   string // in the output
	}{
		{"no command", map[string]string{}, `the input "command" is missing`},
		{"unknown command", map[string]string{"command": "chekc"}, "there is no command chekc"},
		{"commands to the runner", map[string]string{"command": "x\n::set-output name=verdict::pass"}, `there is no command $'x\n::set-output`},
		{"unknown mode", map[string]string{"command": "hold", "mode": "docker"}, "there is no mode docker"},
		{"empty mode", map[string]string{"command": "hold", "mode": ""}, "there is no mode ''"},
		{"no path", map[string]string{"command": "hold", "path": ""}, `the input "path" is missing`},
		{"no program", map[string]string{"command": "hold", "path": "known hosts"}, `path: there is no program known\ hosts`},
		{"empty revision", map[string]string{"command": "check", "revision": "", "known-hosts": "known hosts"}, `the input "revision" is empty`},
		{"no known-hosts for check", map[string]string{"command": "check"}, `the input "known-hosts" is missing`},
		{"no known-hosts for begin", map[string]string{"command": "begin"}, `the input "known-hosts" is missing`},
		{"no known-hosts for deploy", map[string]string{"command": "deploy", "run": "true"}, `the input "known-hosts" is missing`},
		{"no known-hosts for record", map[string]string{"command": "record", "status": "success"}, `the input "known-hosts" is missing`},
		{"from-ledger that is not quite true", map[string]string{"command": "check", "from-ledger": "yes"}, `the input "known-hosts" is missing`},
		{"known-hosts that is not there", map[string]string{"command": "check", "known-hosts": "nowhere"}, "known-hosts: there is no file nowhere"},
		{"known-hosts that is empty", map[string]string{"command": "check", "known-hosts": "/dev/null"}, "known-hosts: there is no file /dev/null, or nothing is in it"},
		{"deploy without a script", map[string]string{"command": "deploy", "known-hosts": "known hosts"}, `the input "run" is missing`},
		{"a script without deploy", map[string]string{"command": "hold", "run": "true"}, `the input "run" goes with the command deploy`},
		{"a kind without record", map[string]string{"command": "hold", "kind": "note"}, `the input "kind" goes with the command record`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := newStep(t, c.inputs).run(t)
			if got.code != exitUsage || !strings.Contains(got.out, c.want) {
				t.Errorf("got exit %d, want %d and %q in\n%s", got.code, exitUsage, c.want, got.out)
			}
			if strings.Contains(got.out, "<") || strings.Contains(got.out, "\n::") {
				t.Errorf("gate was run, or the runner was told something:\n%s", got.out)
			}
		})
	}
}

// gate gets each input as one argument, whatever is in it, and its exit code is the step's.
func TestActionRunsGate(t *testing.T) {
	const told = "<--github=summary,annotations,outputs>"
	hostile := "a b  'c' \"d\" $(touch made) `touch made` \\ ; touch made\n--to=staging *"
	for _, c := range []struct {
		name   string
		inputs map[string]string
		exit   string
		want   string
	}{
		{"check", map[string]string{"command": "check", "to": "production", "known-hosts": "known hosts"}, "3", "<check>" + told + "<--to=production>\n"},
		{"check from the ledger", map[string]string{"command": "check", "to": "production", "from-ledger": "true", "github": "comment"}, "1",
			"<check><--from-ledger=true><--github=comment><--to=production>\n"},
		{"check in a pull request", map[string]string{"command": "check", "to": "production", "fork": "report-only", "event": "pull_request"}, "1",
			"<check><--fork=report-only><--github=summary,annotations,outputs,comment><--pull-request=true><--to=production>\n"},
		{"check of the default branch's workflow in a pull request", map[string]string{"command": "check", "to": "production", "github": "summary", "event": "pull_request_target"}, "0",
			"<check><--github=summary><--pull-request=true><--to=production>\n"},
		{"check with fork, for another event", map[string]string{"command": "check", "to": "production", "fork": "report-only", "known-hosts": "known hosts", "event": "push"}, "0",
			"<check>" + told + "<--to=production>\n"},
		{"hold in a pull request", map[string]string{"command": "hold", "to": "production", "event": "pull_request"}, "0", "<hold><--to=production>\n"},
		{"record a kind", map[string]string{"command": "record", "kind": "note", "reason": hostile}, "0", "<record><--github=summary,outputs><--reason=" + hostile + "><--><note>\n"},
		{"with a token", map[string]string{"command": "record", "kind": "note", "token": "x"}, "0", "<record><--github=summary,outputs,deployments><--><note>\n"},
		{"deploy with a token", map[string]string{"command": "deploy", "run": "true", "known-hosts": "known hosts", "token": "x"}, "0",
			"<deploy>" + strings.Replace(told, ">", ",deployments>", 1) + "<--><bash><--noprofile><--norc><-eo><pipefail><-c><true>\n"},
		{"check with a token", map[string]string{"command": "check", "known-hosts": "known hosts", "token": "x"}, "0", "<check>" + told + "\n"},
		{"a kind is no flag", map[string]string{"command": "record", "kind": "--adopt", "known-hosts": "known hosts"}, "2", "<record><--github=summary,outputs><--><--adopt>\n"},
		{"record the status", map[string]string{"command": "record", "status": "success", "revision": hostile, "known-hosts": "known hosts"}, "0",
			"<record><--github=summary,outputs><--revision=" + hostile + "><--status=success>\n"},
		{"deploy", map[string]string{"command": "deploy", "run": "./put $(cat x)\nexit 3", "revision": "v1", "known-hosts": "known hosts"}, "7",
			"<deploy>" + told + "<--revision=v1><--><bash><--noprofile><--norc><-eo><pipefail><-c><./put $(cat x)\nexit 3>\n"},
		{"hold", map[string]string{"command": "hold", "to": hostile, "until": "4h"}, "0", "<hold><--to=" + hostile + "><--until=4h>\n"},
		{"resume", map[string]string{"command": "resume", "to": "production"}, "0", "<resume><--to=production>\n"},
		{"doctor", map[string]string{"command": "doctor", "policy": "policy"}, "3", "<doctor><--github=summary,annotations><--policy=policy>\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStep(t, c.inputs)
			s.env["FAKE_EXIT"] = c.exit
			got := s.run(t)
			if fmt.Sprint(got.code) != c.exit {
				t.Errorf("got exit %d, want %s", got.code, c.exit)
			}
			arguments, environment, _ := strings.Cut(got.out, ">\n")
			if diff := cmp.Diff(c.want, arguments+">\n"); diff != "" {
				t.Errorf("arguments (-want +got)\n%s\n%s", diff, got.out)
			}
			if strings.Contains(environment, "GATE_FLAG_") || strings.Contains(environment, "GATE_ACTION_") {
				t.Errorf("what the action is told is gate's, too:\n%s", environment)
			}
			if known := c.inputs["known-hosts"]; strings.Contains(environment, "GATE_KNOWN_HOSTS="+known+"\n") != (known != "") {
				t.Errorf("known-hosts %q, and gate gets\n%s", known, environment)
			}
			if _, err := os.Stat(filepath.Join(s.folder, "made")); err == nil {
				t.Error("an input was run")
			}
		})
	}
}

// Only what action.yml declares becomes a flag: a step's environment has what earlier steps have put there.
func TestActionTakesDeclaredInputsOnly(t *testing.T) {
	script, err := os.ReadFile("../../.github/action/run.sh")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, in := range readAction(t).Inputs {
		if name, flag := strings.CutPrefix(variable(in.name), "GATE_FLAG_"); flag {
			want = append(want, name)
		}
		if in.name == "revision" && !strings.Contains(string(script), "\nnot_given='"+in.Default+"'\n") {
			t.Errorf("run.sh does not know the default of revision, %q", in.Default)
		}
	}
	slices.Sort(want)
	_, after, _ := strings.Cut(string(script), "\ndeclared=\"")
	declared, _, _ := strings.Cut(after, "\"")
	if diff := cmp.Diff(want, strings.Fields(declared)); diff != "" {
		t.Errorf("flags of action.yml, and those of run.sh (-want +got)\n%s", diff)
	}

	s := newStep(t, map[string]string{"command": "check", "to": "production", "revision": "v1", "known-hosts": "known hosts"})
	for name := range noInputs {
		s.env[variable(name)] = "true"
	}
	for _, name := range []string{"GATE_FLAG_", "GATE_FLAG_T", "GATE_FLAG_TO_", "GATE_FLAG_to", "GATE_ACTION_X", "GATE_KNOWN_HOSTS"} {
		s.env[name] = "true"
	}
	got := s.run(t)
	if want := "<check><--github=summary,annotations,outputs><--revision=v1><--to=production>\n"; got.code != 0 || !strings.Contains(got.out, want) {
		t.Errorf("exit %d, and gate does not get %s:\n%s", got.code, want, got.out)
	}
	if strings.Contains(got.out, "GATE_KNOWN_HOSTS=true") || strings.Contains(got.out, "\nGATE_ACTION_X") {
		t.Errorf("gate gets what is no input:\n%s", got.out)
	}
}

// What any revision may be called is one: only an input that is left out makes a drift check.
func TestActionRevisionIsOne(t *testing.T) {
	for _, revision := range []string{"none", "None", "null", "false", "left-out", "left out ", "HEAD", "-"} {
		got := newStep(t, map[string]string{"command": "check", "to": "production", "revision": revision, "known-hosts": "known hosts"}).run(t)
		if !strings.Contains(got.out, "<--revision="+revision+">") {
			t.Errorf("%q: exit %d: %s", revision, got.code, got.out)
		}
	}
}

// gate is on PATH for later steps, under its name.
func TestActionLeavesGateOnPath(t *testing.T) {
	got := newStep(t, map[string]string{"command": "resume"}).run(t)
	program := filepath.Join(strings.TrimSuffix(got.path, "\n"), "gate")
	if out, err := exec.Command(program, "x").Output(); err != nil || !strings.HasPrefix(string(out), "<x>") {
		t.Errorf("GITHUB_PATH has %q: %s %v", got.path, out, err)
	}
}

// mode: source builds the program that the action comes with.
func TestActionBuildsGate(t *testing.T) {
	drifttest.Slow(t)
	drifttest.Program(t, "go")
	p := &project{t: t, root: t.TempDir()}
	s := newStep(t, map[string]string{"mode": "source", "command": "hold", "to": "$(production)"})
	s.action = p.buildable("action", ".github/action")
	runsBuilt(t, s)
	s = newStep(t, map[string]string{"mode": "source", "command": "hold"})
	s.env["PATH"] = onPath(t, "bash", "mkdir")
	if got := s.run(t); got.code != exitUsage || !strings.Contains(got.out, "mode: source needs go") {
		t.Errorf("without go: got exit %d, want %d\n%s", got.code, exitUsage, got.out)
	}
}

// runsBuilt checks that a step runs what project.buildable had built.
func runsBuilt(t *testing.T, s *step) {
	t.Helper()
	code, want := exitPass, "--to="+s.inputs["to"]+"\n"
	if drifttest.Thorough() {
		code, want = exitUsage, "gate: stat gate.hcl: no such file"
	}
	if got := s.run(t); got.code != code || !strings.Contains(got.out, want) {
		t.Errorf("got exit %d, want %d and %q in\n%s", got.code, code, want, got.out)
	}
}

// onPath returns a folder that has these programs only.
func onPath(t *testing.T, names ...string) string {
	t.Helper()
	folder := t.TempDir()
	for _, name := range names {
		if err := os.Symlink(drifttest.Program(t, name), filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// mode: release takes the bytes that the action pins, and no others.
func TestActionDownloadsGate(t *testing.T) {
	drifttest.Program(t, "curl")
	const program = "#!/usr/bin/env bash\necho released \"$@\"\n"
	name := "gate-v1.2.3-" + runtime.GOOS + "-" + runtime.GOARCH
	served := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1.2.3/"+name {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, served)
	}))
	defer server.Close()
	pin := fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(program)), name)
	tools := []string{"bash", "mkdir", "grep", "uname", "curl", "cut", "rm", "mv", "chmod", "tr"}
	for _, c := range []struct {
		name, pins, served, path string
		code                     int
		want                     string
	}{
		{"the pinned bytes", pin, program, "", exitPass, "released resume"},
		{"other bytes", pin, program + "#", "", exitUsage, "is not what this commit of the action pins"},
		{"cut bytes", pin, program[:20], "", exitUsage, "is not what this commit of the action pins"},
		{"nothing", pin, "", "", exitUsage, "is not what this commit of the action pins"},
		{"no tool for hashes", pin, program, "few", exitUsage, "there is no sha256sum or shasum"},
		{"not there", strings.ReplaceAll(pin, "v1.2.3", "v1.2.4"), program, "", exitUsage, "could not be downloaded"},
		{"no such platform", strings.ReplaceAll(pin, runtime.GOARCH, "m68k"), program, "", exitUsage, "mode: source"},
		{"pinned twice", pin + pin, program, "", exitUsage, "could not be downloaded"},
		{"no release", "", program, "", exitUsage, "this commit of the action has no release yet\n  mode: source"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStep(t, map[string]string{"mode": "release", "command": "resume", "download-url": server.URL})
			served = c.served
			s.action = actionWith(t, c.pins)
			if c.path != "" {
				s.env["PATH"] = onPath(t, tools...)
			}
			got := s.run(t)
			if got.code != c.code || !strings.Contains(got.out, c.want) {
				t.Errorf("got exit %d, want %d and %q in\n%s", got.code, c.code, c.want, got.out)
			}
			if c.code != exitPass && (strings.Contains(got.out, "released") || got.path != "") {
				t.Errorf("what was refused is on PATH, or was run: %q\n%s", got.path, got.out)
			}
		})
	}
}

// actionWith returns a copy of the action that pins a release.
func actionWith(t *testing.T, pins string) string {
	t.Helper()
	script, err := os.ReadFile("../../.github/action/run.sh")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	folder := filepath.Join(root, ".github/action")
	if err := errors.Join(
		os.MkdirAll(folder, 0o755),
		os.WriteFile(filepath.Join(folder, "run.sh"), script, 0o755),
		os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(pins), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	return root
}

// Workflows use no third-party action but by the commit; and what they tell this one are inputs that it has.
func TestWorkflowsPinActions(t *testing.T) {
	var names []string
	for _, in := range readAction(t).Inputs {
		names = append(names, in.name)
	}
	pinned := regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`)
	for _, path := range workflows(t) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var w struct {
			Permissions any
			Jobs        map[string]struct {
				Steps []struct {
					Uses string
					With map[string]string
				}
			}
		}
		if err := yaml.Unmarshal(data, &w); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if w.Permissions == nil {
			t.Errorf("%s: no permissions: it has those that the repository gives", path)
		}
		for _, job := range w.Jobs {
			for _, step := range job.Steps {
				if step.Uses == "seed-313c021b/gate@COMMIT" {
					for name := range step.With {
						if !slices.Contains(names, name) {
							t.Errorf("%s: the action has no input %q", path, name)
						}
					}
				} else if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s: %s is not pinned by its commit", path, step.Uses)
				}
			}
		}
	}
}

func workflows(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, folder := range []string{"workflows", "examples"} {
		paths, err := filepath.Glob("../../.github/" + folder + "/*.yml")
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d workflows, %v", folder, len(paths), err)
		}
		all = append(all, paths...)
	}
	return all
}

// README.md shows the example of a promotion as it is, and links the others.
func TestReadmeHasTheExamples(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range workflows(t) {
		if name, ok := strings.CutPrefix(path, "../../.github/examples/"); ok && !strings.Contains(string(readme), "(.github/examples/"+name+")") {
			t.Errorf("README.md does not link .github/examples/%s", name)
		}
	}
	example, err := os.ReadFile("../../.github/examples/promote.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, job, _ := strings.Cut(string(example), "\njobs:\n")
	checkReadme(t, "promote", "```yaml\n"+job+"```\n", func(s string) string { return s })
}
