package pypa_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/pypa"
)

func TestParseDirectURL(t *testing.T) {
	for in, want := range map[string]pypa.DirectURL{
		`{"url": "file:///srv/app", "dir_info": {"editable": true}}`: {URL: "file:///srv/app", Editable: true},
		`{"url": "file:///srv/app", "dir_info": {}}`:                 {URL: "file:///srv/app"},
		`{"url": "https://u:secret@example.com/r", "subdirectory": "s", "vcs_info": {"vcs": "git", "commit_id": "c0ffee", "requested_revision": "v1"}}`: {
			URL: "https://example.com/r", Subdirectory: "s", VCS: "git", Commit: "c0ffee", Revision: "v1"},
		`{"url": "https://example.com/x.whl", "archive_info": {"hash": "sha256=ab", "hashes": {"sha256": "ab"}}}`: {
			URL: "https://example.com/x.whl", Archive: true, Hash: "sha256=ab"},
		`{"url": "https://example.com/x.whl", "archive_info": {"hashes": {"sha256": "ab"}}}`: {
			URL: "https://example.com/x.whl", Archive: true, Hash: "sha256=ab"},
	} {
		got, err := pypa.ParseDirectURL(strings.NewReader(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s (-got +want):\n%s", in, diff)
		}
	}
	for _, in := range []string{"", "{", "null", "[]", `{"dir_info": {}}`, `{"url": "x"}`, `{"url": "x", "dir_info": {}, "archive_info": {}}`,
		`{"url": "x", "vcs_info": {"vcs": "git"}}`, `{"url": "x", "dir_info": {}} {}`, `{"url": 1, "dir_info": {}}`} {
		if got, err := pypa.ParseDirectURL(strings.NewReader(in)); err == nil {
			t.Errorf("ParseDirectURL(%s) = %v, want an error", in, got)
		}
	}
}

func FuzzParseDirectURL(f *testing.F) {
	f.Add(`{"url": "https://u:secret@example.com/r", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}`)
	f.Fuzz(func(t *testing.T, s string) {
		d, err := pypa.ParseDirectURL(strings.NewReader(s))
		if err == nil && d.URL != pypa.RedactURL(d.URL) {
			t.Errorf("%s: %q can be redacted further", s, d.URL)
		}
	})
}
