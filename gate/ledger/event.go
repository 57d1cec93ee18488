package ledger

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// schema is the version of the form that events have. It is raised when an older gate must not read what a newer one
// writes.
const schema = 1

// mostEventBytes is how large event.json may be.
const mostEventBytes = 1 << 20

var kinds = []gate.Kind{
	gate.Opened, gate.Built, gate.Deploying, gate.Deployed, gate.Failed, gate.Verified, gate.Revoked, gate.Observed, gate.Decided,
	gate.Note, gate.Hold, gate.Resume, gate.Override, gate.SetAside,
}

// written is an event as event.json has it.
type written struct {
	Schema int `json:"schema"`
	gate.Event
}

// encode writes an event as event.json has it: indented, with its fields in a fixed order.
func encode(e *gate.Event) ([]byte, error) {
	data, err := json.MarshalIndent(written{schema, *e}, "", "  ")
	if err != nil {
		return nil, err
	}
	if data = append(data, '\n'); len(data) > mostEventBytes {
		return nil, fmt.Errorf("the event has %d bytes, more than the %d that one may have", len(data), mostEventBytes)
	}
	return data, nil
}

// decode reads an event that anybody may have written. It takes what encode writes and nothing else: no other field, no
// other order, no field twice.
func decode(data []byte) (gate.Event, error) {
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return gate.Event{}, fmt.Errorf("event.json is not JSON: %w", err)
	}
	if version.Schema > schema {
		return gate.Event{}, fmt.Errorf("it was written by a newer gate: it has schema %d, and this gate reads %d", version.Schema, schema)
	}
	var w written
	if err := json.Unmarshal(data, &w); err != nil {
		return gate.Event{}, fmt.Errorf("event.json: %w", err)
	}
	again, err := encode(&w.Event)
	if err != nil {
		return gate.Event{}, err
	}
	if !bytes.Equal(again, data) {
		return gate.Event{}, errors.New("event.json is not as gate writes it: it has other fields, or another form")
	}
	return w.Event, validate(&w.Event)
}

// validate says what is missing in an event, or must not be in it. Ids of objects are given to git, so that they must be
// nothing else.
func validate(e *gate.Event) error {
	switch {
	case !slices.Contains(kinds, e.Kind):
		return fmt.Errorf("there is no event %q", e.Kind)
	case e.At.IsZero() || e.At.Location() != time.UTC || e.At.Nanosecond() != 0:
		return fmt.Errorf("its time %s is not in UTC, to the second", e.At.Format(time.RFC3339Nano))
	case e.Repository == "" || e.Key == "":
		return errors.New("it lacks its repository or its key")
	}
	var ids []string
	if e.Of != "" {
		ids = append(ids, e.Of)
	}
	for _, c := range slices.Concat(e.Contents, e.Seen) {
		if c.Commit != "" {
			ids = append(ids, c.Commit)
		}
	}
	for _, id := range e.Snapshots {
		ids = append(ids, id)
	}
	return checkObjectIDs(ids...)
}

// checkObjectIDs returns an error that names the first that is no whole object id.
func checkObjectIDs(ids ...string) error {
	for _, id := range ids {
		if !isObjectID(id) {
			return fmt.Errorf("%q is no object id", id)
		}
	}
	return nil
}

// isObjectID reports whether s is a whole object id of git: SHA-1 or SHA-256, in lower-case hexadecimal.
func isObjectID(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && (len(b) == 20 || len(b) == 32) && hex.EncodeToString(b) == s
}
