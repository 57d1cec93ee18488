package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"

	"github.com/seed-313c021b/gate/gate"
)

// Schema is the JSON Schema (2020-12) of the JSON form of a verdict.
//
//go:embed verdict.schema.json
var Schema []byte

// JSON writes the verdict as JSON, indented, with a line break at the end.
func JSON(w io.Writer, v *gate.Verdict, _ Options) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(true)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// ReadJSON reads what JSON wrote. A verdict of another schema version, and anything after it, is an error.
func ReadJSON(r io.Reader) (*gate.Verdict, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var v gate.Verdict
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("not a result of gate check: %w", err)
	}
	if v.Schema != gate.SchemaVersion {
		return nil, fmt.Errorf("a result of schema version %d; this version of gate reads version %d", v.Schema, gate.SchemaVersion)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("not a result of gate check: something follows it")
	}
	return &v, v.Check()
}
