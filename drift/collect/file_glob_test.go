package collect

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

// What a pattern matches is what doublestar matches in the whole tree, however the host looked for it.
func TestFilePatterns(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	root := t.TempDir()
	var all []string
	for _, p := range []string{"a", "a/b", "a/b/c", "a/b/c/x.ini", "a/b/x.ini", "a/bb/x.ini", "a/x.ini", "a/x.local", "a/.h/x.ini", "b/c.d/x", "b/e.d/y", "b/e.d/z/x", "c[1]/x"} {
		if strings.Contains(filepath.Base(p), "x") || strings.HasSuffix(p, "y") {
			plant(t, root, map[string]string{p: "x"})
		}
	}
	err := filepath.WalkDir(root, func(p string, _ os.DirEntry, err error) error {
		all = append(all, filepath.Join("/", strings.TrimPrefix(p, root)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ paths, exclude string }{
		{"/**", ""}, {"/*", ""}, {"/a/**", ""}, {"/a/*", ""}, {"/a/*/x.ini", ""}, {"/a/**/x.ini", ""}, {"/*/*/x", ""}, {"/b/*.d/*", ""}, {"/b/{c,e}.d/*", ""},
		{"/b/{c.d,e.d/z}/x", ""}, {"/a/b?/x.ini", ""}, {"/a/b*/**", ""}, {"/**/z/*", ""}, {"/a/[ab]*/x.ini", ""}, {`/c\[1\]/*`, ""}, {"/c[[]1]/*", ""}, {"/none/*", ""}, {"/a/x.ini/*", ""},
		{"/a/**", "*.local"}, {"/a/**", "b"}, {"/a/**", "b x.local .*"}, {"/**", "/a/b/**"}, {"/**", "/a/b"}, {"/b/**", "b"}, {"/a/**", "[b]*"}, {"/a/** /b/*.d/x /a/x.local", "*.local"}, {"/a/** /a/b/** /a/*", ""},
	}
	var queries []Query
	for _, test := range tests {
		q := fileQuery(test.paths)
		if test.exclude != "" {
			q = fileQuery(test.paths, "exclude", test.exclude)
		}
		queries = append(queries, q)
	}
	answers := askEach(t, plainShell, root, queries)
	for i, test := range tests {
		var got, want []string
		for _, s := range answers[i] {
			if s.Status != drift.OK {
				t.Errorf("%s: %s is %s: %s", test.paths, s.Address(), s.Status, s.Reason)
			}
			if !s.Question {
				got = append(got, s.Scope)
			}
		}
		for _, p := range all {
			for _, pattern := range strings.Fields(test.paths) {
				if p == pattern || doublestar.MatchUnvalidated(pattern, p) && !leftOut(p, pattern, strings.Fields(test.exclude)) {
					want = append(want, p)
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		want = slices.Compact(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s without %q (-want +got):\n%s", test.paths, test.exclude, diff)
		}
		if len(want) == 0 && test.paths != "/none/*" && test.paths != "/a/x.ini/*" {
			t.Errorf("%s without %q matches nothing", test.paths, test.exclude)
		}
	}
}

// leftOut says in the plainest way what exclude means: of a path, each folder from the pattern's own down is looked at.
func leftOut(p, pattern string, exclude []string) bool {
	start := 0
	for i, r := range pattern {
		if strings.ContainsRune(`*?[{\`, r) {
			break
		}
		if r == '/' {
			start = i + 1
		}
	}
	for end := start; end <= len(p); end++ {
		if end < len(p) && p[end] != '/' {
			continue
		}
		for _, e := range exclude {
			if doublestar.MatchUnvalidated(e, filepath.Base(p[:end])) && !strings.Contains(e, "/") && end > start || doublestar.MatchUnvalidated(e, p[:end]) {
				return true
			}
		}
	}
	return false
}

func TestFileBadPatterns(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"etc/x", "relative/*", "/etc/[", "/etc/{a", "/" + strings.Repeat("{a,aa}", 20) + "*"} {
		for _, s := range askOne(t, t.TempDir(), fileQuery(pattern)) {
			if s.Status != drift.Failed || s.Reason == "" {
				t.Errorf("%q: %s is %s: %s", pattern, s.Address(), s.Status, s.Reason)
			}
		}
	}
}

// A file whose name is the pattern itself leaves that pattern unknown, and nothing else.
func TestFileNamedAsThePattern(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plant(t, dir, map[string]string{"conf/*": "x", "conf/a": "x", "b": "x"})
	h := lookFiles(t, fileQuery(dir+"/conf/* "+dir+"/b"))
	for name, want := range map[string]drift.Kind{"/conf/*": drift.Unknown, "/conf/a": drift.Known, "/conf/c": drift.Unknown, "/b": drift.Known} {
		if got := h.Lookup(drift.Address("file").Key(dir + name).Attr("type")); got.Kind != want {
			t.Errorf("%s: %v %s, want %v", name, got.Kind, got.Text, want)
		}
	}
	if s := h.Section("file", dir+"/conf/*"); !s.Question || !strings.Contains(s.Reason, `"?*"`) {
		t.Errorf("%+v", s)
	}
	h = lookFiles(t, fileQuery(dir+"/conf/?*"))
	for name, want := range map[string]drift.Kind{"/conf/*": drift.Known, "/conf/a": drift.Known, "/conf/c": drift.Absent} {
		if got := h.Lookup(drift.Address("file").Key(dir + name).Attr("type")); got.Kind != want {
			t.Errorf("%s: %v %s, want %v", name, got.Kind, got.Text, want)
		}
	}
}
