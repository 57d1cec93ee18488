package doctor

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// keyVariables are those by which gate gets its keys.
var keyVariables = []string{"GATE_SSH_KEY", "GATE_SSH_PASSPHRASE", "GATE_LEDGER_KEY", "GATE_DIGEST_KEY"}

// key is a secret that gate, or what deploys, has in a job.
type key struct {
	secret   string
	variable string
	line     int
}

// keys returns the keys that a job hands to gate, and those of gate's names that it hands to anything.
func (j *job) keys() []key {
	var list []key
	add := func(variable string, t text) {
		for _, name := range secretsIn(t.value) {
			if slices.Contains(keyVariables, variable) || strings.HasPrefix(strings.ToUpper(name), "GATE_") {
				list = append(list, key{name, variable, t.line})
			}
		}
	}
	each := func(values map[string]text) {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			add(name, values[name])
		}
	}
	each(j.env)
	for _, s := range j.steps {
		each(s.env)
		each(s.with)
		add("", s.run)
	}
	return list
}

// secrets looks at keys within reach of pull requests, and of every branch.
func (x *examination) secrets() {
	for w, j := range x.jobs() {
		x.keysInPullRequest(j)
		x.headWithSecrets(j)
		if j.environment.line == 0 && w.on(ofMerge...) == nil {
			x.keysOfRepository(j)
		}
	}
	x.secretsOfRepository()
}

// ofMerge are the events for which GitHub takes the workflow from what a pull request would be after its merge.
var ofMerge = []string{"pull_request", "pull_request_review", "pull_request_review_comment"}

// keysInPullRequest looks for a key in a job that runs for pull requests: a key of gate's, or those of an environment that is promoted
// to.
func (x *examination) keysInPullRequest(j *job) {
	var during []world
	for _, event := range ofMerge {
		w := world{success: yes, failure: no, cancelled: no, facts: map[string]value{"github.event_name": textValue(event)}}
		if j.workflow.on(event) != nil && w.runs(j.condition).maybe() {
			during = append(during, w)
		}
	}
	if len(during) == 0 {
		return
	}
	const mend = "take the key out; gate check --pull-request judges by what the ledger has, without any"
	for _, k := range j.keys() {
		if k.variable != "GATE_DIGEST_KEY" && !strings.EqualFold(k.secret, "GATE_DIGEST_KEY") && slices.ContainsFunc(during, func(w world) bool { return w.runs(j.conditionAt(k.line)).maybe() }) {
			x.find("secrets.pull-request", j.place(k.line), fmt.Sprintf("The job %q runs for pull requests, and has the key %s.", j.id, k.secret), mend)
		}
	}
	if x.isTarget(j.environment.value) {
		x.find("secrets.pull-request", j.place(j.environment.line), fmt.Sprintf("The job %q runs for pull requests, and has the secrets of the environment %q.", j.id, j.environment.value),
			"if: github.event_name != 'pull_request', or take the environment out")
	}
}

// conditionAt returns the condition of the step that has a line, nil for none.
func (j *job) conditionAt(line int) *condition {
	var found *condition
	for _, s := range j.steps {
		if s.line <= line {
			found = s.condition
		}
	}
	return found
}

var headRef = regexp.MustCompile(`github\.event\.pull_request\.(head\.|merge_commit_sha|number)|github\.head_ref|refs/pull/|github\.event\.workflow_run\.head_|github\.event\.number`)

// headWithSecrets looks for a job that fetches what a pull request brings with it, in a workflow that has the repository's secrets.
func (x *examination) headWithSecrets(j *job) {
	if j.workflow.on("pull_request_target", "workflow_run") == nil || !j.hasSecrets() && j.environment.line == 0 {
		return
	}
	for _, s := range j.steps {
		ref := s.with["ref"]
		checkout := strings.HasPrefix(s.uses.value, "actions/checkout@") && (headRef.MatchString(ref.value) || headRef.MatchString(s.with["repository"].value))
		if checkout || fetchesHead.MatchString(s.run.value) {
			x.find("secrets.target", j.place(max(ref.line, s.run.line, s.line)), fmt.Sprintf("The job %q has secrets, and checks out the head of a pull request.", j.id),
				"on: pull_request, without secrets")
		}
	}
}

// fetchesHead finds a command that fetches the head of a pull request.
var fetchesHead = regexp.MustCompile(`\bgh pr checkout\b|\bgit (fetch|checkout|switch|pull)\b[^\n]*(refs/pull/|\bpull/|github\.head_ref|pull_request\.head\.)`)

// keysOfRepository looks for keys in a job without an environment: they can only be secrets of the repository, or of the
// organization.
func (x *examination) keysOfRepository(j *job) {
	if j.workflow.onlyCalled() {
		return
	}
	for _, k := range j.keys() {
		x.find("secrets.repository", j.place(k.line), fmt.Sprintf("The job %q reads %s without an environment, so that it is a secret of the whole repository.", j.id, k.secret),
			"move the secret into an environment that only the default branch may use, and name it: environment: NAME")
	}
}

// secretsOfRepository looks whether the repository has secrets that the jobs with environments read: those are out of reach only if
// they are nowhere else.
func (x *examination) secretsOfRepository() {
	var read []key
	var place []Place
	for _, j := range x.jobs() {
		if j.environment.line == 0 {
			continue
		}
		for _, k := range j.keys() {
			if !slices.ContainsFunc(read, func(other key) bool { return strings.EqualFold(other.secret, k.secret) }) {
				read = append(read, k)
				place = append(place, j.place(k.line)...)
			}
		}
	}
	if len(read) == 0 || x.Settings == nil {
		return
	}
	names, err := x.Settings.Secrets()
	if err != nil {
		x.untold(nil, "Whether keys of gate are secrets of the whole repository: "+err.Error()+".")
		return
	}
	for i, k := range read {
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, k.secret) }) {
			x.find("secrets.repository", place[i:i+1], fmt.Sprintf("%s is a secret of the whole repository, too.", k.secret), "gh secret delete "+k.secret+", and keep it in the environment only")
		}
	}
}
