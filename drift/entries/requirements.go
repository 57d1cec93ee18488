package entries

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/pypa"
)

// parseRequirements reads a pip requirements file. A requirement's key is its normalised name, its value what is asked
// for, as "==66.1.1", "[extra]>=2; python_version < \"3.9\"", with its hashes behind it. Without a name (a path, a URL)
// the key is "direct" or "--editable"; other options have their long name.
func parseRequirements(text string, to *collection) error {
	lines, err := pypa.RequirementsFile(strings.NewReader(text))
	if err != nil {
		return errors.New("not text")
	}
	physical := pypa.SplitLines(text)
	whole, wholeAt := "", 0 // the logical line that the last entry is from, and where it begins
	for line := range lines {
		key, value := cmp.Or(line.Option, "--"+string(line.Kind)), line.Target
		name := pypa.NormalizeName(line.Requirement.Name)
		switch line.Kind {
		case pypa.UnreadEntry:
			return errorAt(line.Line, "wants a requirement or an option")
		case pypa.NamedEntry:
			key, value = name, strings.TrimSpace(strings.TrimPrefix(line.Requirement.String(), name))
		case pypa.IncludeEntry:
			key = "--requirement"
		case pypa.DirectEntry, pypa.EditableEntry:
			value = direct(line)
			if name != "" {
				key = name
			} else if line.Kind == pypa.DirectEntry {
				key = "direct"
			}
		}
		// A URL with parts that pypa does not show is compared whole: what may be shown is not decided here.
		if line.Line != wholeAt {
			whole, wholeAt = logicalLine(physical, line.Line), line.Line
		}
		if !strings.Contains(whole, line.Target) || !strings.Contains(whole, line.Requirement.URL) {
			value = whole
		}
		if len(line.Hashes) > 0 {
			value += " --hash=" + strings.Join(slices.Sorted(slices.Values(line.Hashes)), " --hash=")
		}
		if err := to.add(key, drift.String(value), line.Line); err != nil {
			return err
		}
	}
	return nil
}

// direct returns what a path or URL asks for, its marker included.
func direct(line pypa.Entry) string {
	value := line.Target
	if line.Kind == pypa.EditableEntry {
		value = "-e " + value
	}
	if line.Requirement.Marker != nil {
		value += " ; " + line.Requirement.Marker.String()
	}
	return value
}

// logicalLine returns a line, by its number from 1, with those that it is continued on, without comments. A line that is a
// comment is the last: what it seems to be continued on is another one for pip.
func logicalLine(lines []string, number int) string {
	var whole []string
	for _, line := range lines[min(number-1, len(lines)):] {
		comment := strings.HasPrefix(strings.TrimSpace(line), "#")
		line, _, _ = strings.Cut(line, " #")
		before, continued := strings.CutSuffix(line, `\`)
		whole = append(whole, strings.TrimSpace(before))
		if !continued || comment {
			break
		}
	}
	return strings.Join(whole, " ")
}
