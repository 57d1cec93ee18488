package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	gogithub "github.com/google/go-github/v60/github"
)

// task is what gate's deployments have as theirs: those that the jobs of an environment make have "deploy".
const task = "gate"

// Deployed is an event of the ledger, as it is shown among the deployments of a repository.
type Deployed struct {
	Event       string   // its id, which was the ledger's head when it was recorded
	Ledger      string   // the id of the ledger's first event
	Of          []string // the ids of the events of the deployment that it goes on with
	Environment string
	Commit      string
	State       string // "in_progress", "success" or "failure"
	Run         string // the address of the CI run; may be empty
}

// mirrored is the payload of a deployment of gate's.
type mirrored struct {
	Schema      int    `json:"schema"`
	Gate        string `json:"gate"`
	Event       string `json:"event"`
	Head        string `json:"head"`
	Ledger      string `json:"ledger"`
	Environment string `json:"environment"`
}

// parseMirrored reads the payload of a deployment, which is an object, or one that was encoded twice. Others can write
// deployments too: it is false where it is not what gate writes.
func parseMirrored(data json.RawMessage) (mirrored, bool) {
	var text string
	if json.Unmarshal(data, &text) == nil {
		data = json.RawMessage(text)
	}
	var m mirrored
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(&m)
	return m, err == nil && !d.More() && m.Schema == 1 && m.Gate == "v1" && objectID.MatchString(m.Event) && objectID.MatchString(m.Head) && objectID.MatchString(m.Ledger)
}

// says is the description of a status, which GitHub takes up to 140 characters of. It ends with the ledger's head.
func (d *Deployed) says() string {
	return fmt.Sprintf("gate: event %s, ledger head %s", d.Event[:7], d.Event)
}

var headSaid = regexp.MustCompile(`^gate: event [0-9a-f]{7}, ledger head ([0-9a-f]{40}|[0-9a-f]{64})$`)

// ShowDeployment sees to it that a repository's deployments show an event of the ledger: by a status of the deployment that
// it goes on with, where that is there, else by one of its own. Nothing is written where the event is shown already.
func (c *Client) ShowDeployment(ctx context.Context, r Repository, d Deployed) error {
	for _, id := range append([]string{d.Event, d.Ledger, d.Commit}, d.Of...) {
		if !objectID.MatchString(id) {
			return fmt.Errorf("%q is no object id", id)
		}
	}
	s := &showing{Client: c, Repository: r, shown: d}
	return c.persist(ctx, s.settle)
}

// showing is an event on its way to the deployments.
type showing struct {
	*Client
	Repository
	shown Deployed
}

// settle makes what is missing.
func (s *showing) settle(ctx context.Context) error {
	id, err := s.find(ctx)
	if err == nil && id == 0 {
		id, err = s.create(ctx)
	}
	if err != nil {
		return err
	}
	statuses, err := s.statuses(ctx, s.Repository, id)
	if err != nil {
		return meanwhile(err)
	}
	if slices.ContainsFunc(statuses, func(known *gogithub.DeploymentStatus) bool {
		return known.GetState() == s.shown.State && known.GetDescription() == s.shown.says()
	}) {
		return nil
	}
	return s.add(ctx, id)
}

func (s *showing) about(what string) string {
	return fmt.Sprintf("%s of %s to %s", what, s.Repository, s.shown.Environment)
}

// find returns the oldest deployment that shows the event, or one that it goes on with; 0 where none does.
func (s *showing) find(ctx context.Context) (int64, error) {
	api := s.api()
	found, err := pages(ctx, s.Client, s.about("list the deployments"), func(page gogithub.ListOptions) ([]*gogithub.Deployment, *gogithub.Response, error) {
		return api.Repositories.ListDeployments(ctx, s.Owner, s.Name, &gogithub.DeploymentsListOptions{SHA: s.shown.Commit, Task: task, Environment: s.shown.Environment, ListOptions: page})
	})
	var oldest int64
	for _, d := range found {
		m, ours := parseMirrored(d.Payload)
		if ours && m.Ledger == s.shown.Ledger && (m.Event == s.shown.Event || slices.Contains(s.shown.Of, m.Event)) && (oldest == 0 || d.GetID() < oldest) {
			oldest = d.GetID()
		}
	}
	return oldest, err
}

// create makes a deployment of the commit as it is: nothing is merged into it before, and no check is waited for.
func (s *showing) create(ctx context.Context) (int64, error) {
	doing := s.about("add a deployment")
	made, resp, err := s.api().Repositories.CreateDeployment(ctx, s.Owner, s.Name, &gogithub.DeploymentRequest{
		Ref: &s.shown.Commit, Task: new(task), AutoMerge: new(false), RequiredContexts: &[]string{}, Environment: &s.shown.Environment,
		Payload:     mirrored{1, "v1", s.shown.Event, s.shown.Event, s.shown.Ledger, s.shown.Environment},
		Description: new("gate: event " + s.shown.Event[:7] + " of the ledger"),
	})
	if _, accepted := errors.AsType[*gogithub.AcceptedError](err); accepted {
		return 0, &Error{Doing: doing, Kind: Conflict, Status: http.StatusAccepted, Message: "GitHub has merged something, and made no deployment"}
	}
	if err != nil {
		return 0, s.failed(ctx, doing, resp, err)
	}
	if made.GetID() == 0 {
		return 0, s.empty(doing, resp)
	}
	return made.GetID(), nil
}

func (c *Client) statuses(ctx context.Context, r Repository, deployment int64) ([]*gogithub.DeploymentStatus, error) {
	api := c.api()
	return pages(ctx, c, fmt.Sprintf("list the statuses of the deployment %d of %s", deployment, r), func(page gogithub.ListOptions) ([]*gogithub.DeploymentStatus, *gogithub.Response, error) {
		return api.Repositories.ListDeploymentStatuses(ctx, r.Owner, r.Name, deployment, &page)
	})
}

// add adds the status. Earlier deployments stay as they are.
func (s *showing) add(ctx context.Context, deployment int64) error {
	request := &gogithub.DeploymentStatusRequest{State: &s.shown.State, Description: new(s.shown.says()), AutoInactive: new(false)}
	if s.shown.Run != "" {
		request.LogURL = &s.shown.Run
	}
	made, resp, err := s.api().Repositories.CreateDeploymentStatus(ctx, s.Owner, s.Name, deployment, request)
	doing := s.about("add a status to a deployment")
	if err != nil {
		return meanwhile(s.failed(ctx, doing, resp, err))
	}
	if made.GetID() == 0 {
		return s.empty(doing, resp)
	}
	return nil
}
