package pypa

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	shlex "github.com/anmitsu/go-shlex"
)

// Entry is what one line of a requirements file says, or one of several things that it says.
type Entry struct {
	Kind EntryKind
	Line int // the first, where a backslash continues it
	// Requirement is, of a NamedEntry, what is asked for; of a DirectEntry or an EditableEntry what its URL tells: the
	// name in "#egg=", name and version of a wheel, and the marker behind it. Its Name is empty where nothing tells.
	Requirement Requirement
	// Target is the URL (as RedactURL returns it) or path of a DirectEntry, EditableEntry, IncludeEntry or
	// ConstraintEntry, and the value of an OptionEntry.
	Target string
	Option string   // the long name of an OptionEntry
	Hashes []string // sorted as written: "sha256:…"
	Err    error    // of an UnreadEntry: why
}

// EntryKind says what a line of a requirements file is.
type EntryKind string

const (
	NamedEntry      EntryKind = "requirement" // by name, from an index or "name @ url"
	DirectEntry     EntryKind = "direct"      // a bare URL or a local path
	EditableEntry   EntryKind = "editable"    // -e
	IncludeEntry    EntryKind = "include"     // -r: another requirements file
	ConstraintEntry EntryKind = "constraint"  // -c: a file that limits versions and installs nothing
	OptionEntry     EntryKind = "option"
	UnreadEntry     EntryKind = "unread"
)

// maxRequirementsFile bounds a requirements file, in bytes.
const maxRequirementsFile = 16 << 20

var (
	commentPattern  = regexp.MustCompile(`(?:^|[\s\v\x1c-\x1f]+)#.*$`)
	variablePattern = regexp.MustCompile(`\$\{[A-Z0-9_]+\}`)
	archivePattern  = regexp.MustCompile(`(?i)\.(zip|whl|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz|tar\.lz|tlz|tar\.lzma)$`)
	urlPattern      = regexp.MustCompile(`(?i)^(?:(?:https?|file|ftp):|(?:git|hg|bzr|svn)\+[a-z]+:)`)
)

// ParseRequirementsFile reads a requirements file as pip does (pip documentation, "Requirements File Format"). Each line
// that is not empty and not a comment is at least one entry. A line that cannot be read, or that holds "${VARIABLE}",
// which only the environment of pip tells, is an UnreadEntry; its Err has the number of the line.
func ParseRequirementsFile(r io.Reader) ([]Entry, error) {
	entries, err := RequirementsFile(r)
	if err != nil {
		return nil, err
	}
	return slices.Collect(entries), nil
}

// RequirementsFile is ParseRequirementsFile, one entry after the other: all of them take a hundred times the room of a file.
func RequirementsFile(r io.Reader) (iter.Seq[Entry], error) {
	data, err := io.ReadAll(io.LimitReader(r, maxRequirementsFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxRequirementsFile {
		return nil, fmt.Errorf("larger than %d MiB", maxRequirementsFile>>20)
	}
	text, err := decodeText(data)
	if err != nil {
		return nil, err
	}
	return func(yield func(Entry) bool) {
		for number, line := range logicalLines(text) {
			line = strings.TrimFunc(commentPattern.ReplaceAllString(line, ""), isSpace)
			if line == "" {
				continue
			}
			for _, e := range parseLine(line) {
				e.Line = number
				if e.Err != nil {
					e.Kind, e.Err = UnreadEntry, fmt.Errorf("line %d: %w", number, e.Err)
				}
				if !yield(e) {
					return
				}
			}
		}
	}, nil
}

// logicalLines yields lines, those that a backslash continues as one, with the number of the first. A comment ends a
// continued line.
func logicalLines(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		var joined strings.Builder
		first := 0
		for i, line := range SplitLines(text) {
			if first == 0 {
				first = i + 1
			}
			comment := strings.HasPrefix(strings.TrimLeftFunc(line, isSpace), "#")
			if strings.HasSuffix(line, `\`) && !comment {
				joined.WriteString(strings.Trim(line, `\`))
				continue
			}
			if comment {
				joined.WriteByte(' ')
			}
			joined.WriteString(line)
			if !yield(first, joined.String()) {
				return
			}
			joined.Reset()
			first = 0
		}
		if first != 0 {
			yield(first, joined.String())
		}
	}
}

// SplitLines splits as Python's str.splitlines does.
func SplitLines(text string) []string {
	var lines []string
	for text = strings.ReplaceAll(text, "\r\n", "\n"); text != ""; {
		end := strings.IndexAny(text, "\n\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029")
		if end < 0 {
			return append(lines, text)
		}
		_, size := utf8.DecodeRuneInString(text[end:])
		lines, text = append(lines, text[:end]), text[end+size:]
	}
	return lines
}

// parseLine reads a line: a requirement with its own options, or options alone.
func parseLine(line string) []Entry {
	if !utf8.ValidString(line) {
		return []Entry{{Err: errors.New("not UTF-8")}}
	}
	demand, options := cutOptions(line)
	var words []string
	if options != "" {
		var err error
		if words, err = shlex.Split(options, true); err != nil {
			return []Entry{{Err: fmt.Errorf("options: %w", err)}}
		}
	}
	var entries []Entry
	var hashes []string
	for len(words) > 0 {
		var option, value string
		var err error
		option, value, words, err = cutOption(words)
		switch {
		case err != nil:
			entries = append(entries, Entry{Err: err})
		case option == "--hash":
			hashes = append(hashes, value)
		default:
			entries = append(entries, newOption(option, value))
		}
	}
	switch {
	case demand != "":
		e := parseDemand(demand)
		e.Hashes = hashes
		entries = append([]Entry{e}, entries...)
	case hashes != nil:
		entries = append(entries, Entry{Err: errors.New("--hash without a requirement")})
	}
	refuseSecond(entries)
	return entries
}

// refuseSecond marks what pip leaves out of a line without a word: all but the first that says what to install.
func refuseSecond(entries []Entry) {
	first := true
	for i, e := range entries {
		if e.Kind == OptionEntry || e.Err != nil {
			continue
		}
		if !first {
			entries[i] = Entry{Err: errors.New("a second thing to install on one line, which pip leaves out")}
		}
		first = false
	}
}

// cutOptions cuts a line before its first word that begins with "-". Only what follows is split like a shell does: quotes
// of a marker must stay.
func cutOptions(line string) (demand, options string) {
	words := strings.Split(line, " ")
	for i, word := range words {
		if strings.HasPrefix(word, "-") {
			return strings.TrimSpace(strings.Join(words[:i], " ")), strings.Join(words[i:], " ")
		}
	}
	return line, ""
}

// parseDemand reads a requirement, a URL or a path, with a marker behind ";".
func parseDemand(text string) Entry {
	if v := variablePattern.FindString(text); v != "" {
		return Entry{Err: unresolved(v)}
	}
	separator := ";"
	if urlPattern.MatchString(text) {
		separator = "; "
	}
	text, condition, _ := strings.Cut(text, separator)
	text = strings.TrimSpace(text)
	var marker *Marker
	if condition = strings.TrimSpace(condition); condition != "" {
		m, err := ParseMarker(condition)
		if err != nil {
			return Entry{Err: fmt.Errorf("marker %q: %w", redactText(condition), err)}
		}
		marker = m
	}
	if isDirect(text) {
		return direct(DirectEntry, text, marker)
	}
	r, err := ParseRequirement(text)
	r.Marker = marker
	return Entry{Kind: NamedEntry, Requirement: r, Err: err}
}

func unresolved(variable string) error {
	return fmt.Errorf("%s is a variable of pip's environment, which cannot be told", variable)
}

// isDirect reports whether pip would take text for a URL or a path and not for a requirement.
func isDirect(text string) bool {
	if urlPattern.MatchString(text) {
		return true
	}
	name, _, hasAt := strings.Cut(text, "@")
	if strings.HasPrefix(name, ".") || strings.Contains(name, "/") {
		return true
	}
	return !hasAt && archivePattern.MatchString(text)
}

// direct makes an entry of a URL or a path.
func direct(kind EntryKind, target string, marker *Marker) Entry {
	e := Entry{Kind: kind, Target: RedactURL(target), Requirement: Requirement{Marker: marker}}
	location, fragment, _ := strings.Cut(target, "#")
	location, _, _ = strings.Cut(location, "?")
	for field := range strings.SplitSeq(fragment, "&") {
		if egg, ok := strings.CutPrefix(field, "egg="); ok {
			if r, err := ParseRequirement(egg); err == nil {
				e.Requirement.Name, e.Requirement.Extras = r.Name, r.Extras
			}
		}
	}
	if unescaped, err := url.PathUnescape(location); err == nil {
		location = unescaped
	}
	if wheel, ok := strings.CutSuffix(path.Base(location), ".whl"); ok {
		name, rest, _ := strings.Cut(wheel, "-")
		version, _, _ := strings.Cut(rest, "-")
		if specs, err := ParseSpecifiers("==" + strings.ReplaceAll(version, "_", "-")); err == nil {
			e.Requirement.Name, e.Requirement.Specifiers = name, specs
		}
	}
	return e
}
