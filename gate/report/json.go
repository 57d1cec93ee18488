package report

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/seed-313c021b/gate/gate"
)

// Schema is the JSON Schema (2020-12) of the JSON form of a verdict.
//
//go:embed verdict.schema.json
var Schema []byte

// JSON writes the verdict as JSON, indented, with a line break at the end.
func JSON(w io.Writer, v *gate.Verdict, _ Options) error { return writeJSON(w, v) }

// DiffJSON writes what two sides differ in as JSON, in the form that findings have in a verdict.
func DiffJSON(w io.Writer, findings []gate.Finding) error {
	return writeJSON(w, struct {
		Schema   int            `json:"schema"`
		Findings []gate.Finding `json:"findings"`
	}{gate.SchemaVersion, append([]gate.Finding{}, findings...)})
}

func writeJSON(w io.Writer, v any) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, visible(out.String()))
	return err
}

// visible returns JSON with each character that cannot be seen, or that turns the direction of writing, as an escape: files
// are looked at on terminals too.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || !hidden(r) && r != utf8.RuneError:
			b.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
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
