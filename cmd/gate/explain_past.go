package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/gate/report"
	"github.com/seed-313c021b/gate/policies"
)

// background is what the ledger tells beside the last check.
type background struct {
	*past
	history   *gate.History
	verdict   *gate.Verdict // of the last check; nil where there is none
	record    *ledger.Record
	snapshots map[string]*drift.Snapshot // that were read from the record
	observed  map[string][]point         // by environment
}

// background opens the ledger. It is nil where there is none. What stands in the way is said in a line: explain tells what
// it can without.
func (a *app) background(ctx context.Context, keyID string) *background {
	b := &background{snapshots: map[string]*drift.Snapshot{}, observed: map[string][]point{}}
	p := a.quietly(ctx)
	if p == nil {
		return nil
	}
	var err error
	if b.past, err = a.openPast(ctx, p, a.flags.ledger != ""); err != nil {
		return a.without(err)
	}
	if b.past == nil {
		return nil
	}
	if b.history, err = b.past.history(ctx); err != nil {
		return a.without(err)
	}
	if b.history.ID == "" {
		return nil
	}
	_ = a.flawed(b.history)
	if b.verdict, err = a.last(); err == nil && b.verdict.Policy.Digest != p.Digest {
		return a.without(errors.New("the policy is not that of the last check: check again"))
	}
	if keyID == "" {
		if keyID, err = a.lastKey(ctx, b.past, b.history); err != nil {
			return a.without(err)
		}
	}
	b.record = b.past.record(ctx, b.history, keyID)
	for _, e := range p.Environments {
		b.observed[e.Name] = observations(b.history, e.Name)
	}
	return b
}

// without says why the ledger is left out.
func (a *app) without(err error) *background {
	a.warn(report.Line("without what the ledger tells: " + strings.Join(strings.Fields(err.Error()), " ")))
	return nil
}

// quietly loads the policy. It is nil where there is none, and where it has mistakes, which is said in a line: explain is
// what one runs while one mends it.
func (a *app) quietly(ctx context.Context) *policies.Policy {
	if a.flags.policyRef != "" {
		p, err := a.loadPolicy(ctx)
		if err != nil {
			a.without(err)
		}
		return p
	}
	if _, err := os.Stat(a.flags.policy); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	fsys, name := folder(a.flags.policy)
	p, diags := policies.Load(fsys, name)
	if diags.HasErrors() {
		a.without(fmt.Errorf("%s has mistakes (gate validate)", a.flags.policy))
		return nil
	}
	return p
}

// close ends what reads the record, and says what of it could not be compared.
func (b *background) close() {
	for _, line := range b.record.Forgotten() {
		b.app.warn(report.Line(line))
	}
	b.record.Close()
}

// dates tells since when hosts have what they have at an address.
func (b *background) dates(hosts []drift.Host, a drift.Address) []report.Dated {
	var dates []report.Dated
	for i := range hosts {
		h := &hosts[i]
		v := h.Presence(a)
		if v.Kind == drift.Unknown {
			continue
		}
		d := report.Dated{Address: string(a), Host: h.ID.String(), Value: v.Display()}
		d.First, d.Before = b.record.Since(h.ID, a, v.Equal)
		if !d.Before.IsZero() {
			d.Was, d.Deployed = b.was(h.ID, a, d.Before, v)
		}
		dates = append(dates, d)
	}
	return dates
}

// was returns what a host had in the observation of a time, in which it was not what it is now, and what was deployed between
// that observation and the next one.
func (b *background) was(id drift.HostID, a drift.Address, at time.Time, now drift.Value) (string, []gate.Event) {
	list := b.observed[id.Environment]
	for i, o := range slices.Backward(list) {
		if !o.event.At.Equal(at) {
			continue
		}
		s, err := b.snapshot(o.snapshot())
		if err != nil {
			return "what cannot be told: " + err.Error(), b.deployed(list[i:])
		}
		host := slices.IndexFunc(s.Hosts, func(h drift.Host) bool { return h.ID == id })
		if host < 0 {
			continue
		}
		if then := s.Hosts[host].Presence(a); !then.Equal(now) {
			return then.Display(), b.deployed(list[i:])
		}
	}
	return "another", nil
}

// deployed returns the deployments after the first of observations, up to the second, or up to now. It goes by the order of
// the ledger: a deployment may take less than the second to which times are kept.
func (b *background) deployed(between []point) []gate.Event {
	var found []gate.Event
	after := false
	for _, e := range b.history.Events { // an observation may be on record with a check of another environment
		if after && e.Kind == gate.Deployed && e.Environment == between[0].environment && e.Invalid == "" {
			found = append(found, e)
		}
		if len(between) > 1 && e.ID == between[1].event.ID {
			break
		}
		after = after || e.ID == between[0].event.ID
	}
	return found
}

// snapshot reads a recorded snapshot, once.
func (b *background) snapshot(id string) (*drift.Snapshot, error) {
	if s := b.snapshots[id]; s != nil {
		return s, nil
	}
	s, err := b.record.Snapshot(id)
	if err == nil {
		b.snapshots[id] = s
	}
	return s, err
}

// finding tells what the ledger knows about a finding of the last check.
func (b *background) finding(ctx context.Context, f gate.Finding, hosts []drift.Host) error {
	var dates []report.Dated
	for _, item := range f.Items {
		about := slices.DeleteFunc(slices.Clone(hosts), func(h drift.Host) bool {
			return !slices.ContainsFunc(slices.Concat(item.From, item.To), func(v gate.Values) bool { return slices.Contains(v.Hosts, h.ID.String()) })
		})
		if a, err := drift.ParseAddress(item.Address); err == nil {
			dates = append(dates, b.dates(about, a)...)
		}
	}
	zone := b.policy.Gate.Timezone
	if err := report.Dates(b.app.out, dates, zone); err != nil {
		return err
	}
	promotion := strings.HasPrefix(f.Code, "promotion.")
	g := report.Grounds{Events: report.Timeline{Zone: zone, Subject: b.subject()}}
	for _, step := range f.Next {
		g.Next = append(g.Next, strings.ReplaceAll(step, " (finding NUMBER)", "")) // that is this page
	}
	contents := b.candidates(ctx)
	for _, e := range gate.Grounds(b.history, b.verdict, contents, f.Code) {
		g.Events.Entries = append(g.Events.Entries, gate.Entry{At: e.At, Event: &e})
	}
	if promotion && len(contents) > 0 {
		g.Contents, g.From = contents, b.verdict.From
		for _, environment := range g.From {
			for _, c := range contents {
				g.Stays = append(g.Stays, gate.Stays(b.history, environment, c)...)
			}
		}
	}
	if promotion || f.Code == "change.in_flight" {
		g.Checks = b.verdict.Checks
	}
	for _, other := range b.verdict.Findings {
		if promotion && other.Effect != gate.Informs && strings.HasPrefix(other.Code, "promotion.") {
			g.Lacks = append(g.Lacks, other.Title)
		}
	}
	return g.Text(b.app.out)
}

// candidates returns what the last check was to promote: the contents of the components that the target has another one of,
// all where it has none of them otherwise.
func (b *background) candidates(ctx context.Context) []gate.Content {
	if b.verdict.Candidate == nil {
		return nil
	}
	c, err := b.candidate(ctx, b.verdict.Candidate.Commit, b.verdict.Candidate.Rollback)
	if err != nil {
		b.app.without(err)
		return nil
	}
	moving := slices.DeleteFunc(slices.Clone(c.Contents), func(c gate.Content) bool {
		return !slices.Contains(b.verdict.Candidate.Components, c.Component)
	})
	if len(moving) == 0 {
		return c.Contents
	}
	return moving
}

// landmark is an observation that an address is shown at.
type landmark struct {
	point
	about string
}

// landmarks returns the observations that say most about what is now: of the last promotion into each environment, and of
// the last proof that an environment gave.
func (b *background) landmarks() []landmark {
	var list []landmark
	add := func(e gate.Event, environment, about string) bool {
		if e.Snapshots[environment] != "" {
			list = append(list, landmark{point{environment: environment, event: e}, about})
		}
		return e.Snapshots[environment] != ""
	}
	for _, e := range b.policy.Environments {
		if len(e.Promotion.From) == 0 {
			continue
		}
		if promoted, ok := b.lastOf(gate.Deployed, e.Name); ok {
			begun, _ := b.history.Event(promoted.Of)
			for _, from := range e.Promotion.From {
				about := fmt.Sprintf("when %s was promoted to %s", named(promoted.Contents), e.Name)
				_ = add(begun, from, about) || add(promoted, from, about)
			}
			about := "after " + named(promoted.Contents) + " was promoted to it"
			if promoted.Adopted {
				about = "when the ledger began with " + named(promoted.Contents)
			}
			add(promoted, e.Name, about)
		}
		for _, from := range e.Promotion.From {
			if verified, ok := b.lastOf(gate.Verified, from); ok {
				add(verified, from, fmt.Sprintf("when %s was verified by %s", named(verified.Contents), verified.Name))
			}
		}
	}
	return list
}

// lastOf returns the last event of a kind in an environment.
func (b *background) lastOf(kind gate.Kind, environment string) (gate.Event, bool) {
	for _, e := range slices.Backward(b.history.In(environment)) {
		if e.Kind == kind {
			return e, true
		}
	}
	return gate.Event{}, false
}

// address writes since when hosts have what they have at addresses, and what was there before.
func (b *background) address(out *bytes.Buffer, hosts []drift.Host, addresses []drift.Address, asked drift.Address) error {
	zone := b.policy.Gate.Timezone
	var dates []report.Dated
	for _, a := range addresses {
		dates = append(dates, b.dates(hosts, a)...)
	}
	if err := report.Dates(out, dates, zone); err != nil {
		return err
	}
	for _, mark := range b.landmarks() {
		fmt.Fprintf(out, "\n%s, %s\n", mark.describe(zone, b.app.now()), report.Line(mark.about))
		s, err := b.snapshot(mark.snapshot())
		if err != nil {
			fmt.Fprintf(out, "   %s\n", report.Line(err.Error()))
			continue
		}
		if err := report.Address(out, s.Hosts, below(s.Hosts, asked)); err != nil {
			return err
		}
	}
	return nil
}

// last returns the hosts of all environments as they were observed last, and when that was.
func (b *background) last() (hosts []drift.Host, when []string) {
	for _, e := range b.policy.Environments {
		list := b.observed[e.Name]
		if len(list) == 0 {
			continue
		}
		last := &list[len(list)-1]
		s, err := b.snapshot(last.snapshot())
		if err != nil {
			when = append(when, fmt.Sprintf("%s: %v", e.Name, err))
			continue
		}
		hosts = append(hosts, s.Hosts...)
		when = append(when, last.describe(b.policy.Gate.Timezone, b.app.now()))
	}
	return hosts, when
}
