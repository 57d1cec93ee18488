package collect

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// tracked is a file in git's index: a line of "git ls-files -t -s" (git-ls-files(1)).
type tracked struct {
	tag, mode, id, stage, path string
}

// onDisk is what stands at the path of a tracked file.
type onDisk struct {
	kind string // X: an executable file, F: another file, L: a link
	id   string // of its content as a git object
}

// comparison says what can be told of a checkout.
type comparison struct {
	modes    bool // git looks at the permission to execute
	converts bool // git may convert files on their way into the repository
	partial  bool // some folders could not be looked into
}

// dirty tells whether the tracked files of a checkout differ from its commit. What git would convert on its way into
// the repository is not converted, since the checkout says itself by which programs: there a difference is unknown.
func dirty(part linePart) drift.Value {
	if part.first("staged") != "" {
		return drift.Bool(true)
	}
	if unclear := part.all("unclear"); len(unclear) > 0 {
		return drift.UnknownValue(strings.TrimSpace(unclear[0]))
	}
	files, err := readTracked(part.all("tracked"))
	if err != nil {
		return drift.UnknownValue(err.Error())
	}
	disk, err := readDisk(part)
	if err != nil {
		return drift.UnknownValue(err.Error())
	}
	how := comparison{modes: part.first("filemode") != "false", converts: part.first("converts") != "", partial: part.first("partial") != ""}
	for _, f := range files {
		how.converts = how.converts || path.Base(f.path) == ".gitattributes"
	}
	unclear := ""
	for _, f := range files {
		changed, why := f.changed(disk, how)
		if changed {
			return drift.Bool(true)
		}
		if why != "" {
			unclear = why
		}
	}
	if unclear != "" {
		return drift.UnknownValue(unclear)
	}
	return drift.Bool(false)
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
		files = append(files, tracked{fields[0], fields[1], fields[2], fields[3], name})
	}
	return files, nil
}

// readDisk joins what stands at the tracked paths with the targets of the links and the hashes of the files, which come
// in the same order.
func readDisk(part linePart) (map[string]onDisk, error) {
	disk := map[string]onDisk{}
	links, hashes := part.all("link"), part.all("hash")
	for _, line := range part.all("disk") {
		kind, name, _ := strings.Cut(line, " ")
		from := &hashes
		if kind == "L" {
			from = &links
		}
		if len(*from) == 0 {
			return nil, fmt.Errorf("no content of %q", name)
		}
		id := (*from)[0]
		*from = (*from)[1:]
		if kind == "L" {
			sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(id), id))
			id = hex.EncodeToString(sum[:])
		}
		if !isObjectID(id) {
			return nil, fmt.Errorf("cannot read a tracked file: %s", id)
		}
		disk[name] = onDisk{kind, id}
	}
	if len(links)+len(hashes) > 0 {
		return nil, fmt.Errorf("more content than tracked files")
	}
	return disk, nil
}

// changed reports whether a tracked file differs from what stands at its path, or why that cannot be told.
func (f tracked) changed(disk map[string]onDisk, how comparison) (changed bool, unclear string) {
	at, there := disk[f.path]
	switch {
	case f.stage != "0":
		return true, "" // a merge that was not finished
	case f.tag == "S":
		return false, "" // git was told to leave it out of the checkout
	case f.mode == "160000":
		return false, fmt.Sprintf("the submodule %s is not looked into", f.path)
	case strings.HasPrefix(f.path, `"`):
		return false, fmt.Sprintf("the name of the tracked file %s is not supported", f.path)
	case !there && how.partial:
		return false, fmt.Sprintf("may not look into all folders, and %s is not in the others", f.path)
	case !there:
		return true, ""
	case len(at.id) != len(f.id):
		return false, "the repository uses SHA-256"
	case (f.mode == "120000") != (at.kind == "L"):
		return true, ""
	case how.modes && at.kind != "L" && (f.mode == "100755") != (at.kind == "X"):
		return true, ""
	case at.id != f.id && how.converts && at.kind != "L":
		return false, fmt.Sprintf("git may convert %s, and its filters are not run", f.path)
	}
	return at.id != f.id, ""
}
