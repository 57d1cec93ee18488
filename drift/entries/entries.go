// Package entries turns a configuration file's bytes into entries: one for each setting, with its key path and its value,
// so that two files can be compared setting by setting. Comments, blank lines, line ends, indentation and the order of
// keys leave no trace in them.
//
// [ForName] says which format a path implies, [Parse] reads a file in it, [Formats] lists what there is. A file that
// does not parse is an error, never a part of its entries: the caller then reads it as "lines", which takes any text.
//
// A key path is the names on the way to a setting, joined with dots. In the formats that have levels (ini, json, systemd,
// toml, xml, yaml) a dot or a backslash inside a name is written with a backslash before it; the last name below an ini
// or systemd section, and every key of a flat format, stands as it is in the file, since nothing can follow it.
//
// A list of scalars is one ordered value. A list that holds anything else is indexed (servers.0.name): an address then
// depends on the file's shape only, never on what the items are called, so that a policy can be written without seeing
// the file. A key that is repeated where repeating is legal becomes one list, in the order of the file. An empty
// mapping, list or section is a value of its own, so that its removal shows.
//
// To add a format, write its parse function in a file of its own, add a line to [Formats], a name to [ForName], and
// drop pairs of input and wanted entries into testdata/FORMAT.
package entries

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-313c021b/gate/drift"
)

// What is larger than these is an error, not a part of the file.
const (
	MaxSize    = 1 << 20 // bytes of a file
	MaxEntries = 20_000  // entries of a file
	MaxDepth   = 100     // levels of nesting
)

// Entry is one setting of a file.
type Entry struct {
	Key   string // the key path, unique in the file
	Value drift.Value
	Line  int // where it begins, from 1; 0 where the format's reader does not tell
}

// Format is a way to read a file.
type Format struct {
	Name string
	Doc  string // one line
	// parse reads text that has neither a byte order mark nor CRLF line ends.
	parse func(text string, to *collection) error
}

// Formats returns all formats in the order of their names.
func Formats() []Format {
	return []Format{
		{"apache", "Apache's directives and sections, as one ordered list", parseApache},
		{"conf", `INI or XML where it begins like one, else "key = value" or "key: value" on each line`, parseConf},
		{"crontab", "crontab(5): the schedule is the key; also with the user that /etc/crontab and /etc/cron.d name", parseCrontab},
		{"dotenv", "KEY=value with quotes and export, as in .env and /etc/default; $VAR is not expanded", parseDotenv},
		{"fstab", "fstab(5): the mount point is the key", parseFstab},
		{"hosts", "hosts(5): the address is the key, its names the value", parseHosts},
		{"ini", "sections of key = value, as Python's configparser reads them; the case of keys is kept", parseINI},
		{"json", "JSON (RFC 8259); duplicate keys are an error, numbers keep their digits", parseJSON},
		{"keyvalue", `"key value", "key = value" or "key: value" on each line, as in sysctl.conf and login.defs`, parseKeyValue},
		{"lines", "any text: its lines that are not empty, as one ordered list", parseLines},
		{"nginx", "nginx's statements and blocks, as one ordered list", parseNginx},
		{"passwd", "fields between colons, as in passwd(5) and group(5): the first is the key", parsePasswd},
		{"properties", "Java properties with escapes and continued lines", parseProperties},
		{"requirements", "pip requirement files: the normalised name is the key, what is asked of it the value", parseRequirements},
		{"sshd", "sshd_config(5) and ssh_config(5): keys in lower case, those of a Match or Host block below its first line", parseSSHD},
		{"systemd", "systemd units, drop-ins and settings (systemd.syntax(7)); an empty assignment drops what stood before it", parseSystemd},
		{"toml", "TOML 1.0", parseTOML},
		{"xml", "elements as path, attributes as @name, repeated elements indexed; no entities but the five of XML", parseXML},
		{"yaml", "YAML, all documents of the file, as YAML 1.1 reads scalars; aliases and merge keys are resolved", parseYAML},
	}
}

// Parse returns the entries of a file in the order of their keys. An error means that the file is not in the format, or
// larger than the limits; it has line and column where they are known, and never text of the file.
func Parse(format string, data []byte) ([]Entry, error) {
	i, ok := slices.BinarySearchFunc(Formats(), format, func(f Format, name string) int { return cmp.Compare(f.Name, name) })
	if !ok {
		return nil, fmt.Errorf("no format is called %q", format)
	}
	text, err := normalise(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", format, err)
	}
	to := collection{at: map[string]int{}}
	if err := Formats()[i].parse(text, &to); err != nil {
		return nil, fmt.Errorf("%s: %w", format, err)
	}
	return to.sorted(), nil
}

// normalise returns a file's text without byte order mark and with LF line ends.
func normalise(data []byte) (string, error) {
	if len(data) > MaxSize {
		return "", fmt.Errorf("larger than %d bytes", MaxSize)
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return "", errorAt(1+bytes.Count(data[:i], []byte("\n")), "a NUL byte: not text")
	}
	text := strings.TrimPrefix(string(data), "\uFEFF")
	return strings.ReplaceAll(text, "\r\n", "\n"), nil
}

// collection gathers the entries of one file.
type collection struct {
	entries []Entry
	items   [][]drift.Value // of each entry: all values at its key, in the order of the file
	at      map[string]int  // of each key: its place in entries
}

// add takes the value that stands at a key on a line. What is there already is kept before it.
func (c *collection) add(key string, value drift.Value, line int) error {
	if !utf8.ValidString(key) {
		return errorAt(line, "a key that is not UTF-8")
	}
	if i, ok := c.at[key]; ok {
		c.items[i] = append(c.items[i], value)
		return nil
	}
	if len(c.entries) == MaxEntries {
		return errorAt(line, "more than %d entries", MaxEntries)
	}
	c.at[key] = len(c.entries)
	c.entries = append(c.entries, Entry{Key: key, Line: line})
	c.items = append(c.items, []drift.Value{value})
	return nil
}

func (c *collection) sorted() []Entry {
	for i, items := range c.items {
		if len(items) == 1 {
			c.entries[i].Value = items[0]
		} else {
			c.entries[i].Value = drift.List(items...)
		}
	}
	slices.SortFunc(c.entries, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
	return c.entries
}

// join appends a name to a key path. The path is empty at the top.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// escape marks the dots and backslashes of a name, so that the path it becomes a part of can be told from others.
func escape(name string) string {
	if !strings.ContainsAny(name, `.\`) {
		return name
	}
	return strings.NewReplacer(".", `\.`, `\`, `\\`).Replace(name)
}

var errTooDeep = fmt.Errorf("nested more than %d levels deep", MaxDepth)

// errorAt says what is wrong on a line. The words must not hold text of the file: it may be a secret.
func errorAt(line int, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", line, fmt.Errorf(format, args...))
}

func errNotUTF8(text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	return errors.New("not UTF-8")
}
