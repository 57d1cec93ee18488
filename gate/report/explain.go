package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// Finding writes everything about one finding: every item with what each host has, what the code means, and what to do.
func Finding(w io.Writer, v *gate.Verdict, f gate.Finding, o Options) error {
	t := text{verdict: v, options: o, names: map[string]string{}}
	bare := f
	bare.Items = nil
	t.finding(bare, allItems)
	for _, item := range f.Items {
		t.printf("\n%s\n", printable(item.Address))
		for _, side := range [][]gate.Values{item.From, item.To} {
			for _, values := range side {
				t.values(values)
			}
		}
		if item.Note != "" {
			t.printf("   %s\n", printable(item.Note))
		}
	}
	t.printf("\n")
	if code, ok := gate.Explain(f.Code); ok {
		t.code(code)
	}
	_, err := w.Write(t.out.Bytes())
	return err
}

// values writes what hosts have, a host a line.
func (t *text) values(v gate.Values) {
	value := printable(v.Value)
	if v.Content != "" {
		value += fmt.Sprintf("(%q)", printable(v.Content))
	}
	if v.Why != "" {
		value += ": " + printable(v.Why)
	}
	t.hostLines(v.Hosts, value, v.JSON)
}

// hostLines writes a value and the hosts that have it, a host a line. A list that is too long for its line stands below them,
// an item a line.
func (t *text) hostLines(hosts []string, value, text string) {
	var items []json.RawMessage
	if columns(value) > pageWidth-nameWidth-5 && json.Unmarshal([]byte(text), &items) == nil {
		value = plural(len(items), "item")
	}
	for _, h := range hosts {
		t.printf("   %s  %s\n", padRight(printable(h), nameWidth), value)
	}
	for _, item := range items {
		var line string
		if json.Unmarshal(item, &line) != nil {
			line = string(item)
		}
		t.printf("       %s\n", printable(line))
	}
}

const nameWidth = 32 // columns of a host's id

// Code writes what a kind of finding means, and what to do.
func Code(w io.Writer, code gate.Code) error {
	var t text
	t.printf("%s\n\n", code.Name)
	t.code(code)
	_, err := w.Write(t.out.Bytes())
	return err
}

func (t *text) code(code gate.Code) {
	for _, line := range Wrap(code.Meaning, pageWidth) {
		t.printf("%s\n", line)
	}
	t.printf("\n%s\n", t.color("1", "What to do"))
	for _, line := range Wrap(code.Do, pageWidth) {
		t.printf("%s\n", line)
	}
}

// Diff writes what two sides differ in, without a verdict.
func Diff(w io.Writer, findings []gate.Finding, o Options) error {
	t := text{verdict: &gate.Verdict{}, options: o, names: shortNames(hostsIn(findings))}
	for i, f := range findings {
		if i > 0 {
			t.printf("\n")
		}
		t.finding(f, allItems)
	}
	_, err := w.Write(t.out.Bytes())
	return err
}

// hostsIn returns the hosts that findings have values of, each once.
func hostsIn(findings []gate.Finding) []string {
	var hosts []string
	for _, f := range findings {
		for _, item := range f.Items {
			for _, v := range slices.Concat(item.From, item.To) {
				hosts = append(hosts, v.Hosts...)
			}
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// Address writes what each host has at addresses: one fact, or everything below one.
func Address(w io.Writer, hosts []drift.Host, addresses []drift.Address) error {
	var t text
	for _, a := range addresses {
		t.printf("%s\n", printable(string(a)))
		for i := 0; i < len(hosts); {
			v := hosts[i].Lookup(a)
			var ids []string
			for ; i < len(hosts) && hosts[i].Lookup(a) == v; i++ {
				ids = append(ids, hosts[i].ID.String())
			}
			value := v.Display()
			if v.Kind == drift.Unknown {
				value += ": " + v.Text
			}
			t.hostLines(ids, printable(value), v.Text)
		}
	}
	_, err := w.Write(t.out.Bytes())
	return err
}
