package ledger

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Repository is the git repository of the code and the policy. It is only read, and never fetched into.
type Repository struct {
	Top       string // the working tree's top folder
	place     place
	scratch   string
	git       *git // asks no remote
	connected *git // may ask one
	shallow   bool // history ends early
	partial   bool // objects may be missing: see git-clone(1), --filter

	mutex sync.Mutex
	known map[string]string // commits by the ids that they were asked for, whole or abbreviated
}

// ErrNoRepository says that a folder is not in a repository at all, and ErrNoCommits that a repository has none yet.
var (
	ErrNoRepository = errors.New("in no git repository")
	ErrNoCommits    = errors.New("has no commits")
)

// MissingError says that a repository lacks what a question needs, as a shallow or partial clone does: then the answer is
// not no, it cannot be told.
type MissingError struct {
	What string
	Mend string // the command that gets it
}

func (e *MissingError) Error() string { return e.What + "; this gets it: " + e.Mend }

// Lacks returns what is missing, and the command that gets it: see gate.Lacking.
func (e *MissingError) Lacks() (what, mend string) { return e.What, e.Mend }

// OpenRepository returns the repository that a folder is in: see locate. What gate writes for git to read is in a new folder
// in scratch, which the caller removes in the end; empty for the system's folder for temporary files.
func OpenRepository(ctx context.Context, dir, scratch string) (*Repository, error) {
	p, err := locate(dir)
	if err != nil {
		return nil, err
	}
	// Git says whether it takes it for a repository, and whether the user may trust it.
	about, err := inFolder(p.top).run(ctx, "-c", "safe.bareRepository=explicit", "rev-parse", "--is-shallow-repository", "--absolute-git-dir")
	if err != nil {
		return nil, openError(dir, err)
	}
	shallow, folder, ok := strings.Cut(about, "\n")
	if real, err := filepath.EvalSymlinks(folder); !ok || err != nil || real != p.folder {
		return nil, fmt.Errorf("%s: git takes %q for the repository, and its folder is %s", dir, folder, p.folder)
	}
	g, err := p.confined(ctx, scratch)
	if err != nil {
		return nil, err
	}
	r := &Repository{Top: p.top, place: p, scratch: scratch, connected: g, shallow: shallow == "true", partial: g.partial, known: map[string]string{}}
	r.git = g.with("GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_OPTIONAL_LOCKS=0")
	return r, nil
}

// dubious finds the folder in what git says of a repository that belongs to another user.
var dubious = regexp.MustCompile(`dubious ownership in repository at '(.*)'`)

// openError says what helps where git does not take a folder for a repository.
func openError(dir string, err error) error {
	switch match := dubious.FindStringSubmatch(err.Error()); {
	case match != nil:
		return &Error{Err: fmt.Errorf("the repository %s belongs to another user, so git does not read it", match[1]),
			Hint: "if you trust what is in it: git config --global --add safe.directory " + shellWord(match[1])}
	case exitCode(err) == 128 && strings.Contains(err.Error(), "not a git repository"):
		return &Error{Err: fmt.Errorf("%s is %w: %w", dir, ErrNoRepository, err), Hint: "see what is wrong with it: git status"}
	}
	return err
}

// shellWord returns a word as a POSIX shell takes it.
func shellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Resolve returns the object id of the commit that a revision names, as gitrevisions(7) has it. A name that is none, or
// that several things have, is an Error; where a clone may only lack it, a MissingError.
func (r *Repository) Resolve(ctx context.Context, revision string) (string, error) {
	if strings.HasPrefix(revision, "-") || strings.TrimSpace(revision) != revision || revision == "" || strings.ContainsAny(revision, "\n\x00") {
		return "", fmt.Errorf("%q is no revision", revision)
	}
	a, err := r.git.do(ctx, nil, "-c", "core.warnAmbiguousRefs=true", "-c", "advice.objectNameWarning=false", "rev-parse", "--verify", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return "", r.unresolved(ctx, revision, err)
	}
	if strings.Contains(a.words, "is ambiguous") {
		return "", ambiguous(revision)
	}
	if both, err := r.tagAndBranch(ctx, revision); err != nil || both {
		return "", cmp.Or(err, ambiguous(revision))
	}
	return strings.TrimSpace(a.out), nil
}

// tagAndBranch reports whether a revision begins with a name that is a tag here, and a branch of a remote with another commit. Git
// sees no ambiguity in that, but whoever writes the name may mean the branch: in the clones that workflows work in, other branches
// than the one that was checked out are only there as those of the remote.
func (r *Repository) tagAndBranch(ctx context.Context, revision string) (bool, error) {
	name, _, _ := strings.Cut(revision, "@{")
	if i := strings.IndexAny(name, "^~:"); i >= 0 {
		name = name[:i]
	}
	if name == "" || name == "HEAD" || isID(name) && len(name) >= 40 || strings.HasPrefix(name, "refs/") || strings.ContainsAny(name, "*?[\\") {
		return false, nil
	}
	list, err := r.git.run(ctx, "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", "refs/tags/"+name, "refs/remotes/*/"+name)
	if err != nil {
		return false, err
	}
	tag, branches := "", []string{}
	for line := range strings.Lines(list) {
		switch fields := strings.Fields(line); {
		case len(fields) < 2:
		case fields[0] == "refs/tags/"+name:
			tag = fields[len(fields)-1]
		case strings.HasPrefix(fields[0], "refs/remotes/") && strings.HasSuffix(fields[0], "/"+name):
			branches = append(branches, fields[1])
		}
	}
	return tag != "" && slices.ContainsFunc(branches, func(commit string) bool { return commit != tag }), nil
}

func ambiguous(revision string) error {
	return &Error{Err: fmt.Errorf("the revision %s is ambiguous: more than one thing has this name", revision),
		Hint: "write the whole object id, or refs/heads/…, refs/remotes/… or refs/tags/… in front of it"}
}

// unresolved says why a revision could not be resolved.
func (r *Repository) unresolved(ctx context.Context, revision string, err error) error {
	if exitCode(err) != 128 {
		return err
	}
	some, errAny := r.git.run(ctx, "for-each-ref", "--count=1", "--format=%(objectname)")
	switch {
	case strings.Contains(err.Error(), "is ambiguous"):
		return ambiguous(revision)
	case isID(revision) && len(revision) >= 40:
		return r.lacks(revision)
	case r.shallow:
		return &MissingError{fmt.Sprintf("this shallow clone has no revision %s", revision), "git fetch --unshallow --tags"}
	case errAny == nil && some == "":
		return &Error{Err: fmt.Errorf("the repository %s %w", r.Top, ErrNoCommits), Hint: "commit the policy and the code first"}
	case strings.Contains(err.Error(), "expected commit type"):
		return &Error{Err: fmt.Errorf("the revision %s is not of a commit", revision), Hint: "name a commit, a branch or a tag of a commit"}
	}
	return &Error{Err: fmt.Errorf("the repository %s has no revision %s", r.Top, revision), Hint: "if it is new on the remote: git fetch --tags origin"}
}

// isID reports whether s may be the object id of a commit, or an abbreviation of one.
func isID(s string) bool {
	return len(s) >= 7 && len(s) <= 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// lacks says that a commit is not in the repository.
func (r *Repository) lacks(id string) error {
	mend := "git fetch origin"
	if r.shallow { // the commit alone would not tell what lies between it and the others
		mend = "git fetch --unshallow origin"
	}
	if len(id) >= 40 {
		mend += " " + id
	}
	return &MissingError{"the repository does not have the commit " + id, mend}
}

// commit returns the whole object id of a commit. Unlike Resolve it takes no names: a tag may look like an abbreviated id.
func (r *Repository) commit(ctx context.Context, id string) (string, error) {
	if !isID(id) {
		return "", fmt.Errorf("%q is not the object id of a commit", id)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if whole, ok := r.known[id]; ok {
		return whole, nil
	}
	ids := id
	if !isObjectID(id) {
		var err error
		if ids, err = r.git.run(ctx, "rev-parse", "--disambiguate="+id); err != nil {
			return "", err
		}
	}
	kinds, err := r.git.input(ctx, strings.NewReader(ids+"\n"), "cat-file", "--batch-check=%(objecttype) %(objectname)")
	if err != nil {
		return "", err
	}
	var found []string
	for line := range strings.Lines(kinds) {
		if whole, ok := strings.CutPrefix(strings.TrimSpace(line), "commit "); ok {
			found = append(found, whole)
		}
	}
	switch len(found) {
	case 0:
		return "", r.lacks(id)
	case 1:
		r.known[id] = found[0]
		return found[0], nil
	}
	return "", ambiguous(id)
}

// cutOff returns a MissingError where the history that a range of revisions leads over ends early, as in a shallow clone.
func (r *Repository) cutOff(ctx context.Context, revisions ...string) error {
	if !r.shallow {
		return nil
	}
	file, err := r.git.run(ctx, "rev-parse", "--path-format=absolute", "--git-path", "shallow")
	if err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	ends := strings.Fields(string(text))
	history, err := r.git.run(ctx, slices.Concat([]string{"rev-list"}, revisions, []string{"--"})...)
	if err != nil {
		return err
	}
	for id := range strings.Lines(history) {
		if slices.Contains(ends, strings.TrimSpace(id)) {
			return &MissingError{"the history of this shallow clone does not reach far enough back", "git fetch --unshallow"}
		}
	}
	return nil
}

// Inside returns the path in the repository of a file or folder of the working tree, with slashes; "." is its top. Names in
// the working tree count as they are written: where its links lead, and whether they are there at all, a change may decide.
func (r *Repository) Inside(file string) (string, error) {
	whole, err := absolute(file)
	if err != nil {
		return "", err
	}
	w, err := follow(whole, func(folder string) bool { return within(r.Top, folder) })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	inside, err := filepath.Rel(r.Top, filepath.Join(append([]string{w.real}, w.rest...)...))
	if err != nil || !filepath.IsLocal(inside) {
		return "", fmt.Errorf("%s is not in the repository %s", file, r.Top)
	}
	return filepath.ToSlash(inside), nil
}

// maxFile is how large a file may be that Files reads, and maxFiles how large all files of a folder together, in bytes.
const (
	maxFile  = 16 << 20
	maxFiles = 64 << 20
)

// fileModes are the modes that git has for what is no folder and no submodule.
var fileModes = map[string]fs.FileMode{"100644": 0o644, "100755": 0o755, "120000": fs.ModeSymlink | 0o777}

// Files returns a file of the repository, or the files in a folder of it, as they are at a revision, under the same path.
// The path is from the top of the repository, with slashes: see Inside. A symbolic link in a folder is there as one, and what
// it holds is where it leads to: nobody may take it for a file, nor overlook it.
func (r *Repository) Files(ctx context.Context, revision, name string) (fs.FS, error) {
	commit, err := r.Resolve(ctx, revision)
	if err != nil {
		return nil, err
	}
	name = path.Clean(name)
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("%s is not a path in the repository", name)
	}
	entries, err := r.at(ctx, commit, name)
	if err != nil {
		return nil, fmt.Errorf("%s at %s: %w", name, revision, err)
	}
	objects, err := r.git.batch(ctx)
	if err != nil {
		return nil, err
	}
	defer objects.close()
	// A zip archive is a file system of the standard library.
	var archive bytes.Buffer
	files := zip.NewWriter(&archive)
	left := int64(maxFiles)
	for _, e := range entries {
		mode, is := fileModes[e.mode]
		if !is {
			continue
		}
		if strings.Contains(e.path, `\`) { // which an archive takes for a slash
			return nil, fmt.Errorf("%q at %s has a backslash in its name", e.path, revision)
		}
		o, err := objects.read(e.id, maxFile)
		switch {
		case errors.Is(err, errNoObject) || r.partial && exitCode(err) > 0:
			mend := "git show " + shellWord(revision+":"+e.path)
			if len(entries) > 1 { // the others are missing too
				mend = "git archive --output=/dev/null " + shellWord(revision) + " -- " + shellWord(name)
			}
			return nil, &MissingError{fmt.Sprintf("this clone does not have the content of %s at %s", e.path, revision), mend}
		case err != nil:
			return nil, err
		case o.data == nil:
			return nil, fmt.Errorf("%s at %s has %d bytes, and at most %d are read", e.path, revision, o.size, maxFile)
		}
		if left -= o.size; left < 0 {
			return nil, fmt.Errorf("the files of %s at %s have more than %d bytes together", name, revision, maxFiles)
		}
		header := &zip.FileHeader{Name: e.path, Method: zip.Store}
		header.SetMode(mode)
		w, err := files.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(o.data); err != nil {
			return nil, err
		}
	}
	if err := files.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
}

// at returns the entry of a path at a commit; of a folder those that are in it.
func (r *Repository) at(ctx context.Context, commit, name string) ([]entry, error) {
	here, err := r.tree(ctx, commit)
	if err != nil || name == "." {
		return here, r.withoutTree(commit, err)
	}
	prefix := ""
	for part := range strings.SplitSeq(name, "/") {
		i := slices.IndexFunc(here, func(e entry) bool { return e.path == part })
		if i < 0 {
			return nil, fs.ErrNotExist
		}
		found := here[i]
		switch found.mode {
		case "120000":
			return nil, errors.New("a symbolic link is not followed: name what it leads to")
		case "160000":
			return nil, errors.New("a submodule is another repository")
		case "040000":
			prefix += part + "/"
			if here, err = r.tree(ctx, found.id); err != nil {
				return nil, r.withoutTree(commit, err)
			}
		default:
			found.path, here = prefix+part, []entry{}
			if found.path == name {
				return []entry{found}, nil
			}
		}
	}
	for i := range here {
		here[i].path = prefix + here[i].path
	}
	return here, nil
}

// withoutTree says what is missing where a commit is there and its folders are not: in a clone with a filter.
func (r *Repository) withoutTree(commit string, err error) error {
	if !r.partial || exitCode(err) < 0 {
		return err
	}
	return &MissingError{fmt.Sprintf("this partial clone has the commit %s without all of its folders", commit), "git ls-tree -r " + commit}
}
