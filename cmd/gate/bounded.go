package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// How large a file may be that a command line or an environment variable names, in bytes.
const (
	maxSaved         = 256 << 20 // a snapshot, or a result of gate check: some 4 million facts
	maxInventoryFile = 16 << 20  // an inventory of Ansible
	maxPolicy        = 1 << 20   // a file for gate fmt; a policy has no more in all its files
	maxPayload       = 25 << 20  // of an event; GitHub's own limit
	maxFolder        = 100_000   // entries of a folder for gate fmt
)

// maxSavedParts is how many commas a snapshot or a result may have outside of texts: what it is read into is larger than
// it, and some 120 bytes for each of them.
const maxSavedParts = 8_000_000

// readAtMost reads a file, device or pipe that has at most so many bytes. An interrupt ends it: see runInTime.
func readAtMost(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return atMost(file, path, most)
}

// atMost reads all of what has at most so many bytes. It takes twice the memory of what it returns, and once that of what
// is longer.
func atMost(r io.Reader, name string, most int64) ([]byte, error) {
	var pieces [][]byte
	for left := most + 1; ; {
		piece := make([]byte, min(left, 1<<20))
		n, err := io.ReadFull(r, piece)
		pieces = append(pieces, piece[:n])
		switch left -= int64(n); {
		case left == 0:
			return nil, &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it has more than %d MiB, and no file of its kind may have more", most>>20)}
		case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
			return slices.Concat(pieces...), nil
		case err != nil:
			return nil, err
		}
	}
}
