package collect

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/zclconf/go-cty/cty"
)

// wholeHost makes a tree with something for every collector that reads trees, and a request for all of it.
func wholeHost(t testing.TB) (root string, r Request) {
	t.Helper()
	root = repository(t)
	plant(t, root, map[string]string{
		"etc/os-release":            "ID=debian\n",
		"etc/hostname":              "web-1\n",
		"etc/app/app.ini":           "[a]\nb = c\n",
		"etc/app/x.yaml":            "a: [1, 2]\n",
		"var/lib/dpkg/status":       debStanza,
		"srv/venv/pyvenv.cfg":       "home = /usr/bin\nversion = 3.11.2\n",
		"srv/venv/requirements.txt": "a==1\n",
		"srv/venv/lib/python3.11/site-packages/a-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: a\nVersion: 1\n",
		"srv/venv/lib/python3.11/site-packages/a-1.dist-info/RECORD":   "a.py,,\n",
		"REVISION": "v1\n",
	})
	must(t, os.Mkdir(root+"/srv/venv/bin", 0o755))
	must(t, os.Symlink("/usr/bin/python3.11", root+"/srv/venv/bin/python"))
	return root, Request{Word: NewWord(), Root: root, Queries: []Query{
		{Collector: "deb"},
		{Collector: "os"},
		{Collector: "file", Args: map[string]cty.Value{"paths": stringList("/etc/**", "/srv/venv/pyvenv.cfg", "/nothing")}},
		{Collector: "python", Args: map[string]cty.Value{
			"venvs":        stringList("/srv/venv", "/opt/*/venv"),
			"requirements": cty.MapVal(map[string]cty.Value{"/srv/venv": stringList("/srv/venv/requirements.txt")}),
		}},
		{Collector: "revision", Args: map[string]cty.Value{"checkout": cty.StringVal("/"), "marker": cty.StringVal("/REVISION")}},
		unitQuery("nginx.service"),
		commandQuery("true", false),
	}}
}

// A collection changes nothing: no content, mode or time, as root, who could, and as a user who can read.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	root, request := wholeHost(t)
	asked := map[string]bool{}
	for _, q := range request.Queries {
		asked[q.Collector] = true
	}
	for _, c := range All() {
		if !asked[c.Name] {
			t.Errorf("this test does not run the collector %s", c.Name)
		}
	}
	before := treeOf(t, root)
	inShells(t, func(t *testing.T, shell []string) {
		ask(t, shell, request)
		if diff := cmp.Diff(before, treeOf(t, root)); diff != "" {
			t.Errorf("as root (-before +after)\n%s", diff)
		}
		ask(t, shell, request, asNobody)
		if diff := cmp.Diff(before, treeOf(t, root)); diff != "" {
			t.Errorf("as nobody (-before +after)\n%s", diff)
		}
	})
}

// Where nothing can be written, not even in /tmp, the answers are the same.
func TestReadOnlyMount(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	unshare := drifttest.Program(t, "unshare")
	_, request := wholeHost(t)
	stdin, err := request.Stdin()
	must(t, err)
	want := ask(t, plainShell, request)
	inShells(t, func(t *testing.T, shell []string) {
		cmd := exec.Command(unshare, append([]string{"-m", "sh", "-c",
			`mount -o remount,bind,ro / && if [ -w /tmp ]; then mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp; fi && ! [ -w /tmp ] && exec "$@"`, "sh"}, shell...)...)
		got, err := request.Read(t.Context(), bytes.NewReader(run(t, cmd, stdin)), time.Now)
		must(t, err)
		clock := cmpopts.IgnoreSliceElements(func(f drift.Fact) bool { return f.Address == "os.clock_offset" })
		if diff := cmp.Diff(want, got, clock); diff != "" {
			t.Errorf("(-writable +read-only)\n%s", diff)
		}
	})
}
