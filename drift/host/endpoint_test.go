package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"golang.org/x/crypto/ssh"
)

// Two names for one address are one machine, and so are two ways to one root folder; two folders of one machine are not.
func TestCollectTellsMachines(t *testing.T) {
	t.Parallel()
	web := drifttest.Serve(t, &drifttest.SSHD{})
	bastion := drifttest.Serve(t, &drifttest.SSHD{Forward: true})
	c, jumping := jumpSite(t, bastion, web)
	direct := jumping
	direct.ProxyJump = ""

	image := t.TempDir()
	if err := os.Mkdir(filepath.Join(image, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(image, "etc/machine-id"), []byte(strings.Repeat("a1", 16)), 0o600); err != nil {
		t.Fatal(err)
	}
	named := func(name string, s Settings) Settings {
		s.Hostname, s.Port, s.HostKeyAlias = name, web.Port(), "["+strings.Replace(web.Addr(), ":", "]:", 1)
		return s
	}
	plan := func(name, dest, root string, s Settings) Plan {
		return Plan{ID: drift.HostID{Environment: name, Name: name}, Dest: dest, Settings: s, Root: root, Queries: []collect.Query{{Collector: "os"}}}
	}
	hosts, err := c.Collect(t.Context(), []Plan{
		plan("address", web.Addr(), image, direct),
		plan("name", "web", image+"/.", named("localhost", direct)),
		plan("jump", web.Addr(), image, jumping),
		plan("written otherwise", "web", image, named("::ffff:127.0.0.1", jumping)),
		plan("folder", web.Addr(), image+"/etc", direct),
		plan("dead", "127.0.0.1:1", image, direct),
	}, 1, nothing{})
	if err != nil {
		t.Fatal(err)
	}
	key := ssh.FingerprintSHA256(web.HostKeys[0].PublicKey())
	for i, want := range []string{
		web.Addr() + " root " + image, web.Addr() + " root " + image, web.Addr() + " via " + bastion.Addr() + " root " + image,
		web.Addr() + " via " + bastion.Addr() + " root " + image, web.Addr() + " root " + image + "/etc",
	} {
		h := hosts[i]
		if m := h.Machine; m.Endpoint != want || m.HostKey != key || m.Boot == "" || m.Root == "" || (m.ID == "") != (h.ID.Name == "folder") {
			t.Errorf("%s: got %+v, want it at %s with the key %s", h.ID.Name, m, want, key)
		}
	}
	if m := hosts[5].Machine; m != (drift.Machine{}) {
		t.Errorf("got %+v of a host that was not reached", m)
	}
	for _, tt := range []struct {
		a, b int
		want bool
	}{{0, 1, true}, {0, 2, true}, {0, 3, true}, {2, 3, true}, {0, 4, false}} {
		if why, got := hosts[tt.a].Machine.Same(hosts[tt.b].Machine); got != tt.want {
			t.Errorf("%s and %s are one: %v (%s), want %v", hosts[tt.a].ID.Name, hosts[tt.b].ID.Name, got, why, tt.want)
		}
	}
	c.Close()
}
