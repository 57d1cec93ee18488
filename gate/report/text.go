package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

const (
	pageWidth = 100 // columns of a text report
	maxItems  = 8   // items of a finding, and lines about it, that are shown; gate explain shows the rest
	allItems  = 1 << 20
)

// Text writes the report for people: the verdict in the first line, then what blocks, what could not be told, what is
// worth knowing, and what to do, in order.
func Text(w io.Writer, v *gate.Verdict, o Options) error {
	t := text{verdict: v, options: o, names: shortNames(hostsOf(v))}
	t.headline()
	t.findings("IN THE OPEN", open)
	t.waivers()
	t.findings("BLOCKERS", func(f gate.Finding) bool { return f.Effect == gate.Blocks })
	t.findings("COULD NOT TELL", func(f gate.Finding) bool { return f.Effect == gate.Opens })
	t.findings("THIS CHANGE", func(f gate.Finding) bool { return f.Code == inFlight })
	t.findings("ALSO", func(f gate.Finding) bool { return f.Effect == gate.Informs && !open(f) && f.Code != inFlight })
	t.next()
	t.footer()
	_, err := w.Write(t.out.Bytes())
	return err
}

type text struct {
	verdict *gate.Verdict
	options Options
	names   map[string]string // host id: its shortest name that is unique here
	out     bytes.Buffer
}

// color wraps s in an SGR sequence (ECMA-48 8.3.117), where colours are wanted.
func (t *text) color(code, s string) string {
	if !t.options.Color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (t *text) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

// headline writes the verdict, what it is about, and how many findings there are.
func (t *text) headline() {
	v := t.verdict
	word := map[gate.Outcome]string{gate.Pass: "PASS", gate.Blocked: "BLOCKED", gate.Undecided: "UNDECIDED"}[v.Outcome]
	color := map[gate.Outcome]string{gate.Pass: "1;32", gate.Blocked: "1;31", gate.Undecided: "1;33"}[v.Outcome]
	if v.ReportOnly() && v.Outcome != gate.Pass {
		word = "WOULD BE " + word
	}
	pad := strings.Repeat(" ", max(2, 10-len(word)))
	subject := printable(v.To) + "   drift check"
	if len(v.From) > 0 {
		subject = printable(strings.Join(v.From, ", ")) + " -> " + subject
	}
	if v.Revision != "" {
		subject = "revision " + printable(v.Revision) + " -> " + printable(v.To)
	}
	if c := v.Candidate; c != nil {
		subject = t.proposal(c)
	}
	t.printf("%s%s%s\n", t.color(color, word), pad, subject)
	indent := strings.Repeat(" ", len(word)+len(pad))
	summary := fmt.Sprintf("%s, %d unknown", plural(v.Count(gate.Blocks), "blocker"), v.Count(gate.Opens))
	if n := v.Count(gate.Informs); n > 0 {
		summary += fmt.Sprintf(", %d to know", n)
	}
	summary += "."
	if proved(v) {
		summary += " The candidate's proof on " + printable(strings.Join(v.From, ", ")) + " is good."
	}
	limits, let := v.Limits(), exceptions(v)
	switch {
	case v.Outcome != gate.Pass:
	case len(let) > 0:
		summary = "It passes with exceptions: " + strings.Join(let, ", ") + "."
	case len(limits) > 0:
		summary = "Nothing stands against it in what was compared and judged."
	default:
		summary = "Everything that was asked could be told, and nothing stands against it."
	}
	t.printf("%s%s\n", indent, summary)
	for _, line := range limitLines(limits) {
		for i, part := range Wrap(printable(line), pageWidth-len(indent)-2) {
			t.printf("%s%s%s\n", indent, strings.Repeat("  ", min(i, 1)), part)
		}
	}
	switch {
	case v.ReportOnly():
		t.printf("%sReport mode until %s: this result stops nothing.\n", indent, printable(v.Policy.Until))
	case len(v.Unread) > 0 && v.Policy.Mode == "report":
		t.printf("%sReport mode, but %s.\n", indent, printable(unread(v)))
	}
}

// open reports whether a finding tells of a way past the gate: such stand at the head.
func open(f gate.Finding) bool {
	return slices.Contains([]string{"override.active", "override.deployed", "set_aside.active"}, f.Code)
}

// findings writes those findings under a title that are wanted there.
func (t *text) findings(title string, wanted func(gate.Finding) bool) {
	if !slices.ContainsFunc(t.verdict.Findings, wanted) {
		return
	}
	t.printf("\n%s\n", t.color("1", title))
	for _, f := range t.verdict.Findings {
		if wanted(f) {
			t.finding(f, maxItems)
		}
	}
}

// finding writes one finding: its title and code in a line, its items as a table, and what more is known.
func (t *text) finding(f gate.Finding, items int) {
	code := printable(f.Code)
	if f.Enforcement == "hard" {
		code += ", hard"
	}
	if f.Overridden != "" {
		code += ", overridden"
	}
	lines := Wrap(printable(f.Title), pageWidth-5-len(code))
	for i, line := range lines {
		switch {
		case i == 0:
			t.printf("%s %s%s\n", t.color("1", fmt.Sprintf("%2d", f.Number)), line, t.color("2", padLeft(code, pageWidth-3-columns(line))))
		default:
			t.printf("   %s\n", line)
		}
	}
	untold := strings.HasPrefix(f.Code, "unknown.")
	if f.Code != "rule.failed" && !untold { // its message says what its items do
		if f.Code == inFlight {
			t.flight(f, items)
		} else {
			t.items(f, items)
		}
	}
	t.detail(f, items)
	switch {
	case len(f.Items) == 0:
	case f.Code == "rule.failed":
		t.printf("   + %s of the same cause: gate explain %d\n", plural(len(f.Items), "difference"), f.Number)
	case untold && len(f.Items) > 1: // else the title names it
		t.untold(f, items)
	}
	if f.Policy != nil {
		t.printf("   %s\n", t.color("2", fmt.Sprintf("%s:%d", printable(f.Policy.File), f.Policy.Line)))
	}
}

// detail writes the first lines of what more is known.
func (t *text) detail(f gate.Finding, most int) {
	var lines []string
	for _, line := range f.Detail {
		lines = append(lines, Wrap(printable(line), pageWidth-3)...)
	}
	shown := lines
	if len(lines) > most+1 { // the line that counts one more is one itself
		shown = lines[:most]
	}
	for _, line := range shown {
		t.printf("   %s\n", line)
	}
	if n := len(lines) - len(shown); n > 0 {
		t.printf("   + %d more lines: gate explain %d\n", n, f.Number)
	}
}

// untold names the first things that could not be told, and counts the rest.
func (t *text) untold(f gate.Finding, most int) {
	var names []string
	for _, item := range f.Items {
		if name := element(f, item); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, line := range Wrap(strings.Join(names[:min(most, len(names))], ", "), pageWidth-3) {
		t.printf("   %s\n", line)
	}
	if n := len(names) - most; n > 0 {
		t.printf("   + %d more: gate explain %d\n", n, f.Number)
	}
}

// element names what an item is of: a file, a package. Where the items have nothing in common that is the address.
func element(f gate.Finding, item gate.Item) string {
	name := item.Label
	if address, err := drift.ParseAddress(item.Address); err == nil && f.Subject != "" { // a result from a file may say anything
		for _, step := range address.Steps() {
			if step.IsKey {
				name = step.Text
			}
		}
	}
	return printable(name)
}

func fromSide(i gate.Item) []gate.Values { return i.From }
func toSide(i gate.Item) []gate.Values   { return i.To }

// sideName names the hosts that a column is about.
func (t *text) sideName(items []gate.Item, side func(gate.Item) []gate.Values) string {
	var hosts []string
	known := map[string]bool{}
	for _, item := range items {
		for _, v := range side(item) {
			for _, h := range v.Hosts {
				if !known[h] {
					known[h] = true
					hosts = append(hosts, h)
				}
			}
		}
	}
	return t.hosts(hosts)
}

// side returns what one side has: the value alone where all hosts of the column have it. Where only some hosts differ, it
// returns what these have.
func (t *text) side(values []gate.Values, column string) []cell {
	some := slices.ContainsFunc(values, func(v gate.Values) bool { return v.Differs })
	var merged []gate.Values // what is there on all of them, with whatever content, is one cell
	var cells []cell
	for _, v := range values {
		if some && !v.Differs {
			continue
		}
		if n := len(merged); n > 0 && v.Content != "" && merged[n-1].Value == v.Value && merged[n-1].Differs == v.Differs {
			merged[n-1].Hosts = slices.Concat(merged[n-1].Hosts, v.Hosts)
			continue
		}
		merged = append(merged, v)
	}
	for _, v := range merged {
		c := cell{value: printable(v.Value)}
		if hosts := t.hosts(v.Hosts); hosts != column {
			c.hosts = hosts
		}
		cells = append(cells, c)
	}
	return cells
}

// hosts names hosts, at most three of them.
func (t *text) hosts(ids []string) string {
	var names []string
	for _, id := range ids {
		name, ok := t.names[id]
		if !ok {
			name = id
		}
		names = append(names, printable(name))
	}
	if len(names) > 3 {
		return fmt.Sprintf("%s, %s and %d more", names[0], names[1], len(names)-2)
	}
	return strings.Join(names, ", ")
}

// next writes what to do, in order. The same advice for several findings is one step.
func (t *text) next() {
	steps := t.verdict.Steps()
	if len(steps) == 0 {
		return
	}
	t.printf("\n%s\n", t.color("1", "DO NEXT, IN THIS ORDER"))
	for i, step := range steps {
		for j, line := range Wrap(printable(step), pageWidth-4) {
			if j == 0 {
				t.printf("%2d. %s\n", i+1, line)
			} else {
				t.printf("    %s\n", line)
			}
		}
	}
}

// shortNames maps each host to its own name, or to its whole id where another host has the same name.
func shortNames(hosts []string) map[string]string {
	count := map[string]int{}
	for _, id := range hosts {
		count[last(id)]++
	}
	names := map[string]string{}
	for _, id := range hosts {
		names[id] = id
		if count[last(id)] == 1 {
			names[id] = last(id)
		}
	}
	return names
}

func hostsOf(v *gate.Verdict) []string {
	var hosts []string
	for _, h := range v.Hosts {
		hosts = append(hosts, h.ID)
	}
	return hosts
}

func last(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
