package drift

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Kind says what is known of a Value.
type Kind uint8

const (
	// Absent is known not to be there. It is the zero Kind, and a value like any other in a comparison.
	Absent Kind = iota
	// Known is known and may be shown: Text holds it.
	Known
	// Sealed is known but may not be shown: Raw and Normal hold keyed digests of it.
	Sealed
	// Unknown could not be told: Text holds the reason. It is never equal to anything, itself included.
	Unknown
)

// Value is what a fact says. The zero Value is Absent.
type Value struct {
	Kind Kind
	// Text is, of a Known value, its canonical JSON (a string, number, boolean, null, an empty object, or an array of
	// these); of an Unknown one the reason, in words.
	Text string
	// Raw and Normal are, of a Sealed value, the digests of its text and of its normalised text (see Vars). Of "present", the
	// Known value in a Row that stands for a whole section, Raw is a digest of what is in it, and Normal is the same where
	// that depends on the digest key.
	Raw, Normal string
	// Foreign names, of a Sealed value, the variables of other environments that it holds, separated by spaces.
	Foreign string
}

// String returns the Known value of a string. Bytes that are not UTF-8 become U+FFFD followed by their hexadecimal form.
func String(s string) Value {
	return Value{Kind: Known, Text: quoteJSON(s)}
}

// Bool returns the Known value of a boolean.
func Bool(b bool) Value {
	return Value{Kind: Known, Text: strconv.FormatBool(b)}
}

// Int returns the Known value of a whole number.
func Int(n int64) Value {
	return Value{Kind: Known, Text: strconv.FormatInt(n, 10)}
}

// Number returns the Known value of a number as it is written, so that no digit is lost. What JSON does not take as a
// number (RFC 8259 §6: "0x1F", ".5", "inf") becomes a string.
func Number(literal string) Value {
	if json.Valid([]byte(literal)) && strings.ContainsAny(literal[:1], "-0123456789") && !strings.ContainsAny(literal, " \t\r\n") {
		return Value{Kind: Known, Text: literal}
	}
	return String(literal)
}

// Null returns the Known value of a null that was written, as in YAML and JSON. It differs from Absent.
func Null() Value {
	return Value{Kind: Known, Text: "null"}
}

// List returns the Known value of an ordered list. An Unknown item makes the whole list Unknown, an Absent one is null.
func List(items ...Value) Value {
	var b strings.Builder
	b.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		switch item.Kind {
		case Unknown, Sealed:
			return UnknownValue("a part of the list could not be told")
		case Absent:
			b.WriteString("null")
		case Known:
			b.WriteString(item.Text)
		}
	}
	b.WriteByte(']')
	return Value{Kind: Known, Text: b.String()}
}

// Strings returns the Known value of an ordered list of strings.
func Strings(items ...string) Value {
	size := len("[]")
	for _, item := range items {
		size += len(item) + len(`"",`)
	}
	var b strings.Builder
	b.Grow(size)
	b.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoteJSON(item))
	}
	b.WriteByte(']')
	return Value{Kind: Known, Text: b.String()}
}

// UnknownValue returns a value that could not be told, for a reason.
func UnknownValue(reason string) Value {
	return Value{Kind: Unknown, Text: reason}
}

// Equal reports whether two values are known and the same as they are. Nothing equals an Unknown value.
func (v Value) Equal(w Value) bool {
	if v.Kind == Unknown || v.Kind != w.Kind {
		return false
	}
	if v.Kind == Sealed {
		return v.Raw == w.Raw
	}
	return v.Text == w.Text
}

// Is reports whether v is what a policy wants: equal to it, or, where that has a digest, with one that begins as it does.
func (v Value) Is(want Value) bool {
	if want.Raw != "" {
		return v.Kind == want.Kind && v.Text == want.Text && strings.HasPrefix(v.Raw, want.Raw)
	}
	return v.Kind != Sealed && v.Equal(want)
}

// Present returns the value of a section that is there with a certain content: see Value.Raw.
func Present(digest string) Value {
	v := String("present")
	v.Raw = digest
	return v
}

func (v Value) isString() bool { return v.Kind == Known && strings.HasPrefix(v.Text, `"`) }

// AsString returns the text of a Known string, and whether v is one.
func (v Value) AsString() (string, bool) {
	if !v.isString() {
		return "", false
	}
	var s string
	err := json.Unmarshal([]byte(v.Text), &s)
	return s, err == nil
}

// Display returns the value for a reader, before any escaping for a terminal or a page: a string as it is when that
// cannot be mistaken, other values as JSON, a sealed value as the start of its digest, as policies take it.
func (v Value) Display() string {
	switch v.Kind {
	case Absent:
		return "absent"
	case Unknown:
		return "unknown"
	case Sealed:
		return `sealed("` + v.Raw[:min(8, len(v.Raw))] + `")`
	}
	if s, ok := v.AsString(); ok && plain(s) {
		return s
	}
	return v.Text
}

// plain reports whether a string can be shown without quotes and not be taken for another value.
func plain(s string) bool {
	switch s {
	case "", "absent", "unknown", "true", "false", "null":
		return false
	}
	return !strings.ContainsAny(s, " \t\r\n\"\\()[]{},=<>~!|") && !json.Valid([]byte(s))
}

// quoteJSON is json.Marshal without HTML escapes, and without a loss where s is not UTF-8.
func quoteJSON(s string) string {
	if isPlain(s) {
		return `"` + inQuotes.Replace(s) + `"`
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(validUTF8(s)); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// inQuotes writes a string that isPlain as it stands between the quotes of JSON.
var inQuotes = strings.NewReplacer(`"`, `\"`, `\`, `\\`)

// isPlain reports whether a string is of ASCII's printable characters alone: most are, and need no encoder.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// strings returns the strings of a Known list of strings, nil for anything else.
func (v Value) strings() []string {
	if text, ok := strings.CutPrefix(v.Text, `["`); ok && v.Kind == Known && !strings.Contains(text, `\`) {
		if list := strings.Split(strings.TrimSuffix(text, `"]`), `","`); !slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, `"`) }) {
			return list // as it is, nearly always
		}
	}
	var list []string
	if v.Kind != Known || json.Unmarshal([]byte(v.Text), &list) != nil {
		return nil
	}
	return list
}
