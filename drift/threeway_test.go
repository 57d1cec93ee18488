package drift

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// promotion is the three sides of a comparison, each the lines of its hosts: see hostsOf.
type promotion struct {
	before, proved, production []string
	carries                    string // a pattern; "" for nothing
	unfinished                 bool
	vars                       *Vars
}

// compare returns what the comparison of a promotion says: see describe.
func (p promotion) compare(t *testing.T) string {
	t.Helper()
	return describe(p.comparer(t, hostsOf(t, p.before)).Compare(hostsOf(t, p.proved), hostsOf(t, p.production)))
}

func (p promotion) comparer(t *testing.T, before []*Host) Comparer {
	t.Helper()
	carried := func(Address) bool { return false }
	if p.carries != "" {
		a, err := ParseAddress(p.carries)
		if err != nil {
			t.Fatal(err)
		}
		carried = NewPattern(a).Covers
	}
	return Comparer{Vars: p.vars, Promotion: &Promotion{
		At:         func(a Address) ([]*Host, bool) { return before, carried(a) },
		Unfinished: p.unfinished,
	}}
}

// hostsOf makes hosts of texts, one each: "production/p1: address = value; address = value".
func hostsOf(t *testing.T, texts []string) []*Host {
	t.Helper()
	var hosts []*Host
	for _, text := range texts {
		id, lines, _ := strings.Cut(text, ": ")
		hosts = append(hosts, host(t, id, strings.Split(lines, "; ")...))
	}
	return hosts
}

// Every row of the table, and what comes before it in the order of the table though later rows would fit too.
func TestRelation(t *testing.T) {
	const none, unknown = "", "?"
	for _, tt := range []struct {
		name    string
		a, b, p string // of deb["x"].version; "" is absent
		carried bool
		want    Class
	}{
		{"a unknown", unknown, "v1", "v1", true, Untold},
		{"a unknown, and the others like each other", unknown, "v1", "v1", false, Untold},
		{"p unknown", "v1", "v1", unknown, true, Untold},
		{"a and p unknown", unknown, unknown, unknown, true, Untold},
		{"a = p", "v1", "v1", "v1", true, ""},
		{"a = p, whatever was before", "v2", "v1", "v2", false, ""},
		{"a = p, and before is unknown", "v2", unknown, "v2", true, ""},
		{"a = p: both absent", none, "v1", none, true, ""},
		{"b unknown", "v2", unknown, "v1", true, Unexplained},
		{"b unknown, nothing carried", "v2", unknown, "v1", false, Unexplained},
		{"p = b, carried", "v2", "v1", "v1", true, InFlight},
		{"p = b, carried: a new one", "v1", none, none, true, InFlight},
		{"p = b, carried: removed", none, "v1", "v1", true, InFlight},
		{"p = b, not carried", "v2", "v1", "v1", false, Ahead},
		{"p = b, not carried: a new one", "v1", none, none, false, Ahead},
		{"a = b", "v1", "v1", "v2", true, Skipped},
		{"a = b, not carried", "v1", "v1", "v2", false, Skipped},
		{"a = b: absent on staging all along", none, none, "v1", true, Skipped},
		{"a = b: absent on production", "v1", "v1", none, true, Skipped},
		{"all three differ", "v2", "v1", "v3", true, Diverged},
		{"all three differ: absent on production", "v2", "v1", none, true, Diverged},
		{"all three differ: absent before", "v2", none, "v1", false, Diverged},
		{"all three differ: absent on staging", none, "v1", "v2", false, Diverged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			line := func(value string) string {
				if value == none {
					return "deb[y].version = v"
				}
				return "deb[y].version = v; deb[x].version = " + value
			}
			p := promotion{before: []string{"staging/s1: " + line(tt.b)}, proved: []string{"staging/s1: " + line(tt.a)}, production: []string{"production/p1: " + line(tt.p)}}
			if tt.carried {
				p.carries = "deb[*]"
			}
			rows := p.comparer(t, hostsOf(t, p.before)).Compare(hostsOf(t, p.proved), hostsOf(t, p.production)).Rows
			var got Class
			if len(rows) > 0 {
				got = rows[0].Class
			}
			if got != tt.want || len(rows) > 1 || len(rows) == 1 && rows[0].Address != `deb["x"].version` {
				t.Errorf("got %q (%v), want %q", got, rows, tt.want)
			}
		})
	}
}

func TestRelationOfWhatIsUnknown(t *testing.T) {
	if got := (relation{alike: true, history: true, asBefore: true, carried: true}).class(); got != Untold {
		t.Errorf("got %q, want %q", got, Untold)
	}
}

// The stories that the classes are there for, as snapshots of staging before, of staging when it was proved, and of production.
func TestStories(t *testing.T) {
	const venv = `python[/srv/app/venv]`
	app := func(version string) string { return venv + ".packages[app].version = " + version }
	vars := NewVars(map[string]map[string]string{
		"staging":    {"domain": "staging.example.com"},
		"production": {"domain": "example.com"},
	})
	for _, tt := range []struct {
		name string
		promotion
		want string
	}{
		{"a release", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v2")},
			production: []string{"production/p1: " + app("v1"), "production/p2: " + app("v1")},
			carries:    "python",
		}, `in_flight python["/srv/app/venv"].packages["app"].version: v2 on s1 | v1 on p1,p2`},
		{"staging's hosts disagree: where the change has not come yet is no difference of its own, anything else is", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v2"), "staging/s2: " + app("v3")},
			production: []string{"production/p1: " + app("v1"), "production/p2: " + app("v0"), "production/p3: " + app("v3")},
			carries:    "python",
		}, `unexplained python["/srv/app/venv"].packages["app"].version: v2 on s1; v3 on s2 | v1 on p1; v0 on p2; v3 on p3
within python["/srv/app/venv"].packages["app"].version: v2 on s1; v3 on s2 | v1 on p1; v3 on p3`},
		{"staging's hosts disagree in what is not carried", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v2"), "staging/s2: " + app("v3")},
			production: []string{"production/p1: " + app("v1")},
		}, `unexplained python["/srv/app/venv"].packages["app"].version: v2 on s1; v3 on s2 | v1 on p1
within python["/srv/app/venv"].packages["app"].version: v2 on s1; v3 on s2 |`},
		{"two releases queued: the first, proved before the second came", promotion{
			before:     []string{"staging/s1: " + app("v1") + "; deb[x].version = v1"},
			proved:     []string{"staging/s1: " + app("v2") + "; deb[x].version = v1"},
			production: []string{"production/p1: " + app("v1") + "; deb[x].version = v1"},
			carries:    "python",
		}, `in_flight python["/srv/app/venv"].packages["app"].version: v2 on s1 | v1 on p1`},
		{"two releases queued: the second, over both", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v3")},
			production: []string{"production/p1: " + app("v1")},
			carries:    "python",
		}, `in_flight python["/srv/app/venv"].packages["app"].version: v3 on s1 | v1 on p1`},
		{"two releases queued: the second, after the first", promotion{
			before:     []string{"staging/s1: " + app("v2")},
			proved:     []string{"staging/s1: " + app("v3")},
			production: []string{"production/p1: " + app("v2")},
			carries:    "python",
		}, `in_flight python["/srv/app/venv"].packages["app"].version: v3 on s1 | v2 on p1`},
		{"two releases queued: the second, judged by what was before it, while production never had the first", promotion{
			before:     []string{"staging/s1: " + app("v2")},
			proved:     []string{"staging/s1: " + app("v3")},
			production: []string{"production/p1: " + app("v1")},
			carries:    "python",
		}, `diverged python["/srv/app/venv"].packages["app"].version: v3 on s1 | v1 on p1`},
		{"a rollback", promotion{
			before:     []string{"staging/s1: " + app("v2")},
			proved:     []string{"staging/s1: " + app("v1")},
			production: []string{"production/p1: " + app("v2")},
			carries:    "python",
		}, `in_flight python["/srv/app/venv"].packages["app"].version: v1 on s1 | v2 on p1`},
		{"a hotfix on production", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v1")},
			production: []string{"production/p1: " + app("v1.1")},
			carries:    "python",
		}, `skipped python["/srv/app/venv"].packages["app"].version: v1 on s1 | v1.1 on p1`},
		{"a hotfix on production that the next release does not have", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v2")},
			production: []string{"production/p1: " + app("v1.1")},
			carries:    "python",
		}, `diverged python["/srv/app/venv"].packages["app"].version: v2 on s1 | v1.1 on p1`},
		{"a hotfix on production, back-ported", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v1.1")},
			production: []string{"production/p1: " + app("v1.1")},
			carries:    "python",
		}, ``},
		{"an unattended upgrade on staging only", promotion{
			before:     []string{"staging/s1: deb[openssl].version = v1"},
			proved:     []string{"staging/s1: deb[openssl].version = v2"},
			production: []string{"production/p1: deb[openssl].version = v1"},
			carries:    "python",
		}, `ahead deb["openssl"].version: v2 on s1 | v1 on p1`},
		{"an unattended upgrade on production only", promotion{
			before:     []string{"staging/s1: deb[openssl].version = v1"},
			proved:     []string{"staging/s1: deb[openssl].version = v1"},
			production: []string{"production/p1: deb[openssl].version = v2"},
			carries:    "python",
		}, `skipped deb["openssl"].version: v1 on s1 | v2 on p1`},
		{"an unattended upgrade on both, at different times, to the same", promotion{
			before:     []string{"staging/s1: deb[openssl].version = v1"},
			proved:     []string{"staging/s1: deb[openssl].version = v2"},
			production: []string{"production/p1: deb[openssl].version = v2"},
			carries:    "python",
		}, ``},
		{"an unattended upgrade on both, at different times, to another", promotion{
			before:     []string{"staging/s1: deb[openssl].version = v1"},
			proved:     []string{"staging/s1: deb[openssl].version = v2"},
			production: []string{"production/p1: deb[openssl].version = v3"},
			carries:    "python",
		}, `diverged deb["openssl"].version: v2 on s1 | v3 on p1`},
		{"an unattended upgrade, host by host", promotion{
			before:     []string{"staging/s1: deb[openssl].version = v1"},
			proved:     []string{"staging/s1: deb[openssl].version = v2"},
			production: []string{"production/p1: deb[openssl].version = v2", "production/p2: deb[openssl].version = v1", "production/p3: deb[openssl].version = v3"},
			carries:    "python",
		}, `ahead deb["openssl"].version: v2 on s1 | v2 on p1; v1 on p2
diverged deb["openssl"].version: v2 on s1 | v2 on p1; v3 on p3
within deb["openssl"].version: v2 on s1 | v2 on p1; v1 on p2`},
		{"an unattended upgrade, host by host on staging", promotion{
			before:     []string{"staging/s1: deb[openssl].version = v1", "staging/s2: deb[openssl].version = v1"},
			proved:     []string{"staging/s1: deb[openssl].version = v2", "staging/s2: deb[openssl].version = v1"},
			production: []string{"production/p1: deb[openssl].version = v1"},
			carries:    "python",
		}, `within deb["openssl"].version: v2 on s1; v1 on s2 | v1 on p1`},
		{"staging disagreed before", promotion{
			before:     []string{"staging/s1: deb[openssl].version = v1", "staging/s2: deb[openssl].version = v2"},
			proved:     []string{"staging/s1: deb[openssl].version = v2", "staging/s2: deb[openssl].version = v2"},
			production: []string{"production/p1: deb[openssl].version = v1"},
			carries:    "deb",
		}, `unexplained deb["openssl"].version: v2 on s1,s2 | v1 on p1`},
		{"production half converged", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v2")},
			production: []string{"production/p1: " + app("v2"), "production/p2: " + app("v1")},
			carries:    "python",
		}, `in_flight python["/srv/app/venv"].packages["app"].version: v2 on s1 | v2 on p1; v1 on p2
within python["/srv/app/venv"].packages["app"].version: v2 on s1 | v2 on p1; v1 on p2`},
		{"production half converged, while its deployment is unfinished", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v2")},
			production: []string{"production/p1: " + app("v2"), "production/p2: " + app("v1")},
			carries:    "python",
			unfinished: true,
		}, `in_flight python["/srv/app/venv"].packages["app"].version: v2 on s1 | v2 on p1; v1 on p2`},
		{"hosts added and removed", promotion{
			before:     []string{"staging/s1: " + app("v1"), "staging/s2: " + app("v1")},
			proved:     []string{"staging/s2: " + app("v2"), "staging/s3: " + app("v2"), "staging/s4: " + app("v2")},
			production: []string{"production/p2: " + app("v1"), "production/p9: " + app("v1")},
			carries:    "python",
		}, `in_flight python["/srv/app/venv"].packages["app"].version: v2 on s2,s3,s4 | v1 on p2,p9`},
		{"a host added that was set up anew", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v2")},
			production: []string{"production/p1: " + app("v1"), "production/p2: " + app("v0")},
			carries:    "python",
		}, `diverged python["/srv/app/venv"].packages["app"].version: v2 on s1 | v0 on p2
in_flight python["/srv/app/venv"].packages["app"].version: v2 on s1 | v1 on p1`},
		{"a collect block added between", promotion{
			before:     []string{"staging/s1: " + app("v1")},
			proved:     []string{"staging/s1: " + app("v1") + "; file[/etc/x].mode = 0644; file[/etc/y].mode = 0644"},
			production: []string{"production/p1: " + app("v1") + "; file[/etc/x].mode = 0600; file[/etc/y].mode = 0644"},
			carries:    "file",
		}, `unexplained file["/etc/x"].mode: 0644 on s1 | 0600 on p1`},
		{"a file added between, where the collect block was there", promotion{
			before:     []string{"staging/s1: " + app("v1") + "; file[/etc/*]"},
			proved:     []string{"staging/s1: " + app("v1") + "; file[/etc/*]; file[/etc/x].mode = 0644"},
			production: []string{"production/p1: " + app("v1") + "; file[/etc/*]"},
			carries:    "file",
		}, `in_flight file["/etc/x"]: present on s1 | absent on p1`},
		{"setuptools absent on production all along, while staging moves from 40 to 41", promotion{
			before:     []string{"staging/s1: " + app("v1") + "; " + venv + ".packages[setuptools].version = v40; " + venv + ".packages[setuptools].direct = true"},
			proved:     []string{"staging/s1: " + app("v1") + "; " + venv + ".packages[setuptools].version = v41; " + venv + ".packages[setuptools].direct = true"},
			production: []string{"production/p1: " + app("v1")},
			carries:    "python",
		}, `diverged python["/srv/app/venv"].packages["setuptools"].version: v41 on s1 | absent on p1`},
		{"a secret rotated on staging", promotion{
			before:     []string{"staging/s1: file[/x].entries[password] = {a}"},
			proved:     []string{"staging/s1: file[/x].entries[password] = {b}"},
			production: []string{"production/p1: file[/x].entries[password] = {c}"},
			carries:    "file",
		}, ``},
		{"a secret rotated on production", promotion{
			before:     []string{"staging/s1: file[/x].entries[password] = {a}"},
			proved:     []string{"staging/s1: file[/x].entries[password] = {a}"},
			production: []string{"production/p1: file[/x].entries[password] = {d}", "production/p2: file[/x].entries[password] = {d}"},
			carries:    "file",
		}, ``},
		{"a secret rotated on some hosts of production", promotion{
			before:     []string{"staging/s1: file[/x].entries[password] = {a}"},
			proved:     []string{"staging/s1: file[/x].entries[password] = {a}"},
			production: []string{"production/p1: file[/x].entries[password] = {c}", "production/p2: file[/x].entries[password] = {d}"},
			carries:    "file",
		}, `within file["/x"].entries["password"]: sealed("{a}") on s1 | sealed("{c}") on p1; sealed("{d}") on p2`},
		{"a secret that is new on staging", promotion{
			before:     []string{"staging/s1: file[/x].mode = 0600"},
			proved:     []string{"staging/s1: file[/x].mode = 0600; file[/x].entries[password] = {a}"},
			production: []string{"production/p1: file[/x].mode = 0600"},
			carries:    "file",
		}, `in_flight file["/x"].entries["password"]: sealed("{a}") on s1 | absent on p1`},
		{"a secret that staging lost is on production still", promotion{
			before:     []string{"staging/s1: file[/x].mode = 0600; file[/x].entries[password] = {a}"},
			proved:     []string{"staging/s1: file[/x].mode = 0600"},
			production: []string{"production/p1: file[/x].mode = 0600; file[/x].entries[password] = {c}"},
			carries:    "file",
		}, `in_flight file["/x"].entries["password"]: absent on s1 | sealed("{c}") on p1`},
		{"vars: what is the same normalised stands where staging stood", promotion{
			before:     []string{"staging/s1: file[/x].entries[url] = https://staging.example.com/"},
			proved:     []string{"staging/s1: file[/x].entries[url] = https://staging.example.com/v2"},
			production: []string{"production/p1: file[/x].entries[url] = https://example.com/"},
			carries:    "file",
			vars:       vars,
		}, `in_flight file["/x"].entries["url"]: https://staging.example.com/v2 on s1 | https://example.com/ on p1`},
		{"vars changed: what staging had before its domain was renamed is not what production has", promotion{
			before:     []string{"staging/s1: file[/x].entries[url] = https://stage.example.org/"},
			proved:     []string{"staging/s1: file[/x].entries[url] = https://staging.example.com/v2"},
			production: []string{"production/p1: file[/x].entries[url] = https://example.com/"},
			carries:    "file",
			vars:       vars,
		}, `diverged file["/x"].entries["url"]: https://staging.example.com/v2 on s1 | https://example.com/ on p1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimSpace(tt.compare(t)), tt.want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

// What was sealed with other variables cannot be compared: it is no history, and nothing that agrees today needs one.
func TestVarsChanged(t *testing.T) {
	p := promotion{
		before:     []string{"staging/s1: file[/x].entries[a] = {1}; file[/x].entries[b] = {1}"},
		proved:     []string{"staging/s1: file[/x].entries[a] = {2}; file[/x].entries[b] = {2}"},
		production: []string{"production/p1: file[/x].entries[a] = {1}; file[/x].entries[b] = {2}"},
		carries:    "file",
	}
	before := &Snapshot{KeyID: "k", VarsID: "old"}
	for _, h := range hostsOf(t, p.before) {
		before.Hosts = append(before.Hosts, *h)
	}
	compare := func() string {
		return describe(p.comparer(t, []*Host{&before.Hosts[0]}).Compare(hostsOf(t, p.proved), hostsOf(t, p.production)))
	}
	row := ` file["/x"].entries["a"]: sealed("{2}") on s1 | sealed("{1}") on p1` + "\n"
	if got, want := compare(), "in_flight"+row; got != want {
		t.Errorf("with the same variables: got %q, want %q", got, want)
	}
	before.Forget("k", "new")
	if got, want := compare(), "unexplained"+row; got != want {
		t.Errorf("with other variables: got %q, want %q", got, want)
	}
}

// A section that only one side has is judged as a fact is, by all that is in it.
func TestSectionsHaveClasses(t *testing.T) {
	const ask = "; python[/srv/*]; deb[y].version = v"
	with := func(version string) string {
		return "python[/srv/v].packages[a].version = " + version + "; python[/srv/v].version = v3" + ask
	}
	without := strings.TrimPrefix(ask, "; ")
	for _, tt := range []struct {
		name    string
		b, a, p string
		want    string
	}{
		{"new", without, with("v1"), without, "in_flight: present on s1 | absent on p1"},
		{"gone", with("v1"), without, with("v1"), "in_flight: absent on s1 | present on p1"},
		{"gone, and production had another", with("v1"), without, with("v2"), "diverged: absent on s1 | present on p1"},
		{"gone, and what production had is unknown in part", with("?"), without, with("?"), "unexplained: absent on s1 | present on p1"},
		{"never on production", with("v1"), with("v1"), without, "skipped: present on s1 | absent on p1"},
		{"never on production, and staging moved", with("v1"), with("v2"), without, "diverged: present on s1 | absent on p1"},
		{"never on staging", without, without, with("v1"), "skipped: absent on s1 | present on p1"},
		{"not asked for then", "deb[y].version = v", with("v1"), without, "unexplained: present on s1 | absent on p1"},
		{"denied then", "python[/srv/v] = !denied" + ask, with("v1"), without, "unexplained: present on s1 | absent on p1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := promotion{before: []string{"staging/s1: " + tt.b}, proved: []string{"staging/s1: " + tt.a}, production: []string{"production/p1: " + tt.p}, carries: "python"}
			lines := strings.Split(strings.TrimSpace(p.compare(t)), "\n")
			got := slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "unknown ") })
			want := []string{strings.Replace(tt.want, ":", ` python["/srv/v"]:`, 1)}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("(-got +want)\n%s", diff)
			}
		})
	}
}

// With several components, what each carries is judged by its own before.
func TestEachComponentHasItsBefore(t *testing.T) {
	facts := "staging/s1: file[/a].mode = %s; file[/b].mode = %s"
	first, second := hostsOf(t, []string{fmt.Sprintf(facts, "1", "1")}), hostsOf(t, []string{fmt.Sprintf(facts, "2", "2")})
	c := Comparer{Promotion: &Promotion{At: func(a Address) ([]*Host, bool) {
		if a.Below(`file["/a"]`) {
			return first, true
		}
		return second, true
	}}}
	got := describe(c.Compare(hostsOf(t, []string{fmt.Sprintf(facts, "3", "3")}), hostsOf(t, []string{"production/p1: file[/a].mode = 1; file[/b].mode = 1"})))
	want := `diverged file["/b"].mode: "3" on s1 | "1" on p1` + "\n" + `in_flight file["/a"].mode: "3" on s1 | "1" on p1` + "\n"
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

// What could not be told is told beside what could, and what was before is in the row.
func TestRowsOfAPromotion(t *testing.T) {
	p := promotion{
		before:     []string{"staging/s1: deb[x].version = v1"},
		proved:     []string{"staging/s1: deb[x].version = v2", "staging/s2: deb[x].version = ?"},
		production: []string{"production/p1: deb[x].version = v1", "production/p2: deb[x].version = ?", "production/p3: deb[x].version = v2"},
		carries:    "deb",
		unfinished: true,
	}
	got := p.comparer(t, hostsOf(t, p.before)).Compare(hostsOf(t, p.proved), hostsOf(t, p.production)).Rows
	group := func(v Value, differs bool, hosts ...HostID) Group {
		return Group{Value: v, Hosts: hosts, Differs: differs}
	}
	id := func(environment, name string) HostID { return HostID{environment, "web", name} }
	s1, s2, p1, p2, p3 := id("staging", "s1"), id("staging", "s2"), id("production", "p1"), id("production", "p2"), id("production", "p3")
	v1, v2, unknown := String("v1"), String("v2"), UnknownValue("denied")
	want := []Row{
		{Class: InFlight, Address: `deb["x"].version`, Before: []Group{group(v1, false, s1)},
			From: []Group{group(v2, false, s1)}, To: []Group{group(v1, true, p1), group(v2, false, p3)}},
		{Class: Untold, Address: `deb["x"].version`,
			From: []Group{group(v2, true, s1), group(unknown, true, s2)}, To: []Group{group(v1, true, p1), group(unknown, true, p2), group(v2, true, p3)}},
	}
	if diff := cmp.Diff(got, want, cmp.Comparer(func(v, w Value) bool { return v == w })); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
}

// What was not asked then as it is now is no history, also where the sides that are compared look like it.
func TestBeforeNotCollected(t *testing.T) {
	p := promotion{before: []string{"staging/s1: deb[x].version = v1"}, proved: []string{"staging/s1: deb[x].version = v2"},
		production: []string{"production/p1: deb[x].version = v1"}, carries: `deb["x"]`}
	for status, want := range map[Status]Class{OK: InFlight, NotCollected: Unexplained} {
		before := hostsOf(t, p.before)
		before[0].Sections[0].Status = status
		rows := p.comparer(t, before).Compare(hostsOf(t, p.proved), hostsOf(t, p.production)).Rows
		if len(rows) != 1 || rows[0].Class != want {
			t.Errorf("%s: got %v, want %s", status, rows, want)
		}
	}
}
