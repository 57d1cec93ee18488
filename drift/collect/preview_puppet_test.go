package collect

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// puppetManifest has a resource of each kind that differs in its own way. FOLDER is one of the test's own.
const puppetManifest = `
package { 'gate-test-nothing': ensure => '1.2-3' }
package { 'tzdata': ensure => absent }
file { 'FOLDER/app.ini': content => "a=2\npassword=hunter2\n", mode => '0600' }
file { 'FOLDER/same.ini': content => "same\n" }
file { 'FOLDER/link': ensure => link, target => '/etc/passwd' }
file { 'FOLDER/gone': ensure => absent }
service { 'gate-test': ensure => running, provider => base, start => '/bin/true', status => '/bin/false', hasstatus => true }
service { 'gate-running': ensure => running, provider => base, status => '/bin/true', hasstatus => true, stop => '/bin/true', start => '/bin/true',
  subscribe => File['FOLDER/app.ini'] }
exec { "echo one\necho 'two'": path => '/bin' }
exec { 'refreshed': command => '/bin/true', refreshonly => true, subscribe => File['FOLDER/app.ini'] }
exec { 'odd [ title': command => '/bin/true' }
notify { 'hello world: ': }
user { 'gate-test': ensure => present, password => '$6$abc$def' }
define thing() { file { "FOLDER/${name}": content => 'y' } }
thing { 'x y': }
class role::web { file { 'FOLDER/real': content => 'z', noop => false } }
include role::web
`

func puppetWants(folder string) map[string]string {
	return map[string]string{
		"Package[gate-test-nothing]":   "absent -> 1.2-3",
		"Package[tzdata]":              "VERSION -> absent",
		"File[" + folder + "/app.ini]": "content; mode: 0644 -> 0600",
		"File[" + folder + "/link]":    "absent -> link",
		"File[" + folder + "/gone]":    "file -> absent",
		"File[" + folder + "/x y]":     "absent -> file",
		"File[" + folder + "/real]":    "changed",
		"Service[gate-test]":           "stopped -> running",
		"Service[gate-running]":        "refresh",
		"Exec[echo one echo 'two']":    "run",
		"Exec[refreshed]":              "refresh",
		"Exec[odd [ title]":            "run",
		"User[gate-test]":              "absent -> present",
	}
}

// puppetSite plants a site for a real puppet, and returns the command for it.
func puppetSite(t *testing.T, manifest string) (folder, run string) {
	t.Helper()
	drifttest.Slow(t)
	puppet := drifttest.Program(t, "puppet")
	drifttest.Root(t)
	folder = t.TempDir()
	plant(t, folder, map[string]string{"app.ini": "a=1\n", "same.ini": "same\n", "gone": "", "site/site.pp": strings.ReplaceAll(manifest, "FOLDER", folder)})
	must(t, os.Chmod(folder+"/app.ini", 0o644))
	return folder, fmt.Sprintf("%s apply --noop --vardir %s/site/var --confdir %[2]s/site/conf %[2]s/site/site.pp", puppet, folder)
}

// TestPuppet asks the real puppet. Its output and its report say the same; no content of a file is in either.
func TestPuppet(t *testing.T) {
	t.Parallel()
	folder, run := puppetSite(t, puppetManifest)
	if !drifttest.Thorough() {
		run += plantFacts(t, folder)
	}
	// One run, whose output is read as such, and again beside its report.
	run += fmt.Sprintf(" --show_diff --detailed-exitcodes >%[1]s/output 2>%[1]s/messages; status=$?; ", folder)
	replay := fmt.Sprintf("cat %[1]s/output; cat %[1]s/messages >&2; ", folder)
	answers := askEach(t, plainShell, "", []Query{
		Preview{Name: "puppet", Format: "puppet", Run: run + replay + "exit $status"}.Query(),
		Preview{Name: "report", Format: "puppet", Run: replay, Report: folder + "/site/var/state/last_run_report.yaml"}.Query(),
	})
	output, err := os.ReadFile(folder + "/output")
	if err != nil || !strings.Contains(string(output), "\x1b[") || !strings.Contains(string(output), "password=hunter2") {
		t.Errorf("the output has no colours, or no diff with a secret: %v\n%s", err, output)
	}
	for _, sections := range answers {
		for i, s := range sections {
			if strings.Contains(text(sections), "hunter2") || strings.Contains(text(sections), "$6$") || strings.Contains(text(sections), "sha256") {
				t.Errorf("a secret or a digest is shown: %s", text(sections))
			}
			for j, f := range s.Facts {
				if strings.Contains(string(f.Address), "Package[tzdata]") {
					sections[i].Facts[j].Value = drift.String("VERSION" + f.Value.Text[strings.Index(f.Value.Text, " ->"):len(f.Value.Text)-1])
				}
			}
		}
		wantItems(t, sections, puppetWants(folder))
	}
}

// plantFacts saves the seconds in which puppet finds out about its host.
func plantFacts(t *testing.T, folder string) (options string) {
	plant(t, folder, map[string]string{"site/var/yaml/facts/web-1.yaml": "--- !ruby/object:Puppet::Node::Facts\nname: web-1\nvalues:\n  hostname: web-1\n"})
	return " --certname web-1 --facts_terminus yaml"
}

// TestPuppetFails asks the real puppet for what it cannot do. TestParsePuppet has what it prints.
func TestPuppetFails(t *testing.T) {
	t.Parallel()
	drifttest.Minutes(t)
	tests := []struct{ name, manifest, want string }{
		{"no manifest", "file { ", "puppet failed: Could not parse for environment"},
		{"what depends on it", "file { 'FOLDER/x': source => '/no/such/source' } -> file { 'FOLDER/y': content => 'y' }", "puppet failed: /Stage[main]/Main/File["},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			folder, run := puppetSite(t, tt.manifest)
			run += plantFacts(t, folder)
			got := askOne(t, "", Preview{Name: "p", Format: "puppet", Run: run, Report: folder + "/site/var/state/last_run_report.yaml"}.Query())
			if len(got) != 1 || got[0].Status != drift.Failed || !strings.HasPrefix(got[0].Reason, tt.want) {
				t.Errorf("got %+v, want it failed: %s", got, tt.want)
			}
		})
	}
}

// Nothing to do is nothing to do. TestParsePuppet has what it prints.
func TestPuppetConverged(t *testing.T) {
	t.Parallel()
	drifttest.Minutes(t)
	folder, run := puppetSite(t, "file { 'FOLDER/same.ini': content => \"same\\n\" }")
	wantItems(t, askOne(t, "", Preview{Name: "p", Format: "puppet", Run: run + plantFacts(t, folder)}.Query()), map[string]string{})
}

const applied = "\nNotice: Applied catalog in 0.05 seconds"

func TestParsePuppet(t *testing.T) {
	tests := []struct {
		name string
		run  dryRun
		want map[string]string
		err  string
	}{
		{"values without quotes", dryRun{output: "Notice: /Stage[main]/Main/Package[x]/ensure: current_value absent, should be present (noop)" + applied},
			map[string]string{"Package[x]": "absent -> present"}, ""},
		{"audited too", dryRun{output: "Notice: /Stage[main]/Main/File[/x]/mode: current_value '0644', should be '0600' (noop) (previously recorded value was '0640')" + applied},
			map[string]string{"File[/x]": "mode: 0644 -> 0600"}, ""},
		{"redacted", dryRun{output: "Notice: /Stage[main]/Main/User[x]/password: current_value [redacted], should be [redacted] (noop)" + applied},
			map[string]string{"User[x]": "password"}, ""},
		{"a property that may be secret", dryRun{output: "Notice: /Stage[main]/Mysql::Server/Mysql_user[app@%]/password_hash: current_value '*AB', should be '*CD' (noop)" + applied},
			map[string]string{"Mysql_user[app@%]": "password_hash"}, ""},
		{"windows line ends", dryRun{output: "Notice: /Stage[main]/Main/Package[x]/ensure: current_value '1', should be '2' (noop)\r" + applied + "\r"},
			map[string]string{"Package[x]": "1 -> 2"}, ""},
		{"changes in spite of --noop", dryRun{status: 2, output: "Notice: /Stage[main]/Main/Exec[x]/returns: executed successfully\nNotice: /Stage[main]/Main/Service[y]: Triggered 'refresh' from 1 event" + applied},
			map[string]string{"Exec[x]": "changed", "Service[y]": "changed"}, ""},
		{"titles that look like more", dryRun{output: "Notice: /Stage[main]/Main/Exec[cat /etc/File[/etc/x]: y]/returns: current_value 'notrun', should be ['0'] (noop)\n" +
			"Notice: /Stage[main]/Main/Exec[a]/b: c]/File[/x]: Would have triggered 'refresh' from 1 event" + applied},
			map[string]string{"Exec[cat /etc/File[/etc/x]: y]": "run", "File[/x]": "refresh"}, ""},
		{"a title with a colon that changes", dryRun{output: "Notice: /Stage[main]/Main/Exec[a: b]/returns: executed successfully" + applied}, map[string]string{"Exec[a": "changed"}, ""},
		{"nothing but classes", dryRun{output: "Notice: Class[Main]: Would have triggered 'refresh' from 2 events" + applied}, map[string]string{}, ""},
		{"Facter complains", dryRun{output: applied[1:], messages: "Error: Facter: error while resolving custom fact"}, map[string]string{}, ""},
		{"empty", dryRun{}, nil, `there is no "Applied catalog in …": it is not whole`},
		{"cut off", dryRun{output: "Notice: /Stage[main]/Main/Package[x]/ensure: current_value '1', should be '2' (noop)\n"}, nil, `there is no "Applied catalog in …": it is not whole`},
		{"the end of a file's diff", dryRun{output: "Notice: /Stage[main]/Main/File[/x]/content: \n--- /x\n+++ /y\n+Notice: Applied catalog in 1 seconds\n"}, nil, `there is no "Applied catalog in …": it is not whole`},
		{"some failed", dryRun{status: 4, output: applied[1:]}, nil, "exit status 4"},
		{"some changed, some failed", dryRun{status: 6, output: applied[1:]}, nil, "exit status 6"},
		{"failed", dryRun{status: 1, messages: "oh no"}, nil, "exit status 1: oh no"},
		{"no catalog", dryRun{output: "Notice: Using cached catalog from environment 'production'" + applied, messages: "\x1b[1;31mError: Could not retrieve catalog from remote server: timeout\x1b[0m"},
			nil, "puppet failed: Could not retrieve catalog from remote server: timeout"},
		{"skipped", dryRun{output: applied[1:], messages: "Warning: /Stage[main]/Main/File[/y]: Skipping because of failed dependencies"},
			nil, "it is not whole: /Stage[main]/Main/File[/y] was skipped, since something before it failed"},
		{"disabled", dryRun{status: 1, output: "Notice: Skipping run of Puppet configuration client; administratively disabled (Reason: 'OPS-1');\nUse 'puppet agent --enable' to re-enable."},
			nil, "Skipping run of Puppet configuration client; administratively disabled (Reason: 'OPS-1'); Use 'puppet agent --enable' to re-enable."},
		{"busy", dryRun{status: 1, output: "Notice: Run of Puppet configuration client already in progress; skipping  (/x.lock exists)"},
			nil, "already running: Run of Puppet configuration client already in progress; skipping (/x.lock exists)"},
		{"sudo", dryRun{status: 1, messages: "sudo: a password is required"}, nil, "sudo refuses: a password is required"},
		// As puppet 7 prints it.
		{"what depends on it", dryRun{
			output: "\x1b[mNotice: Compiled catalog for web-1 in environment production in 0.04 seconds\x1b[0m\n" +
				"\x1b[mNotice: /Stage[main]/Main/File[/srv/y]: Dependency File[/srv/x] has failures: true\x1b[0m\n" +
				"\x1b[mNotice: Applied catalog in 0.03 seconds\x1b[0m",
			messages: "\x1b[1;31mError: /Stage[main]/Main/File[/srv/x]: Could not evaluate: Could not retrieve information from environment production source(s) file:///no/such/source\x1b[0m\n" +
				"\x1b[1;33mWarning: /Stage[main]/Main/File[/srv/y]: Skipping because of failed dependencies\x1b[0m",
		}, nil, "puppet failed: /Stage[main]/Main/File[/srv/x]: Could not evaluate: Could not retrieve information from environment production source(s) file:///no/such/source"},
		{"no manifest", dryRun{status: 1, messages: "\x1b[1;31mError: Could not parse for environment production: Syntax error at end of input (file: /srv/site.pp) on node web-1\x1b[0m"},
			nil, "puppet failed: Could not parse for environment production: Syntax error at end of input (file: /srv/site.pp) on node web-1"},
		{"converged", dryRun{output: "\x1b[mNotice: Compiled catalog for web-1 in environment production in 0.06 seconds\x1b[0m\n" +
			"\x1b[mNotice: Applied catalog in 0.01 seconds\x1b[0m"}, map[string]string{}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.run.messages = plainText(tt.run.messages)
			items, err := tt.run.items("puppet")
			wantResult(t, items, err, tt.want, tt.err)
		})
	}
}

const reportHead = `--- !ruby/object:Puppet::Transaction::Report
host: web-1
time: '2027-01-15T08:00:00.100000000+00:00'
report_format: 12
status: unchanged
transaction_completed: true
noop: true
cached_catalog_status: not_used
logs:
`

const reportLog = `- !ruby/object:Puppet::Util::Log
  level: !ruby/sym notice
  message: current_value '1', should be '2' (noop)
  source: "/Stage[main]/Main/Package[x]/ensure"
`

func TestParseReport(t *testing.T) {
	replaced := func(old, new string) string {
		text := strings.Replace(reportHead+reportLog, old, new, 1)
		if text == reportHead+reportLog {
			t.Fatalf("%q is not in the report", old)
		}
		return text
	}
	want := map[string]string{"Package[x]": "1 -> 2"}
	tests := []struct {
		name, report string
		want         map[string]string
		err          string
	}{
		{"whole", reportHead + reportLog, want, ""},
		{"nothing logged", strings.TrimSuffix(reportHead, "\n") + " []\n", map[string]string{}, ""},
		{"of an earlier run", replaced("T08:00:00.1", "T07:59:59.9"), nil, "the report is of 2027-01-15T07:59:59Z, before this run: puppet wrote none"},
		{"no time", replaced("time: ", "tome: "), nil, "the report has no time"},
		{"no dry run", replaced("noop: true", "noop: false"), nil, "the report is not one of a dry run: run puppet with --noop"},
		{"an old format", replaced("noop: true\n", ""), nil, "the report is not one of a dry run: run puppet with --noop"},
		{"broken off", replaced("completed: true", "completed: false"), nil, "the report says that the run did not come to its end"},
		{"failed", replaced("status: unchanged", "status: failed"), nil, `the report has the status "failed"`},
		{"an old catalog", replaced("not_used", "on_failure"), nil, "puppet could not get its catalog, and took an old one"},
		{"cut off before the log", reportHead[:strings.Index(reportHead, "logs:")], nil, "the report has no log"},
		{"an entry without a text", replaced("  message:", "  massage:"), nil, "the report has an entry of its log that gate does not know"},
		{"an error", replaced("!ruby/sym notice", "err"), nil, "puppet failed: /Stage[main]/Main/Package[x]/ensure: current_value '1', should be '2' (noop)"},
		{"twice", replaced("host: web-1", "noop: true"), nil, `the report says "noop" twice`},
		{"empty", "", nil, "the report is not YAML, or not whole"},
		{"no map", "- a\n", nil, "the report is not YAML, or not whole"},
		{"aliases", "a: &a [x]\nb: [*a, *a]\n", nil, "the report has no time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			run := dryRun{began: noon, wantReport: true, report: tt.report}
			if tt.name == "aliases" {
				run.report += "logs: []\n"
			}
			items, err := run.items("puppet")
			wantResult(t, items, err, tt.want, tt.err)
		})
	}
	for status, want := range map[int]string{66: "the report is not there", 77: "the report may not be read: say become = true, or let the account read it", 2: "the report could not be read: exit status 2"} {
		_, err := dryRun{began: noon, wantReport: true, report: reportHead, reportStatus: status}.items("puppet")
		wantResult(t, nil, err, nil, want)
	}
}

// A report that is cut off anywhere is not read as a shorter one, but between two entries of its log, where the end of the
// command's own output tells.
func TestReportCutOff(t *testing.T) {
	data := reportHead + reportLog
	for i := range data {
		if i <= strings.Index(data, "transaction_completed: true") {
			if items, err := (dryRun{began: noon, wantReport: true, report: data[:i]}).items("puppet"); err == nil {
				t.Errorf("cut at %d: got %v", i, items)
			}
		}
	}
}

func TestResource(t *testing.T) {
	for source, want := range map[string]string{
		"/Stage[main]/Main/File[/etc/x]/mode":                "File[/etc/x] mode true",
		"/Stage[main]/Main/File[/etc/x]":                     "File[/etc/x]  true",
		"/Stage[main]/Role::Web/Vhost[a/b]/File[/etc/c d]/x": "File[/etc/c d] x true",
		"/Stage[main]/Main/Exec[a [b] c]/returns":            "Exec[a [b] c] returns true",
		"/Stage[main]/Main/Exec[odd [ title]/returns":        "Exec[odd [ title] returns true",
		"/Stage[main]/Main/Exec[odd ] title]/returns":        "Exec[odd ] title] returns true",
		"/Stage[main]/Main/Exec[open":                        "Exec[open  true",
		"/Stage[main]/Main":                                  " Main false",
		"/Stage[main]":                                       "  false",
		"Puppet":                                             "  false",
		"":                                                   "  false",
	} {
		name, property, ok := puppetEntry{source: source}.resource()
		if got := fmt.Sprintf("%s %s %t", name, property, ok); got != want {
			t.Errorf("%s: got %q, want %q", source, got, want)
		}
	}
}

// A diff costs by its length. A message that was put together line by line would cost its square.
func TestPuppetLongDiff(t *testing.T) {
	run := dryRun{output: "Notice: /Stage[main]/Main/File[/x]/content: \n" + strings.Repeat("+a\n", 100_000) + applied[1:]}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	items, err := run.items("puppet")
	runtime.ReadMemStats(&after)
	wantResult(t, items, err, map[string]string{}, "")
	if got := (after.TotalAlloc - before.TotalAlloc) / uint64(len(run.output)); got > 100 {
		t.Errorf("%d bytes allocated for each byte of the output", got)
	}
}

func FuzzParsePuppet(f *testing.F) {
	f.Add("Notice: /Stage[main]/Main/File[/x]/mode: current_value '0644', should be '0600' (noop)" + applied)
	fuzzPreview(f, "puppet", output)
}

func FuzzParseReport(f *testing.F) {
	f.Add(reportHead + reportLog)
	inputs, _ := filepath.Glob("testdata/preview/*report*.in")
	for _, input := range inputs {
		data, err := os.ReadFile(input)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	fuzzPreview(f, "puppet", func(run *dryRun, text string) { run.wantReport, run.report = true, text })
}
