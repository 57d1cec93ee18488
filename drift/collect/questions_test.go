package collect

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
)

// pathsQuery is a query for paths that leaves names out.
func pathsQuery(paths []string, exclude ...string) Query {
	q := Query{Collector: "file", Args: map[string]cty.Value{"paths": strs(paths...)}}
	if len(exclude) > 0 {
		q.Args["exclude"] = strs(exclude...)
	}
	return q
}

func strs(list ...string) cty.Value {
	var values []cty.Value
	for _, s := range list {
		values = append(values, cty.StringVal(s))
	}
	return cty.ListVal(values)
}

// every returns a section that each of some scopes has, and one that a pattern finds.
func every(q Query) []drift.Section {
	sections := []drift.Section{{Collector: q.Collector, Scope: "/etc/found"}, {Collector: q.Collector, Scope: "found.service"}}
	for _, scope := range q.Asked() {
		sections = append(sections, drift.Section{Collector: q.Collector, Scope: scope.Name, Question: scope.Question})
	}
	return sections
}

// questionsOf is everything that a query asks: its scopes, and what it asks of each.
func questionsOf(q Query) string {
	var lines []string
	questions := NewQuestions([]Query{q}, "")
	for _, s := range every(q) {
		if asked := questions.Asked(&s); asked != "" {
			lines = append(lines, string(s.Address())+" "+asked)
		}
	}
	return strings.Join(lines, "\n")
}

// Whatever a block says of what is collected is in the question, so that no other answer is taken for its own: each argument of
// each collector, those to come too.
func TestQuestionHasEveryArgument(t *testing.T) {
	t.Parallel()
	base := map[string]Query{
		"command":  {Label: "x", Args: map[string]cty.Value{"run": cty.StringVal("true")}},
		"file":     pathsQuery([]string{"/etc/*", "/etc/x"}),
		"python":   {Args: map[string]cty.Value{"venvs": strs("/etc/*", "/srv/venv")}},
		"preview":  {Label: "x", Args: map[string]cty.Value{"run": cty.StringVal("true"), "format": cty.StringVal("lines")}},
		"service":  {Args: map[string]cty.Value{"units": strs("*.service", "x.service")}},
		"revision": {Args: map[string]cty.Value{"marker": cty.StringVal("/srv/REVISION")}},
	}
	values := map[string]cty.Value{
		"max_size": cty.StringVal("2 MiB"), "requirements": cty.MapVal(map[string]cty.Value{"/srv/venv": strs("/srv/requirements.txt")}),
		"checkout": cty.StringVal("/srv/REVISION"), "marker": cty.StringVal("/srv/other"), "format": cty.StringVal("ini"),
	}
	optional := map[string]bool{"optional": true} // what is in it is asked for under paths too, and judged otherwise when it is absent
	for _, c := range append(All(), &preview) {
		q := base[c.Name]
		q.Collector = c.Name
		before := questionsOf(q)
		for _, arg := range c.Args {
			value, ok := values[arg.Name]
			switch {
			case ok:
			case arg.Type == cty.Bool:
				value = cty.True
			case arg.Type == cty.String:
				value = cty.StringVal("another")
			default:
				value = strs("/etc/another")
			}
			other := q
			other.Args = map[string]cty.Value{}
			for name, v := range q.Args {
				other.Args[name] = v
			}
			if other.Args[arg.Name] = value; arg.Name == "checkout" {
				delete(other.Args, "marker") // the same path, read otherwise
			}
			if got := questionsOf(other); got == before && !optional[arg.Name] {
				t.Errorf("%s: %s bears on nothing that is asked:\n%s", c.Name, arg.Name, got)
			}
		}
		if before != "" && !strings.Contains(before, `"version":`) {
			t.Errorf("%s: no version in %s", c.Name, before)
		}
	}
	for _, name := range []string{"command", "preview", "service"} { // what these say to root is other than to anybody
		q := base[name]
		q.Collector = name
		asUser := questionsOf(q)
		if q.Become = true; questionsOf(q) == asUser {
			t.Errorf("%s: become bears on nothing", name)
		}
	}
}

func TestAsked(t *testing.T) {
	t.Parallel()
	ini := pathsQuery([]string{"/etc/app/x"})
	ini.Args["format"] = cty.StringVal("ini")
	q := NewQuestions([]Query{pathsQuery([]string{"/etc/app/**"}, "private", "b", "b"), pathsQuery([]string{"/etc/**"}, "/etc/app/*"), ini}, "")
	for _, test := range []struct {
		scope    string
		question bool
		want     string
	}{
		{"/etc/app/**", true, `{"exclude":["b","private"],"version":1}`},
		{"/etc/**", true, `{"exclude":["/etc/app/*"],"version":1}`},
		{"/etc/hosts", false, `{"version":1}`},
		{"/etc/app/x", false, `[{"version":1},{"format":"ini","version":1}]`},
		{"/etc/app/private/x", false, ""},
		{"/srv/x", false, ""},
		{"/var/*", true, ""},
	} {
		s := drift.Section{Collector: "file", Scope: test.scope, Question: test.question}
		if got := q.Asked(&s); got != test.want {
			t.Errorf("%s: got %s, want %s", test.scope, got, test.want)
		}
		if got, want := q.Asks("file", test.scope), test.want != ""; got != want {
			t.Errorf("%s: asks for it: %t, want %t", test.scope, got, want)
		}
	}
	rooted := NewQuestions([]Query{{Collector: "deb"}}, "/srv/image")
	if got := rooted.Asked(&drift.Section{Collector: "deb"}); got != `{"root":"/srv/image","version":1}` {
		t.Errorf("below a root: %s", got)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	command := func(run string) Query {
		return Query{Collector: "command", Label: "x", Args: map[string]cty.Value{"run": cty.StringVal(run)}}
	}
	pattern := []string{"/srv/**"}
	format := pathsQuery(pattern)
	format.Args["format"] = cty.StringVal("ini")
	for _, test := range []struct {
		name          string
		then, now     []Query
		found         []string // files that a pattern found then
		want, history string   // history: the same
		old           bool     // an older gate kept it
	}{
		{name: "the same", then: []Query{pathsQuery(pattern, "a", "b")}, now: []Query{pathsQuery(pattern, "b", "a")}, found: []string{"/srv/x"}, want: `/srv/** ok; /srv/x ok`},
		{name: "an exclude is gone", then: []Query{pathsQuery(pattern, "a")}, now: []Query{pathsQuery(pattern)}, found: []string{"/srv/x"},
			want: `/srv/** not collected (it was collected with exclude = ["a"]; the policy asks without it now); /srv/x ok`},
		{name: "an exclude is new", then: []Query{pathsQuery(pattern)}, now: []Query{pathsQuery(pattern, "a")}, found: []string{"/srv/a/x", "/srv/x"},
			want: `/srv/** not collected (it was collected without exclude = ["a"]; the policy asks with it now); /srv/x ok`},
		{name: "a block is new", then: []Query{pathsQuery(pattern, "a")}, now: []Query{pathsQuery(pattern, "a"), pathsQuery(pattern)},
			want: `/srv/** ok; /srv/** not collected (it was collected with exclude = ["a"]; the policy asks without it now)`},
		{name: "a block is gone", then: []Query{pathsQuery(pattern, "a"), pathsQuery(pattern)}, now: []Query{pathsQuery(pattern)}, want: `/srv/** ok`},
		{name: "a format", then: []Query{pathsQuery(pattern)}, now: []Query{format}, found: []string{"/srv/x"},
			want: `/srv/** ok; /srv/x not collected (it was collected without format = "ini"; the policy asks with it now)`},
		{name: "another pattern", then: []Query{pathsQuery(pattern)}, now: []Query{pathsQuery([]string{"/srv/*"})}, found: []string{"/srv/x", "/srv/a/x"}, want: `/srv/x ok`},
		{name: "a command", then: []Query{command("a && b")}, now: []Query{command("c")},
			want: `x not collected (it was collected with run = "a && b"; the policy asks with run = "c" now)`},
		{name: "asked twice", then: []Query{pathsQuery(pattern)}, now: []Query{pathsQuery(pattern), format}, found: []string{"/srv/x"},
			want: `/srv/** ok; /srv/x not collected (it was collected with no settings; the policy asks with no settings, and with format = "ini" now)`},
		{name: "not asked any more", then: []Query{command("a"), {Collector: "deb"}}, now: []Query{{Collector: "deb"}}, want: ` ok`},
		{name: "of an older gate", old: true, then: []Query{pathsQuery(pattern)}, now: []Query{pathsQuery(pattern), pathsQuery(pattern, "a")}, found: []string{"/srv/x"},
			want: `/srv/** not collected (an older gate collected it, and did not record what it was asked); ` +
				`/srv/** not collected (an older gate collected it, and did not record what it was asked); ` +
				`/srv/x not collected (an older gate collected it, and did not record what it was asked)`,
			history: `/srv/** ok; /srv/** ok; /srv/x ok`},
	} {
		var answers [][]drift.Section
		for _, q := range test.then {
			answers = append(answers, q.unread(drift.OK, ""))
		}
		for _, path := range test.found {
			answers[0] = append(answers[0], drift.Section{Collector: "file", Scope: path, Status: drift.OK})
		}
		kept := Request{Queries: test.then}.combine(answers)
		for i := range kept {
			if test.old {
				kept[i].Asked = ""
			}
		}
		if test.history == "" {
			test.history = test.want
		}
		questions := NewQuestions(test.now, "")
		for history, want := range map[bool]string{false: test.want, true: test.history} {
			got := questions.Answers(slices.Clone(kept), history)
			var lines []string
			for _, s := range got {
				line := s.Scope + " " + string(s.Status)
				if s.Reason != "" {
					line += " (" + s.Reason + ")"
				}
				lines = append(lines, line)
				if !questions.Has(&s) {
					t.Errorf("%s: %s is to answer %s", test.name, s.Address(), s.Asked)
				}
			}
			if diff := cmp.Diff(strings.Join(lines, "; "), want); diff != "" {
				t.Errorf("%s, history %t (-got +want)\n%s", test.name, history, diff)
			}
			if again := questions.Answers(slices.Clone(got), false); len(again) != len(got) {
				t.Errorf("%s: %v becomes %v", test.name, got, again)
			}
		}
	}
}

// Two blocks that ask otherwise of one scope are both answered, or it is unknown.
func TestAskedOtherwise(t *testing.T) {
	t.Parallel()
	unit := func(become bool) Query {
		return Query{Collector: "service", Become: become, Args: map[string]cty.Value{"units": strs("a.service")}}
	}
	answer := func(status drift.Status, names ...string) []drift.Section {
		s := drift.Section{Collector: "service", Scope: "a.service", Status: status}
		for _, name := range names {
			s.Facts = append(s.Facts, drift.Fact{Address: s.Address().Attr(name), Value: drift.String("x")})
		}
		return []drift.Section{s}
	}
	user, root, denied := answer(drift.OK, "active", "sub"), answer(drift.OK, "active", "runs_replaced", "sub"), answer(drift.Denied)
	for _, test := range []struct {
		name    string
		queries []Query
		answers [][]drift.Section
		want    string
		facts   int
	}{
		{"the same, one denied", []Query{unit(false), unit(false)}, [][]drift.Section{denied, user}, "ok", 2},
		{"otherwise, the first denied", []Query{unit(true), unit(false)}, [][]drift.Section{denied, user}, "denied", 0},
		{"otherwise, the last denied", []Query{unit(false), unit(true)}, [][]drift.Section{user, denied}, "denied", 0},
		{"more in the last", []Query{unit(false), unit(true)}, [][]drift.Section{user, root}, "ok", 3},
		{"more in the first", []Query{unit(true), unit(false)}, [][]drift.Section{root, user}, "ok", 3},
	} {
		got := Request{Queries: test.queries}.combine(test.answers)
		if len(got) != 1 || string(got[0].Status) != test.want || len(got[0].Facts) != test.facts {
			t.Errorf("%s: got %v, want %s with %d facts", test.name, got, test.want, test.facts)
		}
	}

	// Entries are those of one format; requirements files are told apart.
	facts := func(keys ...string) drift.Section {
		s := drift.Section{Collector: "file", Scope: "/x", Status: drift.OK, Asked: strings.Join(keys, " ")}
		for _, key := range keys {
			parent, name, _ := strings.Cut(key, "/")
			value := drift.String("x")
			if name == "?" {
				s.Facts = append(s.Facts, drift.Fact{Address: s.Address().Attr(parent), Value: drift.UnknownValue("")})
				continue
			}
			file, name, deep := strings.Cut(name, "/")
			at := s.Address().Attr(parent).Key(file)
			if deep {
				at = at.Key(name)
			}
			s.Facts = append(s.Facts, drift.Fact{Address: at, Value: value})
		}
		return s
	}
	for _, test := range []struct {
		a, b []string
		want int
	}{
		{[]string{"entries/a"}, []string{"entries/b"}, 1},
		{[]string{"entries/?"}, []string{"entries/b"}, 1},
		{[]string{"entries/a"}, []string{"entries/?"}, 1},
		{[]string{"requirements/f/a"}, []string{"requirements/f/a", "requirements/g/a"}, 2},
		{[]string{"requirements/f/a"}, []string{"requirements/?"}, 1},
		{[]string{"requirements/f/a"}, []string{"other/?"}, 2},
	} {
		if got := merge(facts(test.a...), facts(test.b...)); len(got.Facts) != test.want {
			t.Errorf("%v and %v: got %v, want %d facts", test.a, test.b, got.Facts, test.want)
		}
	}
}

// A command line with a secret in it is told from another one, and not kept.
func TestQuestionHidesSecrets(t *testing.T) {
	asked := func(run string) string {
		q := Query{Collector: "command", Label: "x", Args: map[string]cty.Value{"run": cty.StringVal(run)}}
		return NewQuestions([]Query{q}, "").Asked(&drift.Section{Collector: "command", Scope: "x"})
	}
	one, other := asked("curl https://app:Zq7canaryKw8@api.example.com/"), asked("curl https://app:Zq7canaryKw9@api.example.com/")
	if one == other || one != asked("curl https://app:Zq7canaryKw8@api.example.com/") || strings.Contains(one+other, "canary") {
		t.Errorf("got %s and %s", one, other)
	}
	if plain := asked("app --version"); !strings.Contains(plain, `"app --version"`) {
		t.Errorf("got %s", plain)
	}
}
