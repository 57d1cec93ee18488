package gate

import (
	"strconv"
	"testing"
)

// What an event says stands until a later one changes it: then the same event again is another one.
func TestStands(t *testing.T) {
	t.Parallel()
	var (
		x, y     = []Content{{"app", "x", first}}, []Content{{"app", "y", second}}
		db       = []Content{{"db", "d", first}}
		hold     = Event{Kind: Hold, Environment: "p", Name: "dba"}
		deployed = Event{Kind: Deployed, Environment: "p", Contents: x}
		begun    = Event{Kind: Deploying, Environment: "p", Contents: x}
		failed   = Event{Kind: Failed, Environment: "p", Contents: x, Of: "0"}
		verified = Event{Kind: Verified, Environment: "p", Contents: x, Name: "smoke"}
		aside    = Event{Kind: SetAside, Environment: "p", Hosts: []string{"p/web/1"}}
		observed = Event{Kind: Observed, Environment: "p", Snapshots: map[string]string{"p": "1"}}
		decided  = Event{Kind: Decided, Environment: "p", Outcome: Blocked}
	)
	elsewhere := func(e Event) Event { e.Environment = "q"; return e }
	invalid := func(e Event) Event { e.Invalid = "it is forged"; return e }
	for _, test := range []struct {
		name   string
		before Event
		later  []Event
		want   bool
	}{
		{"a hold", hold, []Event{hold, deployed, {Kind: Resume, Environment: "p", Of: "other"}, {Kind: Resume, Environment: "p", Name: "ops"}}, true},
		{"a hold that was ended", hold, []Event{{Kind: Resume, Environment: "p", Of: "0"}}, false},
		{"a hold of an owner all of whose were ended", hold, []Event{{Kind: Resume, Environment: "p", Name: "dba"}, hold}, false},
		{"a hold that was ended elsewhere", hold, []Event{{Kind: Resume, Environment: "q", Of: "0"}}, true},
		{"a hold that nobody may end so", hold, []Event{invalid(Event{Kind: Resume, Environment: "p", Of: "0"})}, true},
		{"the end of a hold", Event{Kind: Resume, Environment: "p", Of: "1"}, []Event{hold}, true},
		{"the end of all holds", Event{Kind: Resume, Environment: "p"}, []Event{hold}, false},
		{"a host set aside", aside, []Event{{Kind: SetAside, Environment: "p", Hosts: []string{"p/web/2"}}}, true},
		{"a host that was read again", aside, []Event{aside}, false},
		{"a deployment that has begun", begun, []Event{verified, {Kind: Failed, Environment: "p", Contents: x}}, true},
		{"a deployment that has ended", begun, []Event{failed}, false},
		{"a deployment", deployed, []Event{verified, {Kind: Deployed, Environment: "p", Contents: db}, elsewhere(failed), {Kind: Observed, Environment: "p", Seen: x}}, true},
		{"a deployment that failed", deployed, []Event{failed}, false},
		{"a deployment that was replaced", deployed, []Event{{Kind: Deployed, Environment: "p", Contents: y}}, false},
		{"a deployment before the next one begins", deployed, []Event{begun}, false},
		{"a deployment that the hosts show no more", deployed, []Event{{Kind: Observed, Environment: "p", Seen: y}}, false},
		{"a failure", failed, []Event{verified}, true},
		{"a failure before the next try", failed, []Event{deployed}, false},
		{"a check that has passed", verified, []Event{{Kind: Verified, Environment: "p", Contents: x, Name: "load"}}, true},
		{"a check of what failed since", verified, []Event{failed}, false},
		{"an observation", observed, []Event{elsewhere(observed), hold, observed}, true},
		{"an observation before another one", observed, []Event{{Kind: Decided, Environment: "p", Snapshots: map[string]string{"p": "2"}}}, false},
		{"a verdict", decided, []Event{hold, verified}, true},
		{"a verdict before another one", decided, []Event{{Kind: Decided, Environment: "p", Outcome: Undecided}}, false},
		{"what was revoked", Event{Kind: Revoked, Contents: x}, []Event{deployed, verified}, true},
		{"an override", Event{Kind: Override, Environment: "p", Contents: x}, []Event{deployed, failed}, true},
		{"what was built", Event{Kind: Built, Contents: x}, []Event{{Kind: Built, Contents: y}}, true},
	} {
		h := &History{Events: append([]Event{test.before}, test.later...)}
		for i := range h.Events {
			h.Events[i].ID = strconv.Itoa(i)
		}
		if got := h.Stands(h.Events[0]); got != test.want {
			t.Errorf("%s: stands %t, want %t", test.name, got, test.want)
		}
	}
}
