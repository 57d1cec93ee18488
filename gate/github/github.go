// Package github talks to GitHub, and is the only one that does.
//
// A [Client] delivers: [Client.UpsertComment] keeps one comment of a pull request as it should be, [Client.UpsertIssue] one
// issue of a repository, and [Client.ChangedFiles] names the files that a pull request changes. [Client.ShowDeployment] shows
// an event of the ledger among the deployments, and [Client.Anchors] finds there what the ledger must have; [IsPublic] tells
// who can read it. [Client.CheckRuns] and [Client.WorkflowRuns] tell how checks of a commit ended. Settings of a repository are
// read by what settings.go has. [ParseEvent] reads why a workflow runs. What cannot be done is an [*Error], which says whether
// waiting helps; [Is] tells the kinds apart. The token is in no error.
//
// Where an answer fails to come, the call starts anew by asking what is there. So a change that was made although its
// answer got lost is found, and is not made twice.
package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v60/github"
)

// Config says where GitHub is, and who asks.
type Config struct {
	API     string // GITHUB_API_URL, as https://api.github.com or https://ghe.example.com/api/v3
	GraphQL string // GITHUB_GRAPHQL_URL, as https://api.github.com/graphql
	Token   string

	Timeout  time.Duration                              // for one answer; 0 for 30 seconds
	Patience time.Duration                              // how long a call may wait for limits and outages to end; 0 for 3 minutes
	Wait     func(context.Context, time.Duration) error // nil for the clock
}

// Client asks GitHub in one name. It may be used by several goroutines.
type Client struct {
	base, graphQL *url.URL
	token         string
	http          *http.Client
	patience      time.Duration
	wait          func(context.Context, time.Duration) error
}

// New returns a client. It asks nothing yet.
func New(c Config) (*Client, error) {
	if strings.TrimSpace(c.Token) == "" {
		return nil, errors.New("the token is empty")
	}
	return newClient(c)
}

// newClient returns a client, which asks in nobody's name where there is no token.
func newClient(c Config) (*Client, error) {
	client := &Client{token: strings.TrimSpace(c.Token), patience: c.Patience, wait: c.Wait}
	var err error
	if client.base, err = address(strings.TrimSuffix(c.API, "/") + "/"); err != nil {
		return nil, fmt.Errorf("the address of GitHub's API: %w", err)
	}
	if client.graphQL, err = address(c.GraphQL); err != nil {
		return nil, fmt.Errorf("the address of GitHub's GraphQL API: %w", err)
	}
	if client.patience == 0 {
		client.patience = 3 * time.Minute
	}
	if client.wait == nil {
		client.wait = sleep
	}
	client.http = &http.Client{Timeout: c.Timeout, Transport: authorized(client.token), CheckRedirect: stays}
	if c.Timeout == 0 {
		client.http.Timeout = 30 * time.Second
	}
	return client, nil
}

// address reads an address that a token may be sent to.
func address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, err
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q is none", text)
	case u.Scheme == "https", u.Scheme == "http" && loopback.MatchString(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("%q would send the token unencrypted: it must begin with https://", text)
}

var loopback = regexp.MustCompile(`^(localhost|127\.\d+\.\d+\.\d+|::1)$`)

// authorized is a transport that sends a token along. Only the client's own addresses come here: see stays.
type authorized string

func (token authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	if token != "" {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", "Bearer "+string(token))
	}
	return http.DefaultTransport.RoundTrip(req)
}

// stays follows a redirect, as of a renamed repository, on the same host only, where the token may go, and only with the
// same method: a PATCH that became a GET would be answered as if it had been done.
func stays(req *http.Request, via []*http.Request) error {
	first := via[0]
	if req.URL.Host != first.URL.Host || req.URL.Scheme != first.URL.Scheme || req.Method != first.Method || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	return nil
}

// api returns the library's client. It is a new one each time: the library refuses by itself, by the clock of this machine,
// to ask again after a limit, and here the waiting is done by what GitHub says.
func (c *Client) api() *gogithub.Client {
	api := gogithub.NewClient(c.http)
	api.BaseURL = c.base
	api.UserAgent = "gate"
	return api
}

// login returns whose token it is, as "github-actions[bot]". REST tells that of people only; GraphQL tells it of an App's
// installation too, which a workflow's token belongs to.
func (c *Client) login(ctx context.Context) (string, error) {
	const doing = "ask whose token it is"
	api := c.api()
	req, err := api.NewRequest(http.MethodPost, c.graphQL.String(), map[string]string{"query": "query{viewer{login}}"})
	if err != nil {
		return "", err
	}
	var answer struct {
		Data   struct{ Viewer struct{ Login string } }
		Errors []struct{ Message string }
	}
	resp, err := api.Do(ctx, req, &answer)
	switch {
	case err != nil:
		return "", c.failed(ctx, doing, resp, err)
	case len(answer.Errors) > 0:
		return "", &Error{Doing: doing, Kind: Invalid, Status: resp.StatusCode, Message: c.harmless(answer.Errors[0].Message)}
	case answer.Data.Viewer.Login == "":
		return "", c.empty(doing, resp)
	}
	return answer.Data.Viewer.Login, nil
}

// Repository is a repository's owner and name.
type Repository struct{ Owner, Name string }

func (r Repository) String() string { return r.Owner + "/" + r.Name }

// repositoryName is what a repository's full name can be. It goes into paths as it is.
var repositoryName = regexp.MustCompile(`^([A-Za-z0-9_-]+)/([A-Za-z0-9._-]+)$`)

// ParseRepository reads "owner/name".
func ParseRepository(text string) (Repository, error) {
	m := repositoryName.FindStringSubmatch(text)
	if m == nil || m[2] == "." || m[2] == ".." {
		return Repository{}, fmt.Errorf("%q is no repository's owner/name", text)
	}
	return Repository{m[1], m[2]}, nil
}
