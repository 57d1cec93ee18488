package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what an event of the ledger says.
type Kind string

const (
	Opened    Kind = "opened"    // the first event of a ledger: which repository it is about
	Built     Kind = "built"     // Artifacts were made from Contents
	Deploying Kind = "deploying" // a deployment of Contents has begun; Outcome and Snapshots are those of the check before it, Codes what was overridden
	Deployed  Kind = "deployed"  // Contents were deployed; Of the deploying event, if there was one
	Failed    Kind = "failed"    // a deployment failed; Of the deploying or the deployed event
	Verified  Kind = "verified"  // the check Name passed; Of the deployed event
	Revoked   Kind = "revoked"   // Contents must not be promoted any more
	Observed  Kind = "observed"  // hosts were read
	Decided   Kind = "decided"   // a check gave a verdict: Outcome, Codes
	Note      Kind = "note"      // Reason is all it says
	Hold      Kind = "hold"      // nothing is promoted into Environment until a resume; Name is whose hold it is
	Resume    Kind = "resume"    // ends the hold that Of names
	Override  Kind = "override"  // findings of Codes do not stop Contents, until Until
	SetAside  Kind = "set-aside" // Hosts are not read, until Until
)

// Content names what a component is at a commit. The same content has the same ID after a squash, a rebase or a merge
// queue; the commit is one that it was seen at.
type Content struct {
	Component string `json:"component"`
	ID        string `json:"id"`     // SHA-256, hexadecimal; see ledger.Repository.Contents
	Commit    string `json:"commit"` // object id
}

// Event is one entry of the ledger. Events are only ever added.
type Event struct {
	ID     string `json:"-"` // the object id of its commit
	Signer string `json:"-"` // the policy's signer that has signed it; empty where nobody has, or nobody known
	// Invalid says why the event does not count: forged, unsigned, not allowed. Empty for one that counts.
	Invalid string `json:"-"`

	Kind        Kind      `json:"kind"`
	At          time.Time `json:"at"` // UTC, to the second
	By          string    `json:"by"` // who says so, as git names them
	Repository  string    `json:"repository"`
	Environment string    `json:"environment,omitempty"`
	Key         string    `json:"key"`           // equal keys are one event
	Run         string    `json:"run,omitempty"` // the CI run that it comes from, a URL
	Of          string    `json:"of,omitempty"`  // the ID of the event that it is about
	Contents    []Content `json:"contents,omitempty"`
	// Seen are the contents that the hosts themselves showed: the marker of each host of the component's roles resolved
	// to it, and its units had started since. Of the environment of the event.
	Seen []Content `json:"seen,omitempty"`
	// Snapshots are the ids of what was read at that time, by environment.
	Snapshots map[string]string `json:"snapshots,omitempty"`
	Name      string            `json:"name,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Until     time.Time         `json:"until,omitzero"`
	Codes     []string          `json:"codes,omitempty"` // of findings
	Hosts     []string          `json:"hosts,omitempty"` // as production/web/production-1
	Artifacts []string          `json:"artifacts,omitempty"`
	Outcome   Outcome           `json:"outcome,omitempty"`
	Policy    string            `json:"policy,omitempty"` // the digest of the policy that was judged by
	Rollback  bool              `json:"rollback,omitempty"`
	Adopted   bool              `json:"adopted,omitempty"` // the ledger began with what was there
}

// Content returns the event's content of a component, false where it has none.
func (e *Event) Content(component string) (Content, bool) { return contentOf(e.Contents, component) }

// Shows reports whether the hosts themselves showed a content at the time of the event.
func (e *Event) Shows(c Content) bool {
	seen, ok := contentOf(e.Seen, c.Component)
	return ok && seen.ID == c.ID
}

func contentOf(contents []Content, component string) (Content, bool) {
	i := slices.IndexFunc(contents, func(c Content) bool { return c.Component == component })
	if i < 0 {
		return Content{}, false
	}
	return contents[i], true
}

// String says what the event is about, in the subject line of its commit: "deployed app a41c9e2 -> staging".
func (e *Event) String() string {
	var b strings.Builder
	b.WriteString(string(e.Kind))
	codes := strings.Join(e.Codes, " ")
	if e.Kind == Deploying { // its subject is what is deployed
		codes = ""
	}
	for _, part := range []string{e.Name, codes} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	for _, c := range e.Contents {
		fmt.Fprintf(&b, " %s %s", c.Component, Short(c.Commit))
	}
	if e.Environment != "" {
		b.WriteString(" -> " + e.Environment)
	}
	return b.String()
}

// Short abbreviates an object id for people.
func Short(id string) string { return id[:min(7, len(id))] }

// History is what the ledger tells: its events that can be read, oldest first, and what is wrong with it.
type History struct {
	ID     string // the object id of the first event; empty where there is no ledger yet
	Head   string // the object id of the last one
	Events []Event
	// Flaws are what a ledger must not have: a chain that was rewritten, cut off or forged. Each blocks, hard.
	Flaws []Flaw
	// Fetched is when the remote was last asked; zero for a ledger without one.
	Fetched time.Time
	Offline bool // the remote was not asked this time
	// Remote names the remote whose ledger it is, and Place another repository that was named for it; both are empty where
	// it is in the repository of the policy and nowhere else.
	Remote, Place string
}

// Flaw is something that is wrong with the ledger.
type Flaw struct {
	Code  string // of the finding: ledger.rewritten, ledger.forged …
	Event string // the ID of the event, if it is about one
	Text  string // what, in a sentence for people
	Next  string // what to do about it
}

// In returns the events of an environment that count, oldest first.
func (h *History) In(environment string) []Event {
	if h == nil {
		return nil
	}
	counts := func(e *Event) bool { return e.Environment == environment && e.Invalid == "" }
	n := 0
	for i := range h.Events {
		if counts(&h.Events[i]) {
			n++
		}
	}
	events := make([]Event, 0, n) // an event is large, and a ledger long: none is moved twice
	for i := range h.Events {
		if e := &h.Events[i]; counts(e) {
			events = append(events, *e)
		}
	}
	return events
}

// Event returns the event of an ID, false where there is none that counts.
func (h *History) Event(id string) (Event, bool) {
	if h == nil {
		return Event{}, false
	}
	for i := range h.Events {
		if e := &h.Events[i]; e.ID == id && e.Invalid == "" {
			return *e, true
		}
	}
	return Event{}, false
}

// SortContents puts contents into the order of their components.
func SortContents(contents []Content) {
	slices.SortFunc(contents, func(a, b Content) int { return cmp.Compare(a.Component, b.Component) })
}

// SameContents reports whether two lists hold the same contents, in whatever order.
func SameContents(a, b []Content) bool {
	within := func(a, b []Content) bool {
		return !slices.ContainsFunc(a, func(c Content) bool { return !holds(b, c) })
	}
	return within(a, b) && within(b, a)
}
