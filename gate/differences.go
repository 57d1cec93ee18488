package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// rowFindings makes findings of the rows of a comparison: related rows, of one class below one address, are one
// finding.
func rowFindings(rows []drift.Row, from, to string) []Finding {
	var findings []Finding
	index := map[string]int{}
	for _, row := range rows {
		subject, label := split(row.Address)
		key := string(row.Class) + "\x00" + subject + "\x00" + strings.Join(row.Vars, " ")
		if row.Class == drift.Untold {
			key = "unknown\x00" + reasons(row) // one cause is one finding, whatever it hides
		}
		i, ok := index[key]
		if !ok {
			i = len(findings)
			index[key] = i
			findings = append(findings, Finding{Code: codeOf(row), Subject: subject})
		}
		f := &findings[i]
		if f.Subject != subject {
			f.Subject = ""
		}
		f.Items = append(f.Items, Item{Address: string(row.Address), Label: label, From: values(row.From), To: values(row.To), Note: strings.Join(row.Vars, ", ")})
	}
	for i := range findings {
		findings[i].describe(from, to)
	}
	return findings
}

func codeOf(row drift.Row) string {
	if row.Class == drift.Untold {
		if steps := row.Address.Steps(); len(steps) <= 2 && (len(steps) == 1 || steps[1].IsKey) {
			return "unknown.section"
		}
		return "unknown.fact"
	}
	return "drift." + string(row.Class)
}

// split divides an address into what related facts have in common, with "…" for the key in which they differ, and the
// rest: deb["openssl"].version is deb[…] and openssl; file["/etc/x"].mode is file[…] and /etc/x .mode.
func split(a drift.Address) (subject, label string) {
	steps := a.Steps()
	at := -1
	for i, step := range steps {
		if step.IsKey {
			at = i
		}
	}
	if at < 0 {
		return steps[0].Text, strings.TrimPrefix(string(a), steps[0].Text)
	}
	parent := a
	for range len(steps) - at {
		parent, _ = parent.Parent()
	}
	label = steps[at].Text
	for _, step := range steps[at+1:] {
		if step.Text != "version" {
			label += " " + step.Text
		}
	}
	return string(parent) + "[…]", label
}

// reasons returns why a row could not be told, for each host that could not tell.
func reasons(row drift.Row) string {
	var list []string
	for _, g := range slices.Concat(row.From, row.To) {
		if g.Value.Kind == drift.Unknown {
			list = append(list, g.Value.Text+" "+strings.Join(ids(g.Hosts), " "))
		}
	}
	return strings.Join(list, "\x00")
}

func values(groups []drift.Group) []Values {
	list := []Values{}
	for _, g := range groups {
		v := Values{Value: g.Value.Display(), Kind: kindOf(g.Value), Hosts: ids(g.Hosts), Differs: g.Differs}
		switch g.Value.Kind {
		case drift.Unknown:
			v.Why = g.Value.Text
		case drift.Known:
			v.JSON = g.Value.Text
		}
		list = append(list, v)
	}
	return list
}

func kindOf(v drift.Value) string {
	return map[drift.Kind]string{drift.Absent: "absent", drift.Known: "known", drift.Sealed: "sealed", drift.Unknown: "unknown"}[v.Kind]
}

func ids(hosts []drift.HostID) []string {
	list := make([]string, len(hosts))
	for i, h := range hosts {
		list[i] = h.String()
	}
	return list
}

// describe fills in what a finding of rows says: its hosts, effect, title and next steps.
func (f *Finding) describe(from, to string) {
	f.Hosts = f.concerned()
	f.Effect = Blocks
	what := f.what()
	switch f.Code {
	case "unknown.section", "unknown.fact":
		f.Effect = Opens
		f.Title = fmt.Sprintf("Could not read %s on %s", what, places(f.Hosts))
		f.Next = []string{fmt.Sprintf("let gate read %s on %s: %s", what, places(f.Hosts), f.why())}
	case "drift.unexplained":
		f.Title = fmt.Sprintf("%s differs from %s in %s", capital(to), from, what)
		f.Next = []string{fmt.Sprintf("make %s alike on %s and %s, at the source of the difference first (finding NUMBER)", what, from, to)}
	case "drift.within":
		f.Title = fmt.Sprintf("Hosts that should be alike disagree in %s", what)
		f.Next = []string{fmt.Sprintf("make %s alike on %s (finding NUMBER)", what, places(f.Hosts))}
	case "drift.foreign":
		f.Title = fmt.Sprintf("%s uses what belongs to another environment, in %s", capital(to), what)
		f.Next = []string{fmt.Sprintf("correct %s on %s: it holds %s (finding NUMBER)", what, places(f.Hosts), f.Items[0].Note)}
	case "drift.same_secret":
		f.Effect = Informs
		f.Title = fmt.Sprintf("%s and %s share a secret, in %s", capital(from), to, what)
	}
}

// concerned returns the hosts that differ from the other side, or could not tell, or disagree with each other.
func (f *Finding) concerned() []string {
	var hosts []string
	add := func(list []string) {
		for _, h := range list {
			if !slices.Contains(hosts, h) {
				hosts = append(hosts, h)
			}
		}
	}
	unknown := strings.HasPrefix(f.Code, "unknown.")
	for _, item := range f.Items {
		for _, v := range slices.Concat(item.From, item.To) {
			if v.Differs && unknown == (v.Kind == "unknown") {
				add(v.Hosts)
			}
		}
	}
	slices.Sort(hosts)
	return hosts
}

// why returns the reason of the first value that could not be told.
func (f *Finding) why() string {
	for _, item := range f.Items {
		for _, v := range slices.Concat(item.From, item.To) {
			if v.Kind == "unknown" {
				return v.Why
			}
		}
	}
	return ""
}

// what names what the items are: one address, or how many of what.
func (f *Finding) what() string {
	if len(f.Items) == 1 {
		return f.Items[0].Address
	}
	if f.Subject == "" {
		return fmt.Sprintf("%d places", len(f.Items))
	}
	noun := "facts"
	switch {
	case strings.HasPrefix(f.Subject, "deb["), strings.HasSuffix(f.Subject, ".packages[…]"):
		noun = "packages"
	case strings.HasSuffix(f.Subject, ".entries[…]"):
		noun = "entries"
	case strings.HasPrefix(f.Subject, "file[…]"):
		noun = "files and their attributes"
	case strings.HasPrefix(f.Subject, "service["):
		noun = "states of services"
	}
	if owner := strings.TrimSuffix(strings.TrimSuffix(f.Subject, ".packages[…]"), ".entries[…]"); owner != f.Subject {
		return fmt.Sprintf("%d %s of %s", len(f.Items), noun, owner)
	}
	return fmt.Sprintf("%d %s", len(f.Items), noun)
}

// places names hosts for a sentence, without their environment and role, at most three of them.
func places(hosts []string) string {
	var names []string
	for _, h := range hosts {
		names = append(names, h[strings.LastIndexByte(h, '/')+1:])
	}
	if len(names) > 3 {
		return fmt.Sprintf("%s, %s and %d more", names[0], names[1], len(names)-2)
	}
	return strings.Join(names, ", ")
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
