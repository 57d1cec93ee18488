package drift

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSame(t *testing.T) {
	whole := Machine{Endpoint: "192.0.2.7:22", HostKey: "SHA256:key", ID: "id", Boot: "boot", Root: "8:2"}
	tests := []struct {
		name   string
		change func(a, b *Machine)
		want   bool
	}{
		{"two addresses", func(a, b *Machine) { b.Endpoint = "192.0.2.8:22" }, true},
		{"an address alone", func(a, b *Machine) { *a, *b = Machine{Endpoint: a.Endpoint}, Machine{Endpoint: a.Endpoint} }, true},
		{"an address, and one says nothing", func(a, b *Machine) { *b = Machine{Endpoint: a.Endpoint} }, true},
		{"an address, started again meanwhile", func(a, b *Machine) { b.Boot, b.Root = "later", "9:2" }, true},
		{"an address, a new host key", func(a, b *Machine) { b.HostKey = "SHA256:other" }, true},
		{"nothing", func(a, b *Machine) { *a, *b = Machine{}, Machine{} }, false},
		{"two ports", func(a, b *Machine) {
			*a, *b = Machine{Endpoint: "127.0.0.1:22000", HostKey: a.HostKey}, Machine{Endpoint: "127.0.0.1:22001", HostKey: a.HostKey}
		}, false},
		{"one name behind two jump hosts", func(a, b *Machine) {
			*a, *b = Machine{Endpoint: "web:22 via 192.0.2.1:22"}, Machine{Endpoint: "web:22 via 192.0.2.2:22"}
		}, false},
		{"clones", func(a, b *Machine) { b.Endpoint, b.Boot = "192.0.2.8:22", "other" }, false},
		{"clones behind one address", func(a, b *Machine) { b.ID, b.Boot = "other", "other" }, false},
		{"chroots", func(a, b *Machine) { b.Endpoint, b.Root = "192.0.2.7:2222", "8:77" }, false},
		{"chroots of two accounts", func(a, b *Machine) { b.Root = "8:77" }, false},
		{"containers of one image", func(a, b *Machine) { b.Endpoint, b.Root = "172.17.0.3:22", "91:2" }, false},
		{"containers of one kernel", func(a, b *Machine) { b.Endpoint, b.ID = "172.17.0.3:22", "other" }, false},
		{"no host key", func(a, b *Machine) { a.Endpoint, a.HostKey = "x", "" }, false},
		{"another host key", func(a, b *Machine) { a.Endpoint, a.HostKey = "x", "SHA256:other" }, false},
		{"no machine-id on either", func(a, b *Machine) { a.Endpoint, a.ID, b.ID = "x", "", "" }, false},
		{"no boot id on either", func(a, b *Machine) { a.Endpoint, a.Boot, b.Boot = "x", "", "" }, false},
		{"no root on either", func(a, b *Machine) { a.Endpoint, a.Root, b.Root = "x", "", "" }, false},
	}
	for _, tt := range tests {
		a, b := whole, whole
		tt.change(&a, &b)
		why, got := a.Same(b)
		if _, turned := b.Same(a); got != tt.want || turned != tt.want || (why != "") != got {
			t.Errorf("%s: got %v and %v (%q), want %v", tt.name, got, turned, why, tt.want)
		}
	}
}

func TestSameMachines(t *testing.T) {
	id := func(s string) Machine { return Machine{HostKey: s, ID: s, Boot: s, Root: s} }
	at := func(s string, m Machine) Machine { m.Endpoint = s; return m }
	hosts := func(list ...any) (hosts []*Host) {
		for i := 0; i < len(list); i += 2 {
			part := strings.Split(list[i].(string), "/")
			hosts = append(hosts, &Host{ID: HostID{part[0], part[1], part[2]}, Machine: list[i+1].(Machine)})
		}
		return hosts
	}
	tests := []struct {
		name  string
		hosts []*Host
		want  string
	}{
		{"none", nil, ""},
		{"nothing is known", hosts("s/web/1", Machine{}, "p/web/2", Machine{}), ""},
		{"two of three", hosts("s/web/1", at("x", id("a")), "p/web/2", at("y", id("b")), "p/web/3", at("z", id("a"))), "s/web/1 p/web/3"},
		{"one name in two roles", hosts("s/web/1", at("x", id("a")), "s/db/1", at("x", id("a"))), ""},
		{"one name in two environments", hosts("s/web/1", at("x", id("a")), "p/web/1", at("x", id("a"))), "s/web/1 p/web/1"},
		{"one host twice", hosts("s/web/1", at("x", id("a")), "s/web/1", at("x", id("a"))), ""},
		{"two machines, each twice", hosts("s/web/1", at("x", id("a")), "s/web/2", at("y", id("b")), "p/web/1", at("y", id("b")), "p/web/2", at("x", id("a"))), "s/web/1 p/web/2, s/web/2 p/web/1"},
		{"the third joins two", hosts("s/web/1", at("x", Machine{}), "p/web/2", at("y", id("a")), "s/web/3", at("x", id("a"))), "s/web/1 p/web/2 s/web/3"},
		{"many behind one gateway", hosts("s/web/1", at("x", id("a")), "s/web/2", at("x", id("b")), "p/web/1", at("x", id("c")), "p/web/2", at("x", id("b"))), "s/web/2 p/web/2"},
	}
	for _, tt := range tests {
		var groups []string
		for _, group := range SameMachines(tt.hosts) {
			var ids []string
			for _, h := range group {
				ids = append(ids, h.ID.String())
			}
			groups = append(groups, strings.Join(ids, " "))
		}
		if diff := cmp.Diff(tt.want, strings.Join(groups, ", ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}
