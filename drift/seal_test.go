package drift

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sealer(vars *Vars) *Sealer { return NewSealer([]byte(strings.Repeat("k", 32)), vars) }

func safeReveal(*Section) Reveal { return RevealSafe }

// sealHost seals a host of one section.
func sealHost(s *Sealer, facts ...Fact) Host {
	h := Host{ID: HostID{"staging", "web", "s1"}, Sections: []Section{{Collector: "file", Scope: "/etc/app.ini", Status: OK, Facts: facts}}}
	s.Seal(&h, safeReveal)
	return h
}

func TestSeal(t *testing.T) {
	at := Address("file").Key("/etc/app.ini")
	secret, public := at.Attr("entries").Key("db.password"), at.Attr("entries").Key("db.user")
	h := sealHost(sealer(NewVars(nil)),
		Fact{Address: secret, Value: String("hunter2")},
		Fact{Address: public, Value: String("app")},
		Fact{Address: at.Attr("mode"), Value: String("0644")},
		Fact{Address: at.Attr("sha256"), Value: String("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")},
	)
	for _, tt := range []struct {
		address Address
		want    Kind
	}{
		{secret, Sealed}, {public, Known}, {at.Attr("mode"), Known},
		{at.Attr("sha256"), Sealed}, // by it and the rest of the file, the password could be guessed
	} {
		if got, _ := h.Sections[0].Find(tt.address); got.Value.Kind != tt.want {
			t.Errorf("%s: got %v, want kind %d", tt.address, got.Value, tt.want)
		}
	}
}

func TestSealPrivate(t *testing.T) {
	at := Address("file").Key("/etc/app.ini")
	h := sealHost(sealer(NewVars(nil)),
		Fact{Address: at.Attr("entries").Key("word"), Value: String("plain"), Private: true},
		Fact{Address: at.Attr("sha256"), Value: String("abc"), Private: true},
		Fact{Address: at.Attr("size"), Value: Int(7), Private: true},
		Fact{Address: at.Attr("mode"), Value: String("0600"), Private: true},
	)
	for _, f := range h.Sections[0].Facts {
		if want := f.Address != at.Attr("mode"); (f.Value.Kind == Sealed) != want {
			t.Errorf("%s: got sealed %t, want %t", f.Address, !want, want)
		}
		if f.Private {
			t.Errorf("%s is still private", f.Address)
		}
	}
}

// A file that may be shown is not guessed from its digest either: that is compared, and never shown.
func TestSealDigestsOfFilesAlways(t *testing.T) {
	for _, reveal := range []Reveal{RevealSafe, RevealNone, RevealAll} {
		h := host(t, "staging/s1", `file[/x].sha256 = 9f86d081`, `file[/x].entries["a"] = b`)
		sealer(NewVars(nil)).Seal(h, func(*Section) Reveal { return reveal })
		if got := h.Lookup(`file["/x"].sha256`); got.Kind != Sealed {
			t.Errorf("reveal %s: got %v, want it sealed", reveal, got)
		}
	}
}

// The same value at the same address has the same digest on every host; another value, address or key has another.
func TestSealDigests(t *testing.T) {
	a, b := Address(`file["/x"].entries["password"]`), Address(`file["/y"].entries["password"]`)
	raw := func(s *Sealer, a Address, text string) string {
		h := sealHost(s, Fact{Address: a, Value: String(text)})
		return h.Sections[0].Facts[0].Value.Raw
	}
	s := sealer(NewVars(nil))
	other := NewSealer([]byte(strings.Repeat("j", 32)), NewVars(nil))
	base := raw(s, a, "hunter2")
	if again := raw(sealer(NewVars(nil)), a, "hunter2"); again != base {
		t.Error("the same value has another digest")
	}
	for name, digest := range map[string]string{"value": raw(s, a, "hunter3"), "address": raw(s, b, "hunter2"), "key": raw(other, a, "hunter2")} {
		if digest == base {
			t.Errorf("another %s has the same digest", name)
		}
	}
	if s.KeyID() == other.KeyID() || len(s.KeyID()) != 16 {
		t.Errorf("key ids %q and %q", s.KeyID(), other.KeyID())
	}
}

// Sealed values that differ by variables only are alike, and hold the variables of others openly.
func TestSealNormal(t *testing.T) {
	vars := NewVars(map[string]map[string]string{"staging": {"db": "db.staging.internal"}, "production": {"db": "db.internal"}})
	a := Address(`file["/x"].entries["url"]`)
	seal := func(environment, text string) Value {
		h := Host{ID: HostID{environment, "web", "h"}, Sections: []Section{{Collector: "file", Scope: "/x", Status: OK, Facts: []Fact{{Address: a, Value: String(text), Private: true}}}}}
		sealer(vars).Seal(&h, safeReveal)
		return h.Sections[0].Facts[0].Value
	}
	staging, production := seal("staging", "postgres://db.staging.internal/x"), seal("production", "postgres://db.internal/x")
	if staging.Raw == production.Raw || staging.Normal != production.Normal {
		t.Errorf("got %v and %v, want the same normal digest alone", staging, production)
	}
	if foreign := seal("production", "postgres://db.staging.internal/x").Foreign; foreign != "staging.db" {
		t.Errorf("got foreign %q, want staging.db", foreign)
	}
}

func TestSealReasons(t *testing.T) {
	h := Host{ID: HostID{"staging", "web", "s1"}, Sections: []Section{
		{Collector: "deb", Status: Failed, Reason: "exit status 1 curl: (6) https://app:hunter2@example.com/ not found"},
		{Collector: "file", Scope: "/x", Status: OK, Facts: []Fact{{Address: `file["/x"].entries`, Value: UnknownValue("line 3: password=hunter2 is no entry")}}},
	}}
	sealer(NewVars(nil)).Seal(&h, safeReveal)
	for _, text := range []string{h.Sections[0].Reason, h.Sections[1].Facts[0].Value.Text} {
		if strings.Contains(text, "hunter2") || !strings.Contains(text, "is not shown") {
			t.Errorf("got %q", text)
		}
	}
	if !strings.HasPrefix(h.Sections[0].Reason, "exit status 1 curl: (6) ") {
		t.Errorf("what is before the secret is gone: %q", h.Sections[0].Reason)
	}
}

func TestSealSealsKeysThatAreSecrets(t *testing.T) {
	const token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
	h := host(t, "staging/s1", `file[/x].entries["`+token+`"] = x`, `file[/x].entries["zone"] = y`, `file[/x].entries["ant"] = z`)
	NewSealer(make([]byte, 32), NewVars(nil)).Seal(h, func(*Section) Reveal { return RevealSafe })
	s := h.Section("file", "/x")
	for i, f := range s.Facts {
		if strings.Contains(string(f.Address), token) {
			t.Errorf("%s is shown", f.Address)
		}
		if i > 0 && s.Facts[i-1].Address >= f.Address {
			t.Errorf("%s stands before %s", s.Facts[i-1].Address, f.Address)
		}
	}
	if got := h.Lookup(`file["/x"].entries["ant"]`); !got.Equal(String("z")) {
		t.Errorf("got %v, want z", got)
	}
}

// Hosts that are sealed at the same time are as when one is sealed after the other.
func TestSealTogether(t *testing.T) {
	host := func(n int) Host {
		h := Host{ID: HostID{"staging", "web", fmt.Sprint("s", n)}}
		for i := range 50 {
			at := Address("file").Key(fmt.Sprint("/etc/", i))
			h.Sections = append(h.Sections, Section{Collector: "file", Scope: fmt.Sprint("/etc/", i), Status: OK, Facts: []Fact{
				{Address: at.Attr("entries").Key("password"), Value: String(fmt.Sprint("hunter", i))},
				{Address: at.Attr("entries").Key("user"), Value: String(fmt.Sprint("app", n))},
			}})
		}
		return h
	}
	var together [8]Host
	s := sealer(NewVars(nil))
	var work sync.WaitGroup
	for n := range together {
		together[n] = host(n)
		work.Go(func() { s.Seal(&together[n], safeReveal) })
	}
	work.Wait()
	for n := range together {
		want := host(n)
		sealer(NewVars(nil)).Seal(&want, safeReveal)
		if diff := cmp.Diff(together[n], want, asIs); diff != "" {
			t.Errorf("(-got +want)\n%s", diff)
		}
		if kind := want.Sections[7].Facts[0].Value.Kind; kind != Sealed {
			t.Errorf("a password is of kind %d", kind)
		}
	}
}
