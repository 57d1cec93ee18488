package collect

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

func TestOSTrees(t *testing.T) {
	t.Parallel()
	type files = map[string]string
	const release = "usr/lib/os-release"
	tests := []struct {
		name  string
		files files
		links files
		want  map[string]string
	}{
		{"quotes", files{release: "ID=\"debian\"\nVERSION_ID='12'\nPRETTY_NAME=\"A \\\"B\\\" \\$C \\\\D\"\n"}, nil,
			files{"id": "debian", "version_id": "12", "name": `A "B" $C \D`, "timezone": "UTC"}},
		{"single quotes are literal", files{release: `ID='a\"b'` + "\n"}, nil, files{"id": `a\"b`, "timezone": "UTC"}},
		{"the last one counts", files{release: "ID=a\nID_LIKE=b\nID=c\n#ID=d\n"}, nil, files{"id": "c", "timezone": "UTC"}},
		{"line ends of another system", files{release: "ID=a\r\nVERSION_ID=\"1\"\r\n"}, nil, files{"id": "a", "version_id": "1", "timezone": "UTC"}},
		{"etc before usr", files{"etc/os-release": "ID=a\n", release: "ID=b\n"}, nil, files{"id": "a", "timezone": "UTC"}},
		{"no os-release", files{"etc/x": ""}, nil, files{"timezone": "UTC"}},
		{"names", files{release: "ID=a\n", "etc/hostname": "web-1\n", "etc/hosts": "::1 localhost\n# web-1.commented.example\n10.0.0.1 web-10.example.com web-1.example.com web-1\n"}, nil,
			files{"id": "a", "hostname": "web-1", "fqdn": "web-1.example.com", "timezone": "UTC"}},
		{"a name with a domain", files{release: "ID=a\n", "etc/hostname": "web-1.example.com"}, nil,
			files{"id": "a", "hostname": "web-1.example.com", "fqdn": "web-1.example.com", "timezone": "UTC"}},
		{"an empty name", files{release: "ID=a\n", "etc/hostname": "", "etc/hosts": "10.0.0.1 .x\n"}, nil, files{"id": "a", "timezone": "UTC"}},
		{"zone as a link", files{release: "ID=a\n", "etc/timezone": "Etc/UTC\n"}, files{"etc/localtime": "../usr/share/zoneinfo/America/Argentina/Ushuaia"},
			files{"id": "a", "timezone": "America/Argentina/Ushuaia"}},
		{"zone as a file", files{release: "ID=a\n", "etc/timezone": "Europe/Berlin\n", "etc/localtime": "TZif2\x00\x00\nCET-1CEST\n"}, nil, files{"id": "a", "timezone": "Europe/Berlin"}},
		{"zone without a name", files{release: "ID=a\n", "etc/localtime": "TZif2\x00\x00\nCET-1CEST,M3.5.0,M10.5.0/3\n"}, nil, files{"id": "a", "timezone": "CET-1CEST,M3.5.0,M10.5.0/3"}},
		{"zone of a router", files{release: "ID=a\n", "etc/TZ": "CET-1CEST"}, nil, files{"id": "a", "timezone": "CET-1CEST"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			plant(t, root, test.files)
			for path, target := range test.links {
				must(t, os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o755))
				must(t, os.Symlink(target, filepath.Join(root, path)))
			}
			got := map[string]string{}
			section := askOne(t, root, Query{Collector: "os"})[0]
			for _, f := range section.Facts {
				if s, ok := f.Value.AsString(); ok {
					got[strings.TrimPrefix(string(f.Address), "os.")] = s
				}
			}
			if section.Status != drift.OK {
				t.Fatalf("%s: %s", section.Status, section.Reason)
			}
			running := cmpopts.IgnoreMapEntries(func(name, _ string) bool { return name == "kernel" || name == "system" || name == "architecture" })
			if diff := cmp.Diff(test.want, got, running); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestOSOfThisMachine(t *testing.T) {
	t.Parallel()
	began := time.Now()
	section := askOne(t, "", Query{Collector: "os"})[0]
	took := time.Since(began)
	for name, args := range map[string][]string{"kernel": {"-r"}, "system": {"-s"}, "architecture": {"-m"}, "hostname": {"-n"}} {
		out, err := exec.Command("uname", args...).Output()
		must(t, err)
		f, _ := section.Find(drift.Address("os").Attr(name))
		if got, _ := f.Value.AsString(); got != strings.TrimSpace(string(out)) {
			t.Errorf("%s is %q, want %q", name, got, out)
		}
	}
	f, _ := section.Find("os.clock_offset")
	// The probe tells its time at its begin, and it is compared with the end.
	if offset, err := strconv.Atoi(f.Value.Text); err != nil || offset > 0 || offset < -1-int(took.Seconds()) {
		t.Errorf("this machine's clock is off its own by %s, %v", f.Value.Text, err)
	}
}

func TestOSDenied(t *testing.T) {
	t.Parallel()
	drifttest.Root(t)
	for _, closed := range []string{"etc/os-release", "etc", "."} {
		root := sharedDir(t)
		plant(t, root, map[string]string{"etc/os-release": "ID=a\n"})
		must(t, os.Chmod(filepath.Join(root, closed), 0))
		if got := askAsNobody(t, root, Query{Collector: "os"})[0]; got.Status != drift.Denied {
			t.Errorf("%s closed: %s: %s", closed, got.Status, got.Reason)
		}
	}
}

func FuzzParseOS(f *testing.F) {
	f.Add(osOutput)
	f.Add("address=10.0.0.1\naddress6=fe800000000000000000000000000001\naddresses=unknown\ntimezone=/usr/share/zoneinfo/UTC\nend\n")
	f.Fuzz(func(t *testing.T, data string) { fuzzParse(t, Query{Collector: "os"}, data) })
}
