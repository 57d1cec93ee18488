package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// Dated is a value that a host has, and since when, by the ledger's observations.
type Dated struct {
	Address, Host, Value string
	First, Before        time.Time    // as gate.Record tells them
	Was                  string       // what it had at Before
	Deployed             []gate.Event // the deployments between them
}

// Dates writes since when hosts have what they have. Hosts of which the same is known share a line.
func Dates(w io.Writer, dates []Dated, zone *time.Location) error {
	var t text
	ids := make([]string, len(dates))
	for i, d := range dates {
		ids[i] = d.Host
	}
	t.names = shortNames(unrepeated(ids))
	if len(dates) > 0 {
		t.printf("\nSince when, by what the ledger has\n")
	}
	for i := 0; i < len(dates); {
		address := dates[i].Address
		t.printf("%s\n", printable(address))
		var lines []string
		hosts := map[string][]string{}
		for ; i < len(dates) && dates[i].Address == address; i++ {
			line := dates[i].since(zone)
			if hosts[line] == nil {
				lines = append(lines, line)
			}
			hosts[line] = append(hosts[line], dates[i].Host)
		}
		for _, line := range lines {
			t.hanging(t.hosts(hosts[line]) + ": " + printable(line))
		}
	}
	_, err := w.Write(t.out.Bytes())
	return err
}

// unrepeated returns each of a list once, in order.
func unrepeated(list []string) []string {
	known := map[string]bool{}
	var once []string
	for _, s := range list {
		if !known[s] {
			known[s] = true
			once = append(once, s)
		}
	}
	return once
}

// since says since when a value is there.
func (d *Dated) since(zone *time.Location) string {
	at := func(t time.Time) string { return t.In(zone).Format("2 Jan 2006 15:04 MST") }
	switch {
	case d.First.IsZero() && d.Before.IsZero():
		return d.Value + "; since when is not on record"
	case d.First.IsZero():
		return fmt.Sprintf("%s; in the last observation, of %s, it was %s; %s", d.Value, at(d.Before), d.Was, d.between())
	case d.Before.IsZero():
		return fmt.Sprintf("%s, at least since %s", d.Value, at(d.First))
	}
	return fmt.Sprintf("%s, first seen %s; at %s it was %s; %s", d.Value, at(d.First), at(d.Before), d.Was, d.between())
}

// between says what was deployed meanwhile.
func (d *Dated) between() string {
	if len(d.Deployed) == 0 {
		return "no deployment between them"
	}
	if d.First.IsZero() && len(d.Deployed) == 1 {
		return deployment(&d.Deployed[0]) + " since"
	}
	var names []string
	for i := range d.Deployed {
		names = append(names, deployment(&d.Deployed[i]))
	}
	return strings.Join(names, ", ") + " between them"
}

// deployment names a deployment.
func deployment(e *gate.Event) string {
	what := Timeline{}.contents(e)
	return fmt.Sprintf("%s was deployed (event %s)", what, gate.Short(e.ID))
}

// hanging writes a line that may be long, indented, and what follows more so.
func (t *text) hanging(line string) {
	indent := "   "
	for _, part := range Wrap(line, pageWidth-7) {
		t.printf("%s%s\n", indent, part)
		indent = "       "
	}
}

// Grounds is what a finding of a promotion rests on.
type Grounds struct {
	Events   Timeline // in its entries
	Contents []gate.Content
	From     []string // the environments that prove them
	Stays    []gate.Stay
	Checks   []gate.CheckResult // what GitHub told
	Lacks    []string           // what stands against the promotion
	Next     []string           // the finding's own next steps
}

// Text writes the events that a finding rests on, the stays of the candidate, what it lacks, and what to do next.
func (g Grounds) Text(w io.Writer) error {
	var t text
	if len(g.Events.Entries) > 0 {
		t.printf("\nThe events that it rests on\n")
		if err := g.Events.Text(&t.out); err != nil {
			return err
		}
	}
	g.stays(&t)
	g.checks(&t)
	for _, part := range []struct {
		title string
		lines []string
	}{{"What stands against the promotion", g.Lacks}, {"Next", g.Next}} {
		if len(part.lines) == 0 {
			continue
		}
		t.printf("\n%s\n", part.title)
		for _, line := range part.lines {
			t.hanging(printable(line))
		}
	}
	_, err := w.Write(t.out.Bytes())
	return err
}

// checks writes what GitHub told of checks.
func (g Grounds) checks(t *text) {
	if len(g.Checks) > 0 {
		t.printf("\nWhat GitHub told\n")
	}
	for _, c := range g.Checks {
		line := fmt.Sprintf("%s of %s on %s: ", c.Name, gate.Short(c.Commit), c.Environment)
		switch {
		case c.Conclusion != "":
			line += fmt.Sprintf("%s, %s", c.Conclusion, c.Completed.In(g.Events.Zone).Format("2 Jan 2006 15:04 MST"))
		case c.URL != "":
			line += "it had not ended"
		default:
			line += "no run of it counted"
		}
		t.hanging(printable(strings.TrimSpace(line + " " + c.URL)))
	}
}

// stays writes how long the candidate was where.
func (g Grounds) stays(t *text) {
	if len(g.Contents) == 0 || len(g.From) == 0 {
		return
	}
	t.printf("\nHow long it was there\n")
	for _, c := range g.Contents {
		for _, environment := range g.From {
			found := false
			for i := range g.Stays {
				if s := &g.Stays[i]; s.Content.Component == c.Component && s.Environment == environment {
					t.hanging(printable(g.stay(s)))
					found = true
				}
			}
			if !found {
				t.hanging(printable(fmt.Sprintf("%s: never on %s, as far as the ledger knows", c.Component, environment)))
			}
		}
	}
}

// stay says how long a content was on an environment, and what of it counts.
func (g Grounds) stay(s *gate.Stay) string {
	at := func(t time.Time) string { return t.In(g.Events.Zone).Format("2 Jan 2006 15:04 MST") }
	var line bytes.Buffer
	fmt.Fprintf(&line, "%s %s on %s: since %s", s.Content.Component, gate.Short(s.Content.Commit), s.Environment, at(s.Deployed.At))
	if s.Ended != nil {
		fmt.Fprintf(&line, ", until %s, when %s came", at(s.Ended.At), Timeline{}.contents(s.Ended))
	}
	if s.Shown.IsZero() {
		line.WriteString("; its hosts never showed it in an observation on record")
	} else {
		fmt.Fprintf(&line, "; its hosts showed it last at %s", at(s.Shown))
	}
	if s.Void != nil {
		fmt.Fprintf(&line, "; it does not count: %s, event %s", s.Void.Kind, gate.Short(s.Void.ID))
	}
	return line.String()
}
