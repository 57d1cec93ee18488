package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// Line returns a text that somebody else wrote, fit for a line of a terminal.
func Line(s string) string { return printable(s) }

// Timeline is what is told of a ledger to those who must know.
type Timeline struct {
	Repository string
	Entries    []gate.Entry // oldest first
	Since      time.Time    // what was before is left out; zero for all
	Zone       *time.Location
	Subject    func(commit string) string // the first line of a commit's message, "" where it is not known
}

const (
	clockForm = "02 Jan 2006 15:04:05 MST"
	mostFacts = 12 // of one drift
)

// Text writes the timeline for people.
func (t Timeline) Text(w io.Writer) error {
	var out bytes.Buffer
	if len(t.Entries) == 0 {
		fmt.Fprintf(&out, "Nothing is on record%s.\n", t.since())
	}
	for _, entry := range t.Entries {
		head := fmt.Sprintf("%-25s %-7s ", entry.At.In(t.Zone).Format(clockForm), entryID(entry))
		indent := strings.Repeat(" ", columns(head))
		for i, line := range t.lines(entry) {
			for _, part := range Wrap(printable(line), max(40, pageWidth-columns(head)-2*min(i, 1))) {
				switch {
				case i == 0 && head != "":
					out.WriteString(head + part + "\n")
					head = ""
				case i == 0:
					out.WriteString(indent + part + "\n")
				default:
					out.WriteString(indent + "  " + part + "\n")
				}
			}
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

func (t Timeline) since() string {
	if t.Since.IsZero() {
		return ""
	}
	return " since " + t.Since.In(t.Zone).Format(clockForm)
}

func entryID(entry gate.Entry) string {
	if entry.Event == nil {
		return ""
	}
	return gate.Short(entry.Event.ID)
}

// lines says what happened in the first line, and what more is known of it in the others. Nothing in them is escaped.
func (t Timeline) lines(entry gate.Entry) []string {
	if entry.Event == nil {
		return t.drifted(entry)
	}
	e := entry.Event
	lines := []string{t.headline(e)}
	by := "by " + e.By
	if e.Signer != "" {
		by += ", signed by " + e.Signer
	}
	lines = append(lines, by)
	if e.Invalid != "" {
		lines = append(lines, "DOES NOT COUNT: "+e.Invalid)
	}
	if e.Reason != "" {
		lines = append(lines, e.Reason)
	}
	if len(e.Artifacts) > 0 {
		lines = append(lines, strings.Join(e.Artifacts, ", "))
	}
	if line := shown(e); line != "" {
		lines = append(lines, line)
	}
	if e.Run != "" {
		lines = append(lines, e.Run)
	}
	return lines
}

// headline says what an event is about.
func (t Timeline) headline(e *gate.Event) string {
	what := t.contents(e)
	where := ""
	if e.Environment != "" {
		where = " -> " + e.Environment
	}
	switch e.Kind {
	case gate.Opened:
		return "ledger opened for " + e.Repository
	case gate.Deploying:
		line := "deployment begun: " + what + where
		if e.Rollback {
			line += ", a rollback"
		}
		if e.Outcome != gate.Pass {
			line += ", though the check did not pass"
		}
		if len(e.Codes) > 0 {
			line += ", by an override of " + strings.Join(e.Codes, ", ")
		}
		return line
	case gate.Deployed:
		if e.Adopted {
			return "there when the ledger began: " + what + where
		}
		return "deployed: " + what + where
	case gate.Verified:
		return "verified by " + e.Name + ": " + what + where
	case gate.Decided:
		return decision(e, what, where)
	case gate.Hold:
		return "hold on " + e.Environment + owner(e) + t.until(e)
	case gate.Resume:
		return "hold on " + e.Environment + owner(e) + " ended"
	case gate.Override:
		return "override of " + strings.Join(e.Codes, ", ") + " for " + what + where + t.until(e)
	case gate.SetAside:
		return "set aside: " + strings.Join(e.Hosts, ", ") + t.until(e)
	case gate.Observed:
		return "observed: " + e.Environment
	}
	return strings.TrimSuffix(string(e.Kind)+": "+what+where, ": ")
}

func decision(e *gate.Event, what, where string) string {
	word := map[gate.Outcome]string{gate.Pass: "passed", gate.Blocked: "blocked", gate.Undecided: "could not be told"}[e.Outcome]
	if what == "" {
		word, where = "drift check "+word, " "+e.Environment
	}
	line := word + ": " + what + where
	if what == "" {
		line = word + ":" + where
	}
	if len(e.Codes) > 0 {
		line += ": " + strings.Join(e.Codes, ", ")
	}
	return line
}

func owner(e *gate.Event) string {
	if e.Name == "" {
		return ""
	}
	return " of " + e.Name
}

func (t Timeline) until(e *gate.Event) string {
	if e.Until.IsZero() {
		return ""
	}
	return ", until " + e.Until.In(t.Zone).Format(clockForm)
}

// contents names contents with the subject of their commit.
func (t Timeline) contents(e *gate.Event) string {
	var names []string
	for _, c := range e.Contents {
		name := c.Component + " " + gate.Short(c.Commit)
		if t.Subject != nil {
			if subject := t.Subject(c.Commit); subject != "" {
				name += " \"" + subject + "\""
			}
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// shown says what the hosts showed, where that is what an event is about.
func shown(e *gate.Event) string {
	if e.Snapshots[e.Environment] == "" || e.Kind != gate.Deployed && e.Kind != gate.Verified && e.Kind != gate.Observed && e.Kind != gate.Failed {
		return ""
	}
	var names []string
	for _, c := range e.Seen {
		names = append(names, c.Component+" "+gate.Short(c.Commit))
	}
	if len(names) == 0 {
		return "its hosts did not show what they run"
	}
	return "its hosts showed " + strings.Join(names, ", ")
}

func (t Timeline) drifted(entry gate.Entry) []string {
	d := entry.Drift
	lines := []string{fmt.Sprintf("%s changed, with no deployment since %s", d.Environment, d.Since.In(t.Zone).Format(clockForm))}
	if d.Problem != "" {
		return []string{fmt.Sprintf("whether %s changed since %s cannot be told: %s", d.Environment, d.Since.In(t.Zone).Format(clockForm), d.Problem)}
	}
	var facts []string
	for _, f := range d.Findings {
		if len(f.Items) == 0 {
			facts = append(facts, f.Title)
		}
		for _, item := range f.Items {
			facts = append(facts, fmt.Sprintf("%s: %s -> %s (%s)", item.Address, valuesText(item.From), valuesText(item.To), hostsText(item.To, item.From)))
		}
	}
	if n := len(facts) - mostFacts; n > 1 {
		facts = append(facts[:mostFacts:mostFacts], fmt.Sprintf("and %d more: gate log --format json has them all", n))
	}
	return append(lines, facts...)
}

func valuesText(values []gate.Values) string {
	var texts []string
	for _, v := range values {
		if !slices.Contains(texts, v.Value) {
			texts = append(texts, v.Value)
		}
	}
	if len(texts) == 0 {
		return "absent"
	}
	return strings.Join(texts, ", ")
}

// hostsText names the hosts of the first side that has any.
func hostsText(sides ...[]gate.Values) string {
	for _, values := range sides {
		var names []string
		for _, v := range values {
			for _, h := range v.Hosts {
				names = append(names, last(h))
			}
		}
		if len(names) > 3 {
			names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
		}
		if len(names) > 0 {
			return strings.Join(names, ", ")
		}
	}
	return "no host"
}

// Markdown writes the timeline as a table, to be pasted into a post-mortem.
func (t Timeline) Markdown(w io.Writer) error {
	var out bytes.Buffer
	if len(t.Entries) == 0 {
		fmt.Fprintf(&out, "Nothing is on record%s.\n", escaped(t.since()))
	} else {
		out.WriteString("| When | What | Who |\n|---|---|---|\n")
	}
	for _, entry := range t.Entries {
		lines, who := t.lines(entry), ""
		if entry.Event != nil {
			who, lines = strings.TrimPrefix(lines[1], "by "), slices.Delete(lines, 1, 2)
		}
		what := "**" + escaped(lines[0]) + "**"
		for _, line := range lines[1:] {
			what += "<br>" + escaped(line)
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", entry.At.In(t.Zone).Format(clockForm), what, escaped(who))
	}
	_, err := w.Write(out.Bytes())
	return err
}

// escaped returns a text for a cell of a table of Markdown: nothing in it is markup, calls a person by name, or ends the
// cell.
func escaped(s string) string {
	var b strings.Builder
	for _, r := range printable(s) {
		switch {
		case strings.ContainsRune("\\`*_{}[]()<>#+!|~&$", r):
			b.WriteString("\\" + string(r))
		case r == '@':
			b.WriteString("@<!-- -->")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// entryJSON is an entry as programs read it.
type entryJSON struct {
	At    time.Time     `json:"at"`
	Event *eventJSON    `json:"event,omitempty"`
	Drift *gate.Drifted `json:"drift,omitempty"`
}

type eventJSON struct {
	ID      string `json:"id"`
	Signer  string `json:"signer,omitempty"`
	Invalid string `json:"invalid,omitempty"`
	*gate.Event
}

// JSON writes the timeline for programs.
func (t Timeline) JSON(w io.Writer) error {
	list := struct {
		Version    int         `json:"gate_log"`
		Repository string      `json:"repository"`
		Since      time.Time   `json:"since,omitzero"`
		Entries    []entryJSON `json:"entries"`
	}{1, t.Repository, t.Since.UTC(), []entryJSON{}}
	if t.Since.IsZero() {
		list.Since = time.Time{}
	}
	for _, entry := range t.Entries {
		one := entryJSON{At: entry.At, Drift: entry.Drift}
		if e := entry.Event; e != nil {
			one.Event = &eventJSON{e.ID, e.Signer, e.Invalid, e}
		}
		list.Entries = append(list.Entries, one)
	}
	data, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, visible(string(data))+"\n")
	return err
}
