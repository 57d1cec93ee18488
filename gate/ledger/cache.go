package ledger

import (
	"bytes"
	"encoding/gob"
	"errors"
	"os"
	"slices"
)

// linksForm is raised when links say something else than before, or are verified better.
const linksForm = ".links1"

// mostParts is how many parts the file of the links may have before it is written as one.
const mostParts = 50

// remembered are links that were read from their file, and how that was then. The file has one part or more, each a list
// of links of its own in gob's form, so that adding an event writes no more than the event.
type remembered struct {
	links []link // oldest first
	size  int64
	parts int
}

// readLinks returns the links of a file that write has written. Where anything is wrong with it there are none: then they
// are read from the ledger.
func readLinks(path string) remembered {
	data, err := os.ReadFile(path)
	if err != nil {
		return remembered{}
	}
	r := remembered{size: int64(len(data))}
	for in := bytes.NewReader(data); in.Len() > 0; r.parts++ {
		var part []link
		if err := gob.NewDecoder(in).Decode(&part); err != nil {
			return remembered{}
		}
		r.links = append(r.links, part...)
	}
	parent := ""
	for _, l := range r.links {
		if l.Parent != parent {
			return remembered{} // two processes have added to it at once
		}
		parent = l.ID
	}
	return r
}

// write makes the file hold the links of a chain, as far as they could be read: what a newer gate has written, it reads
// itself.
func (r remembered) write(path string, links []link) (remembered, error) {
	if i := slices.IndexFunc(links, func(l link) bool { return l.Broken != "" }); i >= 0 {
		links = links[:i]
	}
	n := len(r.links)
	continues := n > 0 && n <= len(links) && r.links[n-1].ID == links[n-1].ID
	if continues && n == len(links) {
		return r, nil
	}
	if info, err := os.Stat(path); !continues || err != nil || info.Size() != r.size || r.parts >= mostParts {
		data, err := encodeLinks(links)
		if err != nil {
			return r, err
		}
		return remembered{links, int64(len(data)), 1}, replaceFile(path, data)
	}
	data, err := encodeLinks(links[n:])
	if err != nil {
		return r, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return r, err
	}
	_, err = f.Write(data)
	return remembered{links, r.size + int64(len(data)), r.parts + 1}, errors.Join(err, f.Close())
}

func encodeLinks(links []link) ([]byte, error) {
	var out bytes.Buffer
	err := gob.NewEncoder(&out).Encode(links)
	return out.Bytes(), err
}
