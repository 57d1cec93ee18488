package collect

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// guard is a probe that shows what an installed one lets through.
var guard = installed(probe(map[string]string{
	"look":    `printf '%s;' "$root" "$@"`,
	"command": `printf '%s;' "$@"`,
}))

// forced runs a probe that is installed in a folder with its bounds and returns what it prints.
func forced(t *testing.T, shell []string, folder string, bounds []string, stdin string) (out, stderr string, err error) {
	t.Helper()
	path := filepath.Join(folder, "gate-probe")
	cmd := exec.Command(shell[0], append(append(shell[1:len(shell)-1:len(shell)-1], path), bounds...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var errors strings.Builder
	cmd.Stderr = &errors
	b, err := cmd.Output()
	return string(b), errors.String(), err
}

func TestInstalledBounds(t *testing.T) {
	t.Parallel()
	roots := []string{"/etc/app", "/srv/with space", "--run", "openssl version", "/usr/bin/id -u"}
	type section struct {
		name, collector string
		args            []string
		want            string // "" where it is refused
	}
	tests := []struct {
		root     string
		bounds   []string
		sections []section
	}{
		{"", roots, []section{
			{"inside", "look", []string{"/etc/app/x", "/srv/with space/**", "-a", "*.local"}, ";/etc/app/x;/srv/with space/**;-a;*.local;"},
			{"the folder itself", "look", []string{"/etc/app"}, ";/etc/app;"},
			{"none asked", "look", nil, ";"},
			{"outside", "look", []string{"/etc/app/x", "/etc/shadow"}, ""},
			{"a name that only begins alike", "look", []string{"/etc/application"}, ""},
			{"half a name with a space", "look", []string{"/srv/with"}, ""},
			{"up", "look", []string{"/etc/app/../shadow"}, ""},
			{"up at the end", "look", []string{"/etc/app/.."}, ""},
			{"up by a pattern", "look", []string{"/etc/app/.*/shadow"}, ""},
			{"up by another pattern", "look", []string{"/etc/app/.[.]/shadow"}, ""},
			{"up by a third pattern", "look", []string{"/etc/app/..*"}, ""},
			{"hidden files", "look", []string{"/etc/app/.venv/*"}, ";/etc/app/.venv/*;"},
			{"not from the root", "look", []string{"etc/shadow"}, ""},
			{"a name in /", "look", []string{"etc"}, ""},
			{"a pattern of names in /", "look", []string{"e*c"}, ""},
			{"the folder above", "look", []string{".."}, ""},
			{"a command line", "command", []string{"openssl version"}, "openssl version;"},
			{"a command line with a path", "command", []string{"/usr/bin/id -u"}, "/usr/bin/id -u;"},
			{"a longer command line", "command", []string{"openssl version; id"}, ""},
			{"half a command line", "command", []string{"openssl"}, ""},
			{"a folder as a command line", "command", []string{"/etc/app"}, ""},
			{"an empty command line", "command", []string{""}, ""},
		}},
		{"/srv", roots, []section{{"another root", "look", []string{"/etc/app/x"}, ""}}},
		{"/srv/with space/tree", roots, []section{{"a root inside", "look", []string{"/etc/app/x"}, "/srv/with space/tree;/etc/app/x;"}}},
		{"/x", nil, []section{{"any path", "look", []string{"/etc/shadow"}, "/x;/etc/shadow;"}}},
		{"", []string{"--run", "id"}, []section{{"any path, some commands", "look", []string{"/etc/shadow"}, ";/etc/shadow;"}}},
		{"", nil, []section{{"no command", "command", []string{"id"}, ""}}},
		{"", []string{"/"}, []section{{"everything", "look", []string{"/etc/shadow"}, ";/etc/shadow;"}}},
	}
	folder := program(t, "gate-probe", guard)
	inShells(t, func(t *testing.T, shell []string) {
		for _, test := range tests {
			words := []string{"W", "", test.root, ""}
			for i, s := range test.sections {
				words = append(append(words, strconv.Itoa(i), s.collector, strconv.Itoa(len(s.args))), s.args...)
			}
			out, stderr, err := forced(t, shell, folder, test.bounds, "a banner's answer\n"+requestLine(words...)+"\n")
			if err != nil || stderr != "" {
				t.Errorf("%q: %v %s", test.bounds, err, stderr)
			}
			if told := !strings.Contains(out, " - - -\n"); told == (test.root == "/srv") {
				t.Errorf("%q: of the root %q it says %.100q", test.bounds, test.root, out)
			}
			for i, s := range test.sections {
				_, got, _ := strings.Cut(out, fmt.Sprintf("=gate W begin %d\n", i))
				want := fmt.Sprintf("%s\n=gate W end %d 0 \n", s.want, i)
				if s.want == "" {
					want = fmt.Sprintf("\n=gate W end %d 77 the installed gate-probe does not allow", i)
				}
				if !strings.HasPrefix(got, want) {
					t.Errorf("%s: %.300q, want %q", s.name, got, want)
				}
			}
		}
		two := requestLine("W", "", "", "", "0", "command", "1", "openssl version\n/usr/bin/id -u")
		if out, _, err := forced(t, shell, folder, roots, two+"\n"); err == nil || strings.Contains(out, "begin") {
			t.Errorf("two command lines: %q", out)
		}
	})
}

// Whatever comes in instead of a request runs nothing and is refused.
func TestInstalledRefuses(t *testing.T) {
	t.Parallel()
	canary := filepath.Join(t.TempDir(), "canary")
	evil := "a[$(touch " + canary + ")]"
	line := func(words ...string) string {
		return requestLine(append([]string{"W", "", "", ""}, words...)...) + "\n"
	}
	tests := []struct{ name, stdin string }{
		{"nothing", ""},
		{"a shell script", "touch " + canary + "\n"},
		{"a script in front", "touch " + canary + "\n$(touch " + canary + ")\n"},
		{"not quoted", "gate_main W x\n"},
		{"half quoted", "gate_main 'W' '' '' '' 0 look 0\n"},
		{"not closed", "gate_main 'W' '' '' '\n"},
		{"a tail", "gate_main 'W' '' '' ''; touch " + canary + "\n"},
		{"a tail at a quote", "gate_main 'W' '' '' ''$(touch " + canary + ")\n"},
		{"two spaces", "gate_main 'W'  '' '' ''\n"},
		{"too short", "gate_main 'W' ''\n"},
		{"half a section", line("0", "look")},
		{"an evil name", line("0", evil, "0")},
		{"another function", line("0", "x; touch "+canary, "0")},
		{"an unknown collector", line("0", "nothing", "0")},
		{"two collectors", line("0", "look command", "0")},
		{"two collectors in another order", line("0", "command look", "0")},
		{"no name", line("0", "", "0")},
		{"an evil count", line("0", "look", evil)},
		{"a huge count", line("0", "look", "99999999999999999999")},
		{"a count too high", line("0", "look", "2", "/x")},
		{"a negative count", line("0", "look", "-1")},
		{"no count", line("0", "look", "")},
		{"NUL bytes", "gate_main\x00 'W'\x00\n"},
		{"not UTF-8", "\xff\xfe\n"},
	}
	folder := program(t, "gate-probe", guard)
	inShells(t, func(t *testing.T, shell []string) {
		for _, test := range tests {
			out, stderr, err := forced(t, shell, folder, []string{"/etc"}, test.stdin)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 64 || !strings.Contains(stderr, "this is no request of gate") || strings.Contains(out, "begin") {
				t.Errorf("%s: %v %q %q, want exit status 64", test.name, err, out, stderr)
			}
		}
		for _, words := range [][]string{
			{evil, "inner", evil, evil, evil, "look", "1", evil},
			{evil, evil, "", "", evil, "command", "1", evil},
		} {
			if out, _, err := forced(t, shell, folder, nil, requestLine(words...)+"\n"); err != nil {
				t.Errorf("%q: %v %q", words, err, out)
			}
		}
		if _, err := os.Stat(canary); err == nil {
			t.Error("the probe ran a part of what it was sent")
		}
	})
}

func TestInstalledRefusesUnknownBounds(t *testing.T) {
	t.Parallel()
	_, stderr, err := forced(t, []string{"sh", "-s"}, program(t, "gate-probe", guard), []string{"etc/app"}, requestLine("W", "", "", "")+"\n")
	if err == nil || stderr == "" {
		t.Errorf("a bound that is no folder is taken: %v %q", err, stderr)
	}
}

// What gate sends to any host is answered by the installed probe too, also the part that root reads.
func TestInstalledAnswersWhatIsSent(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	root := sharedDir(t)
	plant(t, root, map[string]string{
		"var/lib/dpkg/status": "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n",
		"etc/os-release":      "ID=debian\n",
	})
	path := filepath.Join(program(t, "gate-probe", Installed()), "gate-probe")
	sudo := program(t, "sudo", "#!/bin/sh\n[ \"$1 $2\" = '-n "+path+"' ] && shift && exec \"$@\"\n")
	request := Request{Word: NewWord(), Root: root, Queries: []Query{{Collector: "deb", Become: true}, {Collector: "os"}}}
	stdin, err := request.Stdin()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", path+" '"+root+"' /etc")
	asNobody(cmd)
	cmd.Env = []string{"PATH=" + sudo}
	sections, err := request.Read(t.Context(), bytes.NewReader(run(t, cmd, stdin)), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sections {
		if s.Status != drift.OK {
			t.Errorf("%s is %s: %s", s.Collector, s.Status, s.Reason)
		}
	}
	if len(sections) != 2 {
		t.Error(cmp.Diff(2, len(sections)))
	}
}
