package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
)

// readResult reads a JSON result that gate check saved.
func readResult(path string) (*gate.Verdict, error) {
	data, err := readSaved(path)
	if err != nil {
		return nil, err
	}
	v, err := report.ReadJSON(bytes.NewReader(data))
	if err != nil && looksLike(data, "gate_snapshot") {
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("%s: this is a snapshot, not a result of gate check", path),
			hint: "to judge it: gate check --to ENV --snapshots " + shellWord(path)}
	}
	if err != nil {
		return nil, usage("%s: %w", path, err)
	}
	return v, nil
}

// readSnapshot reads what gate snapshot saved.
func readSnapshot(path string) (*drift.Snapshot, error) {
	data, err := readSaved(path)
	if err != nil {
		return nil, err
	}
	s, err := drift.DecodeSnapshot(bytes.NewReader(data))
	if err != nil && looksLike(data, "outcome") {
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("%s: this is a result of gate check, not a snapshot", path),
			hint: "to report it again: gate check --from " + shellWord(path)}
	}
	if err != nil {
		return nil, usage("%s: %w", path, err)
	}
	return s, nil
}

// readSaved reads a file that gate has saved.
func readSaved(path string) ([]byte, error) {
	data, err := readAtMost(path, maxSaved)
	if err == nil && parts(data) > maxSavedParts {
		err = fmt.Errorf("%s: it has more than %d parts", path, maxSavedParts)
	}
	if err != nil {
		return nil, &exitError{code: exitUsage, err: err}
	}
	return data, nil
}

// parts counts the commas of JSON outside of texts.
func parts(data []byte) int {
	n, inText := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			inText = !inText
		case c == '\\' && inText:
			i++
		case c == ',' && !inText:
			n++
		}
	}
	return n
}

// looksLike reports whether data is a JSON object with an attribute, by which the other kind of file is known.
func looksLike(data []byte, attribute string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(data, &object) == nil && object[attribute] != nil
}
