package pypa_test

import (
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/pypa"
)

func TestRedactURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://example.com/a/b.whl#sha256=ab&egg=x":     "https://example.com/a/b.whl#sha256=ab&egg=x",
		"https://user:secret@example.com/x":               "https://example.com/x",
		"https://secret@example.com/x":                    "https://example.com/x",
		"git+ssh://git@example.com/r.git@v1.0":            "git+ssh://git@example.com/r.git@v1.0",
		"git+https://oauth2:secret@example.com/r.git@v1":  "git+https://example.com/r.git@v1",
		"https://example.com/x?token=secret":              "https://example.com/x?(not shown)",
		"https://example.com/x#access_token=secret&egg=x": "https://example.com/x#(not shown)&egg=x",
		"https://us@er:sec@ret@example.com:8080/x":        "https://example.com:8080/x",
		"https://user:sec/ret@example.com/x":              "https://(not shown)",
		"https://user:secret@[::1]:80/x":                  "https://[::1]:80/x",
		"https:user:secret@example.com/x":                 "https:(not shown)@example.com/x",
		"https:/user:secret@example.com/x":                "https:(not shown)@example.com/x",
		`https:\\user:secret@example.com/x`:               "https:(not shown)@example.com/x",
		"//user:secret@example.com/x":                     "//example.com/x",
		"git@example.com:org/r.git":                       "git@example.com:org/r.git",
		"secret@example.com:org/r.git":                    "(not shown)@example.com:org/r.git",
		"https://${USER}:${PASSWORD}@example.com/x":       "https://example.com/x",
		"file:///srv/app":                                 "file:///srv/app",
		"/srv/app":                                        "/srv/app", "../x": "../x", "": "",
	} {
		if got := pypa.RedactURL(in); got != want {
			t.Errorf("RedactURL(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzRedactURL(f *testing.F) {
	f.Add("https", "user", "secret", "example.com/x")
	f.Fuzz(func(t *testing.T, scheme, user, password, rest string) {
		// What a client would take for a password: up to the last "@" of the authority.
		if len(password) < 4 || strings.ContainsAny(password+user+rest+scheme, `/?#\@`) || strings.Contains(rest+user+scheme, password) || strings.Contains("://(not shown)", password) {
			return
		}
		if got := pypa.RedactURL(scheme + "://" + user + ":" + password + "@" + rest); strings.Contains(got, password) {
			t.Errorf("the password %q is in %q", password, got)
		}
	})
}
