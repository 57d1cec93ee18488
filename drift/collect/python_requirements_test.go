package collect

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

func TestPythonRequirements(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	venv := dir + "/venv"
	plantVenv(t, venv, union(
		distInfo("Django", "4.2.7"), distInfo("requests", "2.31.0", "Provides-Extra: socks", "Requires-Dist: PySocks>=1.5; extra == 'socks'", "Requires-Dist: idna"),
		distInfo("old", "1.0rc1"), distInfo("strange", "not-a-version"), distInfo("src", "0.1"), distInfo("repo", "1.0"),
		map[string]string{
			"src-0.1.dist-info/direct_url.json":  `{"url": "file:///srv/src", "dir_info": {"editable": true}}`,
			"repo-1.0.dist-info/direct_url.json": `{"url": "https://example.com/repo", "vcs_info": {"vcs": "git", "requested_revision": "v1", "commit_id": "c0ffee"}}`,
		}))
	tests := []struct {
		name  string
		files map[string]string
		want  map[string]string
	}{
		{"pins", map[string]string{"r.txt": "django==4.2.7\nrequests==2.30\nflask\nold>=1.0a1\nDJANGO<5 # twice\nstrange>1\n"}, map[string]string{
			"django": `"met"`, "requests": `"2.31.0 is installed, not ==2.30"`, "flask": `"not installed"`, "old": `"met"`,
			"strange": `unknown: whether strange meets >1 could not be told: "not-a-version" is no version by PEP 440`}},
		{"the worse of two", map[string]string{"r.txt": "django\ndjango>5\nrequests; python_version < '3'\nrequests\n"}, map[string]string{
			"django": `"4.2.7 is installed, not >5"`, "requests": `"met"`}},
		{"markers", map[string]string{"r.txt": "x; sys_platform == 'win32'\ny; python_version >= '3'\ndjango; python_full_version >= '3.11.3'\nz; python_full_version < '3.12'\n"}, map[string]string{
			"x": `"not needed"`, "y": `"not installed"`, "z": `"not installed"`, "django": `unknown: whether python_full_version >= "3.11.3" holds could not be told`}},
		{"extras", map[string]string{"r.txt": "requests[socks]\n"}, map[string]string{"requests": `"pysocks>=1.5: not installed"`}},
		{"hashes", map[string]string{"r.txt": "django==4.2.7 \\\n  --hash=sha256:ab\n"}, map[string]string{"django": `"met"`}},
		{"options", map[string]string{"r.txt": "--index-url https://u:secret@example.com/simple\n--pre\n\n# comment\n"}, map[string]string{}},
		{"includes", map[string]string{"r.txt": "-r sub/base.txt # why\n--requirement=sub/base.txt\n", "sub/base.txt": "flask\n-r ../other.txt\n", "other.txt": "django\n-r r.txt\n-r none.txt\n"}, map[string]string{
			"flask": `"not installed"`, "django": `"met"`, "DIR/sub/../other.txt:2": "unknown: r.txt: it includes itself", "DIR/sub/../other.txt:3": "unknown: none.txt: there is no such file"}},
		{"constraints", map[string]string{"r.txt": "-c c.txt\ndjango\n", "c.txt": "django<4\nflask==1\nrequests==2.31.0\n"}, map[string]string{
			"django": `"4.2.7 is installed, not <4"`}},
		{"origins", map[string]string{"r.txt": "-e /srv/src\ndjango @ https://example.com/d.zip\ngit+https://example.com/repo@v1#egg=repo\n./local\n-e git+https://example.com/repo@v2#egg=repo\n"}, map[string]string{
			"DIR/r.txt:1": `"met"`, "django": `"it is not from https://example.com/d.zip"`, "repo": `"it is not installed as editable"`,
			"DIR/r.txt:4": "unknown: which distribution this is could not be told"}},
		{"origins alike", map[string]string{"r.txt": "git+https://example.com/repo@v1#egg=repo\nsrc @ file:///srv/src\n"}, map[string]string{"repo": `"met"`, "src": `"met"`}},
		{"unreadable lines", map[string]string{"r.txt": "django==${VERSION}\nroot:$6$secret:19000\n\xff\n-r https://example.com/r.txt\n"}, map[string]string{
			"DIR/r.txt:1": "unknown: this line cannot be read as a requirement", "DIR/r.txt:2": "unknown: this line cannot be read as a requirement",
			"DIR/r.txt:3": "unknown: this line cannot be read as a requirement", "DIR/r.txt:4": "unknown: https://example.com/r.txt: the file was not read"}},
		{"UTF-8 with a mark", map[string]string{"r.txt": "\xef\xbb\xbfdjango\r\n"}, map[string]string{"django": `"met"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			here := sharedDir(t)
			plant(t, here, test.files)
			got := requirementsIn(readVenv(t, sh, venv, here+"/r.txt"), here+"/r.txt")
			want := map[string]string{}
			for name, text := range test.want {
				want[strings.ReplaceAll(name, "DIR", here)] = text
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("(-got +want):\n%s", diff)
			}
		})
	}
}

func requirementsIn(facts map[string]drift.Value, file string) map[string]string {
	found := map[string]string{}
	prefix := string(drift.Address("").Attr("requirements").Key(file))
	for name, v := range facts {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			found[strings.TrimSuffix(strings.TrimPrefix(rest, `["`), `"]`)] = show(v)
		}
	}
	return found
}

// A requirements file that is not there, or may not be read, is unknown.
func TestPythonRequirementsUnread(t *testing.T) {
	t.Parallel()
	dir := sharedDir(t)
	plantVenv(t, dir+"/venv", nil)
	if got := requirementsIn(readVenv(t, sh, dir+"/venv", dir+"/none.txt"), dir+"/none.txt"); got[""] != "unknown: there is no such file" {
		t.Errorf("a file that is not there: %v", got)
	}
	plant(t, dir, map[string]string{"r.txt": "x\n", "top.txt": "-r r.txt\n"})
	if got := requirementsIn(readVenv(t, sh, dir+"/venv", dir), dir); got[""] != "unknown: it may not be read" {
		t.Errorf("a folder: %v", got)
	}
	drifttest.Root(t)
	if err := os.Chmod(dir+"/r.txt", 0); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"/r.txt": "", "/top.txt": `["` + dir + `/top.txt:1"]`} {
		q := pythonQuery(nil, map[string][]string{dir + "/venv": {dir + file}})
		s := askAsNobody(t, "", q)[0]
		f, _ := s.Find(drift.Address("python").Key(dir+"/venv").Attr("requirements").Key(dir+file) + drift.Address(want))
		if f.Value.Kind != drift.Unknown {
			t.Errorf("%s: %+v", file, f)
		}
	}
}
