package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Candidate and ledger: see promotion.go for what is read of them.

// promotion judges whether the candidate may enter the environment, from what the ledger tells and what the hosts show, and
// returns what proves it. It is nil in a drift check.
func (d *decision) promotion() []proof {
	d.flaws()
	d.skipped()
	d.asides()
	if d.Candidate == nil {
		return nil
	}
	d.holds()
	d.freezes()
	d.running()
	together := d.moving()
	proofs := d.evidence(together)
	d.moved(proofs)
	d.direction(together)
	d.unowned(together)
	return proofs
}

// flaws makes a finding of each thing that is wrong with the ledger.
func (d *decision) flaws() {
	if d.History == nil {
		return
	}
	for _, flaw := range d.History.Flaws {
		f := Finding{Code: flaw.Code, Effect: Blocks, Enforcement: "hard", Title: flaw.Text}
		if flaw.Next != "" {
			f.Next = []string{flaw.Next}
		}
		if flaw.Event != "" {
			f.Detail = []string{"event " + Short(flaw.Event)}
		}
		d.add(f)
	}
}

// asides tells of the hosts that are set aside.
func (d *decision) asides() {
	for _, environment := range append(slices.Clone(d.verdict.From), d.To) {
		aside := SetAsides(d.History, environment, d.Now)
		for _, host := range sortedKeys(aside) {
			e := aside[host]
			d.add(Finding{Code: "set_aside.active", Effect: Informs, Hosts: []string{host},
				Title:  fmt.Sprintf("%s is set aside until %s: %s", host, moment(e.Until), e.Reason),
				Detail: []string{"by " + e.By}})
		}
	}
}

// moving returns those of the candidate's contents that the environment does not have yet: only these need a proof.
func (d *decision) moving() []Content {
	var list []Content
	for _, c := range d.Candidate.Contents {
		if now, ok := d.current(d.To, c.Component); !ok || now.ID != c.ID {
			list = append(list, c)
		}
	}
	return list
}

// current returns the content of a component on an environment: what its hosts show, and where that cannot be told, what was
// deployed last.
func (d *decision) current(environment, component string) (Content, bool) {
	if d.looked(environment) {
		if c, ok := contentOf(d.seen(environment).contents, component); ok {
			return c, true
		}
	}
	return last(d.History, environment, component)
}

// last returns the content of a component that was deployed last to an environment.
func last(h *History, environment, component string) (Content, bool) {
	list := stays(h, environment, component)
	for _, s := range slices.Backward(list) {
		if _, void := s.void(h); !void || s.ended == nil {
			return s.content, true
		}
	}
	return Content{}, false
}

// passed reports whether a content entered the environment with a pass, at some time.
func (d *decision) passed(c Content) bool {
	return slices.ContainsFunc(staysOn(stays(d.History, d.To, c.Component), c), func(s stay) bool { return d.entered(s) })
}

// entered reports whether the deployment of a stay was let in.
func (d *decision) entered(s stay) bool {
	if s.deployed.Adopted {
		return true
	}
	begun, ok := d.History.Event(s.deployed.Of)
	return ok && begun.Kind == Deploying && begun.Outcome == Pass && holds(begun.Contents, s.content)
}

// skipped finds what is on the environment and never passed: a deployment without a pass on record, and hosts that show
// a content of which no deployment is. What the candidate contains and staging has proved with it is told, and stops nothing.
func (d *decision) skipped() {
	if len(d.verdict.From) == 0 || d.History == nil || d.History.ID == "" {
		return
	}
	for _, component := range d.Policy.Promoted() {
		list := stays(d.History, d.To, component.Name)
		if n := len(list); n > 0 && !d.entered(list[n-1]) {
			s := list[n-1]
			d.skip(s.content, Finding{
				Title:  fmt.Sprintf("%s was deployed to %s without a pass", named([]Content{s.content}), d.To),
				Detail: saidBy(s.deployed)})
			continue
		}
		if !d.looked(d.To) {
			continue
		}
		if c, ok := contentOf(d.seen(d.To).contents, component.Name); ok && !d.passed(c) {
			d.skip(c, Finding{
				Title: fmt.Sprintf("%s is on %s, and no deployment of it is on record", named([]Content{c}), d.To)})
		}
	}
}

// skip adds what is known of a content that skipped the gate.
func (d *decision) skip(c Content, f Finding) {
	f.Code, f.Effect = "promotion.skipped", Blocks
	f.Next = []string{fmt.Sprintf("prove %s on %s, and promote it from there", named([]Content{c}), strings.Join(d.verdict.From, ", "))}
	switch {
	case d.Candidate != nil && d.contains(c):
		f.Effect = Informs
		f.Detail = append(f.Detail, "the candidate contains it, so what proves the candidate proves it as well")
		f.Next = nil
	case d.Candidate == nil && d.provedSince(c):
		f.Effect = Informs
		f.Detail = append(f.Detail, "it was proved since")
		f.Next = nil
	}
	d.add(f)
}

// contains reports whether the candidate descends from a content.
func (d *decision) contains(c Content) bool {
	if holds(d.Candidate.Contents, c) {
		return true
	}
	yes, err := d.descends(c, d.Candidate.Commit)
	return err == nil && yes
}

// provedSince reports whether a content, or one that descends from it, was verified on all that the environment is
// promoted from.
func (d *decision) provedSince(c Content) bool {
	return !slices.ContainsFunc(d.verdict.From, func(environment string) bool {
		return !slices.ContainsFunc(stays(d.History, environment, c.Component), func(s stay) bool {
			if _, void := s.void(d.History); void || len(d.lacking(s)) > 0 {
				return false
			}
			yes, err := d.descends(c, s.content.Commit)
			return s.content.ID == c.ID || err == nil && yes
		})
	})
}

// lacking returns the checks by which a stay is not verified.
func (d *decision) lacking(s stay) []string {
	return slices.DeleteFunc(slices.Clone(d.environment.Promotion.VerifiedBy), func(check string) bool {
		_, ok := s.verifiedBy(check, []Content{s.content})
		return ok
	})
}

// descends reports whether a commit descends from a content: from any commit that the ledger knows it by.
func (d *decision) descends(c Content, commit string) (bool, error) {
	if d.Commits == nil {
		return false, fmt.Errorf("there is no repository to ask")
	}
	known := []string{c.Commit}
	if d.History != nil {
		for _, e := range d.History.Events {
			if other, ok := e.Content(c.Component); ok && e.Invalid == "" && other.ID == c.ID && !slices.Contains(known, other.Commit) {
				known = append(known, other.Commit)
			}
		}
	}
	var failed error
	for _, from := range known {
		yes, err := d.Commits.Ancestor(from, commit)
		if yes && err == nil {
			return true, nil
		}
		if err != nil {
			failed = err
		}
	}
	return false, failed
}

// direction judges whether the candidate goes forward; or, on the way back, whether it was there before.
func (d *decision) direction(moving []Content) {
	for _, c := range moving {
		if d.Candidate.Rollback {
			d.back(c)
			continue
		}
		now, ok := d.current(d.To, c.Component)
		if !ok {
			continue // it is the first one there
		}
		forward, err := d.descends(now, d.Candidate.Commit)
		switch {
		case err != nil && !forward:
			d.add(Finding{Code: "promotion.unresolved", Effect: Opens,
				Title:  fmt.Sprintf("Could not tell whether %s descends from %s, which is on %s", d.name(c), named([]Content{now}), d.To),
				Detail: []string{err.Error()}, Next: []string{"get the commits that are missing here, and check again"}})
		case !forward:
			d.add(Finding{Code: "promotion.backward", Effect: Blocks,
				Title: fmt.Sprintf("%s does not contain %s, which is on %s: promoting it would take that away", d.name(c), named([]Content{now}), d.To),
				Next: []string{fmt.Sprintf("merge %s into it and prove the result on %s; or, to go back on purpose: --rollback",
					Short(now.Commit), strings.Join(d.verdict.From, ", "))}})
		}
	}
}

// back judges a rollback of one content.
func (d *decision) back(c Content) {
	title := ""
	switch {
	case !d.passed(c):
		title = fmt.Sprintf("%s never passed into %s, so it is nothing to go back to", d.name(c), d.To)
	case d.revoked(c):
		title = fmt.Sprintf("%s was revoked", d.name(c))
	default:
		return
	}
	d.add(Finding{Code: "promotion.rollback", Effect: Blocks, Title: title,
		Next: []string{fmt.Sprintf("choose a revision that was on %s: gate log --to %s", d.To, d.To)}})
}

func (d *decision) revoked(c Content) bool {
	return slices.ContainsFunc(d.History.Events, func(e Event) bool { return e.Kind == Revoked && e.Invalid == "" && holds(e.Contents, c) })
}

// unowned finds files that the candidate changes and no component owns: nobody could say whether they were proved.
func (d *decision) unowned(moving []Content) {
	if len(d.Policy.Components) == 0 || d.Commits == nil || d.Candidate.Rollback {
		return
	}
	seen := map[string]bool{}
	for _, component := range d.Policy.Promoted() {
		now, ok := d.current(d.To, component.Name)
		if !ok || seen[now.Commit] {
			continue
		}
		seen[now.Commit] = true
		_, paths, err := d.Commits.Changed(now.Commit, d.Candidate.Commit)
		if err != nil {
			d.add(Finding{Code: "promotion.unresolved", Effect: Opens,
				Title:  fmt.Sprintf("Could not tell what changed between %s and %s", Short(now.Commit), Short(d.Candidate.Commit)),
				Detail: []string{err.Error()}, Next: []string{"get the commits that are missing here, and check again"}})
			continue
		}
		paths = slices.DeleteFunc(paths, d.Policy.Owned)
		if len(paths) == 0 {
			continue
		}
		f := Finding{Code: "promotion.unowned", Effect: Blocks, Detail: paths,
			Title: fmt.Sprintf("The candidate changes %s that no component owns", count(len(paths), "file", "files")),
			Next:  []string{"add the paths to a component, or list them in the gate block as unmanaged"}}
		if len(f.Detail) > 10 {
			f.Detail = append(slices.Clone(paths[:10]), fmt.Sprintf("and %d more", len(paths)-10))
		}
		d.add(f)
		return
	}
}

// overrides lets the findings through that somebody has overridden in the open: not the hard ones, and not what could
// not be told.
func (d *decision) overrides() {
	if d.Candidate == nil {
		return
	}
	for _, e := range d.History.In(d.To) {
		if e.Kind != Override || !active(e, d.Now) || !slices.ContainsFunc(e.Contents, func(c Content) bool { return holds(d.Candidate.Contents, c) }) {
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
			Title:  fmt.Sprintf("%s overrides %s until %s: %s", e.By, strings.Join(e.Codes, ", "), moment(e.Until), e.Reason),
			Detail: []string{fmt.Sprintf("it lets %s through", count(covers, "finding", "findings"))}})
	}
}

func active(e Event, now time.Time) bool { return now.Before(e.Until) }
