package drift

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Sections that share facts are what they were, and what one snapshot forgets another keeps.
func TestShare(t *testing.T) {
	lines := []string{"deb[a].version = v1", "file[/x].entries[k] = {a}", "file[/y] = !denied"}
	s := &Snapshot{KeyID: "k", VarsID: "old"}
	for _, id := range []string{"staging/s1", "staging/s2"} {
		s.Hosts = append(s.Hosts, *host(t, id, lines...))
	}
	s.Hosts = append(s.Hosts, *host(t, "staging/s3", "deb[a].version = v2", lines[1], "file[/y] = !failed"))
	var want []string
	for i := range s.Hosts {
		for k := range s.Hosts[i].Sections {
			want = append(want, s.Hosts[i].Sections[k].Digest())
		}
	}
	s.Share()
	var got []string
	for i := range s.Hosts {
		for k := range s.Hosts[i].Sections {
			got = append(got, s.Hosts[i].Sections[k].Digest())
		}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("(-got +want)\n%s", diff)
	}
	deb := func(i int) *Fact { return &s.Hosts[i].Section("deb", "").Facts[0] }
	if deb(0) != deb(1) || deb(0) == deb(2) {
		t.Error("the equal sections are not those that share their facts")
	}
	other := &Snapshot{Hosts: []Host{{Sections: append([]Section(nil), s.Hosts[0].Sections...)}}, KeyID: "k", VarsID: "old"}
	other.Forget("k", "new")
	if v := other.Hosts[0].Section("file", "/x").Facts[0].Value; v.Kind != Unknown {
		t.Errorf("got %v, want it forgotten", v)
	}
	if v := s.Hosts[0].Section("file", "/x").Facts[0].Value; v.Kind != Sealed {
		t.Errorf("another snapshot forgot, and this one has %v", v)
	}
	s.Forget("k", "new")
	if x, y := s.Hosts[0].Section("file", "/x"), s.Hosts[2].Section("file", "/x"); x.Facts[0].Value.Kind != Unknown || &x.Facts[0] != &y.Facts[0] {
		t.Error("what is forgotten is not shared, or not forgotten")
	}
}
