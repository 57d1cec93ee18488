package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/policies"
)

// initLab is hosts that share a tree, and what is needed to reach them.
type initLab struct {
	run     initRun
	servers []*drifttest.SSHD
}

func newInitLab(t *testing.T, hosts int) *initLab {
	folder := t.TempDir()
	tree, err := newDemoTree(folder, "staging-1")
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"/etc/systemd/system/app.service": "[Service]\nExecStart=/srv/app/venv/bin/app\n",
		"/var/lib/dpkg/info/nginx.list":   "/etc\n/etc/nginx\n/etc/systemd\n/etc/apt\n/etc/puppet\n/etc/ssh\n",
		"/etc/nginx/nginx.conf":           "",
		"/etc/apt/apt.conf.d/20auto":      "APT::Periodic::Unattended-Upgrade \"1\";\n",
	} {
		if err := tree.write(path, text); err != nil {
			t.Fatal(err)
		}
	}
	l := &initLab{run: initRun{output: filepath.Join(folder, "gate.hcl"), root: string(tree), settings: host.Settings{
		Config: "none", KnownHosts: []string{filepath.Join(folder, "known_hosts")}}}}
	for i := range hosts {
		s := drifttest.Serve(t, &drifttest.SSHD{})
		l.servers = append(l.servers, s)
		identity := filepath.Join(folder, fmt.Sprintf("id-%d", i))
		l.run.settings.IdentityFiles = append(l.run.settings.IdentityFiles, identity)
		if err := errors.Join(appendText(l.run.settings.KnownHosts[0], s.KnownHosts()), appendText(identity, s.ClientPEM())); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l *initLab) host(i int) string { return "deploy@" + l.servers[i].Addr() }

// init runs gate init and returns its exit code and what it said.
func (l *initLab) init(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	a := demoApp(&stdout, &stderr)
	a.flags.parallel = 4
	a.now = func() time.Time { return time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC) }
	err := a.init(t.Context(), l.run, args)
	var exit *exitError
	switch {
	case errors.As(err, &exit):
		code = exit.code
		fmt.Fprintln(&stderr, exit.Error())
	case err != nil:
		t.Fatal(err)
	}
	return code, stdout.String(), stderr.String()
}

func TestInit(t *testing.T) {
	l := newInitLab(t, 2)
	dead := deadPort(t)
	args := []string{"staging=" + l.host(0), "production=" + l.host(1) + ",deploy@" + dead}
	code, out, errs := l.init(t, args...)
	if code != exitPass {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{"from 2 of 3 hosts", "gate check --policy " + l.run.output + " --to production\n",
		"  gate record --policy " + l.run.output + " --adopt ", "  gate deploy --policy " + l.run.output + " --to staging --revision R -- COMMAND\n",
		"  export GATE_DIGEST_KEY=$(", "  gate doctor --policy " + l.run.output + " "} {
		if !strings.Contains(out, want) {
			t.Errorf("standard output has no %q:\n%s", want, out)
		}
	}
	for _, want := range []string{"Debian GNU/Linux 12 (bookworm), 1 virtual environment, 1 unit of its own, 1 folder in /etc of no package\n", dead + ": not read: "} {
		if !strings.Contains(errs, want) {
			t.Errorf("standard error has no %q:\n%s", want, errs)
		}
	}
	text := readFile(t, l.run.output)
	for _, want := range []string{
		"collect \"deb\" {}\n", `"/srv/app/venv" = ["/srv/app/requirements.txt"]`, `"/etc/app/**",`, `"app.service",`, `settle = "36h"`,
		"use \"baseline/python\" {}\n", `from = ["staging"]`, `mode  = "report"`, `until = "2026-12-20"`, "#   production/web/" + dead + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the policy has no %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "nginx") {
		t.Errorf("the policy has a package's folder:\n%s", text)
	}

	code, _, errs = l.init(t, args...)
	if after := readFile(t, l.run.output); code != exitUsage || after != text {
		t.Errorf("a second time: exit %d, %s; the policy:\n%s", code, errs, after)
	}
}

// TestInitThenCheck reads the same hosts by the policy that was written.
func TestInitThenCheck(t *testing.T) {
	l := newInitLab(t, 2)
	if code, _, errs := l.init(t, "staging="+l.host(0), "production="+l.host(1)); code != exitPass {
		t.Fatalf("exit %d: %s", code, errs)
	}
	ssh := fmt.Sprintf("ssh {\n config = \"none\"\n known_hosts = %s\n identity_files = %s\n root = %s\n}\n",
		literals(l.run.settings.KnownHosts), literals(l.run.settings.IdentityFiles), literal(l.run.root))
	text := strings.ReplaceAll(readFile(t, l.run.output), "  role ", ssh+"  role ")
	before, service, _ := strings.Cut(text, "collect \"service\"") // there is no systemd in a tree
	_, after, _ := strings.Cut(service, "\n}\n")
	text = before + after
	if err := os.WriteFile(l.run.output, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	a := demoApp(&out, &errs)
	a.cacheFolder = t.TempDir()
	code := a.run(t.Context(), []string{"check", "--policy", l.run.output, "--to", "production"})
	if code != exitPass || !strings.HasPrefix(out.String(), "PASS ") {
		t.Errorf("exit %d:\n%s%s", code, &out, &errs)
	}
}

func TestInitNoneRead(t *testing.T) {
	l := newInitLab(t, 1)
	tests := []struct {
		name, known, want string
	}{
		{"unknown host", "", "connect once with ssh "},
		{"another key", "", "the key is not the known one"},
	}
	other := drifttest.Serve(t, &drifttest.SSHD{})
	tests[1].known = strings.Replace(other.KnownHosts(), fmt.Sprint(other.Port()), fmt.Sprint(l.servers[0].Port()), 1)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := os.WriteFile(l.run.settings.KnownHosts[0], []byte(test.known), 0o600); err != nil {
				t.Fatal(err)
			}
			code, _, errs := l.init(t, "production="+l.host(0))
			if code != exitUndecided || !strings.Contains(errs, test.want) || !strings.Contains(errs, "none of the hosts could be read") {
				t.Errorf("exit %d, want %d and %q:\n%s", code, exitUndecided, test.want, errs)
			}
			if _, err := os.Stat(l.run.output); err == nil {
				t.Error("a policy is written")
			}
		})
	}
}

func TestInitUsage(t *testing.T) {
	l := newInitLab(t, 1)
	folder := filepath.Dir(l.run.output)
	for name, text := range map[string]string{
		"hosts.yml": "all:\n  hosts:\n    web1:\n", "yaml": "# inventory\n---\nall:\n", "hosts.json": "{}", "json": "{\"all\": {}}\n", "program": "#!/bin/sh\necho\n",
		"broken.ini": "[web\nweb1\n", "good.ini": "[web]\nweb1\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return "production=ansible:" + filepath.Join(folder, name) }
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no equals sign", []string{"staging"}, `"staging" is not ENV=HOST`},
		{"no host", []string{"staging="}, `"staging=" is not ENV=HOST`},
		{"an empty host", []string{"staging=a,,b"}, "has no name"},
		{"an option", []string{"staging=-oProxyCommand=x"}, "begins with"},
		{"twice", []string{"staging=a", "staging=b"}, "staging"},
		{"one host, two environments", []string{"staging=a", "production=a"}, "One host, two environments"},
		{"one host twice", []string{"staging=a,a"}, "Duplicate host"},
		{"no inventory", []string{in("none.ini")}, "no such file"},
		{"a folder", []string{in("")}, "is a folder"},
		{"YAML by name", []string{in("hosts.yml")}, "is a YAML inventory; only inventories in INI form are read"},
		{"YAML by content", []string{in("yaml")}, "is a YAML inventory"},
		{"JSON by name", []string{in("hosts.json")}, "is a JSON inventory"},
		{"JSON by content", []string{in("json")}, "is a JSON inventory"},
		{"a program", []string{in("program")}, "is a program that makes an inventory"},
		{"a broken inventory", []string{in("broken.ini")}, "broken.ini: line 1: "},
		{"no such group", []string{in("good.ini:wbe")}, `there is no group "wbe"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			code, _, errs := l.init(t, test.args...)
			if code != exitUsage || !strings.Contains(errs, test.want) {
				t.Errorf("exit %d, want %d and %q:\n%s", code, exitUsage, test.want, errs)
			}
		})
	}
	if n := l.servers[0].Sessions(); n > 0 {
		t.Errorf("%d sessions on the host", n)
	}
}

func TestInitInventory(t *testing.T) {
	l := newInitLab(t, 2)
	inventory := filepath.Join(t.TempDir(), "hosts.ini")
	text := fmt.Sprintf("[app]\nstaging-1\n\n[app:vars]\nansible_host=127.0.0.1\nansible_user=deploy\nansible_port=%d\nansible_ssh_private_key_file=~/.ssh/ci\n", l.servers[0].Port())
	if err := errors.Join(os.WriteFile(inventory, []byte(text), 0o644), os.Mkdir(filepath.Join(filepath.Dir(inventory), "group_vars"), 0o755)); err != nil {
		t.Fatal(err)
	}
	code, _, errs := l.init(t, "staging=ansible:"+inventory+":app", "production="+l.host(1))
	if code != exitPass {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{"ansible_ssh_private_key_file are not taken over", "the variables in group_vars are not read"} {
		if !strings.Contains(errs, want) {
			t.Errorf("standard error has no %q:\n%s", want, errs)
		}
	}
	policy := readFile(t, l.run.output)
	for _, want := range []string{
		fmt.Sprintf("%q, # %q\n", l.host(0), "staging-1"), fmt.Sprintf("# As they stood in %q, group \"app\".", inventory),
	} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy has no %q:\n%s", want, policy)
		}
	}
}

// TestDraft makes policies from what hosts could say, also what no good host says.
func TestDraft(t *testing.T) {
	on := func(environment, name string, found collect.Discovery) stageHost {
		return stageHost{dest: "deploy@" + name, id: drift.HostID{Environment: environment, Role: "web", Name: name}, found: found}
	}
	strange := "/srv/\"${evil}\" %{if} # */\t'"
	d := draft{until: time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC), stages: []stage{
		{name: "staging", hosts: []stageHost{on("staging", "s1", collect.Discovery{
			Venvs:     []string{"/home/me/venv", "/home/app/venv", "/srv/app/venv", strange},
			Checkouts: []string{strange, "/home/me/src"}, Units: []string{"app@.service", "a b\".service"},
			Folders: []string{"/etc/app", "/etc/rc3.d", "/etc/python3", "/etc/${x}"}, Requirements: []string{"/srv/other/requirements.txt"},
		})}},
		{name: "production", hosts: []stageHost{
			on("production", "p1", collect.Discovery{Venvs: []string{"/home/app/venv", "/srv/app/venv"}, Folders: []string{"/etc/app"}}),
			{dest: "p2", id: drift.HostID{Environment: "production", Role: "web", Name: "p2"}, err: errors.New("down")},
		}},
	}}
	text, err := d.policy()
	if err != nil {
		t.Fatal(err)
	}
	p, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: text}}, "gate.hcl")
	if len(diags) > 0 {
		t.Fatalf("%v\n%s", diags, text)
	}
	got := map[string][]string{}
	for _, c := range p.Collects {
		for _, arg := range []string{"venvs", "paths", "units", "optional"} {
			got[c.Query.Collector+"."+arg] = append(got[c.Query.Collector+"."+arg], c.Query.Strings(arg)...)
		}
		got[c.Query.Collector+".checkout"] = append(got[c.Query.Collector+".checkout"], c.Query.Text("checkout"))
	}
	want := map[string][]string{
		"python.venvs": {"/home/app/venv", "/srv/app/venv"}, "file.paths": {"/etc/${x}/**", "/etc/app/**", "/etc/systemd/system/a b\".service", "/etc/systemd/system/app@.service"},
		"service.units": nil, "service.optional": {"app@*.service"}, "revision.checkout": nil,
	}
	for key := range want {
		slices.Sort(want[key])
		slices.Sort(got[key])
		if diff := cmp.Diff(want[key], got[key]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	for _, line := range []string{"\"/etc/app/**\",\n", "# only on staging/web/s1\n", "#   \"/home/me/venv\" # only on staging/web/s1\n", "#   production/web/p2\n"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("no %q in:\n%s", line, text)
		}
	}
	if again := policies.Format(text); !bytes.Equal(again, text) {
		t.Error("it is not in the canonical layout")
	}
}

// TestDraftPromotions switches on what a draft proposes for promotions.
func TestDraftPromotions(t *testing.T) {
	const strange = "/srv/\"${evil}\" %{if} # */\t'/src"
	tests := []struct {
		name  string
		found collect.Discovery
		want  policies.Component // Marker and Units
		none  bool
	}{
		{name: "a checkout", found: collect.Discovery{Checkouts: []string{"/srv/app/src"}, Units: []string{"app.service", "app.timer", "other@.service"}},
			want: policies.Component{Marker: `revision["/srv/app/src"].commit`, Units: []string{"app.service"}}},
		{name: "a REVISION file", found: collect.Discovery{Markers: []string{"/srv/app/current/REVISION"}},
			want: policies.Component{Marker: `revision["/srv/app/current/REVISION"].value`}},
		{name: "a strange folder", found: collect.Discovery{Checkouts: []string{strange}}, none: true},
		{name: "a folder with a quote", found: collect.Discovery{Checkouts: []string{"/srv/\"${evil}\" %{if} # '/src"}},
			want: policies.Component{Marker: drift.Address("revision").Key("/srv/\"${evil}\" %{if} # '/src").Attr("commit")}},
		{name: "two checkouts", found: collect.Discovery{Checkouts: []string{"/srv/app/src", "/srv/lib/src"}}, none: true},
		{name: "both", found: collect.Discovery{Checkouts: []string{"/srv/app/src"}, Markers: []string{"/srv/app/REVISION"}}, none: true},
		{name: "nothing", none: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := draft{until: time.Date(2026, 12, 20, 0, 0, 0, 0, time.UTC)}
			for _, name := range []string{"staging", "production"} {
				d.stages = append(d.stages, stage{name: name, hosts: []stageHost{
					{dest: name + "-1", id: drift.HostID{Environment: name, Role: "web", Name: name + "-1"}, found: test.found}}})
			}
			text, err := d.policy()
			if err != nil {
				t.Fatal(err)
			}
			p, diags := policies.Load(fstest.MapFS{"gate.hcl": {Data: switchedOn(text)}}, "gate.hcl")
			if diags.HasErrors() {
				t.Fatalf("%v\n%s", diags, switchedOn(text))
			}
			promotion := p.Environment("production").Promotion
			if p.Ledger == nil || p.Ledger.Remote != "origin" || promotion.Soak != 30*time.Minute || !slices.Equal(promotion.VerifiedBy, []string{"smoke"}) {
				t.Errorf("the ledger is %+v, the promotion %+v", p.Ledger, promotion)
			}
			if len(p.Components) == 0 != test.none {
				t.Fatalf("%d components in:\n%s", len(p.Components), text)
			}
			if !test.none {
				got := policies.Component{Marker: p.Components[0].Marker, Units: p.Components[0].Units}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

// switchedOn takes the comments from what a draft proposes for promotions.
func switchedOn(text []byte) []byte {
	var lines []string
	inside := false
	for line := range strings.Lines(string(text)) {
		bare := strings.Replace(line, "# ", "", 1)
		inside = inside || strings.HasPrefix(line, "# ledger {") || strings.HasPrefix(line, "# component ")
		if inside || slices.ContainsFunc([]string{"verified_by ", "soak ", "evidence_max_age "}, func(name string) bool {
			return strings.HasPrefix(strings.TrimSpace(line), "# "+name)
		}) {
			inside = inside && !strings.HasPrefix(line, "# }")
			line = bare
		}
		lines = append(lines, line)
	}
	return []byte(strings.Join(lines, ""))
}

// A host may call itself anything.
func TestDescribeHostile(t *testing.T) {
	h := stageHost{system: "\x1b[2J\u202eevil\n", found: collect.Discovery{Partial: []string{"/srv\x07"}}}
	if err := printableOnly(h.describe()); err != nil {
		t.Error(err)
	}
}

func appendText(path, text string) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// deadPort returns an address of 127.0.0.1 where nobody listens.
func deadPort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
