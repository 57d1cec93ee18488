package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
)

// readLinks returns the links of a file that writeLinks has written, oldest first, and its size. Where anything is wrong
// with it there are none: then they are read from the ledger.
func readLinks(path string) ([]link, int64) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, 0
	}
	links := make([]link, 0, bytes.Count(data, []byte("\n")))
	for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
		var l link
		if err := d.Decode(&l); err != nil {
			return nil, 0
		}
		parent := ""
		if len(links) > 0 {
			parent = links[len(links)-1].ID
		}
		if l.Parent != parent {
			return nil, 0 // two processes have added to it at once
		}
		links = append(links, l)
	}
	return links, int64(len(data))
}

// writeLinks makes a file hold links, one JSON value a line, oldest first, and returns its size. What was seen of it before
// is not written again where it still stands.
func writeLinks(path string, before sight, links []link) (int64, error) {
	n := len(before.links)
	same := n > 0 && n <= len(links) && before.links[n-1].ID == links[n-1].ID
	if same && n == len(links) {
		return before.size, nil
	}
	if info, err := os.Stat(path); !same || err != nil || info.Size() != before.size {
		data, err := marshalLinks(links)
		if err != nil {
			return 0, err
		}
		return int64(len(data)), replaceFile(path, data)
	}
	data, err := marshalLinks(links[n:])
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = f.Write(data)
	return before.size + int64(len(data)), errors.Join(err, f.Close())
}

func marshalLinks(links []link) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	for i := range links {
		if err := e.Encode(&links[i]); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}
