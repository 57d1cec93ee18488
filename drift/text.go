package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// textVersion is the version of a section's canonical text. It grows when a reader of the old form would misread the new.
const textVersion = 1

// Text returns the section's canonical text, the form in which it is kept: a line about the section, with what it was asked at
// its end, and a line for each fact, in the order of their addresses, with tabs between the parts. Equal sections have equal
// texts.
//
//	gate section 1	deb	""	ok	{"version":1}
//	deb["openssl"].version	=	"3.0.11-1"
//	file["/etc/app"].entries["key"]	sealed	RAW	NORMAL	""
//	file["/etc/app"].mode	unknown	"denied"
//
// Every value is sealed that may not be shown: see Sealer.
func (s *Section) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "gate section %d\t%s\t%s\t%s", textVersion, s.Collector, quoteJSON(s.Scope), s.Status)
	if s.Question {
		b.WriteString("\tquestion")
	}
	if s.Reason != "" {
		b.WriteString("\t" + quoteJSON(s.Reason))
	}
	if s.Asked != "" {
		b.WriteString("\t" + s.Asked)
	}
	b.WriteByte('\n')
	for _, f := range s.Facts {
		b.WriteString(string(f.Address))
		switch v := f.Value; v.Kind {
		case Absent:
			b.WriteString("\tabsent")
		case Known:
			b.WriteString("\t=\t" + v.Text)
		case Sealed:
			b.WriteString("\tsealed\t" + v.Raw + "\t" + v.Normal + "\t" + quoteJSON(v.Foreign))
		case Unknown:
			b.WriteString("\tunknown\t" + quoteJSON(v.Text))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// ParseText reads what Text wrote. Anything else, a text that is cut off, and one of another version are errors.
func ParseText(text string) (Section, error) {
	body, whole := strings.CutSuffix(text, "\n")
	lines := strings.Split(body, "\n")
	s, err := parseHead(lines[0])
	if err != nil {
		return Section{}, err
	}
	if !whole {
		return Section{}, fmt.Errorf("section %s: it is cut off", s.Address())
	}
	for i, line := range lines[1:] {
		f, err := parseFact(line)
		if err != nil {
			return Section{}, fmt.Errorf("section %s, line %d: %w", s.Address(), i+2, err)
		}
		if !s.Address().holds(f.Address) || s.Question {
			return Section{}, fmt.Errorf("section %s, line %d: %s is not in it", s.Address(), i+2, f.Address)
		}
		if n := len(s.Facts); n > 0 && s.Facts[n-1].Address >= f.Address {
			return Section{}, fmt.Errorf("section %s, line %d: %s is out of order", s.Address(), i+2, f.Address)
		}
		s.Facts = append(s.Facts, f)
	}
	if s.Text() != text {
		return Section{}, fmt.Errorf("section %s: it is not in canonical form", s.Address())
	}
	return s, nil
}

// holds reports whether an address is a or below it.
func (a Address) holds(b Address) bool {
	rest, ok := strings.CutPrefix(string(b), string(a))
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func parseHead(line string) (Section, error) {
	parts := strings.Split(line, "\t")
	if want := fmt.Sprintf("gate section %d", textVersion); len(parts) < 4 || parts[0] != want {
		if strings.HasPrefix(parts[0], "gate section ") {
			return Section{}, fmt.Errorf("a section of version %s; this version of gate reads version %d", parts[0][len("gate section "):], textVersion)
		}
		return Section{}, errors.New("not a section of gate")
	}
	s := Section{Collector: parts[1], Status: Status(parts[3])}
	if name, rest := cutName(s.Collector); name == "" || rest != "" {
		return Section{}, fmt.Errorf("%q is not the name of a collector", s.Collector)
	}
	if !s.Status.valid() {
		return Section{}, fmt.Errorf("there is no status %q", s.Status)
	}
	var err error
	if s.Scope, err = unquoteJSON(parts[2]); err != nil {
		return Section{}, err
	}
	rest := parts[4:]
	if len(rest) > 0 && rest[0] == "question" {
		s.Question, rest = true, rest[1:]
	}
	if len(rest) > 0 && !isQuestion(rest[0]) {
		s.Reason, err = unquoteJSON(rest[0])
		rest = rest[1:]
	}
	if len(rest) > 0 && isQuestion(rest[0]) {
		s.Asked, rest = rest[0], rest[1:]
	}
	if err == nil && len(rest) > 0 {
		err = errors.New("something follows the first line of a section")
	}
	return s, err
}

// isQuestion reports whether a text has the form of Section.Asked.
func isQuestion(text string) bool {
	return text != "" && (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text))
}

func parseFact(line string) (Fact, error) {
	parts := strings.Split(line, "\t")
	a, err := ParseAddress(parts[0])
	if err != nil {
		return Fact{}, err
	}
	if len(parts) < 2 {
		return Fact{}, errors.New("a fact without a value")
	}
	f := Fact{Address: a}
	switch kind, rest := parts[1], parts[2:]; {
	case kind == "absent" && len(rest) == 0:
	case kind == "=" && len(rest) == 1:
		f.Value, err = canonical(json.RawMessage(rest[0]))
	case kind == "sealed" && len(rest) == 3:
		f.Value = Value{Kind: Sealed, Raw: rest[0], Normal: rest[1]}
		f.Value.Foreign, err = unquoteJSON(rest[2])
	case kind == "unknown" && len(rest) == 1:
		f.Value.Kind = Unknown
		f.Value.Text, err = unquoteJSON(rest[0])
	default:
		err = fmt.Errorf("%q is not what a fact has", kind)
	}
	return f, err
}

func unquoteJSON(s string) (string, error) {
	var text string
	if err := json.Unmarshal([]byte(s), &text); err != nil {
		return "", fmt.Errorf("%q is not a text: %w", s, err)
	}
	return text, nil
}
