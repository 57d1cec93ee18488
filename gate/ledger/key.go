package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/seed-313c021b/gate/gate"
)

// runOf names the CI run that gate is part of, and the job within it. Both are empty outside CI.
func runOf(getenv func(string) string) (run, job string) {
	if run := getenv("GATE_RUN"); run != "" {
		return run, ""
	}
	if id := getenv("GITHUB_RUN_ID"); id != "" {
		run := getenv("GITHUB_SERVER_URL") + "/" + getenv("GITHUB_REPOSITORY") + "/actions/runs/" + id
		if attempt := getenv("GITHUB_RUN_ATTEMPT"); attempt != "" {
			run += "/attempts/" + attempt
		}
		return run, getenv("GITHUB_JOB")
	}
	if run := getenv("BUILDKITE_BUILD_URL"); run != "" {
		return run, getenv("BUILDKITE_JOB_ID")
	}
	for _, name := range []string{"CI_JOB_URL", "BUILD_URL"} {
		if run := getenv(name); run != "" {
			return run, ""
		}
	}
	return "", ""
}

// Run names the CI run that gate is part of, as Event.Run has it; empty outside CI.
func (l *Ledger) Run() string {
	run, _ := runOf(l.getenv)
	return run
}

// keyOf returns what makes an event the same as another one: what it says, and the CI run that says it. Outside CI no two
// events are the same. Two readings of hosts are two events where they have found something else. See also repeated.
func keyOf(e *gate.Event, job string) string {
	same := gate.Event{
		Kind: e.Kind, Environment: e.Environment, Contents: e.Contents, Name: e.Name, Of: e.Of,
		Reason: e.Reason, Until: e.Until, Seen: e.Seen, Codes: e.Codes, Hosts: e.Hosts, Artifacts: e.Artifacts,
	}
	if e.Kind == gate.Observed || e.Kind == gate.Decided {
		same.Snapshots, same.Outcome = e.Snapshots, e.Outcome
	}
	if e.Kind == gate.Deploying { // begun twice by a run it is one deployment, whatever was overridden meanwhile
		same.Codes = nil
	}
	run := e.Run + "\n" + job
	if e.Run == "" {
		run = rand.Text()
	}
	data, _ := json.Marshal(struct { // an event has nothing that JSON cannot hold
		Event gate.Event
		Run   string
	}{same, run})
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// repeated returns the key of an event that says what the one of a key said, after that does not stand any more.
func repeated(key string) string {
	sum := sha256.Sum256([]byte("again\n" + key))
	return hex.EncodeToString(sum[:])
}
