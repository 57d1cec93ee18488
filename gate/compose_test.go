package gate

import (
	"testing"

	"github.com/seed-313c021b/gate/drift"
)

// Two questions of one pattern are each from one of two readings.
func TestComposeTwoQuestions(t *testing.T) {
	t.Parallel()
	read := func(status drift.Status) drift.Host {
		h := drift.Host{ID: drift.HostID{Environment: "staging", Role: "web", Name: "s1"}}
		for _, asked := range []string{`{"exclude":["a"],"version":1}`, `{"version":1}`} {
			h.Sections = append(h.Sections, drift.Section{Collector: "file", Scope: "/etc/**", Question: true, Status: status, Asked: asked})
		}
		return h
	}
	now, recorded := read(drift.OK), read(drift.Denied)
	for _, fromNow := range []bool{true, false} {
		h := composed(&now, &recorded, func(string, drift.Address) bool { return fromNow })
		if len(h.Sections) != 2 || h.Sections[0].Asked == h.Sections[1].Asked || h.Sections[0].Known() != fromNow || h.Sections[1].Known() != fromNow {
			t.Errorf("from now %t: got %v", fromNow, h.Sections)
		}
	}
}
