package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/ledger"
	"github.com/seed-313c021b/gate/policies"
)

// past is what is known beside what hosts say: the commits of the repository that the policy lives in, and the ledger.
type past struct {
	app        *app
	policy     *policies.Policy
	repository *ledger.Repository
	ledger     *ledger.Ledger
	commits    gate.Commits // until the context ends with which the past was opened
	anchored   bool         // the ledger is compared with what GitHub's deployments say of it
}

// openPast opens the repository of the policy, and the ledger. Where nothing asks for these and the policy is in no
// repository, or there is no git program, it returns nil.
func (a *app) openPast(ctx context.Context, p *policies.Policy, wanted bool) (*past, error) {
	wanted = wanted || p.Ledger != nil || len(p.Signers) > 0 || len(p.Components) > 0 || a.flags.ledger != "" || a.flags.policyRef != ""
	folder := a.policyFolder()
	r, err := a.openRepository(ctx, folder)
	switch {
	case err == nil:
	case !wanted && (errors.Is(err, ledger.ErrNoRepository) || errors.Is(err, exec.ErrNotFound)):
		return nil, nil
	default:
		return nil, failure(exitUsage, err)
	}
	if _, err := r.Resolve(ctx, "HEAD"); !wanted && errors.Is(err, ledger.ErrNoCommits) {
		return nil, nil
	}
	past := &past{app: a, policy: p, repository: r, commits: r.Commits(ctx, p.Promoted())}
	past.ledger, err = ledger.Open(ctx, ledger.Options{
		Repository: r, Bare: a.flags.ledger, Policy: p, Offline: a.flags.offline, Cache: a.cacheFolder, Now: a.now, Getenv: a.getenv,
		Anchors: past.anchors, Publish: past.mayPublish, Tell: a.warn,
		Finish: func() (func(), bool) { return a.lifetime.finish("") }, // the ledger itself says so
	})
	if err != nil {
		return nil, failure(exitUsage, err)
	}
	return past, nil
}

// until returns the same past, to be asked until another context ends.
func (p *past) until(ctx context.Context) *past {
	other := *p
	other.commits = p.repository.Commits(ctx, p.policy.Promoted())
	return &other
}

// policyFolder returns the folder that the policy is in.
func (a *app) policyFolder() string {
	if a.folder != "" {
		return a.folder
	}
	if info, err := os.Stat(a.flags.policy); err == nil && info.IsDir() {
		return a.flags.policy
	}
	return filepath.Dir(a.flags.policy)
}

// failure returns an error of the repository or the ledger as one that ends the program with a code, with what helps. What
// a clone lacks leaves the question open, whatever the code.
func failure(code int, err error) error {
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit
	}
	if missing, ok := errors.AsType[*ledger.MissingError](err); ok {
		return &exitError{code: exitUndecided, err: errors.New(missing.What), hint: "this gets it: " + missing.Mend}
	}
	if e, ok := errors.AsType[*ledger.Error](err); ok {
		return &exitError{code: code, err: err, hint: e.Hint}
	}
	return &exitError{code: code, err: err}
}

// history reads the ledger. Where that cannot be done nothing is decided.
func (p *past) history(ctx context.Context) (*gate.History, error) {
	h, err := p.ledger.History(ctx)
	if err != nil {
		return nil, failure(exitUndecided, err)
	}
	if h.Offline {
		p.app.warn(p.fetched(h))
	}
	return h, nil
}

// fetched says how old the ledger is that is asked offline.
func (p *past) fetched(h *gate.History) string {
	if h.Fetched.IsZero() {
		return "offline: the remote's ledger was never fetched here; only what was recorded here is known"
	}
	age := max(p.app.now().Sub(h.Fetched), 0).Truncate(time.Minute)
	return fmt.Sprintf("offline: the ledger is the remote's of %s, %s old, and what was recorded here since",
		h.Fetched.In(p.policy.Gate.Timezone).Format("2 Jan 15:04 MST"), (*span)(&age))
}

// append adds an event to the ledger: see ledger.Append.
func (p *past) append(ctx context.Context, e gate.Event, check func(*gate.History) error) (gate.Event, error) {
	added, err := p.ledger.Append(ctx, e, check)
	if err != nil {
		return gate.Event{}, failure(exitUsage, err)
	}
	p.app.lifetime.record(added)
	p.mirror(ctx, added)
	return added, nil
}

// candidate returns what a revision is.
func (p *past) candidate(ctx context.Context, revision string, rollback bool) (*gate.Candidate, error) {
	commit, err := p.repository.Resolve(ctx, revision)
	if err != nil {
		return nil, failure(exitUsage, fmt.Errorf("--revision %s: %w", revision, err))
	}
	contents, err := p.commits.Contents(commit)
	if err != nil {
		return nil, failure(exitUsage, fmt.Errorf("--revision %s: %w", revision, err))
	}
	subject, err := p.commits.Subject(commit)
	if err != nil {
		return nil, failure(exitUsage, fmt.Errorf("--revision %s: %w", revision, err))
	}
	if contents, err = p.ofComponents(contents); err != nil {
		return nil, err
	}
	return &gate.Candidate{Revision: revision, Commit: commit, Subject: subject, Contents: contents, Rollback: rollback}, nil
}

// ofComponents returns those of contents that --component names.
func (p *past) ofComponents(contents []gate.Content) ([]gate.Content, error) {
	wanted := p.app.flags.components
	if len(wanted) == 0 {
		return contents, nil
	}
	for _, name := range wanted {
		if _, ok := contentOf(contents, name); !ok {
			return nil, usage("--component %s: the policy has no such component; it has %s", name, strings.Join(componentNames(p.policy), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(contents), func(c gate.Content) bool { return !slices.Contains(wanted, c.Component) }), nil
}

// componentNames returns the components of a policy, for people.
func componentNames(p *policies.Policy) []string {
	var names []string
	for _, c := range p.Promoted() {
		names = append(names, c.Name)
	}
	return names
}

// record returns a reader of what was recorded, that can be compared with what is sealed under a key, and answers what the
// policy asks.
func (p *past) record(ctx context.Context, h *gate.History, keyID string) *ledger.Record {
	record := p.ledger.Record(ctx, h, keyID, p.policy.Vars().ID())
	record.Answers = pastAnswers(p.policy)
	return record
}

// pastAnswers returns what tells what of the past answers a policy.
func pastAnswers(p *policies.Policy) func(drift.HostID, []drift.Section) []drift.Section {
	questions := p.Questions()
	return func(id drift.HostID, kept []drift.Section) []drift.Section { return questions(id).Answers(kept, true) }
}

// keep keeps snapshots in the ledger, and returns their ids by environment. The next event that is appended names them.
func (p *past) keep(ctx context.Context, snapshots []*drift.Snapshot) (map[string]string, error) {
	kept := map[string]string{}
	for _, s := range snapshots {
		id, err := p.ledger.Keep(ctx, s, p.policy.Digest)
		if err != nil {
			return nil, failure(exitUsage, err)
		}
		kept[s.Environment] = id
	}
	return kept, nil
}

// seen returns the contents that the hosts of a snapshot show, and why others are not among them.
func (p *past) seen(h *gate.History, s *drift.Snapshot) ([]gate.Content, []gate.Unseen) {
	o := gate.Observer{Policy: p.policy, Commits: p.commits, History: h, Aside: gate.SetAsides(h, s.Environment, p.app.now())}
	return o.Seen(s)
}

// event returns the event that an id means, whole or abbreviated to at least four digits.
func event(h *gate.History, flag, id string) (gate.Event, error) {
	var found []gate.Event
	if len(id) >= 4 {
		for _, e := range h.Events {
			if e.Invalid == "" && len(id) <= len(e.ID) && e.ID[:len(id)] == id {
				found = append(found, e)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return gate.Event{}, &exitError{code: exitUsage, err: fmt.Errorf("%s %s: the ledger has no such event", flag, id), hint: "gate log lists them"}
	}
	return gate.Event{}, usage("%s %s: %d events begin so; write more of it", flag, id, len(found))
}

// named names contents for people.
func named(contents []gate.Content) string {
	text := ""
	for i, c := range contents {
		if i > 0 {
			text += ", "
		}
		text += c.Component + " " + gate.Short(c.Commit)
	}
	return text
}
