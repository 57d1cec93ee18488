package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// settingsOf returns what git reads in a repository as gate runs it there, as key=value, but for what is not the repository's.
func settingsOf(t *testing.T, r *Repository) []string {
	t.Helper()
	out, err := r.connected.run(t.Context(), "config", "--list", "-z", "--show-scope", "--show-origin")
	must(t, err)
	list, err := parseSettings(out)
	must(t, err)
	var found []string
	for _, s := range list {
		if s.scope == "local" || s.scope == "worktree" {
			found = append(found, s.key()+"="+s.value)
		}
	}
	return found
}

// What names a program, a hook, another tree or how a remote is reached does not count; what a checkout needs does.
func TestSettingsThatPass(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"src/a": "1\n"})
	pass := map[string]string{
		"remote.origin.url": "https://git.example.com/app.git", "remote.origin.pushurl": "https://git.example.com/push.git", "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
		"branch.main.remote": "origin", "branch.main.merge": "refs/heads/main", "url.https://a.example.com/.insteadof": "b:",
		"http.https://github.com/.extraheader": "AUTHORIZATION: basic eDp5", "user.signingkey": "a \"b\" \\c;#\td", "gpg.format": "ssh", "commit.gpgsign": "true",
		"remote.with \"quotes\" and \\.url": "x",
	}
	stay := []string{
		"core.sshcommand", "core.gitproxy", "core.fsmonitor", "core.hookspath", "core.pager", "core.askpass", "core.editor", "core.worktree", "core.alternaterefscommand", "core.attributesfile",
		"credential.helper", "credential.https://github.com.helper", "gpg.program", "gpg.ssh.program", "gpg.ssh.defaultkeycommand", "diff.external", "diff.x.textconv", "diff.x.command",
		"filter.x.clean", "filter.x.smudge", "filter.x.process", "merge.x.driver", "remote.origin.uploadpack", "remote.origin.receivepack", "remote.origin.vcs", "remote.origin.proxy",
		"http.proxy", "http.https://github.com/.sslverify", "http.sslcainfo", "protocol.ext.allow", "protocol.allow", "uploadpack.packobjectshook", "alias.fetch", "sequence.editor",
		"ssh.variant", "trailer.x.command", "safe.directory", "include.path", "includeif.gitdir:/.path", "remotes.x", "interactive.difffilter", "gc.recentobjectshook", "man.x.cmd", "core.notesref",
	}
	for key, value := range pass {
		mustRun(t, g, "config", key, value)
	}
	for _, key := range stay {
		value := "/nothing/there"
		if strings.Contains(key, "sslverify") {
			value = "false"
		}
		if key != "core.worktree" && key != "core.bare" {
			mustRun(t, g, "config", key, value)
		}
	}
	r, err := openRepository(t, g.folder())
	must(t, err)
	got := settingsOf(t, r)
	for key, value := range pass {
		if !slices.Contains(got, key+"="+value) {
			t.Errorf("%s=%s does not pass", key, value)
		}
	}
	for _, s := range got {
		key, _, _ := strings.Cut(s, "=")
		if slices.Contains(stay, key) {
			t.Errorf("%s passes", s)
		}
	}
	if !slices.Contains(r.connected.ignored, "core.sshcommand") || !strings.Contains(r.connected.unread(), "core.sshcommand") {
		t.Errorf("got that these do not count: %q", r.connected.ignored)
	}
}

// Nothing that a repository's configuration names is run, whatever gate does there.
func TestNoProgramOfARepository(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	ran := filepath.Join(t.TempDir(), "ran")
	program := filepath.Join(t.TempDir(), "program")
	must(t, os.WriteFile(program, []byte("#!/bin/sh\necho \"$0 $*\" >>"+ran+"\nexit 1\n"), 0o700))
	commitFiles(t, s.git, map[string]string{"src/a": "1\n", ".gitattributes": "* diff=x filter=x merge=x\n"})
	for _, key := range []string{
		"core.sshCommand", "core.fsmonitor", "core.pager", "core.askPass", "core.editor", "core.gitProxy", "core.alternateRefsCommand", "credential.helper", "gpg.program", "gpg.ssh.program",
		"gpg.ssh.defaultKeyCommand", "diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean", "filter.x.smudge", "filter.x.process", "remote.origin.uploadpack",
		"remote.origin.receivepack", "uploadpack.packObjectsHook", "alias.fetch", "sequence.editor", "gc.recentObjectsHook",
	} {
		mustRun(t, s.git, "config", key, program)
	}
	must(t, os.MkdirAll(filepath.Join(s.dir, ".git", "hooks"), 0o755))
	for _, hook := range []string{"reference-transaction", "pre-push", "post-commit", "post-index-change", "fsmonitor-watchman"} {
		must(t, os.Symlink(program, filepath.Join(s.dir, ".git", "hooks", hook)))
	}
	s.keep(everything("production"))
	s.sound()
	r, err := openRepository(t, s.dir)
	must(t, err)
	c := r.Commits(t.Context(), []policies.Component{app})
	commit, err := r.Resolve(t.Context(), "HEAD")
	must(t, err)
	_, err = c.Contents(commit)
	must(t, err)
	_, _, err = c.Changed(commit, commit)
	must(t, err)
	_, err = r.Files(t.Context(), "HEAD", "src")
	must(t, err)
	must(t, r.Fetch(t.Context(), "origin", mustRun(t, remote, "rev-parse", branch)))
	if got, err := os.ReadFile(ran); err == nil {
		t.Errorf("ran:\n%s", got)
	}
	// The program is one that would be run.
	if _, err := s.git.run(t.Context(), "fetch", "-q", "origin"); err == nil {
		t.Error("git itself fetches without the program")
	}
	if _, err := os.ReadFile(ran); err != nil {
		t.Errorf("git itself does not run it: %v", err)
	}
}

// What the repository's configuration includes is read, in a linked working tree too, as actions/checkout keeps its token
// there; but no file of a working tree, which a change may bring.
func TestIncludedSettings(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"src/a": "1\n", "config": "[remote \"evil\"]\n\turl = evil\n"})
	worktree := filepath.Join(t.TempDir(), "tree")
	mustRun(t, g, "worktree", "add", "-q", "--detach", worktree)
	outside := filepath.Join(t.TempDir(), "credentials.config")
	must(t, os.WriteFile(outside, []byte("[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic eDp5\n"), 0o600))
	mustRun(t, g, "config", "includeIf.gitdir:"+g.folder()+"/.git.path", outside)
	mustRun(t, g, "config", "includeIf.gitdir:"+g.folder()+"/.git/worktrees/*.path", outside)
	mustRun(t, g, "config", "includeIf.gitdir:/nowhere/.git.path", filepath.Join(g.folder(), "nothing"))
	mustRun(t, g, "config", "include.path", "../config")
	mustRun(t, g, "config", "--add", "include.path", filepath.Join(worktree, "config"))
	link := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(filepath.Join(g.folder(), "config"), link))
	mustRun(t, g, "config", "--add", "include.path", link)
	for _, folder := range []string{g.folder(), worktree} {
		r, err := openRepository(t, folder)
		must(t, err)
		got := settingsOf(t, r)
		if !slices.Contains(got, "http.https://github.com/.extraheader=AUTHORIZATION: basic eDp5") {
			t.Errorf("%s: got %q, without the header", folder, got)
		}
		if slices.Contains(got, "remote.evil.url=evil") {
			t.Errorf("%s: got %q, which a file of the working tree says", folder, got)
		}
	}
}

// A file of a working tree does not name files elsewhere.
func TestIncludedTwice(t *testing.T) {
	t.Parallel()
	g := newRepository(t)
	outside := filepath.Join(t.TempDir(), "outside")
	must(t, os.WriteFile(outside, []byte("[remote \"evil\"]\n\turl = evil\n"), 0o600))
	commitFiles(t, g, map[string]string{"config": "[include]\n\tpath = " + outside + "\n"})
	mustRun(t, g, "config", "include.path", "../config")
	_, err := openRepository(t, g.folder())
	wantHint(t, err, "of a working tree, which includes "+outside, "itself")
}

// Each kind of repository that git has is one, with a configuration of gate's own.
func TestConfinedKinds(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	origin := newRepository(t)
	commitFiles(t, origin, map[string]string{"src/a": "1\n"})
	commitFiles(t, origin, map[string]string{"src/a": "2\n"})
	for _, tt := range []struct {
		name string
		make func() *git
	}{
		{"sha256", func() *git {
			g := newRepository(t, "--object-format=sha256")
			commitFiles(t, g, map[string]string{"src/a": "1\n"})
			return g
		}},
		{"packed", func() *git {
			g := clone(t, origin)
			mustRun(t, g, "gc", "-q")
			return g
		}},
		{"shallow", func() *git { return clone(t, origin, "--depth=1") }},
		{"borrowed objects", func() *git { return clone(t, origin, "--reference", origin.folder()) }},
		{"settings for each tree", func() *git {
			g := clone(t, origin)
			mustRun(t, g, "config", "extensions.worktreeConfig", "true")
			mustRun(t, g, "config", "--worktree", "core.sparseCheckout", "true")
			mustRun(t, g, "config", "--worktree", "core.sshCommand", "false")
			return g
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &site{T: t, git: tt.make(), cache: t.TempDir(), env: map[string]string{}, now: noon}
			s.dir, s.policy.Ledger = s.git.folder(), &policies.Ledger{Repository: "git.example.com/app"}
			if got := contentOf(t, s.git, app, head(t, s.git)); len(got) != 64 {
				t.Errorf("got the content %q", got)
			}
			r, err := openRepository(t, s.dir)
			must(t, err)
			for _, entry := range settingsOf(t, r) {
				if strings.HasPrefix(entry, "core.s") && !strings.HasPrefix(entry, "core.sharedrepository") || strings.HasPrefix(entry, "extensions.worktreeconfig") {
					t.Errorf("%s passes", entry)
				}
			}
			s.append(note("one"))
			s.sound()
			if got, want := mustRun(t, s.git, "log", "-1", "--format=%s", branch), "note"; got != want {
				t.Errorf("git log: got %q, want %q", got, want)
			}
			if got := mustRun(t, s.git, "reflog", "show", "--format=%H", branch); got == "" {
				t.Error("the branch has no log of its own")
			}
		})
	}
	// An extension that git does not know stops it here too.
	g := clone(t, origin)
	mustRun(t, g, "config", "core.repositoryFormatVersion", "1")
	must(t, appendTo(filepath.Join(g.folder(), ".git", "config"), "[extensions]\n\tnewFangled = true\n"))
	if r, err := openRepository(t, g.folder()); err == nil {
		t.Errorf("an unknown extension: got %+v", r)
	}
}

func appendTo(file, text string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(data, text...), 0o600)
}

// A repository that its user does not own is refused, though gate names it to git.
func TestLedgerOfAnother(t *testing.T) {
	drifttest.Root(t)
	s := newSite(t)
	s.append(note("one"))
	must(t, os.Chown(s.dir, 65533, 65533))
	_, err := openRepository(t, s.dir)
	wantHint(t, err, "belongs to another user", "safe.directory")
}

// The disk has what is written before a ref names it, whatever is configured; and no program sees gate's secrets, nor, but
// for those that ask a remote, the token of GitHub.
func TestFixedInvocation(t *testing.T) {
	all := append(drift.SecretVariables(), drift.TokenVariable)
	for _, name := range slices.Concat(all, []string{"GIT_CONFIG", "GIT_OBJECT_DIRECTORY", "GIT_EXTERNAL_DIFF"}) {
		t.Setenv(name, "/nothing/secret")
	}
	g := newRepository(t)
	commitFiles(t, g, map[string]string{"src/a": "1\n"})
	mustRun(t, g, "config", "core.fsync", "none")
	r, err := OpenRepository(t.Context(), g.folder(), t.TempDir())
	must(t, err)
	if got := mustRun(t, r.git, "config", "--get", "core.fsync"); got != "committed" {
		t.Errorf("core.fsync: got %q", got)
	}
	for name, tt := range map[string]struct {
		git   *git
		token bool
	}{"local": {r.git, false}, "ledger": {r.ledgerGit(), false}, "remote": {r.connected.asking("origin"), true}} {
		out := mustRun(t, tt.git, "-c", "alias.show-env=!env", "show-env")
		for _, secret := range all {
			if got, want := strings.Contains(out, "\n"+secret+"="), secret == drift.TokenVariable && tt.token; got != want {
				t.Errorf("%s: git has %s: %t, want %t", name, secret, got, want)
			}
		}
		if strings.Contains(out, "GIT_CONFIG=") || strings.Contains(out, "GIT_EXTERNAL_DIFF=") {
			t.Errorf("%s: git has the caller's variables\n%s", name, out)
		}
	}
	// What a partial clone lacks is fetched as it is read.
	r.partial = true
	if out := mustRun(t, r.ledgerGit(), "-c", "alias.show-env=!env", "show-env"); !strings.Contains(out, "\n"+drift.TokenVariable+"=") {
		t.Error("a partial clone fetches without the token")
	}
}

// A ledger is read, and added to, in a clone that lacks what nobody has asked for.
func TestLedgerInPartialClone(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	s := newSite(t)
	remote := s.share()
	mustRun(t, remote, "config", "uploadpack.allowFilter", "true")
	mustRun(t, remote, "config", "uploadpack.allowAnySHA1InWant", "true")
	s.append(note("one"))
	s.append(note("two"))
	want := []string{"one", "two"}
	for _, filter := range []string{"blob:none", "tree:0"} {
		g := clone(t, remote, "--filter="+filter, "--no-checkout")
		mustRun(t, g, "fetch", "-q", "origin", branch+":refs/remotes/origin/gate-ledger")
		other := &site{T: t, git: g, dir: g.folder(), cache: t.TempDir(), env: map[string]string{}, now: noon, policy: s.policy}
		l := other.open()
		l.git = l.git.with("GIT_NO_LAZY_FETCH=1") // so that what is read has come before, all at once
		h, err := l.History(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", filter, err)
		}
		if diff := cmp.Diff(reasons(h), want); diff != "" || len(h.Flaws) > 0 {
			t.Errorf("%s: %v, got - want +\n%s", filter, h.Flaws, diff)
		}
		want = append(want, filter)
		other.append(gate.Event{Kind: gate.Note, Reason: filter})
		if diff := cmp.Diff(reasons(s.sound()), want); diff != "" {
			t.Errorf("%s: got - want +\n%s", filter, diff)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add("local\x00file:/x\x00remote.origin.url\nhttps://x\x00local\x00file:/x\x00core.bare\x00")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseSettings(text)
		if err != nil {
			return
		}
		for _, s := range list {
			var b strings.Builder
			if s.write(&b); passes(s.section, s.middle, s.name) && !strings.HasPrefix(b.String(), "["+s.section) {
				t.Errorf("%+v is written as %s", s, fmt.Sprintf("%q", b.String()))
			}
		}
	})
}
