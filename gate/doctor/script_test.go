package doctor

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// stepOf returns the findings about a step with a script, for which a step that deploys stands below it.
func stepOf(t *testing.T, script, shell, next string) []string {
	t.Helper()
	var b strings.Builder
	b.WriteString("on: workflow_dispatch\npermissions: {contents: write}\njobs:\n  d:\n    runs-on: ubuntu-latest\n    environment: production\n    steps:\n" +
		"      - uses: actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8\n        with: {fetch-depth: 0}\n      - id: g\n")
	if shell != "" {
		fmt.Fprintf(&b, "        shell: %q\n", shell)
	}
	b.WriteString("        run: |\n")
	for line := range strings.SplitSeq(script, "\n") {
		b.WriteString("          " + line + "\n")
	}
	if next != "" {
		b.WriteString("      - " + next + "\n")
	}
	return said(Examine(input(t, map[string]string{"a.yml": b.String()})))
}

// swallowing are scripts, each with the call of gate G. What is wanted is whether the step can succeed although gate fails: "yes", "no", or
// "unknown"; "skips" where it can without gate.
var swallowing = []struct{ want, shell, script string }{
	{"no", "", "G"},
	{"no", "", "G; echo next"},
	{"no", "", "G\necho next\necho more"},
	{"yes", "", "G || true"},
	{"yes", "", "G || :"},
	{"yes", "", "G || echo \"::error::blocked\""},
	{"yes", "", "G || ./notify"},
	{"no", "", "G || exit"},
	{"no", "", "G || exit 1"},
	{"no", "", "G || exit $?"},
	{"yes", "", "G || exit 0"},
	{"no", "", "G || { ./notify; exit 1; }"},
	{"no", "", "G || { ./notify || true; false; }"},
	{"no", "", "G || (echo blocked; exit 1)"},
	{"yes", "", "G || (exit 1) || true"},
	{"no", "", "G || die 'not let in'"},
	{"no", "", "die() { echo \"$1\" >&2; exit 1; }\nG || die 'not let in'"},
	{"yes", "", "die() { echo \"$1\" >&2; }\nG || die 'not let in'"},
	{"no", "", "G || echo no && exit 1"},

	// set -e, and shells that have it or not
	{"yes", "", "set +e\nG\necho next"},
	{"no", "", "set +e\nG"},
	{"no", "", "set +e\nG\ncode=$?\nset -e\nexit $code"},
	{"no", "", "set +e\nG\nset -e\n[ $? = 0 ] || echo no\nfalse"},
	{"yes", "", "set +e\nG\necho done\nexit $?"},
	{"yes", "", "set +o errexit\nG\necho next"},
	{"yes", "bash {0}", "G\necho next"},
	{"no", "bash {0}", "G"},
	{"no", "bash {0}", "set -euo pipefail\nG | tee x\necho next"},
	{"yes", "bash -l {0}", "G\necho next"},
	{"yes", "bash --login {0}", "G\necho next"},
	{"yes", "/usr/bin/bash {0}", "G\necho next"},
	{"yes", "sh {0}", "G\necho next"},
	{"yes", "sudo bash {0}", "G\necho next"},
	{"no", "bash -el {0}", "G\necho next"},
	{"no", "bash -o errexit {0}", "G\necho next"},
	{"no", "bash -leo pipefail {0}", "G | tee x"},
	{"yes", "bash -e {0}", "G | tee x"},
	{"no", "nix develop -c bash -e {0}", "G\necho next"},
	{"no", "sh", "G\necho next"},
	{"unknown", "${{ matrix.shell }}", "G\necho next"},
	{"no", "${{ matrix.shell }}", "G || exit"},

	// pipes
	{"yes", "", "G | tee x"},
	{"yes", "", "G 2>&1 | tee x"},
	{"yes", "", "G |& tee x"},
	{"yes", "sh", "G | tee x"},
	{"no", "bash", "G | tee x"},
	{"no", "", "set -o pipefail\nG | tee x | cat"},
	{"yes", "bash", "set +o pipefail\nG | tee x"},
	{"yes", "bash", "G | tee x || true"},
	{"no", "", "echo y | G"},
	{"no", "", "G | tee x\nexit ${PIPESTATUS[0]}"},
	{"yes", "", "G | tee x\nexit ${PIPESTATUS[1]}"},
	{"no", "", "G | tee x\ntest ${PIPESTATUS[0]} -eq 0"},
	{"yes", "", "G > >(tee x) || true"},
	{"no", "", "exec > >(tee x)\nG"},
	{"yes", "", "cat < <(G)"},

	// lists and conditions
	{"yes", "", "G && echo ok\necho next"},
	{"no", "", "G && echo ok"},
	{"no", "", "G && echo ok || exit 1"},
	{"yes", "", "G && echo ok || echo no"},
	{"no", "", "echo start && G\necho next"},
	{"yes", "", "! G"},
	{"yes", "", "! G\necho next"},
	{"yes", "", "if G; then echo ok; fi"},
	{"yes", "", "if G; then echo ok; else echo no; fi"},
	{"no", "", "if G; then echo ok; else echo no; exit 1; fi"},
	{"no", "", "if ! G; then exit 1; fi\necho next"},
	{"yes", "", "if ! G; then exit; fi"},
	{"yes", "", "if ! G; then exit $?; fi"},
	{"no", "", "if G; then :; else exit $?; fi"},
	{"yes", "", "if ! G; then echo no; fi"},
	{"yes", "", "if ! G; then [ \"$FORCE\" = yes ] || exit 1; fi"},
	{"skips", "", "if [ -n \"$X\" ]; then G; fi"},
	{"skips", "", "[ \"$SKIP\" = true ] || G"},
	{"skips", "", "[ -n \"$TOKEN\" ] || exit 0\nG"},
	{"skips", "", "command -v jq || exit 0\nG"},
	{"unknown", "", "f() { G; }"},
	{"unknown", "", "false && G\necho next"},
	{"no", "", "if [ -n \"$X\" ]; then G || exit 1; else exit 1; fi"},
	{"no", "", "case $X in\n  a) G ;;\n  *) G ;;\nesac"},
	{"no", "", "[[ $X == a ]] && G"},
	{"no", "", "{ G; }"},
	{"no", "", "( G )\necho next"},
	{"yes", "", "( G ) || true"},
	{"yes", "", "{ G; echo next; } || true"},
	{"yes", "", "if { G; echo next; }; then :; else exit 1; fi"},

	// its code, kept
	{"no", "", "G || code=$?\nexit ${code:-0}"},
	{"no", "", "code=0\nG || code=$?\n[ $code -eq 0 ]"},
	{"no", "", "code=0\nG || code=$?\nif [ \"$code\" != \"0\" ]; then exit 1; fi"},
	{"no", "", "code=0\nG || code=$?\nif [[ $code -ne 0 ]]; then exit 1; fi"},
	{"no", "", "code=0\nG || code=$?\nif (( code != 0 )); then exit $code; fi"},
	{"no", "", "code=0\nG || code=$?\nif ((code)); then exit 1; fi"},
	{"no", "", "code=0\nG || code=$?\ncase $code in 0) ;; *) exit 1;; esac"},
	{"yes", "", "code=0\nG || code=$?\ncase $code in 0) ;; 1) exit 1;; esac"},
	{"yes", "", "code=0\nG || code=$?\nif [ $code -eq 1 ]; then exit 1; fi"}, // 3 is undecided
	{"yes", "", "code=0\nG || code=$?\necho \"$code\""},
	{"yes", "", "set +e\nG\nif [ $? -eq 1 ]; then exit 1; fi"},
	{"no", "", "set +e\nG\nif [ $? -ne 0 ]; then exit 1; fi"},
	{"yes", "", "set +e\nG\necho gate said so\nif [ $? -ne 0 ]; then exit 1; fi"},

	// substitutions
	{"no", "", "V=$(G)"},
	{"no", "", "V=$(G)\necho \"$V\""},
	{"yes", "", "export V=$(G)"},
	{"yes", "", "readonly V=$(G)"},
	{"yes", "", "f() { local v=$(G); echo $v; }\nf"},
	{"no", "", "f() { local v; v=$(G); echo $v; }\nf"},
	{"yes", "", "echo \"$(G)\""},
	{"yes", "", "echo `G`"},
	{"yes", "", "cat <<< \"$(G)\""},
	{"yes", "", "cat <<EOF\n$(G)\nEOF"},
	{"yes", "", "V=x$(G) ./run"},
	{"yes", "", "V=$(G || true)"},
	{"yes", "", "V=$(G; echo next)"}, // bash has no set -e in there
	{"no", "sh", "V=$(G; echo next)"},
	{"no", "", "shopt -s inherit_errexit\nV=$(G; echo next)"},
	{"yes", "", "echo \"v=$(G)\" >> \"$GITHUB_OUTPUT\""},
	{"yes", "", "V=$(G | jq -r .outcome)"},
	{"no", "bash", "V=$(G | jq -r .outcome)"},

	// its output, read
	{"no", "", "V=$(G | jq -r .outcome)\n[ \"$V\" = pass ]"},
	{"no", "", "V=$(G | jq -r .outcome)\nif [ \"$V\" != pass ]; then exit 1; fi"},
	{"yes", "", "V=$(G | jq -r .outcome)\nif [ \"$V\" = blocked ]; then exit 1; fi"},
	{"no", "", "G >x || true\njq -e '.outcome == \"pass\"' x"},
	{"yes", "", "G >x || true\njq -e '.outcome != \"blocked\"' x"},
	{"yes", "", "G >x || true\nif grep -q BLOCKED x; then exit 1; fi"},

	// loops
	{"yes", "", "while ! G; do break; done"},
	{"no", "", "until G; do sleep 10; done"},
	{"yes", "", "until G; do [ $n -lt 5 ] || break; sleep 10; done"},
	{"no", "", "until G; do [ $n -lt 5 ] || exit 1; sleep 10; done"},
	{"yes", "", "for i in 1 2 3; do G && break; sleep 10; done"},
	{"no", "", "for i in 1 2 3; do G && break; [ $i = 3 ] && exit 1; sleep 10; done"},
	{"no", "", "for e in staging production; do G; done"},
	{"no", "", "for e in $ALL; do G || exit 1; done"},
	{"yes", "", "for e in $ALL; do G || continue; done"},
	{"no", "", "while read -r e; do G; done <list"},

	// functions, traps, other shells
	{"yes", "", "f() { G; echo x; }\nf || true"},
	{"no", "", "f() { G; echo x; }\nf"},
	{"yes", "", "f() { G; echo x; }\nf || exit 1"},
	{"yes", "", "f() { G; echo x; }\nif f; then echo ok; else exit 1; fi"},
	{"no", "", "f() { G || return 1; echo x; }\nf || exit 1"},
	{"yes", "", "f() { G || return; echo x; }\nf || true"},
	{"no", "", "retry() { for i in 1 2 3; do \"$@\" && return 0; sleep 5; done; return 1; }\nretry G"},
	{"yes", "", "try() { \"$@\" || echo failed; }\ntry G"},
	{"no", "", "retry() { n=$1; shift; \"$@\"; }\nretry 3 G"},
	{"yes", "", "trap 'exit 0' EXIT\nG"},
	{"no", "", "trap 'rm -rf x' EXIT\nG"},
	{"no", "", "trap 'code=$?; rm -rf x; exit $code' EXIT\nG"},
	{"no", "", "end() { code=$?; rm -rf x; exit $code; }\ntrap end EXIT\nG"},
	{"yes", "", "end() { rm -rf x; exit 0; }\ntrap end EXIT\nG"},
	{"yes", "", "( trap 'exit 0' EXIT; G )"},
	{"yes", "", "trap 'exit 0' ERR\nG"},
	{"no", "", "trap 'echo failed' ERR\nG"},
	{"yes", "", "G &"},
	{"yes", "", "G &\nwait"},
	{"no", "", "G &\npid=$!\nwait $pid"},
	{"no", "", "timeout 60 G"},
	{"yes", "", "timeout 60 G || echo late"},
	{"no", "", "sudo -u deploy G\necho next"},
	{"yes", "", "bash -c 'G; echo next'"},
	{"no", "", "bash -ec 'G; echo next'"},
	{"no", "", "bash -c 'G'\necho next"},
	{"yes", "", "bash -c 'G' || true"},
	{"yes", "", "eval 'G || true'"},
	{"no", "", "exec G"},
	{"no", "", "time G\necho next"},

	// PowerShell, cmd and others
	{"no", "pwsh", "G"},
	{"yes", "pwsh", "G\n./other"},
	{"no", "pwsh", "G\nWrite-Host next"},
	{"no", "pwsh", "G\nif ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }\n./other"},
	{"yes", "pwsh", "G || Write-Host no"},
	{"no", "powershell", "G"},
	{"yes", "cmd", "G\necho next"},
	{"no", "cmd", "G || exit /b 1\necho next"},
	{"no", "cmd", "G"},
	{"unknown", "fish {0}", "G\necho next"},
	{"unknown", "python", "subprocess.run(['gate', 'check'])"},
}

var callsGate = regexp.MustCompile(`\bG\b`)

func TestSwallowed(t *testing.T) {
	for _, c := range swallowing {
		script := callsGate.ReplaceAllString(c.script, "gate check --to production")
		t.Run(c.shell+"/"+c.script, func(t *testing.T) {
			got := strings.Join(stepOf(t, script, c.shell, "run: ./deploy production"), ", ")
			code, _, _ := strings.Cut(got, " ")
			if want := map[string]string{"yes": "gate.swallowed", "no": "", "unknown": "settings.unknown", "skips": "gate.skippable"}[c.want]; code != want || strings.Contains(got, ",") {
				t.Errorf("got %q, want %q of\n%s", got, want, script)
			}
		})
	}
}

// Each script has gate and more in it; next is the step below it.
func TestScriptBesideOthers(t *testing.T) {
	const (
		deploys = "run: ./deploy production"
		asks    = "run: ./deploy production\n        if: "
	)
	for _, c := range []struct{ want, shell, script, next string }{
		// what deploys is in the script itself
		{"", "", "gate check --to production\n./deploy production", ""},
		{"", "", "if gate check --to production; then ./deploy production; fi", ""},
		{"", "", "if gate check --to production; then ./deploy production; fi", "run: echo done"},
		{"", "", "gate check --to production && ./deploy production", ""},
		{"", "", "gate check --to production || exit 1\n./deploy production", ""},
		{"", "", "put() { kubectl apply -f production; }\ngate check --to production\nput", ""},
		{"gate.swallowed", "", "gate check --to production || true\n./deploy production", ""},
		{"gate.swallowed", "", "gate check --to production; ./deploy production", "SHELL"},
		{"gate.swallowed", "bash {0}", "gate check --to production\n./deploy production\nexit 1", ""},
		{"gate.swallowed", "", "put() { kubectl apply -f production; }\ngate check --to production || put", ""},
		{"gate.swallowed", "", "trap './deploy production' EXIT\ngate check --to production", ""},
		{"deploy.ungated", "", "./deploy production\ngate check --to production", ""},
		{"", "", "./deploy staging\ngate check --to production\n./deploy production", ""},
		{"gate.skippable", "", "if [ -z \"$FORCE\" ]; then gate check --to production; fi\n./deploy production", ""},
		{"", "", "if [ \"$TO\" = staging ]; then ./deploy staging; else gate check --to production; ./deploy production; fi", ""},

		// how gate is called
		{"gate.swallowed", "", "gate --policy x/gate.hcl check --to production || true", deploys},
		{"gate.swallowed", "", "gate --policy=x/gate.hcl check --to production || true", deploys},
		{"gate.swallowed", "", "$GATE check --to production || true", deploys},
		{"gate.swallowed", "", "GATE=./bin/gate\n\"${GATE}\" check --to production || true", deploys},
		{"gate.swallowed", "", "./tools/gate check --to production || true", deploys},
		{"gate.swallowed", "", "$SUDO gate check --to production || true", deploys},
		{"gate.swallowed", "", "ssh bastion gate check --to production || true", deploys},
		{"gate.swallowed", "", "go run ./cmd/gate check --to production || true", deploys},
		{"gate.swallowed", "", "docker run --rm -v x:y gate check --to production || true", deploys},
		{"", "", "GATE=./bin/gate\n\"$GATE\" check --to production", deploys},

		// what the script leaves for later steps, and what they make of it
		{"", "", "code=0\ngate check --to production || code=$?\necho \"code=$code\" >> \"$GITHUB_OUTPUT\"", asks + "steps.g.outputs.code == '0'"},
		{"", "", "code=0\ngate check --to production || code=$?\necho \"code=$code\" >> \"$GITHUB_OUTPUT\"", asks + "steps.g.outputs.code == 0"},
		{"gate.swallowed", "", "code=0\ngate check --to production || code=$?\necho \"code=$code\" >> \"$GITHUB_OUTPUT\"", asks + "steps.g.outputs.code != '1'"},
		{"gate.swallowed", "", "code=0\ngate check --to production || code=$?\necho \"code=$code\" >> \"$GITHUB_OUTPUT\"", asks + "steps.g.outputs.code"},
		{"gate.swallowed", "", "code=0\ngate check --to production || code=$?\necho \"code=$code\" >> \"$GITHUB_OUTPUT\"", deploys},
		{"", "", "if gate check --to production; then echo go=true >> $GITHUB_OUTPUT; else echo go=false >> $GITHUB_OUTPUT; fi", asks + "steps.g.outputs.go == 'true'"},
		{"gate.swallowed", "", "if gate check --to production; then echo go=true >> $GITHUB_OUTPUT; else echo go=false >> $GITHUB_OUTPUT; fi", asks + "steps.g.outputs.go"},
		{"", "", "if gate check --to production; then echo go=true >> $GITHUB_OUTPUT; fi", asks + "steps.g.outputs.go == 'true'"},
		{"", "", "if gate check --to production; then echo go=true >> $GITHUB_OUTPUT; fi", asks + "steps.g.outputs.go"},
		{"gate.swallowed", "", "if gate check --to production; then echo go=true | tee -a $GITHUB_OUTPUT; fi", asks + "steps.g.outputs.go"},
		{"gate.swallowed", "", "gate check --to production || true\necho \"go=$(cat x)\" >> $GITHUB_OUTPUT", asks + "steps.g.outputs.go == 'true'"},
		{"", "", "if gate check --to production; then echo GO=1 >> $GITHUB_ENV; else echo GO=0 >> $GITHUB_ENV; fi", asks + "env.GO == '1'"},
		{"gate.swallowed", "", "if gate check --to production; then echo GO=1 >> $GITHUB_ENV; else echo GO=0 >> $GITHUB_ENV; fi", asks + "env.GO"},
		{"", "", "echo \"v=$(gate check --to production --format json | jq -r .outcome)\" >> \"$GITHUB_OUTPUT\"", asks + "steps.g.outputs.v == 'pass'"},
		{"gate.swallowed", "", "echo \"v=$(gate check --to production --format json | jq -r .outcome)\" >> \"$GITHUB_OUTPUT\"", asks + "steps.g.outputs.v != 'blocked'"},
		{"", "", "if [ -n \"$SKIP\" ]; then echo go=no >> $GITHUB_OUTPUT; exit 0; fi\ngate check --to production\necho go=yes >> $GITHUB_OUTPUT", asks + "steps.g.outputs.go == 'yes'"},
		{"", "", "gate check --to production --github outputs || true", asks + "steps.g.outputs.verdict == 'pass'"},
		{"gate.swallowed", "", "gate check --to production --github outputs || true", asks + "steps.g.outputs.verdict != 'blocked'"},
		{"gate.swallowed", "", "gate check --to production --github outputs || true", asks + "steps.g.outcome == 'success'"},
	} {
		t.Run(c.script+"/"+c.next, func(t *testing.T) {
			shell, next := c.shell, c.next
			if next == "SHELL" {
				shell, next = "sh {0}", ""
			}
			got := strings.Join(stepOf(t, c.script, shell, next), ", ")
			if code, _, _ := strings.Cut(got, " "); code != c.want || strings.Contains(got, ",") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// What is said of scripts is what real shells do with them: one that holds never succeeds, whatever gate's exit code is and
// whatever its variables and other programs say; one that does not hold succeeds in some way.
func TestSwallowedByRealShells(t *testing.T) {
	drifttest.Minutes(t) // TestSwallowed has the same scripts
	t.Parallel()
	bash := drifttest.Program(t, "bash")
	folder := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/bash\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("gate", `echo >>"$CALLS"; n=$(wc -l <"$CALLS"); [ "$n" -lt 40 ] || kill -9 "$PPID"
case $CODE in 1) echo '{"outcome": "blocked"}' ;; 3) echo '{"outcome": "undecided"}' ;; esac; exit "$CODE"`)
	write("jq", `text=$(cat "${@: -1}" 2>/dev/null || cat); case $text in *blocked*) v=blocked ;; *undecided*) v=undecided ;; *) v= ;; esac
case "$*" in *==*) [ "$v" = pass ] ;; *!=*) [ "$v" != blocked ] ;; *) echo "$v" ;; esac`)
	for _, name := range []string{"sleep", "notify", "x", "run", "die"} {
		write(name, "exit 0")
	}
	write("die", "kill $PPID") // what it is called for
	write("list", "")
	write("sudo", `[ "$1" != -u ] || shift 2; exec "$@"`)
	write("nix", `shift 2; exec "$@"`)
	for i, c := range swallowing {
		how := (&step{job: &job{}, shell: c.shell}).interpreter()
		if c.want != "yes" && c.want != "no" || how.name != "bash" && how.name != "sh" || !how.known {
			continue
		}
		t.Run(c.shell+"/"+c.script, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(folder, fmt.Sprint("script", i))
			if err := os.WriteFile(file, []byte(callsGate.ReplaceAllString(c.script, "gate check --to production")), 0o644); err != nil {
				t.Fatal(err)
			}
			args := []string{file}
			if how.name == "sh" {
				args = []string{"-o", "posix", file}
			}
			if how.errexit {
				args = append([]string{"-e"}, args...)
			}
			if how.pipefail {
				args = append([]string{"-o", "pipefail"}, args...)
			}
			succeeds := ""
			for _, code := range []string{"1", "2", "3"} {
				for _, variables := range []string{"", "a"} {
					calls := file + ".calls"
					os.Remove(calls)
					cmd := exec.CommandContext(t.Context(), bash, args...)
					cmd.Dir = folder
					cmd.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "CODE=" + code, "CALLS=" + calls, "X=" + variables, "FORCE=yes", "n=9", "ALL=a b", "GITHUB_OUTPUT=" + file + ".out"}
					err := cmd.Run()
					if _, called := os.Stat(calls); err == nil && called == nil {
						succeeds = code
					}
				}
			}
			if (succeeds != "") != (c.want == "yes") {
				t.Errorf("it succeeds where gate ends with %q, want %s of\n%s", succeeds, c.want, c.script)
			}
		})
	}
}

// Scripts made at random, in which all is known, end as bash ends them.
var ofF = regexp.MustCompile(`\bf\b`)

func TestFollowsAsBash(t *testing.T) {
	t.Parallel()
	bash := drifttest.Program(t, "bash")
	random := rand.New(rand.NewPCG(1, 2))
	one := func(list ...string) string { return list[random.IntN(len(list))] }
	alone := func(body string) string { return ofF.ReplaceAllString(strings.ReplaceAll(body, "f() ", ""), ":") } // so that f does not call itself
	var list func(depth int) string
	simple := func(depth int) string {
		if depth == 0 {
			return one("G", "G", "true", "false", ": x", "V=$(G)", "export V=$(G)", ": $(G)", "set +e", "set -e", "set -o pipefail", "exit", "exit 0", "exit 3", "exit $?", "c=$?",
				"[ $? = 0 ]", "[[ $c != 0 ]]", "((c))", "exit $c", "trap 'exit $?' EXIT", "trap 'c=1; exit 0' EXIT", "trap ': x' ERR", "trap 'exit 0' ERR", "f", "f", "V=$(G; : x)", ": \"$V\"")
		}
		a, b, c := list(depth-1), list(depth-1), list(depth-1)
		return one(
			a+"; "+b, a+"; "+b, "{ "+a+"; }", "( "+a+" )", "! { "+a+"; }", "{ "+a+"; } && { "+b+"; }", "{ "+a+"; } || { "+b+"; }", "{ "+a+"; } | :", "true | { "+a+"; }",
			"{ "+a+"; } | { "+b+"; }", "{ "+a+"; } && { "+b+"; } || { "+c+"; }", "if "+a+"; then "+b+"; else "+c+"; fi", "for i in 1 2; do "+a+"; done", "for i in 1 2; do { "+a+"; } && break; done",
			"for i in 1 2; do { "+a+"; } || continue; "+b+"; done", "while "+a+"; do "+b+"; break; done", "case $? in 0) "+a+";; *) "+b+";; esac", "V=$( "+a+" )", "f() { "+alone(a)+"; }; "+b, "f() ( "+alone(a)+" ); "+b, "f() { { "+alone(a)+"; } || return; "+alone(c)+"; }; "+b)
	}
	list = func(depth int) string {
		if depth > 0 && random.IntN(3) == 0 {
			depth--
		}
		return simple(depth)
	}
	for range drifttest.Times(20, 1000) {
		text := "c=0\nf() { :; }\n" + list(3) + "\n" + list(3) + "\n" + one("G", "true", ": x")
		calls := callsGate.FindAllStringIndex(text, -1) // one of them is gate
		if len(calls) == 0 {
			continue
		}
		chosen, at := random.IntN(len(calls)), -1
		text = callsGate.ReplaceAllStringFunc(text, func(string) string {
			if at++; at == chosen {
				return "G"
			}
			return "true"
		})
		errexit, pipefail := random.IntN(4) > 0, random.IntN(4) == 0
		want := false
		for _, code := range []string{"1", "2", "3"} {
			args := []string{"-c", "G() { echo >&2; return " + code + "; }\n" + text}
			if errexit {
				args = append([]string{"-e"}, args...)
			}
			if pipefail {
				args = append([]string{"-o", "pipefail"}, args...)
			}
			cmd := exec.CommandContext(t.Context(), bash, args...)
			var called bytes.Buffer
			cmd.Stderr = &called
			err := cmd.Run()
			if called.Len() > 0 && err == nil {
				want = true
			}
		}
		followed := 0
		s, commands := scriptOf(callsGate.ReplaceAllString(text, "gate check"), 1, &followed)
		if s == nil {
			t.Fatalf("not parsed: %s", text)
		}
		s.inert = nil // nothing is left out
		call := slices.IndexFunc(commands, func(c command) bool { return isGate(c.words) })
		all, _, _ := s.endings(commands[call].node, errexit, pipefail)
		got := slices.ContainsFunc(all, func(e ending) bool { return e.judged && e.status == 0 })
		if got != want {
			t.Errorf("got success %v, want %v (set -e: %v, pipefail: %v) of\n%s", got, want, errexit, pipefail, text)
		}
	}
}

// What a script does for ever, or with ever more, is given up. What was not followed to its end is not known to hold.
func TestScriptsAreBounded(t *testing.T) {
	many := "for i in 1 2 3 4 5 6 7 8 9; do " // of which more stand within each other
	for name, script := range map[string]string{
		"loops":      strings.Repeat(many, 40) + "true" + strings.Repeat("; done", 40) + "\ngate check --to production",
		"tests":      strings.Repeat("[ -n \"$A\" ]; read x || y=1; ./a && exit 1\n", 40) + "gate check --to production",
		"texts":      "x=0123456789\n" + strings.Repeat(many, 40) + "x=$x$x$x; f $x" + strings.Repeat("; done", 40) + "\nf() { exit 1; }\ngate check --to production",
		"arguments":  "f() { f \"$@\" \"$@\"; }\nf a b c\ngate check --to production",
		"itself":     "f() { f; }\nf\ngate check --to production",
		"two":        "f() { g; g; }\ng() { f; f; }\nf\ngate check --to production",
		"calls":      strings.Repeat("gate check --to production || exit\n", 2000),
		"substitute": strings.Repeat("$(", 300) + "gate check --to production" + strings.Repeat(")", 300),
		"eval":       "eval 'eval \"eval gate check --to production\"'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := Parse("a.yml", fmt.Appendf(nil, "on: push\njobs: {d: {steps: [{run: %q}]}}", script))
			if err != nil {
				t.Fatal(err)
			}
			calls := w.jobs[0].steps[0].calls
			if slices.Contains([]string{"texts", "arguments", "itself", "two", "calls"}, name) && calls[len(calls)-1].untold == "" {
				t.Errorf("got %+v, want what is not known", calls[len(calls)-1])
			}
			if w.followed > maxFollowed+2*maxCommands {
				t.Errorf("%d commands were followed", w.followed)
			}
		})
	}
}
