package ledger

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each line of addresses is of one repository, and no two lines are of the same.
func TestName(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for want, addresses := range map[string][]string{
		"github.com/acme/shop": {
			"git@github.com:acme/shop.git", "git@GitHub.com:Acme/Shop", "github.com:acme/shop", "org-12@github.com:acme/shop.git", "git@github.com:/acme/shop.git/",
			"https://github.com/acme/shop", "https://github.com/Acme/Shop.git/", "http://github.com/acme/shop", "https://ada:secret@github.com:443/acme/shop.git",
			"ssh://git@ssh.github.com:443/acme/shop.git", "ssh://git@github.com:22/acme/shop.git", "git+ssh://git@github.com/ACME/shop", "git://github.com/acme/shop", "https://www.github.com/acme/shop",
		},
		"github.com/acme/shop2":          {"https://github.com/acme/shop2"},
		"gitlab.com/acme/team/shop":      {"git@gitlab.com:Acme/team/shop.git", "ssh://git@altssh.gitlab.com:443/acme/team/shop.git"},
		"bitbucket.org/acme/shop":        {"git@bitbucket.org:acme/Shop.git", "ssh://git@altssh.bitbucket.org:443/acme/shop.git"},
		"corp.ghe.com/acme/shop":         {"https://corp.ghe.com/Acme/shop", "git@corp.ghe.com:acme/shop"},
		"notgithub.com/acme/shop":        {"https://notgithub.com/acme/shop"},
		"notgithub.com/Acme/shop":        {"https://notgithub.com/Acme/shop"},
		"github.com.example/Acme/shop":   {"https://github.com.example/Acme/shop"},
		"ghe.com/Acme/shop":              {"https://ghe.com/Acme/shop"},
		"git.example.com/Org/app":        {"git@git.example.com:Org/app.git", "ssh://git@Git.example.com/Org/app", "https://git.example.com/Org/app.git", "ada@git.example.com:/Org/app", "git@git.example.com:~/Org/app"},
		"git.example.com/org/app":        {"git@git.example.com:org/app.git"},
		"git.example.com:2222/Org/app":   {"ssh://git@git.example.com:2222/Org/app"},
		"git.example.com:8443/Org/app":   {"https://git.example.com:8443/Org/app.git"},
		"git.example.com:22/Org/app":     {"https://git.example.com:22/Org/app.git"},
		"ada@git.example.com/~/app":      {"ada@git.example.com:app.git", "ssh://ada@git.example.com/~/app", "ada@git.example.com:~/app"},
		"bob@git.example.com/~/app":      {"bob@git.example.com:app.git"},
		"git.example.com/~ada/app":       {"git@git.example.com:~ada/app", "bob@git.example.com:~ada/app", "https://git.example.com/~ada/app", "https://git.example.com/%7Eada/app"},
		"git.example.com/app":            {"ada@git.example.com:/app.git", "git@git.example.com:app"},
		"git.example.com/Org%2Fapp":      {"https://git.example.com/Org%2Fapp"},
		"bücher.example/x":               {"https://bücher.example/x"},
		"xn--bcher-kva.example/x":        {"https://xn--bcher-kva.example/x"},
		"github.com/acme/\u212Aey":       {"https://github.com/acme/\u212Aey"}, // KELVIN SIGN is k to Unicode
		"github.com/acme/key":            {"https://github.com/acme/Key"},
		"[::1]:2222/app":                 {"ssh://git@[::1]:2222/app"},
		"::1/app":                        {"git@[::1]:app.git", "ssh://git@[::1]/app"},
		"s3://bucket/acme/shop":          {"s3://bucket/acme/shop"},
		"git.example.com/Org/app/../app": {"https://git.example.com/Org/app/../app"},
	} {
		for _, address := range addresses {
			l, err := locationOf(address)
			if err != nil {
				t.Errorf("%s: %v", address, err)
				continue
			}
			got := l.name()
			if got != want {
				t.Errorf("%s: got %q, want %q", address, got, want)
			}
			if other, ok := seen[got]; ok && other != want {
				t.Errorf("%s is the same as one of %q", address, other)
			}
			seen[got] = want
		}
	}
	for _, address := range []string{
		"https://git.example.com/git?repo=a", "https://git.example.com/git#a", "https://ada:p%ss@git.example.com/x", "codecommit::eu-west-1://shop", "ext::ssh -p 22 x", "file://host?x", "https:///x", "ssh://git@git.example.com:port/x",
	} {
		if l, err := locationOf(address); err == nil {
			t.Errorf("%s: got %+v, want an error", address, l)
		} else if strings.Contains(err.Error(), "p%ss") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// What was recorded before names had their present form is of the same repository; nothing else is.
func TestIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		names string
		event string
		want  bool
	}{
		{"github.com/acme/shop", "github.com/Acme/Shop", true},
		{"github.com/acme/shop", "ssh.github.com/acme/shop", true},
		{"github.com/acme/shop", "github.com/acme/shop2", false},
		{"git.example.com/acme/shop", "git.example.com/Acme/shop", false},
		{"git.example.com:2222/acme/shop", "git.example.com/acme/shop", false},
		{"github.com/acme/shop /srv/mirror/shop", "/srv/mirror/shop", true},
		{"/srv/github.com/shop", "/srv/github.com/Shop", false},
		{"Shop", "shop", false},
		{"GitHub.com", "github.com", false},
	} {
		names := strings.Fields(test.names)
		l := &Ledger{repository: names[0], names: names}
		if got := l.isNamed(test.event); got != test.want {
			t.Errorf("%s, %s: got %t, want %t", test.names, test.event, got, test.want)
		}
	}
}

// A clone of a mirror is of the repository that is mirrored; what only pushes to a mirror, or is part of a change, is itself.
func TestNamesOfMirror(t *testing.T) {
	t.Parallel()
	top, elsewhere := t.TempDir(), t.TempDir()
	g := newRepository(t)
	bare := func(folder string, settings ...string) string {
		mustRun(t, g, "init", "-q", "--bare", folder)
		for _, s := range settings {
			name, value, _ := strings.Cut(s, "=")
			mustRun(t, g, "config", "--file", filepath.Join(folder, "config"), name, value)
		}
		return folder
	}
	const of = "remote.origin.url=https://git.example.com/acme/shop.git"
	const all = "remote.origin.fetch=+refs/*:refs/*"
	const mirrors = "remote.origin.mirror=true"
	mirror := bare(filepath.Join(elsewhere, "mirror.git"), of, all, mirrors)
	for _, test := range []struct {
		name, address, want string
	}{
		{"a mirror", mirror, "git.example.com/acme/shop"},
		{"without .git", strings.TrimSuffix(mirror, ".git"), "git.example.com/acme/shop"},
		{"its URL", "file://" + mirror, "git.example.com/acme/shop"},
		{"a mirror of a mirror", bare(filepath.Join(elsewhere, "third.git"), "remote.origin.url="+mirror, all, mirrors), "git.example.com/acme/shop"},
		{"one that pushes to a mirror", bare(filepath.Join(elsewhere, "push.git"), of, mirrors), ""},
		{"a bare clone", bare(filepath.Join(elsewhere, "bare.git"), of, all), ""},
		{"a mirror of two", bare(filepath.Join(elsewhere, "two.git"), of, all, mirrors, "remote.b.url=https://git.example.com/b", "remote.b.fetch=+refs/*:refs/*", "remote.b.mirror=true"), ""},
		{"one in the working tree", bare(filepath.Join(top, "mirror.git"), of, all, mirrors), ""},
		{"nothing", filepath.Join(elsewhere, "nothing"), ""},
	} {
		path := normalize(test.address)
		got, err := namesOf(t.Context(), g, test.address, top)
		if err != nil || got[0] != cmp.Or(test.want, path) || !slices.Contains(got, path) {
			t.Errorf("%s: got %q, %v, want %q and %q", test.name, got, err, test.want, path)
		}
	}
	if got, err := namesOf(t.Context(), g, "../x.git", top); err != nil || got[0] != filepath.Join(filepath.Dir(top), "x") {
		t.Errorf("a path from the repository: got %q, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(mirror, "config"), []byte("[remote"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := namesOf(t.Context(), g, mirror, top); err == nil {
		t.Errorf("a mirror that cannot be read: got %q", got)
	}
}

// An alias is what ssh_config says; one that cannot be resolved is an error, and one of a tunnel is not this machine.
func TestNamesOfAlias(t *testing.T) { // sets PATH
	g := newRepository(t)
	for _, test := range []struct {
		address, ssh, want string
	}{
		{"git@work:acme/shop.git", "echo hostname GitHub.com; echo port 22", "github.com/acme/shop"},
		{"git@work:acme/shop.git", "echo hostname ssh.github.com; echo port 443", "github.com/acme/shop"},
		{"git@work:acme/Shop.git", "echo hostname git.example.com; echo port 2222", "git.example.com:2222/acme/Shop"},
		{"git@github.com:acme/shop.git", "echo hostname git.example.com; echo port 22", "git.example.com/acme/shop"},
		{"git@work:acme/shop.git", "echo hostname work; echo port 22", "work/acme/shop"},
		{"work:shop.git", "echo hostname git.example.com; echo user git; echo port 22", "git.example.com/shop"},
		{"work:shop.git", "echo hostname git.example.com; echo user ada; echo port 22", "ada@git.example.com/~/shop"},
		{"git@work:shop.git", "echo hostname git.example.com; echo user ada", "git.example.com/shop"},
		{"git@work:acme/shop.git", "echo hostname 127.0.0.1; echo port 2201", "work/acme/shop"},
		{"git@work:acme/shop.git", "echo hostname localhost; echo hostkeyalias git.example.com; echo port 2201", "git.example.com/acme/shop"},
		{"ssh://git@work:2222/acme/shop", `test "$3" = -lgit && test "$4" = -p2222 && test "$6" = work && echo hostname git.example.com && echo port 2222`, "git.example.com:2222/acme/shop"},
		{"https://work/acme/shop", "exit 1", "work/acme/shop"},
		{"git@work:acme/shop.git", "exit 255", ""},
		{"git@work:acme/shop.git", "echo port 22", ""},
	} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "ssh"), []byte("#!/bin/sh\n"+test.ssh+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", folder+string(os.PathListSeparator)+os.Getenv("PATH"))
		got, err := namesOf(t.Context(), g, test.address, "/nowhere")
		if test.want == "" {
			if e, ok := errors.AsType[*Error](err); !ok || e.Hint == "" {
				t.Errorf("%s, %s: got %q, %v, want an error with a hint", test.address, test.ssh, got, err)
			}
		} else if err != nil || !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s, %s: got %q, %v, want %q", test.address, test.ssh, got, err, test.want)
		}
	}
}
