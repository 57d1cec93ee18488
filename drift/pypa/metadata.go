package pypa

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxLine bounds one line of any input, in bytes.
const maxLine = 1 << 20

// Metadata is what an installed distribution says of itself (core metadata: METADATA, PKG-INFO).
type Metadata struct {
	Name           string
	Version        string // as written; not every old one is a version by PEP 440
	RequiresPython string // empty where it says nothing
	Requires       []Dependency
	Extras         []string // of Provides-Extra, as written
}

// Dependency is one requirement as a file states it.
type Dependency struct {
	Line        int
	Requirement Requirement
	Err         error // why it could not be read; Requirement is empty then
}

func newDependency(line int, text string) Dependency {
	r, err := ParseRequirement(text)
	if err != nil {
		err = fmt.Errorf("line %d: %w", line, err)
	}
	return Dependency{Line: line, Requirement: r, Err: err}
}

// ParseMetadata reads the header of core metadata and stops at the body. Without a Name or a Version it is an error, as
// is a second one: installers would not agree which counts. A requirement that cannot be read is a Dependency with Err.
func ParseMetadata(r io.Reader) (Metadata, error) {
	var m Metadata
	var errs []error
	err := readHeaders(r, func(line int, key, value string) {
		var err error
		switch strings.ToLower(key) {
		case "name":
			err = setOnce(&m.Name, value)
		case "version":
			err = setOnce(&m.Version, value)
		case "requires-python":
			err = setOnce(&m.RequiresPython, value)
		case "requires-dist":
			m.Requires = append(m.Requires, newDependency(line, value))
		case "provides-extra":
			m.Extras = append(m.Extras, value)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %s: %w", line, key, err))
		}
	})
	if err != nil {
		errs = append(errs, err)
	}
	if m.Name == "" {
		errs = append(errs, errors.New("no Name"))
	}
	if m.Version == "" {
		errs = append(errs, errors.New("no Version"))
	}
	return m, errors.Join(errs...)
}

func setOnce(field *string, value string) error {
	if *field != "" && *field != value {
		return errors.New("stands there twice")
	}
	*field = value
	return nil
}

// readHeaders calls field for each header up to the first empty line (RFC 822 §3.1), with the number of its first line.
// Continuation lines are joined with a space. A line that is neither is an error; what stands behind it is not read.
func readHeaders(r io.Reader, field func(line int, key, value string)) error {
	lines := newLines(r)
	var key string
	var value strings.Builder
	var first int
	flush := func() {
		if key != "" {
			field(first, key, strings.TrimSpace(value.String()))
		}
		key = ""
		value.Reset()
	}
	for lines.Scan() {
		text := strings.TrimSuffix(lines.Text(), "\r")
		if text == "" {
			break
		}
		if text[0] == ' ' || text[0] == '\t' {
			if key == "" {
				return fmt.Errorf("line %d: continues no header", lines.number)
			}
			value.WriteString(" " + strings.TrimSpace(text))
			continue
		}
		flush()
		k, v, ok := strings.Cut(text, ":")
		if !ok || strings.ContainsAny(k, " \t") || k == "" {
			return fmt.Errorf("line %d: no header", lines.number)
		}
		key, first = k, lines.number
		value.WriteString(v)
	}
	flush()
	return lines.Err()
}

// lines is a bufio.Scanner that counts.
type lines struct {
	*bufio.Scanner
	number int
}

func newLines(r io.Reader) *lines {
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxLine)
	return &lines{Scanner: s}
}

func (l *lines) Scan() bool {
	l.number++
	return l.Scanner.Scan()
}

// Err says at which line reading failed.
func (l *lines) Err() error {
	if err := l.Scanner.Err(); err != nil {
		return fmt.Errorf("line %d: %w", l.number, err)
	}
	return nil
}
