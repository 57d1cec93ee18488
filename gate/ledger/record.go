package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
)

// Record reads recorded snapshots: a gate.Record. It reads each object once, and gets from the remote what is not here. It
// is not safe for concurrent use; Close ends it.
type Record struct {
	// Answers returns what the kept sections of a host answer of what the policy asks now, in the order of a drift.Host. Nil
	// for all of them.
	Answers func(drift.HostID, []drift.Section) []drift.Section

	ledger        *Ledger
	ctx           context.Context
	history       *gate.History
	keyID, varsID string
	objects       *batchReader
	reader        *reader
	snapshots     map[string]*tree
	hosts         map[string]drift.Host                // by the id of the tree, and what it is compared by
	observations  map[string][]observation             // by environment, oldest first
	remote        map[string]bool                      // the refs of the remote's snapshots; nil until it was asked
	forget        map[string]func(*drift.Section) bool // by the reason
	forgotten     map[string]bool
}

var _ gate.Record = (*Record)(nil)

// observation is the first event that names a snapshot.
type observation struct {
	id string
	at time.Time
}

// Record returns a reader of the snapshots that the events of a history name. What was sealed under another key than
// keyID, or with other variables than varsID, is unknown in what it reads, and what another version of its collector has
// read is not in it.
func (l *Ledger) Record(ctx context.Context, h *gate.History, keyID, varsID string) *Record {
	r := &Record{ledger: l, ctx: ctx, history: h, keyID: keyID, varsID: varsID, objects: &batchReader{ctx: ctx, git: l.git},
		snapshots: map[string]*tree{}, hosts: map[string]drift.Host{}, observations: map[string][]observation{}, forget: map[string]func(*drift.Section) bool{}, forgotten: map[string]bool{}}
	r.reader = newReader(r.objects.read)
	seen := map[string]bool{}
	for i := range h.Events {
		e := &h.Events[i]
		for environment, id := range e.Snapshots {
			if e.Invalid == "" && !seen[environment+"/"+id] {
				seen[environment+"/"+id] = true
				r.observations[environment] = append(r.observations[environment], observation{id, e.At})
			}
		}
	}
	return r
}

// Close ends what reads.
func (r *Record) Close() { r.objects.close() }

// Forgotten says why parts of what was read cannot be compared any more, a line for each reason; nil where all can.
func (r *Record) Forgotten() []string { return slices.Sorted(maps.Keys(r.forgotten)) }

// Snapshot returns a recorded snapshot by its id.
func (r *Record) Snapshot(id string) (*drift.Snapshot, error) {
	environment := r.environment(id)
	if environment == "" {
		return nil, fmt.Errorf("ledger: no event names the snapshot %q", id)
	}
	t, err := r.open(environment, id, 0)
	if err != nil {
		return nil, err
	}
	s := &drift.Snapshot{Environment: environment, KeyID: r.keyID, VarsID: r.varsID}
	for i := range t.head.Hosts {
		h, err := r.host(id, t, &t.head.Hosts[i])
		if err != nil {
			return nil, err
		}
		s.Hosts = append(s.Hosts, h)
	}
	return s, nil
}

// environment returns the environment of which events that count name a snapshot.
func (r *Record) environment(id string) string {
	for environment, list := range r.observations {
		if slices.ContainsFunc(list, func(o observation) bool { return o.id == id }) {
			return environment
		}
	}
	return ""
}

// open reads the head of a snapshot. Where it has to come from the remote, so do some that are older.
func (r *Record) open(environment, id string, older int) (*tree, error) {
	if t := r.snapshots[id]; t != nil {
		return t, nil
	}
	t, err := r.reader.open(environment, id)
	if errors.Is(err, errNoObject) {
		if err = r.fetch(environment, id, older); err == nil {
			t, err = r.reader.open(environment, id)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: snapshot %s of %s: %w", id, environment, err)
	}
	t.meaning = fmt.Sprint(t.head.KeyID == r.keyID, t.head.VarsID == r.varsID, t.head.Collectors)
	r.snapshots[id] = t
	return t, nil
}

// errPruned says that a snapshot is neither here nor on the remote.
var errPruned = errors.New("it is not kept any more")

// fetch gets a snapshot from the remote, and those before it, at most as many as older.
func (r *Record) fetch(environment, id string, older int) error {
	l := r.ledger
	switch {
	case l.remote == "":
		return errPruned
	case l.offline:
		return errors.New("it is not here, and the remote is not asked")
	case r.remote == nil:
		refs, err := l.remoteSnapshots(r.ctx)
		if err != nil {
			return err
		}
		r.remote = map[string]bool{}
		for ref := range refs {
			r.remote[ref] = true
		}
	}
	if !r.remote[snapshotRef(environment, id)] {
		return errPruned
	}
	list := r.observations[environment]
	at := slices.IndexFunc(list, func(o observation) bool { return o.id == id })
	var refs []string
	for _, o := range list[max(0, at-older) : at+1] {
		if ref := snapshotRef(environment, o.id); r.remote[ref] {
			refs = append(refs, ref)
		}
	}
	return l.fetchSnapshots(r.ctx, refs)
}

// host returns a host of a snapshot, with what of it can be compared with what is read now.
func (r *Record) host(snapshot string, t *tree, head *hostHead) (drift.Host, error) {
	id := drift.HostID{Environment: t.head.Environment, Role: head.Role, Name: head.Name}
	at := t.roles[head.Role][head.Name]
	key := strings.Join([]string{at, t.meaning, id.Environment, id.Role}, "\x00")
	h, known := r.hosts[key]
	if !known {
		sections, err := r.reader.host(at)
		if err != nil {
			return drift.Host{}, fmt.Errorf("ledger: snapshot %s: host %s: %w", snapshot, id, err)
		}
		h.Sections = r.comparable(&t.head, id, sections)
		r.hosts[key] = h
	}
	h.ID, h.Address, h.Taken, h.Machine = id, head.Address, head.Taken, head.Machine
	return h, nil
}

const again = "verify on each environment once more"

// comparable returns those of a host's sections that have the meaning that they have today, with what was sealed otherwise than
// today unknown in them, and what answers another question than is asked today not collected. It is unknown and not left out,
// so that nothing takes it for absent.
func (r *Record) comparable(head *snapshotHead, id drift.HostID, sections []drift.Section) []drift.Section {
	today := versions()
	why := ""
	switch {
	case head.KeyID != r.keyID:
		why = "sealed under another digest key"
	case head.VarsID != r.varsID:
		why = "sealed with other vars"
	}
	if why != "" && r.forget[why] == nil {
		r.forget[why] = drift.Forgetting(why)
	}
	var list []drift.Section
	for _, s := range sections {
		if head.Collectors[s.Collector] != today[s.Collector] {
			r.forgotten[fmt.Sprintf("what %s recorded had another meaning in the version of gate that did, and is not compared: %s", s.Collector, again)] = true
			continue
		}
		if why != "" && r.forget[why](&s) {
			r.forgotten[fmt.Sprintf("what was recorded %s is not compared: %s", why, again)] = true
		}
		list = append(list, s)
	}
	if r.Answers == nil {
		return list
	}
	list = r.Answers(id, list)
	for _, s := range list {
		if s.Status == drift.NotCollected {
			r.forgotten[fmt.Sprintf("what %s recorded answers another question than the policy asks now, and is not compared: %s", s.Collector, again)] = true
		}
	}
	return list
}

// fetchedTogether is how many older snapshots come with one that was looked for back in time.
const fetchedTogether = 32

// Since tells how long something has held of a host's value: see gate.Record. What it has at the address of a whole section
// is whether that is there.
func (r *Record) Since(id drift.HostID, a drift.Address, holds func(drift.Value) bool) (first, before time.Time) {
	for _, o := range slices.Backward(r.observations[id.Environment]) {
		then := r.then(o.id, id, a)
		switch {
		case then.Kind == drift.Unknown:
			return first, time.Time{}
		case !holds(then):
			return first, o.at // first is zero where it came after the last observation
		}
		first = o.at
	}
	return first, time.Time{}
}

// then returns what a host had at an address in a snapshot, unknown where that cannot be told.
func (r *Record) then(snapshot string, id drift.HostID, a drift.Address) drift.Value {
	t, err := r.open(id.Environment, snapshot, fetchedTogether)
	if err != nil {
		if !errors.Is(err, errPruned) {
			r.forgotten[strings.TrimPrefix(err.Error(), "ledger: ")] = true
		}
		return drift.UnknownValue(err.Error())
	}
	head := t.heads[id]
	if head == nil {
		return drift.UnknownValue("it was not read")
	}
	h, err := r.host(snapshot, t, head)
	if err != nil {
		r.forgotten[strings.TrimPrefix(err.Error(), "ledger: ")] = true
		return drift.UnknownValue(err.Error())
	}
	return h.Presence(a)
}
