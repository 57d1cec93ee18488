package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// proof is how a content was proved on an environment: the stay that counts most, and what it lacks.
type proof struct {
	environment string
	content     Content
	stay        *stay // nil where it never was there
	verified    []verification
	checks      []CheckResult // what GitHub told
	soaked      time.Duration
	still       bool // the environment's hosts show it now
	void        bool // the deployment was taken back
	lacks       []Finding
}

// prove finds the best proof of the candidate's content of a component on an environment: of its stays one that was not
// taken back, which lacks least, of these the last.
func (d *decision) prove(environment string, c Content, together []Content) proof {
	var best proof
	on := staysOn(stays(d.History, environment, c.Component), c)
	for i := range on {
		if p := d.weigh(environment, &on[i], together); best.stay == nil || !p.worse(&best) {
			best = p
		}
	}
	if best.stay != nil {
		return best
	}
	best = proof{environment: environment, content: c}
	best.lack(d.notDeployed(environment, c))
	return best
}

// worse reports whether a proof counts less than another one. What could not be told of hosts counts for none: were it told,
// this could be the proof, and say what the other one does not.
func (p *proof) worse(than *proof) bool {
	if p.void != than.void {
		return p.void
	}
	return p.known() > than.known()
}

// known returns how much the proof is known to lack.
func (p *proof) known() int {
	n := 0
	for _, f := range p.lacks {
		if f.Code != "promotion.unresolved" {
			n++
		}
	}
	return n
}

func (p *proof) lack(f Finding) { p.lacks = append(p.lacks, f) }

// weigh says what one stay proves, and what it lacks.
func (d *decision) weigh(environment string, s *stay, together []Content) proof {
	p := proof{environment: environment, content: s.content, stay: s}
	name := d.name(s.content)
	if e, void := s.void(d.History); void {
		p.void = true
		code, title := "promotion.failed", fmt.Sprintf("%s failed on %s", name, environment)
		if e.Kind == Revoked {
			code, title = "promotion.revoked", name+" was revoked"
		}
		p.lack(Finding{Code: code, Effect: Blocks, Title: title, Detail: d.saidBy(e), Next: []string{fmt.Sprintf("mend what was wrong with it, and deploy that to %s", environment)}})
	}
	sights := s.sights()
	if s.ended == nil && d.looked(environment) {
		p.still = holds(d.seen(environment).contents, s.content)
		sights = append(sights, sight{d.readAt(environment), p.still})
	}
	shown := slices.ContainsFunc(sights, func(s sight) bool { return s.shows })
	if !shown || s.ended == nil && d.harmed(environment, s.content) {
		p.lack(d.notObserved(environment, s.content, shown))
	}
	proved, oldest := s.deployed.At, d.Now
	for _, check := range d.environment.Promotion.VerifiedBy {
		if d.environment.Promotion.Check(check) != nil && (p.void || d.back()) {
			continue // GitHub cannot change it
		}
		v, lack := d.verify(&p, check, together)
		if lack != nil {
			p.lack(*lack)
			continue
		}
		p.verified = append(p.verified, v)
		if v.at.After(proved) {
			proved = v.at
		}
		if v.at.Before(oldest) {
			oldest = v.at
		}
	}
	if len(p.verified) == 0 {
		oldest = s.deployed.At
	}
	d.soak(&p, sights, proved)
	if limit := d.environment.Promotion.EvidenceMaxAge; limit > 0 && d.Now.Sub(oldest) >= limit {
		p.lack(Finding{Code: "promotion.stale", Effect: Blocks,
			Title: fmt.Sprintf("The proof of %s on %s is of %s, and not younger than %s", name, environment, d.moment(oldest), span(limit)),
			Next:  []string{fmt.Sprintf("deploy and verify %s on %s again", name, environment)}})
	}
	return p
}

// verifiedBy returns the last event by which a check has passed for this very deployment, and with all contents that are
// to be promoted together.
func (s *stay) verifiedBy(check string, together []Content) (Event, bool) {
	for _, e := range slices.Backward(s.events) {
		if e.Kind != Verified || e.Name != check || !s.isOf(e) {
			continue
		}
		if !slices.ContainsFunc(together, func(c Content) bool { return !holds(e.Contents, c) }) {
			return e, true
		}
	}
	return Event{}, false
}

// isOf reports whether an event is about this deployment, or about a later one of another component beside it.
func (s *stay) isOf(e Event) bool {
	return e.Of == "" || e.Of == s.deployed.ID || slices.ContainsFunc(s.events, func(other Event) bool { return other.ID == e.Of })
}

// commitOf returns the commit by which people ask for a content: the candidate's, where there is one.
func (d *decision) commitOf(c Content) string {
	if d.Candidate != nil {
		return d.Candidate.Commit
	}
	return c.Commit
}

func (d *decision) notVerified(p proof, check string, together []Content) Finding {
	f := Finding{Code: "promotion.not_verified", Effect: Blocks,
		Title: fmt.Sprintf("%s is not verified by %q on %s", d.name(p.content), check, p.environment),
		Next: []string{fmt.Sprintf("run %s against %s, then: gate record verified --name %s --to %s --revision %s",
			check, p.environment, check, p.environment, Short(d.commitOf(p.content)))}}
	if e, ok := p.stay.verifiedBy(check, nil); ok && len(together) > 1 {
		f.Detail = []string{fmt.Sprintf("%q has passed at %s, but not with all that would be promoted together: %s", check, d.moment(e.At), named(together))}
	}
	return f
}

// harmed reports whether an environment's hosts, where a content is on record, neither show it now nor another one in its
// place: files were edited, a unit does not run, a marker cannot be read. Being replaced harms nothing.
func (d *decision) harmed(environment string, c Content) bool {
	return d.looked(environment) && slices.ContainsFunc(d.seen(environment).unseen, func(u Unseen) bool {
		return u.Component == c.Component && u.Sight != Mixed && (u.Content.ID == "" || u.Content.ID == c.ID)
	})
}

// notObserved says that no observation shows what a deployment claims, or do not any more, or that it could not be told.
func (d *decision) notObserved(environment string, c Content, shown bool) Finding {
	f := Finding{Code: "promotion.not_observed", Effect: Blocks,
		Title: fmt.Sprintf("The deployment of %s to %s is on record, and its hosts never showed it in an observation on record", d.name(c), environment),
		Next:  []string{fmt.Sprintf("look whether the deployment really reached %s, and deploy it again", environment)}}
	if shown {
		f.Title = fmt.Sprintf("%s was deployed to %s, and its hosts do not show it any more", d.name(c), environment)
		f.Next = []string{fmt.Sprintf("find out what happened to it on %s, and deploy and verify it again", environment)}
	}
	if d.looked(environment) {
		d.explainSight(&f, environment, c.Component)
	}
	if f.Effect == Opens {
		f.Title = fmt.Sprintf("%s was deployed to %s, and whether its hosts show it could not be told", d.name(c), environment)
		f.Next = []string{fmt.Sprintf("get what is missing to tell what %s shows, and check again", environment)}
	}
	return f
}

// soak says how long the content stayed, once it was proved, between observations that agree.
func (d *decision) soak(p *proof, sights []sight, proved time.Time) {
	longest, since := soaked(sights, proved)
	p.soaked = longest
	want := d.environment.Promotion.Soak
	if longest >= want {
		return
	}
	f := Finding{Code: "promotion.soaking", Effect: Blocks,
		Title: fmt.Sprintf("%s has soaked %s of %s on %s", d.name(p.content), span(longest), span(want), p.environment)}
	switch {
	case p.stay.ended != nil:
		f.Detail = []string{fmt.Sprintf("it was replaced at %s by %s", d.moment(p.stay.ended.At), named(p.stay.ended.Contents))}
		if !since.IsZero() && p.stay.ended.At.Sub(since) >= want {
			f.Detail = append(f.Detail, "nobody looked at it before that, so that it is not known how long it stayed: gate begin looks, and so does gate check --record")
		}
		f.Next = []string{fmt.Sprintf("deploy it to %s again, verify it, and leave it there for %s", p.environment, span(want))}
	case since.IsZero():
		f.Next = []string{fmt.Sprintf("verify it on %s, and leave it there for %s", p.environment, span(want))}
	default:
		f.Ready = since.Add(want)
		f.Next = []string{fmt.Sprintf("wait until %s, or let gate wait: gate check --to %s --revision %s --wait %s",
			d.moment(f.Ready), d.To, Short(d.Candidate.Commit), span(f.Ready.Sub(d.Now).Round(time.Minute)+time.Minute))}
	}
	if len(p.lacks) > 0 && !f.Ready.IsZero() { // it cannot begin before these are gone
		f.Ready = readyAt(p.lacks)
	}
	p.lack(f)
}

// readyAt returns when all findings may be gone by themselves, zero where that will not be.
func readyAt(findings []Finding) time.Time {
	var ready time.Time
	for _, f := range findings {
		if f.Ready.IsZero() {
			return time.Time{}
		}
		if f.Ready.After(ready) {
			ready = f.Ready
		}
	}
	return ready
}

// evidence judges whether the candidate was proved on all the environments that the target is promoted from. It returns
// the proofs.
func (d *decision) evidence(together []Content) []proof {
	var proofs []proof
	for _, environment := range d.verdict.From {
		var lacks []Finding
		for _, c := range together {
			p := d.prove(environment, c, together)
			proofs = append(proofs, p)
			d.verdict.Checks = append(d.verdict.Checks, p.checks...)
			lacks = append(lacks, p.lacks...)
		}
		if !d.Candidate.Rollback {
			for _, f := range merged(lacks) {
				d.add(f)
			}
		}
	}
	return proofs
}

// merged returns findings with each title once.
func merged(findings []Finding) []Finding {
	var list []Finding
	for _, f := range findings {
		if !slices.ContainsFunc(list, func(g Finding) bool { return g.Code == f.Code && g.Title == f.Title }) {
			list = append(list, f)
		}
	}
	return list
}

// name names a content for people: its component, and the candidate's commit where it is of the candidate.
func (d *decision) name(c Content) string {
	if d.Candidate != nil && holds(d.Candidate.Contents, c) {
		return c.Component + " " + Short(d.Candidate.Commit)
	}
	return named([]Content{c})
}

// named names contents for people.
func named(contents []Content) string {
	var names []string
	for _, c := range contents {
		names = append(names, c.Component+" "+Short(c.Commit))
	}
	return strings.Join(names, ", ")
}

// saidBy says when an event was written down, by whom, and why.
func (d *decision) saidBy(e Event) []string {
	line := d.moment(e.At) + ", by " + e.By
	if e.Reason != "" {
		line += ": " + e.Reason
	}
	return []string{line}
}

// span writes a duration as policies do: "30m", "36h", "14d".
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute || d == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.Round(time.Second).String()
}
