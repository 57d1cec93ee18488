package ledger

import (
	"errors"
	"os"
	"slices"
)

// linksForm is raised when links say something else than before, are written otherwise, or are verified better.
const linksForm = ".links2"

// remembered are links that were read from their file, and how large that was then. The file has one part or more, each a
// list of links of its own (codec.go), so that adding an event writes no more than the event.
type remembered struct {
	links []*link // oldest first
	size  int64
	first int64 // the size of the first part
}

// readLinks returns the links of a file that write has written. Where anything is wrong with it there are none: then they
// are read from the ledger.
func readLinks(path string) remembered {
	data, err := os.ReadFile(path)
	if err != nil {
		return remembered{}
	}
	r := remembered{size: int64(len(data))}
	for rest := data; len(rest) > 0; {
		part, after, ok := decodeLinks(rest)
		if !ok {
			return remembered{}
		}
		if r.first == 0 {
			r.first = int64(len(rest) - len(after))
		}
		r.links, rest = append(r.links, part...), after
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
// itself. The file is written anew once it is twice as large as it was then, so that events cost the same however many
// there are.
func (r remembered) write(path string, links []*link) (remembered, error) {
	if i := slices.IndexFunc(links, func(l *link) bool { return l.Broken != "" }); i >= 0 {
		links = links[:i]
	}
	n := len(r.links)
	continues := n > 0 && n <= len(links) && r.links[n-1].ID == links[n-1].ID
	if continues && n == len(links) {
		return r, nil
	}
	if info, err := os.Stat(path); !continues || err != nil || info.Size() != r.size || r.size > 2*r.first {
		data := encodeLinks(links)
		size := int64(len(data))
		return remembered{links, size, size}, replaceFile(path, data)
	}
	data := encodeLinks(links[n:])
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return r, err
	}
	_, err = f.Write(data)
	return remembered{links, r.size + int64(len(data)), r.first}, errors.Join(err, f.Close())
}
