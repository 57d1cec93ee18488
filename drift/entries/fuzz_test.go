package entries

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
)

func FuzzApache(f *testing.F)       { fuzz(f, "apache") }
func FuzzConf(f *testing.F)         { fuzz(f, "conf") }
func FuzzCrontab(f *testing.F)      { fuzz(f, "crontab") }
func FuzzDotenv(f *testing.F)       { fuzz(f, "dotenv") }
func FuzzFstab(f *testing.F)        { fuzz(f, "fstab") }
func FuzzHosts(f *testing.F)        { fuzz(f, "hosts") }
func FuzzINI(f *testing.F)          { fuzz(f, "ini") }
func FuzzJSON(f *testing.F)         { fuzz(f, "json") }
func FuzzKeyValue(f *testing.F)     { fuzz(f, "keyvalue") }
func FuzzLines(f *testing.F)        { fuzz(f, "lines") }
func FuzzNginx(f *testing.F)        { fuzz(f, "nginx") }
func FuzzPasswd(f *testing.F)       { fuzz(f, "passwd") }
func FuzzProperties(f *testing.F)   { fuzz(f, "properties") }
func FuzzRequirements(f *testing.F) { fuzz(f, "requirements") }
func FuzzSSHD(f *testing.F)         { fuzz(f, "sshd") }
func FuzzSystemd(f *testing.F)      { fuzz(f, "systemd") }
func FuzzTOML(f *testing.F)         { fuzz(f, "toml") }
func FuzzXML(f *testing.F)          { fuzz(f, "xml") }
func FuzzYAML(f *testing.F)         { fuzz(f, "yaml") }

// fuzz checks what holds for the entries of any text: keys are unique and UTF-8, values known, and line ends, a byte
// order mark and a second reading make no difference.
func fuzz(f *testing.F, format string) {
	files, err := filepath.Glob(filepath.Join("testdata", format, "*.in"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := Parse(format, data)
		if err != nil {
			return
		}
		if len(list) > MaxEntries {
			t.Fatalf("%d entries", len(list))
		}
		for i, e := range list {
			if i > 0 && e.Key <= list[i-1].Key {
				t.Errorf("the key %q comes after %q", e.Key, list[i-1].Key)
			}
			if !utf8.ValidString(e.Key) {
				t.Errorf("the key %q is not UTF-8", e.Key)
			}
			if e.Value.Kind != drift.Known || !json.Valid([]byte(e.Value.Text)) {
				t.Errorf("the value of %q is %+v", e.Key, e.Value)
			}
		}
		if bytes.HasPrefix(data, []byte("\uFEFF")) {
			return
		}
		noisy := append([]byte("\uFEFF"), bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))...)
		again, err := Parse(format, noisy)
		if len(noisy) <= MaxSize && (err != nil || !cmp.Equal(again, list)) {
			t.Errorf("with other line ends: %v\n%s", err, cmp.Diff(again, list))
		}
	})
}
