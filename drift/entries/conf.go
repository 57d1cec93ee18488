package entries

import (
	"regexp"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

var confKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// parseConf reads a file whose name says only that it configures something. It takes what cannot be mistaken: INI and XML
// by their first line, or a "=" or ":" on every line, none of them indented. In anything else, blocks or programs, the
// order may have a meaning, and it is left to be compared as lines.
func parseConf(text string, to *collection) error {
	for _, line := range settings(text, "#;") {
		if line[0] == '[' {
			return parseINI(text, to)
		}
		if strings.HasPrefix(line, "<?xml") || strings.HasPrefix(line, "<!DOCTYPE") {
			return parseXML(text, to)
		}
		break
	}
	for n, line := range numbered(text) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' || trimmed[0] == ';' {
			continue
		}
		end := strings.IndexAny(line, "=:")
		if end < 0 || !confKey.MatchString(strings.TrimRight(line[:end], " \t")) || strings.HasSuffix(trimmed, `\`) || strings.HasSuffix(trimmed, "{") {
			return errorAt(n, `wants a first line of INI or XML, or "key = value" without indentation on every line`)
		}
		key := strings.TrimRight(line[:end], " \t")
		if err := to.add(key, drift.String(strings.TrimSpace(line[end+1:])), n); err != nil {
			return err
		}
	}
	return nil
}
