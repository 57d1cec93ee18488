package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
)

// readResult reads a JSON result that gate check saved.
func readResult(path string) (*gate.Verdict, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &exitError{code: exitUsage, err: err}
	}
	defer file.Close()
	v, err := report.ReadJSON(file)
	if err != nil && looksLike(path, "gate_snapshot") {
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
	file, err := os.Open(path)
	if err != nil {
		return nil, &exitError{code: exitUsage, err: err}
	}
	defer file.Close()
	s, err := drift.DecodeSnapshot(file)
	if err != nil && looksLike(path, "outcome") {
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("%s: this is a result of gate check, not a snapshot", path),
			hint: "to report it again: gate check --from " + shellWord(path)}
	}
	if err != nil {
		return nil, usage("%s: %w", path, err)
	}
	return s, nil
}

// looksLike reports whether a file is a JSON object with an attribute, by which the other kind of file is known.
func looksLike(path, attribute string) bool {
	data, err := os.ReadFile(path)
	var object map[string]json.RawMessage
	return err == nil && json.Unmarshal(data, &object) == nil && object[attribute] != nil
}
