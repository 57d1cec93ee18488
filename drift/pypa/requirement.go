package pypa

import (
	"fmt"
	"regexp"
	"strings"
)

// Requirement is a demand for a distribution (PEP 508): "name[extra] >= 1.0; marker" or "name @ url; marker".
type Requirement struct {
	Name       string // as written
	Extras     []string
	Specifiers Specifiers
	URL        string // as RedactURL returns it; empty where there is none
	Marker     *Marker
}

// ParseRequirement reads one requirement. The error says what was expected at which character.
func ParseRequirement(s string) (Requirement, error) {
	p := &parser{text: strings.TrimSuffix(s, "\n")}
	r, err := p.requirement()
	if err != nil {
		return Requirement{}, fmt.Errorf("requirement %q: %w", redactText(s), err)
	}
	return r, nil
}

// String returns the requirement in normal form: equal text is the same demand.
func (r Requirement) String() string {
	var b strings.Builder
	b.WriteString(NormalizeName(r.Name))
	if len(r.Extras) > 0 {
		b.WriteString("[" + strings.Join(normalizeExtras(r.Extras), ",") + "]")
	}
	b.WriteString(r.Specifiers.String())
	if r.URL != "" {
		b.WriteString(" @ " + r.URL)
	}
	if r.Marker != nil {
		if r.URL != "" {
			b.WriteString(" ")
		}
		b.WriteString("; " + r.Marker.String())
	}
	return b.String()
}

// parser reads requirements and markers from the front of text.
type parser struct {
	text  string
	at    int // bytes read
	depth int // open parentheses of a marker

	comparisons int // of a marker
}

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) space() bool {
	start := p.at
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
	return p.at > start
}

func (p *parser) take(token string) bool {
	if !strings.HasPrefix(p.rest(), token) {
		return false
	}
	p.at += len(token)
	return true
}

func (p *parser) expected(what string) error {
	if p.rest() == "" {
		return fmt.Errorf("expected %s at the end", what)
	}
	return fmt.Errorf("expected %s at character %d", what, p.at+1)
}

func (p *parser) requirement() (Requirement, error) {
	var r Requirement
	var err error
	p.space()
	if r.Name, err = p.identifier("a name"); err != nil {
		return r, err
	}
	p.space()
	if r.Extras, err = p.extras(); err != nil {
		return r, err
	}
	p.space()
	if p.take("@") {
		err = p.url(&r)
	} else {
		err = p.specifiers(&r)
	}
	if err != nil {
		return r, err
	}
	p.space()
	if p.rest() == "" {
		return r, nil
	}
	if !p.take(";") {
		return r, p.expected(`";" or the end`)
	}
	if r.Marker, err = p.marker(); err != nil {
		return r, err
	}
	if p.rest() != "" {
		return r, p.expected("the end")
	}
	return r, nil
}

// identifierPattern ends where a word does: not behind "-" or ".".
var identifierPattern = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9_])?`)

func (p *parser) identifier(what string) (string, error) {
	name := identifierPattern.FindString(p.rest())
	if name == "" {
		return "", p.expected(what)
	}
	p.at += len(name)
	return name, nil
}

// maxExtras bounds the extras of a requirement.
const maxExtras = 1000

func (p *parser) extras() ([]string, error) {
	if !p.take("[") {
		return nil, nil
	}
	p.space()
	var extras []string
	for !p.take("]") {
		if len(extras) > 0 {
			if !p.take(",") {
				return nil, p.expected(`"," or "]"`)
			}
			p.space()
		}
		extra, err := p.identifier("an extra")
		if err != nil {
			return nil, err
		}
		if extras = append(extras, extra); len(extras) > maxExtras {
			return nil, p.expected(fmt.Sprintf("no more than %d extras", maxExtras))
		}
		p.space()
	}
	return extras, nil
}

func (p *parser) url(r *Requirement) error {
	p.space()
	end := strings.IndexAny(p.rest(), " \t")
	if end < 0 {
		end = len(p.rest())
	}
	raw := p.rest()[:end]
	if !isURL(raw) {
		return p.expected("a URL with scheme and host")
	}
	r.URL = RedactURL(raw)
	p.at += end
	return nil
}

func (p *parser) specifiers(r *Requirement) error {
	enclosed := p.take("(")
	p.space()
	start := p.at
	for {
		_, rest, ok := cutSpecifier(p.rest())
		if !ok {
			break
		}
		p.at = len(p.text) - len(rest)
		p.space()
		if !p.take(",") {
			break
		}
		p.space()
	}
	var err error
	if r.Specifiers, err = ParseSpecifiers(p.text[start:p.at]); err != nil {
		return err
	}
	if enclosed && !p.take(")") {
		return p.expected(`")" or a version specifier`)
	}
	return nil
}
