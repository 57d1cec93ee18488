package pypa

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// ParseRequiresTxt reads requires.txt of an egg-info folder, in which a section "[extra:marker]" is a condition for the
// lines below it. It returns them as METADATA would have them, with the condition in their markers.
func ParseRequiresTxt(r io.Reader) ([]Dependency, error) {
	lines := newLines(r)
	var all []Dependency
	var section *Marker
	var sectionErr error
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		switch {
		case text == "" || text[0] == '#':
			continue
		case text[0] == '[':
			if section, sectionErr = sectionMarker(text); sectionErr != nil {
				sectionErr = fmt.Errorf("line %d: section %q: %w", lines.number, text, sectionErr)
				all = append(all, Dependency{Line: lines.number, Err: sectionErr})
			}
			continue
		case sectionErr != nil:
			all = append(all, Dependency{Line: lines.number, Err: sectionErr})
			continue
		}
		d := newDependency(lines.number, text)
		if d.Err == nil {
			d.Requirement.Marker = bothMarkers(d.Requirement.Marker, section)
		}
		all = append(all, d)
	}
	return all, lines.Err()
}

func sectionMarker(text string) (*Marker, error) {
	inside, ok := strings.CutSuffix(text[1:], "]")
	if !ok {
		return nil, errors.New("no closing bracket")
	}
	extra, condition, hasCondition := strings.Cut(inside, ":")
	var m *Marker
	if extra = strings.TrimSpace(extra); extra != "" {
		m = &Marker{operator: "==", left: operand{text: "extra", variable: true}, right: operand{text: NormalizeName(extra)}}
	}
	if !hasCondition {
		return m, nil
	}
	c, err := ParseMarker(condition)
	if err != nil {
		return nil, err
	}
	return bothMarkers(c, m), nil
}

func bothMarkers(a, b *Marker) *Marker {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return &Marker{operator: "and", parts: []*Marker{a, b}, size: a.Size() + b.Size()}
}

// ParseEggLink reads an egg-link file, which setuptools writes for "develop": the folder of the project on its first
// line.
func ParseEggLink(r io.Reader) (dir string, err error) {
	lines := newLines(r)
	for lines.Scan() {
		if dir := strings.TrimSpace(lines.Text()); dir != "" {
			return dir, nil
		}
	}
	if err := lines.Err(); err != nil {
		return "", err
	}
	return "", errors.New("an empty egg-link")
}
