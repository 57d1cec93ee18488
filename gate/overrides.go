package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// overrides lets the findings through that somebody has overridden in the open, for all that the candidate would bring: not
// the hard ones, and not what could not be told.
func (d *decision) overrides() {
	if d.Candidate == nil {
		return
	}
	contents := d.moving()
	if len(contents) == 0 {
		contents = d.Candidate.Contents
	}
	for _, e := range d.History.In(d.To) {
		if e.Kind != Override || !active(e, d.Now) || slices.ContainsFunc(contents, func(c Content) bool { return !holds(e.Contents, c) }) {
			continue
		}
		covers := 0
		for i := range d.verdict.Findings {
			f := &d.verdict.Findings[i]
			if f.Effect == Blocks && f.Enforcement != "hard" && slices.Contains(e.Codes, f.Code) {
				f.Effect, f.Overridden = Informs, e.ID
				covers++
			}
		}
		d.add(Finding{Code: "override.active", Effect: Informs,
			Title:  fmt.Sprintf("%s overrides %s until %s: %s", e.By, strings.Join(e.Codes, ", "), d.moment(e.Until), e.Reason),
			Detail: []string{fmt.Sprintf("it lets %s through", count(covers, "finding", "findings"))}})
	}
}

// override is the command that lets the candidate through in spite of a code.
func (d *decision) override(code string) string {
	return fmt.Sprintf("gate override --to %s --revision %s --code %s --until … --reason …", d.To, Short(d.Candidate.Commit), code)
}

func active(e Event, now time.Time) bool { return now.Before(e.Until) }
