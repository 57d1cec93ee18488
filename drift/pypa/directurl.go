package pypa

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// DirectURL says where a distribution was installed from, when it was not from an index (PEP 610, direct_url.json).
type DirectURL struct {
	URL          string // as RedactURL returns it
	Subdirectory string

	Editable bool // of a local folder

	VCS      string // "git", "hg", "svn", "bzr"; empty where it is from none
	Revision string // as asked for
	Commit   string // as installed

	Archive bool
	Hash    string // of an archive, "sha256=…"
}

// ParseDirectURL reads direct_url.json. It must say of exactly one kind: folder, version control, archive.
func ParseDirectURL(r io.Reader) (DirectURL, error) {
	var file struct {
		URL          string `json:"url"`
		Subdirectory string `json:"subdirectory"`
		Dir          *struct {
			Editable bool `json:"editable"`
		} `json:"dir_info"`
		VCS *struct {
			VCS      string `json:"vcs"`
			Revision string `json:"requested_revision"`
			Commit   string `json:"commit_id"`
		} `json:"vcs_info"`
		Archive *struct {
			Hash   string            `json:"hash"`
			Hashes map[string]string `json:"hashes"`
		} `json:"archive_info"`
	}
	decoder := json.NewDecoder(io.LimitReader(r, maxLine))
	if err := decoder.Decode(&file); err != nil {
		return DirectURL{}, fmt.Errorf("direct_url.json: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return DirectURL{}, errors.New("direct_url.json: more than one value")
	}
	d := DirectURL{URL: RedactURL(file.URL), Subdirectory: file.Subdirectory}
	kinds := 0
	if file.Dir != nil {
		kinds++
		d.Editable = file.Dir.Editable
	}
	if file.VCS != nil {
		kinds++
		d.VCS, d.Revision, d.Commit = file.VCS.VCS, file.VCS.Revision, file.VCS.Commit
		if d.VCS == "" || d.Commit == "" {
			return DirectURL{}, errors.New("direct_url.json: vcs_info without vcs or commit_id")
		}
	}
	if file.Archive != nil {
		kinds++
		d.Archive, d.Hash = true, file.Archive.Hash
		if digest, ok := file.Archive.Hashes["sha256"]; ok && d.Hash == "" {
			d.Hash = "sha256=" + digest
		}
	}
	if file.URL == "" || kinds != 1 {
		return DirectURL{}, errors.New("direct_url.json: wants a url and one of dir_info, vcs_info, archive_info")
	}
	return d, nil
}

// String returns the URL with what was installed from it, in pip's form: "git+https://host/repo@commit",
// "https://host/x.zip#sha256=…".
func (d DirectURL) String() string {
	s := d.URL
	if d.VCS != "" {
		s = d.VCS + "+" + d.URL + "@" + d.Commit
	}
	var fragment []string
	if d.Hash != "" {
		fragment = append(fragment, d.Hash)
	}
	if d.Subdirectory != "" {
		fragment = append(fragment, "subdirectory="+d.Subdirectory)
	}
	if fragment != nil {
		s += "#" + strings.Join(fragment, "&")
	}
	return s
}
