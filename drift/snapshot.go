package drift

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Snapshot is everything that was read from an environment, sealed.
type Snapshot struct {
	Environment string
	Hosts       []Host // in the order of the policy
	// KeyID and VarsID name the key and the variables under which values are sealed. Sealed values of snapshots under
	// other ones cannot be compared: see Forget.
	KeyID, VarsID string
}

// Forget makes the sealed values of a snapshot unknown where they cannot be compared with those under another key or
// with other variables.
func (s *Snapshot) Forget(keyID, varsID string) {
	reason := ""
	switch {
	case s.KeyID != keyID:
		reason = "sealed under another digest key"
	case s.VarsID != varsID:
		reason = "sealed with other vars"
	default:
		return
	}
	forget := Forgetting(reason)
	for i := range s.Hosts {
		for k := range s.Hosts[i].Sections {
			forget(&s.Hosts[i].Sections[k])
		}
	}
}

// Forgetting returns a function that makes what is sealed in a section unknown, for a reason, and reports whether anything
// was. Sections that hold the same facts in memory do so afterwards (see Snapshot.Share), and those that it was not given keep
// what they had.
func Forgetting(reason string) func(*Section) bool {
	forgotten := map[*Fact][]Fact{}
	return func(s *Section) bool {
		if !slices.ContainsFunc(s.Facts, func(f Fact) bool { return f.Value.Kind == Sealed || f.sealedKey() }) {
			return false
		}
		first := &s.Facts[0]
		if forgotten[first] == nil {
			forgotten[first] = withoutSealed(s.Facts, reason)
		}
		s.Facts = forgotten[first]
		return true
	}
}

// withoutSealed returns facts with sealed values unknown for a reason. Of entries with keys that are sealed not even the keys
// can be told: they are unknown as a whole.
func withoutSealed(facts []Fact, reason string) []Fact {
	lost := map[Address]bool{}
	for _, f := range facts {
		if f.sealedKey() {
			parent, _ := entryOf(f.Address)
			lost[parent] = true
		}
	}
	var rest []Fact
	for _, f := range facts {
		switch {
		case f.sealedKey() || lost[f.Address]:
			continue
		case f.Value.Kind == Sealed:
			f.Value = UnknownValue(reason)
		}
		rest = append(rest, f)
	}
	for a := range lost {
		rest = append(rest, Fact{Address: a, Value: UnknownValue(reason)})
	}
	slices.SortFunc(rest, func(a, b Fact) int { return cmp.Compare(a.Address, b.Address) })
	return rest
}

// ID names the variables, by a digest over them: 16 hexadecimal digits.
func (v *Vars) ID() string {
	h := sha256.New()
	for _, t := range v.tokens {
		environments := make([]string, 0, len(t.names))
		for environment, name := range t.names {
			environments = append(environments, environment+"\x00"+name)
		}
		slices.Sort(environments)
		fmt.Fprintf(h, "%q %q\n", t.text, environments)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

const snapshotVersion = 1

// The JSON form of a snapshot file.
type (
	snapshotJSON struct {
		Version     int        `json:"gate_snapshot"`
		Environment string     `json:"environment"`
		KeyID       string     `json:"key_id"`
		VarsID      string     `json:"vars_id"`
		Hosts       []hostJSON `json:"hosts"`
	}
	hostJSON struct {
		Role     string        `json:"role"`
		Name     string        `json:"name"`
		Address  string        `json:"address"`
		Taken    time.Time     `json:"taken"`
		Machine  Machine       `json:"machine,omitzero"`
		Sections []sectionJSON `json:"sections"`
	}
	sectionJSON struct {
		Collector string          `json:"collector"`
		Scope     string          `json:"scope,omitempty"`
		Question  bool            `json:"question,omitempty"`
		Status    Status          `json:"status"`
		Reason    string          `json:"reason,omitempty"`
		Asked     json.RawMessage `json:"asked,omitempty"`
		Facts     []factJSON      `json:"facts,omitempty"`
	}
	factJSON struct {
		Address Address         `json:"address"`
		Value   json.RawMessage `json:"value,omitempty"`
		Sealed  []string        `json:"sealed,omitempty"` // raw, normal, foreign
		Unknown string          `json:"unknown,omitempty"`
	}
)

// Encode writes a snapshot as one JSON document, a fact a line. It is written by hand: values are JSON already, and
// hosts have many.
func (s *Snapshot) Encode(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	fmt.Fprintf(out, `{"gate_snapshot":%d,"environment":%s,"key_id":%s,"vars_id":%s,"hosts":[`,
		snapshotVersion, quoteJSON(s.Environment), quoteJSON(s.KeyID), quoteJSON(s.VarsID))
	for i, h := range s.Hosts {
		fmt.Fprintf(out, "%s\n"+`{"role":%s,"name":%s,"address":%s,"taken":%s,`, comma(i),
			quoteJSON(h.ID.Role), quoteJSON(h.ID.Name), quoteJSON(h.Address), quoteJSON(h.Taken.Format(time.RFC3339Nano)))
		if h.Machine != (Machine{}) {
			machine, err := json.Marshal(h.Machine)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, `"machine":%s,`, machine)
		}
		out.WriteString(`"sections":[`)
		for j, section := range h.Sections {
			out.WriteString(comma(j) + "\n ")
			encodeSection(out, section)
		}
		out.WriteString("\n]}")
	}
	out.WriteString("\n]}\n")
	return out.Flush()
}

// comma returns what stands before an item of a list.
func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

func encodeSection(out *bufio.Writer, s Section) {
	out.WriteString(`{"collector":` + quoteJSON(s.Collector))
	if s.Scope != "" {
		out.WriteString(`,"scope":` + quoteJSON(s.Scope))
	}
	if s.Question {
		out.WriteString(`,"question":true`)
	}
	out.WriteString(`,"status":` + quoteJSON(string(s.Status)))
	if s.Reason != "" {
		out.WriteString(`,"reason":` + quoteJSON(s.Reason))
	}
	if s.Asked != "" {
		out.WriteString(`,"asked":` + s.Asked)
	}
	before := `,"facts":[` + "\n  "
	for _, f := range s.Facts {
		if f.Value.Kind == Absent {
			continue
		}
		out.WriteString(before + `{"address":` + quoteJSON(string(f.Address)) + `,`)
		encodeValue(out, f.Value)
		out.WriteString("}")
		before = ",\n  "
	}
	if before == ",\n  " {
		out.WriteString("]")
	}
	out.WriteString("}")
}

func encodeValue(out *bufio.Writer, v Value) {
	switch v.Kind {
	case Known:
		out.WriteString(`"value":` + v.Text)
	case Sealed:
		fmt.Fprintf(out, `"sealed":[%s,%s,%s]`, quoteJSON(v.Raw), quoteJSON(v.Normal), quoteJSON(v.Foreign))
	case Unknown:
		out.WriteString(`"unknown":` + quoteJSON(cmp.Or(v.Text, "unknown")))
	}
}

// DecodeSnapshot reads what Encode wrote. Anything else, a document that is cut off, and one of another version are
// errors.
func DecodeSnapshot(r io.Reader) (*Snapshot, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var in snapshotJSON
	if err := dec.Decode(&in); err != nil {
		return nil, fmt.Errorf("not a snapshot of gate: %w", err)
	}
	if in.Version != snapshotVersion {
		return nil, fmt.Errorf("a snapshot of version %d; this version of gate reads version %d", in.Version, snapshotVersion)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("not a snapshot of gate: something follows it")
	}
	s := &Snapshot{Environment: in.Environment, KeyID: in.KeyID, VarsID: in.VarsID}
	for _, host := range in.Hosts {
		h := Host{ID: HostID{in.Environment, host.Role, host.Name}, Address: host.Address, Taken: host.Taken, Machine: host.Machine}
		for _, section := range host.Sections {
			decoded, err := decodeSection(section)
			if err != nil {
				return nil, fmt.Errorf("host %s: %w", h.ID, err)
			}
			h.Sections = append(h.Sections, decoded)
		}
		if err := h.Sort(); err != nil {
			return nil, err
		}
		s.Hosts = append(s.Hosts, h)
	}
	s.Share()
	return s, nil
}

func decodeSection(in sectionJSON) (Section, error) {
	if !in.Status.valid() {
		return Section{}, fmt.Errorf("section %s: there is no status %q", in.Collector, in.Status)
	}
	s := Section{Collector: in.Collector, Scope: in.Scope, Question: in.Question, Status: in.Status, Reason: in.Reason}
	if len(in.Asked) > 0 {
		var asked bytes.Buffer
		if err := json.Compact(&asked, in.Asked); err != nil || !isQuestion(asked.String()) {
			return Section{}, fmt.Errorf("section %s: what it was asked is an object, or a list of objects", s.Address())
		}
		s.Asked = asked.String()
	}
	for _, fact := range in.Facts {
		a, err := ParseAddress(string(fact.Address))
		if err != nil {
			return Section{}, err
		}
		v, err := decodeValue(fact)
		if err != nil {
			return Section{}, fmt.Errorf("%s: %w", a, err)
		}
		s.Facts = append(s.Facts, Fact{Address: a, Value: v})
	}
	return s, nil
}

func decodeValue(f factJSON) (Value, error) {
	switch {
	case f.Value != nil && f.Sealed == nil && f.Unknown == "":
		return canonical(f.Value)
	case len(f.Sealed) == 3 && f.Value == nil && f.Unknown == "":
		return Value{Kind: Sealed, Raw: f.Sealed[0], Normal: f.Sealed[1], Foreign: f.Sealed[2]}, nil
	case f.Unknown != "" && f.Value == nil && f.Sealed == nil:
		return UnknownValue(f.Unknown), nil
	}
	return Value{}, errors.New("a fact has one of value, sealed and unknown")
}

// canonical returns the Known value of a JSON text, written as this package writes it. Numbers keep their digits.
func canonical(text json.RawMessage) (Value, error) {
	if s := string(text); len(s) > 1 && s[0] == '"' && isPlain(s) && !strings.Contains(s, `\`) {
		return Value{Kind: Known, Text: s}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return Value{}, err
	}
	return valueOf(v)
}

func valueOf(v any) (Value, error) {
	switch v := v.(type) {
	case nil:
		return Null(), nil
	case bool:
		return Bool(v), nil
	case string:
		return String(v), nil
	case json.Number:
		return Number(v.String()), nil
	case []any:
		items := make([]Value, len(v))
		for i := range v {
			item, err := valueOf(v[i])
			if err != nil {
				return Value{}, err
			}
			items[i] = item
		}
		return List(items...), nil
	}
	if empty, ok := v.(map[string]any); ok && len(empty) == 0 {
		return Value{Kind: Known, Text: "{}"}, nil
	}
	return Value{}, fmt.Errorf("a value is a string, number, boolean, null, an empty object, or a list of these")
}
