package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-313c021b/gate/drift"
)

// rowFindings makes findings of the rows of a comparison: related rows, of one class below one address, are one
// finding.
func rowFindings(rows []drift.Row, from, to string) []Finding {
	var findings []Finding
	index := map[string]int{}
	add := func(row drift.Row, key string) {
		subject, label := split(row.Address)
		key = string(row.Class) + "\x00" + key
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
		if code := codeOf(row); code == "unknown.section" {
			f.Code = code // it is the graver one
		}
		f.Items = append(f.Items, Item{Address: string(row.Address), Label: label, From: values(row.Address, row.From), To: values(row.Address, row.To), Note: strings.Join(row.Vars, ", ")})
	}
	for _, row := range rows {
		if row.Class != drift.Untold {
			subject, _ := split(row.Address)
			add(row, subject+"\x00"+strings.Join(row.Vars, " "))
		}
	}
	for _, c := range causesOf(rows) {
		add(c.row, c.key)
	}
	for i := range findings {
		if findings[i].Subject == "" {
			findings[i].spellOut()
		}
		slices.SortStableFunc(findings[i].Items, func(a, b Item) int {
			switch {
			case isPackage(a) && !isPackage(b):
				return -1
			case isPackage(b) && !isPackage(a):
				return 1
			}
			return 0
		})
		findings[i].describe(from, to)
	}
	return findings
}

// spellOut labels items that have nothing in common by their whole addresses.
func (f *Finding) spellOut() {
	for i := range f.Items {
		f.Items[i].Label = f.Items[i].Address
	}
}

func codeOf(row drift.Row) string {
	if row.Class == drift.Untold {
		if steps := row.Address.Steps(); len(steps) <= 2 && (len(steps) == 1 || steps[1].IsKey) {
			return "unknown.section"
		}
		return "unknown.fact"
	}
	if row.Class == drift.InFlight {
		return "change.in_flight"
	}
	return "drift." + string(row.Class)
}

// split divides an address into what related facts have in common, with "…" for the key in which they differ, and the
// rest: deb["openssl"].version is deb[…] and "openssl"; file["/etc/x"].mode is file[…] and "/etc/x mode". All facts of a
// virtual environment are related, since most of them follow from its packages.
func split(a drift.Address) (subject, label string) {
	steps := a.Steps()
	at := 0
	for i, step := range steps {
		if step.IsKey {
			at = i
		}
	}
	parent := steps[0].Text
	switch {
	case len(steps) == 1:
		return parent, parent
	case at == 0:
		return parent, words(steps[1:])
	case steps[0].Text == "python" && len(steps) > 2:
		return string(drift.Address(parent).Key(steps[1].Text)), words(steps[2:])
	}
	above := a
	for range len(steps) - at {
		above, _ = above.Parent()
	}
	return string(above) + "[…]", words(steps[at:])
}

// words writes steps for people: what stands for a whole element, and where all of them are alike, is left out.
func words(steps []drift.Step) string {
	var list []string
	for _, step := range steps {
		if step.IsKey || step.Text != "version" && step.Text != "packages" {
			list = append(list, step.Text)
		}
	}
	if len(list) == 0 {
		return steps[len(steps)-1].Text
	}
	return strings.Join(list, " ")
}

func values(a drift.Address, groups []drift.Group) []Values {
	list := []Values{}
	for _, g := range groups {
		v := Values{Value: display(a, g.Value), Kind: kindOf(g.Value), Hosts: ids(g.Hosts), Differs: g.Differs}
		switch g.Value.Kind {
		case drift.Unknown:
			v.Why = g.Value.Text
		case drift.Known:
			v.JSON, v.Content, v.Keyed = g.Value.Text, g.Value.Raw, g.Value.Normal != ""
		}
		list = append(list, v)
	}
	return list
}

// display writes a value for people: what stands in a configuration file as JSON, so that true and "true" are told apart;
// elsewhere the bare text.
func display(a drift.Address, v drift.Value) string {
	text, ok := v.AsString()
	switch {
	case v.Kind == drift.Known && strings.Contains(string(a), "].entries["):
		return v.Text
	case ok && text != "" && text == strings.TrimSpace(text):
		return text
	}
	return v.Display()
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

// allFor reports whether a status is why all that could not be told could not: whether it was denied, and did not fail.
func (f *Finding) allFor(status drift.Status) bool {
	for _, item := range f.Items {
		for _, v := range slices.Concat(item.From, item.To) {
			if v.Kind == "unknown" && !strings.HasPrefix(v.Why, string(status)) {
				return false
			}
		}
	}
	return true
}

// describe fills in what a finding of rows says: its hosts, effect, title and next steps.
func (f *Finding) describe(from, to string) {
	f.Hosts = f.concerned()
	f.Effect = Blocks
	what := f.what()
	switch f.Code {
	case "unknown.section", "unknown.fact":
		f.Effect = Opens
		f.Detail = f.whys()
		f.Title = fmt.Sprintf("Could not read %s on %s", what, places(f.Hosts))
		f.Next = []string{fmt.Sprintf("mend what keeps gate from reading %s on %s, or leave it out (finding NUMBER)", what, places(f.Hosts))}
		if f.allFor(drift.NotCollected) {
			f.Title = fmt.Sprintf("Could not judge %s on %s: not collected as this policy asks", what, places(f.Hosts))
			f.Next = []string{collectAnew}
		}
		if f.allFor(drift.Denied) {
			f.Next = []string{fmt.Sprintf("let gate read %s on %s: give its account access, say become = true, or leave it out (finding NUMBER)", what, places(f.Hosts))}
		}
	case "drift.unexplained":
		f.Title = fmt.Sprintf("%s differs from %s in %s", capital(f.target(to)), from, what)
		f.Next = []string{fmt.Sprintf("make %s alike on %s and %s (finding NUMBER)", what, from, to)}
	case "drift.ahead":
		f.Title = fmt.Sprintf("%s was changed by something else than this change, in %s", capital(from), what)
		f.Next = []string{fmt.Sprintf("bring what changed %s on %s to %s as well, or take it back there (finding NUMBER)", what, from, to)}
	case "drift.skipped":
		f.Title = fmt.Sprintf("%s has what %s never proved, in %s", capital(f.target(to)), from, what)
		f.Next = []string{fmt.Sprintf("put %s on %s back to what %s has, or prove it on %s (finding NUMBER)", what, f.target(to), from, from)}
	case "drift.diverged":
		f.Title = fmt.Sprintf("%s and %s have both moved, differently, in %s", capital(from), f.target(to), what)
		f.Next = []string{fmt.Sprintf("make %s alike on %s and %s (finding NUMBER)", what, from, f.target(to))}
	case "change.in_flight":
		f.Effect = Informs // see change
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
		sides := slices.Concat(item.From, item.To)
		switch within := f.Code == "drift.within"; { // of two sides, the one whose hosts disagree
		case within && len(item.From) == 1 && len(item.To) > 1:
			sides = item.To
		case within && len(item.To) == 1 && len(item.From) > 1:
			sides = item.From
		}
		for _, v := range sides {
			if v.Differs && unknown == (v.Kind == "unknown") {
				add(v.Hosts)
			}
		}
	}
	slices.Sort(hosts)
	return hosts
}

// target names what differs: the environment, or those of its hosts that do.
func (f *Finding) target(to string) string {
	if f.onlySome() {
		return places(f.Hosts)
	}
	return to
}

// onlySome reports whether some hosts of the target are as the other side is, in everything that the finding is about.
func (f *Finding) onlySome() bool {
	for _, item := range f.Items {
		for _, v := range item.To {
			if slices.ContainsFunc(v.Hosts, func(h string) bool { return !slices.Contains(f.Hosts, h) }) {
				return true
			}
		}
	}
	return false
}

// whys returns why the items could not be told: each reason once, and with its hosts where there are several. A reason that
// holds another one of its hosts follows from that.
func (f *Finding) whys() []string {
	var reasons []string
	hosts := map[string][]string{}
	for _, item := range f.Items {
		for _, v := range slices.Concat(item.From, item.To) {
			if v.Kind != "unknown" {
				continue
			}
			if hosts[v.Why] == nil {
				reasons = append(reasons, v.Why)
			}
			hosts[v.Why] = append(hosts[v.Why], v.Hosts...)
		}
	}
	follows := func(reason, from string) bool {
		return reason != from && strings.Contains(reason, from) &&
			!slices.ContainsFunc(hosts[reason], func(h string) bool { return !slices.Contains(hosts[from], h) })
	}
	reasons = slices.DeleteFunc(reasons, func(r string) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(hosts)), func(from string) bool { return follows(r, from) })
	})
	if len(reasons) < 2 {
		return reasons
	}
	slices.Sort(reasons)
	for i, reason := range reasons {
		slices.Sort(hosts[reason])
		reasons[i] = places(slices.Compact(hosts[reason])) + ": " + reason
	}
	return reasons
}

// what names what the items are: how many of what.
func (f *Finding) what() string {
	if f.Subject == "" {
		return count(len(f.Items), "place", "places")
	}
	owner, isEntries := strings.CutSuffix(f.Subject, ".entries[…]")
	switch {
	case isEntries:
		return count(len(f.Items), "entry", "entries") + " of " + scope(owner)
	case strings.HasPrefix(f.Subject, "python["):
		return f.whatOfPython() + " of " + scope(f.Subject)
	case strings.HasPrefix(f.Subject, "deb["):
		return f.elements("packages")
	case f.Subject == "file[…]":
		return f.elements("files")
	case f.Subject == "service[…]":
		return f.elements("services")
	case len(f.Items) == 1:
		return f.Items[0].Address
	}
	return fmt.Sprintf("%d facts of %s", len(f.Items), f.Subject)
}

// scope returns the scope of an address: of file["/etc/x"].mode, /etc/x.
func scope(a string) string { return drift.Address(a).Steps()[1].Text }

// whatOfPython counts the packages first: most of the other facts follow from them.
func (f *Finding) whatOfPython() string {
	packages, rest := map[string]bool{}, 0
	for _, item := range f.Items {
		if name, ok := packageOf(item); ok {
			packages[name] = true
		} else {
			rest++
		}
	}
	switch {
	case len(packages) == 0:
		return count(rest, "fact", "facts")
	case rest == 0:
		return count(len(packages), "package", "packages")
	default:
		return count(len(packages), "package", "packages") + " and " + count(rest, "fact", "facts")
	}
}

// packageOf returns the package of a virtual environment that an item is about, false where it is about none.
func packageOf(item Item) (name string, ok bool) {
	steps := drift.Address(item.Address).Steps()
	if len(steps) < 4 || steps[0].Text != "python" || steps[2].Text != "packages" {
		return "", false
	}
	return steps[3].Text, true
}

func isPackage(item Item) bool {
	_, ok := packageOf(item)
	return ok
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// elements names the one element that the items are about, or counts them: two facts of a package are one.
func (f *Finding) elements(kind string) string {
	seen := map[string]bool{}
	for _, item := range f.Items {
		seen[scope(item.Address)] = true
	}
	if len(seen) == 1 {
		return scope(f.Items[0].Address)
	}
	return fmt.Sprintf("%d %s", len(seen), kind)
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

// capital begins a sentence with the name of an environment. What is no word, as a host's name or a file's, stays as it is.
func capital(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
