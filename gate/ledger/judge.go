package ledger

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// The codes of flaws.
const (
	rewritten  = "ledger.rewritten"
	forged     = "ledger.forged"
	notAllowed = "ledger.not_allowed"
	foreign    = "ledger.foreign"
	missing    = "ledger.missing"
	broken     = "ledger.broken"
)

// clockSkew is how far the clocks of those who append may be apart.
const clockSkew = 5 * time.Minute

// judgement goes through a chain, oldest event first, and says which events count.
type judgement struct {
	l        *Ledger
	signers  map[string]*policies.Signer // by public key
	now      time.Time
	id, head string         // of the first event so far, and of the last
	events   []gate.Event   // so far, those that can be read
	latest   time.Time      // of those that count
	keys     map[string]int // of those that count: which of events has it
	flaws    flaws
}

// judge tells what the links of a chain say, by the policy: which events count, and what is wrong with the others.
func (l *Ledger) judge(links []*link) *judgement {
	j := &judgement{l: l, signers: map[string]*policies.Signer{}, keys: make(map[string]int, len(links))}
	for i := range l.signers {
		j.signers[string(l.signers[i].Key.Marshal())] = &l.signers[i]
	}
	if len(links) > 0 {
		j.events = make([]gate.Event, 0, len(links)+1) // one that is added moves none of the others
	}
	j.follow(links...)
	return j
}

// follow judges the links that follow those so far.
func (j *judgement) follow(links ...*link) {
	j.now = j.l.now()
	for _, k := range links {
		first := j.head == ""
		if j.head = k.ID; first {
			j.id = k.ID
		}
		n := len(j.events)
		j.events = append(j.events, k.Event)
		e := &j.events[n]
		e.ID = k.ID
		code, why, next := j.problem(k, e, first)
		if code == "" {
			j.keys[e.Key] = n
			if e.At.After(j.latest) {
				j.latest = e.At
			}
		} else {
			e.Invalid = why
			j.flaws.add(code, why, next, e)
		}
		if e.Kind == "" {
			j.events = j.events[:n]
		}
	}
}

// history returns what has been judged so far. Links that follow later do not change it.
func (j *judgement) history() *gate.History {
	return &gate.History{ID: j.id, Head: j.head, Events: slices.Clip(j.events), Flaws: j.flaws.list()}
}

// find returns the event of a key that counts.
func (j *judgement) find(key string) (gate.Event, bool) {
	i, ok := j.keys[key]
	if !ok {
		return gate.Event{}, false
	}
	return j.events[i], true
}

// problem says why an event does not count: the code of the flaw, a sentence about the event, and what helps. The code is
// empty for one that counts. It fills in who has signed the event.
func (j *judgement) problem(k *link, e *gate.Event, first bool) (code, why, next string) {
	const mend = "find out who pushed it, and ask them; then start a new ledger and pin its id in the policy"
	signer := j.signers[k.Key]
	if signer != nil {
		e.Signer = signer.Name
	}
	switch {
	case k.Broken != "":
		return broken, k.Broken, mend
	case first != (e.Kind == gate.Opened):
		return broken, "the first event of a ledger is the one that opens it, and no other is", mend
	case !j.l.isNamed(e.Repository):
		return foreign, fmt.Sprintf("it is about the repository %s, and this is %s", e.Repository, j.l.repository),
			fmt.Sprintf("if this repository had that name before, say so in the policy: ledger { repository = %q }", e.Repository)
	}
	if code, why, next := j.signed(k, e, signer); code != "" {
		return code, why, next
	}
	_, repeats := j.keys[e.Key]
	switch {
	case e.At.Before(j.latest.Add(-clockSkew)):
		return broken, "it says that it happened long before the event that it follows", "set the clock of whoever recorded it: " + e.By
	case e.At.After(j.now.Add(clockSkew)):
		return broken, "it says that it happens in the future", "set the clock of whoever recorded it, or of this machine: " + e.By
	case repeats:
		return broken, "it repeats an event that is there already", mend
	}
	return "", "", ""
}

// signed says what is wrong with the signature of an event, where the policy has signers.
func (j *judgement) signed(k *link, e *gate.Event, signer *policies.Signer) (code, why, next string) {
	switch {
	case len(j.signers) == 0:
		return "", "", ""
	case k.Unsigned != "":
		return forged, k.Unsigned, "find out who pushed it, and put the branch back to the event before; a ledger from before the policy had signers is closed: start a new one, and pin its id"
	case signer == nil:
		return forged, fmt.Sprintf("it is signed with the key %s, which no signer of the policy has", fingerprint(k.Key)),
			"find out whose key it is; where a signer has left, keep its block in the policy, with expires"
	case !signer.Expires.IsZero() && !e.At.Before(signer.Expires):
		return forged, fmt.Sprintf("it is signed by %s, whose key expired on %s", signer.Name, signer.Expires.UTC().Format(time.RFC3339)),
			"find out who has that key still; give the signer a new one"
	case !may(signer, e):
		return notAllowed, fmt.Sprintf("it is signed by %s, which may not say %s", signer.Name, saying(e)),
			fmt.Sprintf("if it may, say so in the policy: signer %q { may = [%q] }", signer.Name, kindName(e))
	}
	return "", "", ""
}

// may reports whether a signer is allowed an event. One that is bound to environments says nothing about all of them.
func may(s *policies.Signer, e *gate.Event) bool {
	if e.Kind == gate.Opened {
		return true
	}
	if len(s.Environments) > 0 && !slices.Contains(s.Environments, e.Environment) {
		return false
	}
	return slices.Contains(s.May, string(e.Kind)) || slices.Contains(s.May, kindName(e))
}

// kindName is the kind of an event as a signer's may has it.
func kindName(e *gate.Event) string {
	if e.Kind == gate.Verified {
		return string(e.Kind) + ":" + e.Name
	}
	return string(e.Kind)
}

func saying(e *gate.Event) string {
	if e.Environment == "" {
		return kindName(e)
	}
	return kindName(e) + " of " + e.Environment
}

func fingerprint(key string) string {
	public, err := ssh.ParsePublicKey([]byte(key))
	if err != nil {
		return "of an unknown type"
	}
	return ssh.FingerprintSHA256(public)
}

// flaws are flaws in the order in which they were found. What is wrong with many events is one of them.
type flaws struct {
	found []flaw
	at    map[[2]string]int
}

type flaw struct {
	gate.Flaw
	first string // the event, for people
	why   string
	more  int // how many events besides have it
}

func (f *flaws) add(code, why, next string, e *gate.Event) {
	if i, ok := f.at[[2]string{code, why}]; ok {
		f.found[i].more++
		return
	}
	if f.at == nil {
		f.at = map[[2]string]int{}
	}
	f.at[[2]string{code, why}] = len(f.found)
	first := gate.Short(e.ID)
	if e.Kind != "" {
		first += " (" + strings.TrimSpace(e.String()) + ")"
	}
	f.found = append(f.found, flaw{Flaw: gate.Flaw{Code: code, Event: e.ID, Next: next}, first: first, why: why})
}

func (f *flaws) list() []gate.Flaw {
	var list []gate.Flaw
	for _, found := range f.found {
		switch found.more {
		case 0:
			found.Text = fmt.Sprintf("the event %s does not count: %s", found.first, found.why)
		case 1:
			found.Text = fmt.Sprintf("the event %s and another one do not count: %s", found.first, found.why)
		default:
			found.Text = fmt.Sprintf("the event %s and %d others do not count: %s", found.first, found.more, found.why)
		}
		list = append(list, found.Flaw)
	}
	return list
}
