package collect

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// tracked is a file in git's index: a line of "git ls-files -t -s" (git-ls-files(1)).
type tracked struct {
	tag, mode, id, stage, path string
}

// onDisk is what stands at the path of a tracked file.
type onDisk struct {
	kind      string // X: an executable file, F: another file, L: a link, D: the folder of a submodule
	id        string // of its content as a git object, as it stands
	converted string // the same as git would convert it, if it would
	pointer   string // the same as Git LFS would keep it, if it would
	filter    string // the filter that git would run on it
	size      int64  // of a file that is converted, in bytes
	recorded  int64  // the size that git's index has for it, modulo 1<<32; 0 is none, -1 unknown
}

// worktree is what a host tells of a checkout or of a submodule in it.
type worktree struct {
	name  string // of a submodule: its path below the checkout
	lines linePart
}

// cutWorktrees parts what a host tells of a checkout: first the checkout itself, then the submodules in it.
func cutWorktrees(part linePart) []worktree {
	trees := []worktree{{}}
	for _, line := range part {
		if name, ok := strings.CutPrefix(line, "module="); ok {
			trees = append(trees, worktree{name: name})
			continue
		}
		last := &trees[len(trees)-1]
		last.lines = append(last.lines, line)
	}
	return trees
}

// dirty tells whether the tracked files of a checkout, and of the submodules in it, differ from its commit. What git
// would filter on its way into the repository is not filtered, since the checkout says itself by which programs: there a
// difference is unknown.
func dirty(part linePart) drift.Value {
	trees := cutWorktrees(part)
	modules := map[string]linePart{}
	for _, tree := range trees[1:] {
		modules[tree.name] = tree.lines
	}
	unclear := ""
	for _, tree := range trees {
		changed, why := tree.changed(modules)
		if changed {
			return drift.Bool(true)
		}
		if why != "" && tree.name != "" {
			why = fmt.Sprintf("submodule %s: %s", tree.name, why)
		}
		if unclear == "" {
			unclear = why
		}
	}
	if unclear != "" {
		return drift.UnknownValue(unclear)
	}
	return drift.Bool(false)
}

// changed reports whether a tracked file differs from the commit, or why that cannot be told. Of a submodule its commit
// counts here, and its files where it is itself the tree.
func (w worktree) changed(modules map[string]linePart) (changed bool, unclear string) {
	if w.lines.first("staged") != "" {
		return true, ""
	}
	if why := w.lines.all("unclear"); len(why) > 0 {
		return false, strings.TrimSpace(why[0])
	}
	files, err := readTracked(w.lines.all("tracked"))
	if err != nil {
		return false, err.Error()
	}
	disk, err := readDisk(w.lines)
	if err != nil {
		return false, err.Error()
	}
	how := comparison{modes: w.lines.first("filemode") != "false", links: w.lines.first("symlinks") != "false", partial: w.lines.first("partial") != ""}
	for _, f := range files {
		at, there := disk[f.path]
		changed, why := f.changed(at, there, how)
		if at.kind == "D" && !changed && why == "" {
			changed, why = f.moved(modules[strings.TrimPrefix(w.name+"/"+f.path, "/")])
		}
		if changed {
			return true, ""
		}
		if unclear == "" {
			unclear = why
		}
	}
	return false, unclear
}

func readTracked(lines []string) ([]tracked, error) {
	var files []tracked
	for _, line := range lines {
		if line == "" {
			continue // an empty index
		}
		about, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(about)
		if !ok || len(fields) != 4 || !isObjectID(fields[2]) {
			return nil, fmt.Errorf("git lists a file as %q", line)
		}
		if strings.HasPrefix(name, `"`) {
			plain, err := strconv.Unquote(name) // git quotes as C does
			if err != nil || strings.Contains(plain, "\n") {
				return nil, fmt.Errorf("the name of the tracked file %s is not supported", name)
			}
			name = plain
		}
		files = append(files, tracked{fields[0], fields[1], fields[2], fields[3], name})
	}
	return files, nil
}

// readDisk joins what stands at the tracked paths with the targets of the links and the hashes of the files, which come
// in the same order, and then with what git would convert.
func readDisk(part linePart) (map[string]onDisk, error) {
	disk := map[string]onDisk{}
	links, hashes := part.all("link"), part.all("hash")
	for _, line := range part.all("disk") {
		kind, name, _ := strings.Cut(line, " ")
		if kind == "D" {
			disk[name] = onDisk{kind: kind}
			continue
		}
		from := &hashes
		if kind == "L" {
			from = &links
		}
		if len(*from) == 0 {
			return nil, fmt.Errorf("no content of %q", name)
		}
		id := (*from)[0]
		*from = (*from)[1:]
		if kind != "L" && !isObjectID(id) {
			return nil, fmt.Errorf("cannot read a tracked file: %s", id)
		}
		disk[name] = onDisk{kind: kind, id: id}
	}
	if len(links)+len(hashes) > 0 {
		return nil, errors.New("more content than tracked files")
	}
	return disk, readConverted(part, disk)
}

// readConverted adds what the host tells of files that git would convert. Git LFS keeps a pointer to a content in the
// repository, its SHA-256 and its size in bytes (git-lfs, docs/spec.md).
func readConverted(part linePart, disk map[string]onDisk) error {
	for _, line := range part.all("sizes") {
		fields := strings.SplitN(line, " ", 3)
		if len(fields) != 3 {
			return fmt.Errorf("the host tells of sizes as %q", line)
		}
		at := disk[fields[2]]
		var err error
		if at.size, err = strconv.ParseInt(fields[0], 10, 64); err != nil {
			return fmt.Errorf("the host does not tell the size of %s", fields[2])
		}
		if at.recorded, err = strconv.ParseInt(fields[1], 10, 64); err != nil {
			at.recorded = -1
		}
		disk[fields[2]] = at
	}
	for _, key := range []string{"converted", "pointer", "filter"} {
		for _, line := range part.all(key) {
			value, name, _ := strings.Cut(line, " ")
			at := disk[name]
			switch key {
			case "converted":
				at.converted = value
			case "pointer":
				at.pointer = blobID(len(at.id), fmt.Sprintf("version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n", value, at.size))
			case "filter":
				at.filter = value
			}
			disk[name] = at
		}
	}
	return nil
}

// blobID returns the id of a content as a git object: SHA-1 in 40 digits or SHA-256 in 64.
func blobID(digits int, content string) string {
	object := fmt.Appendf(nil, "blob %d\x00%s", len(content), content)
	if digits == 2*sha256.Size {
		sum := sha256.Sum256(object)
		return hex.EncodeToString(sum[:])
	}
	sum := sha1.Sum(object)
	return hex.EncodeToString(sum[:])
}

// comparison says what can be told of a checkout.
type comparison struct {
	modes   bool // git looks at the permission to execute
	links   bool // git makes links; else files that hold the path
	partial bool // some folders could not be looked into
}

// changed reports whether a tracked file differs from what stands at its path, or why that cannot be told.
func (f tracked) changed(at onDisk, there bool, how comparison) (changed bool, unclear string) {
	link := f.mode == "120000"
	switch {
	case f.stage != "0":
		return true, "" // a merge that was not finished
	case !there && how.partial:
		return false, fmt.Sprintf("may not look into all folders, and %s is not in the others", f.path)
	case !there:
		return f.tag != "S", "" // a sparse checkout leaves it out; where it is there all the same, it counts
	case (f.mode == "160000") != (at.kind == "D"):
		return true, ""
	case at.kind == "D":
		return false, ""
	case at.kind == "L":
		return !link || f.id != blobID(len(f.id), at.id), ""
	case link && how.links:
		return true, ""
	case !link && how.modes && (f.mode == "100755") != (at.kind == "X"):
		return true, ""
	case at.id == f.id:
		return false, ""
	case link:
		return true, ""
	case at.pointer != "":
		return at.pointer != f.id, ""
	case at.converted == "" && at.filter == "":
		return true, ""
	case at.recorded > 0 && at.recorded != at.size%(1<<32):
		return true, "" // git itself looks at the size first: other line ends are a change, though it would convert them
	case at.recorded < 0:
		return false, fmt.Sprintf("git may convert %s, and does not tell its size", f.path)
	case at.filter != "":
		return false, fmt.Sprintf("git converts %s by the filter %s, which is not run", f.path, at.filter)
	case at.converted == "-":
		return false, fmt.Sprintf("git cannot convert %s", f.path)
	case len(at.converted) != len(f.id):
		return false, fmt.Sprintf("git may convert %s, which is not done in a repository of SHA-256", f.path)
	}
	return at.converted != f.id, ""
}

// moved reports whether a submodule stands at another commit than the one that is tracked, by what the host tells of it.
func (f tracked) moved(module linePart) (moved bool, unclear string) {
	commit := module.first("commit")
	switch {
	case module.first("empty") != "":
		return false, "" // it was not checked out
	case commit == "" && len(module.all("unclear")) > 0:
		return false, "" // told as the submodule's own
	case !isObjectID(commit):
		return false, fmt.Sprintf("the submodule %s has no commit", f.path)
	}
	return commit != f.id, ""
}
