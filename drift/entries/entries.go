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

// What is larger than these is an error, not a part of the file: see [TooMuch].
const (
	MaxSize    = 8 << 20 // bytes of a file
	MaxEntries = 50_000  // entries of a file
	MaxKeys    = 8 << 20 // bytes of all keys of a file: each says again what it stands below
	MaxDepth   = 100     // levels of nesting
	MaxValues  = 350_000 // values of a YAML file, scalars in lists among them
	MaxAliased = 1 << 20 // bytes of the values that the aliases of a YAML file stand for
	MaxBefore  = 1 << 20 // bytes of the keywords that are listed before the Includes of an sshd_config
)

// TooMuch is an error of a file that is larger than one of the limits, in words: it may be in the format, and nothing is
// known of its entries. Reading it in another format is no answer.
type TooMuch string

func (e TooMuch) Error() string { return string(e) }

func tooMuch(format string, args ...any) error { return TooMuch(fmt.Sprintf(format, args...)) }

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

// Parse returns the entries of a file in the order of their keys. An error means that the file is not in the format, or,
// where it is [TooMuch], larger than the limits; it has line and column where they are known, and never text of the file.
//
// Time and memory follow the size of the file, whatever is in it: TestParsersAreLinear has what was not so once.
func Parse(format string, data []byte) ([]Entry, error) {
	i, ok := slices.BinarySearchFunc(Formats(), format, func(f Format, name string) int { return cmp.Compare(f.Name, name) })
	if !ok {
		return nil, fmt.Errorf("no format is called %q", format)
	}
	text, err := normalise(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", format, err)
	}
	to := collection{at: map[string]int{}, lists: map[int]*items{}}
	if err := Formats()[i].parse(text, &to); err != nil {
		return nil, fmt.Errorf("%s: %w", format, err)
	}
	return to.sorted(), nil
}

// normalise returns a file's text without byte order mark and with LF line ends.
func normalise(data []byte) (string, error) {
	if len(data) > MaxSize {
		return "", tooMuch("larger than %d MiB", MaxSize>>20)
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
	lists   map[int]*items // of an entry whose key is repeated: all values, in the order of the file
	at      map[string]int // of each key: its place in entries
	keys    int            // bytes of all keys
}

// add takes the value that stands at a key on a line. What is there already is kept before it.
func (c *collection) add(key string, value drift.Value, line int) error {
	if i, ok := c.at[key]; ok {
		c.listed(i).add(value)
		return nil
	}
	_, err := c.open(key, value, line)
	return err
}

// addAll takes what one key of a section was set to.
func (c *collection) addAll(key string, s *setting) error {
	if s.more == nil {
		return c.add(key, s.value, s.line)
	}
	i, ok := c.at[key]
	if !ok {
		i, err := c.open(key, drift.Value{}, s.line)
		if err == nil {
			c.lists[i] = s.more
		}
		return err
	}
	c.listed(i).addAll(s.more)
	return nil
}

// open makes an entry, and returns its place.
func (c *collection) open(key string, value drift.Value, line int) (int, error) {
	if !utf8.ValidString(key) {
		return 0, errorAt(line, "a key that is not UTF-8")
	}
	if len(c.entries) == MaxEntries {
		return 0, errorAt(line, "%w", errTooMany)
	}
	if c.keys += len(key); c.keys > MaxKeys {
		return 0, errorAt(line, "%w", tooMuch("key paths of more than %d MiB in all", MaxKeys>>20))
	}
	c.at[key] = len(c.entries)
	c.entries = append(c.entries, Entry{Key: key, Value: value, Line: line})
	return len(c.entries) - 1, nil
}

// listed returns the list of an entry, which begins with the value that it has.
func (c *collection) listed(i int) *items {
	list := c.lists[i]
	if list == nil {
		list = &items{}
		list.add(c.entries[i].Value)
		c.lists[i] = list
	}
	return list
}

func (c *collection) sorted() []Entry {
	for i, list := range c.lists {
		c.entries[i].Value = list.value()
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
	return inPath.Replace(name)
}

var inPath = strings.NewReplacer(".", `\.`, `\`, `\\`)

var (
	errTooMany = tooMuch("more than %d entries", MaxEntries)
	errTooDeep = tooMuch("nested more than %d levels deep", MaxDepth)
)

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
