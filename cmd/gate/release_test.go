package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/gate/github/githubtest"
)

// bill is what the tests look at in a bill of materials.
type bill struct {
	Metadata   struct{ Component billed }
	Components []billed
}

type billed struct {
	Name, Version, Purl string
	Hashes              []struct{ Alg, Content string }
}

// littleGate is a program in the place of gate, which is built in a second: it prints its arguments and its version.
const littleGate = `package main

import (
	"os"

	"github.com/mitchellh/go-wordwrap"
)

var version = "dev"

func main() {
	for _, arg := range os.Args[1:] {
		println(wordwrap.WrapString(arg, 100))
	}
	println(version)
}
`

// buildable makes a folder that a gate can be built from, with parts of this repository beside it: the real one where there are
// minutes for that.
func (p *project) buildable(folder string, parts ...string) string {
	p.t.Helper()
	if drifttest.Thorough() {
		return p.copyTree(folder, append(parts, sources...)...)
	}
	root := p.copyTree(folder, append(parts, "go.mod", "go.sum")...)
	p.write(filepath.Join(root, "cmd/gate/main.go"), littleGate, 0o644)
	return root
}

// A release has the same bytes from wherever it is built, and a bill of materials that names what is in them. Where there are
// minutes for it, one of the two builds has no cache to begin with.
func TestReleaseIsReproducible(t *testing.T) {
	t.Parallel()
	drifttest.Slow(t)
	drifttest.Program(t, "jq")
	p := &project{t: t, root: t.TempDir()}
	p.env = os.Environ()
	platform := runtime.GOOS + "/" + runtime.GOARCH
	build := func(folder, shell string, env ...string) string {
		t.Helper()
		from, to := p.buildable(folder, ".github/release"), filepath.Join(p.root, "dist of "+folder)
		p.runWith(append(p.goEnv(), env...), from, "sh", "-c", shell+" .github/release/build v1.2.3 \"$0\" \"$1\"", to, platform)
		return to
	}
	one := build("one", "")
	// Elsewhere, by somebody with other settings, from nothing.
	other := []string{
		"HOME=" + p.root, "TZ=Asia/Tokyo", "LC_ALL=C.UTF-8", "GOFLAGS=-race", "GOAMD64=v3", "GOARM64=v8.2", "GOFIPS140=latest", "CGO_ENABLED=1",
	}
	if drifttest.Thorough() {
		other = append(other, "GOCACHE="+filepath.Join(p.root, "cache"))
	}
	two := build("some where/else", "umask 077 && exec", other...)
	name := "gate-v1.2.3-" + strings.ReplaceAll(platform, "/", "-")
	for _, file := range []string{name, name + ".cdx.json", "SHA256SUMS"} {
		if p.read(filepath.Join(one, file)) != p.read(filepath.Join(two, file)) {
			t.Errorf("%s is another one", file)
		}
	}
	if got := p.run(one, "./"+name, "--version"); !strings.Contains(got, "v1.2.3") {
		t.Errorf("--version: got %q", got)
	}
	p.run(one, "sha256sum", "--check", "--strict", "SHA256SUMS")
	checkBill(t, filepath.Join(one, name))
}

// checkBill compares a bill of materials with what Go says of a program.
func checkBill(t *testing.T, program string) {
	t.Helper()
	data, err := os.ReadFile(program)
	must(t, err)
	info, err := buildinfo.Read(bytes.NewReader(data))
	must(t, err)
	text, err := os.ReadFile(program + ".cdx.json")
	must(t, err)
	var b bill
	must(t, json.Unmarshal(text, &b))
	want := []string{"std " + strings.TrimPrefix(info.GoVersion, "go")}
	for _, module := range info.Deps {
		want = append(want, module.Path+" "+module.Version)
	}
	var got []string
	for _, c := range b.Components {
		got = append(got, c.Name+" "+c.Version)
		if want := "pkg:golang/" + strings.ToLower(c.Name) + "@" + strings.ReplaceAll(c.Version, "+", "%2B"); c.Purl != want {
			t.Errorf("got purl %s, want %s", c.Purl, want)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("components (-want +got)\n%s", diff)
	}
	c := b.Metadata.Component
	if hash := fmt.Sprintf("%x", sha256.Sum256(data)); len(c.Hashes) != 1 || c.Hashes[0].Content != hash || c.Name != filepath.Base(program) || c.Version != "v1.2.3" {
		t.Errorf("got %+v, want SHA-256 %s", c, hash)
	}
}

func TestReleaseBuildRefuses(t *testing.T) {
	for _, c := range []struct{ name, version, folder, want string }{
		{"no version", "1.2.3", "new", "no version: 1.2.3"},
		{"half a version", "v1.2", "new", "no version: v1.2"},
		{"flags of the linker", "v1.2.3 -X main.x=y", "new", "no version: v1.2.3 -X"},
		{"another release in the folder", "v1.2.3", "old", "there is something in "},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			must(t, os.MkdirAll(filepath.Join(folder, "old", "gate-v1.2.2"), 0o755))
			out, err := exec.Command(drifttest.Program(t, "bash"), "../../.github/release/build", c.version, filepath.Join(folder, c.folder)).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) {
				t.Errorf("got %v, %s; want %q", err, out, c.want)
			}
		})
	}
}

// release is a repository like this one, in which tags are released. In place of gh, and of the action that attests, there
// are two that write down what they are told.
type release struct {
	*project
	pins string
}

const attest = "actions/attest-build-provenance@a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32"

func newRelease(t *testing.T) *release {
	p := newRepository(t)
	p.copyTree("repository", ".github", "action.yml")
	p.write(filepath.Join(p.root, "bin/gh"), `#!/bin/sh
[ -n "$GH_TOKEN" ] || exit 4
echo "$@" >'`+p.root+`/gh'
mkdir -p '`+p.root+`/released' && cp dist/* '`+p.root+`/released/'
`, 0o755)
	p.write(filepath.Join(p.root, "attest/action.yml"), `name: attest
description: writes down what it is to attest
inputs:
  subject-checksums:
    required: true
runs:
  using: composite
  steps:
    - shell: bash
      run: cd "$(dirname "$SUBJECTS")" && sha256sum --check --strict "$(basename "$SUBJECTS")" && cp "$(basename "$SUBJECTS")" '`+p.root+`/attested'
      env:
        SUBJECTS: ${{ inputs.subject-checksums }}
`, 0o644)
	p.runWith(p.goEnv(), p.buildable("little"), drifttest.Program(t, "go"), "build", "-o", filepath.Join(p.root, "compiled"), "./cmd/gate")
	dist := filepath.Join(p.root, "dist")
	p.runWith([]string{"PATH=" + p.path()}, p.repo, ".github/release/build", "v1.2.3", dist)
	return &release{p, p.read(filepath.Join(dist, "SHA256SUMS"))}
}

// tag commits pins on a branch, and tags that.
func (r *release) tag(name, branch, pins string) occasion {
	r.t.Helper()
	r.run(r.repo, "git", "checkout", "-q", "-B", branch)
	r.write(filepath.Join(r.repo, ".github/action/SHA256SUMS"), pins, 0o644)
	commit := r.commit("gate " + name)
	r.run(r.repo, "git", "tag", name)
	r.run(r.repo, "git", "push", "-q", "origin", name)
	return occasion{name: "push", at: "refs/tags/" + name, token: githubtest.Token, keyless: true, instead: map[string]string{attest: filepath.Join(r.root, "attest")},
		payload: r.payload("push", map[string]any{"ref": "refs/tags/" + name, "after": commit})}
}

// TestRelease plays release.yml by act: with a compiler, a gh and an attestation that are not the real ones, see
// TestReleaseIsReproducible for what is built.
func TestRelease(t *testing.T) {
	t.Parallel()
	drifttest.Slow(t)
	drifttest.Program(t, "act")
	drifttest.Program(t, "jq")
	r := newRelease(t)
	for _, c := range []struct {
		name, tag, branch, pins string
		exits                   []int
	}{
		{"what is not pinned", "v1.2.3", "main", strings.Replace(r.pins, "1", "2", 1), []int{0, 0, 0, 1}},
		{"what is not on main", "v1.2.3", "other", r.pins, []int{0, 1}},
		{"a tag that is no version", "vx", "main", r.pins, []int{0, 0, 2}},
		{"what is pinned", "v1.2.3", "main", r.pins, []int{0, 0, 0, 0, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer r.within(t)()
			run := r.play("release.yml", r.tag(c.tag, c.branch, c.pins))
			var exits []int
			for _, step := range run.steps {
				exits = append(exits, step.exit)
			}
			if !slices.Equal(exits, c.exits) {
				t.Errorf("got %v, want %v in\n%s", exits, c.exits, run)
			}
			_, attested := os.Stat(filepath.Join(r.root, "attested"))
			_, released := os.Stat(filepath.Join(r.root, "released"))
			if published := run.ok; (attested == nil) != published || (released == nil) != published {
				t.Errorf("attested: %v, released: %v, want %t", attested, released, published)
			}
			r.run(r.repo, "git", "push", "-q", "origin", ":"+c.tag)
			r.run(r.repo, "git", "tag", "-d", c.tag)
			r.run(r.repo, "git", "checkout", "-q", "-B", "main", "origin/main")
		})
	}
	if got, want := r.read(filepath.Join(r.root, "gh")), "release create v1.2.3 --repo "+githubtest.Repository+" --verify-tag --generate-notes dist/SHA256SUMS dist/gate-"; !strings.HasPrefix(got, want) {
		t.Errorf("gh: got %q, want %q", got, want)
	}
	if diff := cmp.Diff(r.pins, r.read(filepath.Join(r.root, "attested"))); diff != "" {
		t.Errorf("attested (-want +got)\n%s", diff)
	}
	r.run(filepath.Join(r.root, "released"), "sha256sum", "--check", "--strict", "SHA256SUMS")

	// Who uses the action by that commit gets these bytes.
	server := httptest.NewServer(http.StripPrefix("/v1.2.3/", http.FileServer(http.Dir(filepath.Join(r.root, "released")))))
	defer server.Close()
	s := newStep(t, map[string]string{"mode": "release", "command": "hold", "to": "production", "download-url": server.URL})
	s.action = r.repo
	runsBuilt(t, s)
}
