package pypa

import (
	"fmt"
	"strings"
)

// pipOption is an option that pip takes in a requirements file.
type pipOption struct {
	long, short string
	flag        bool // takes no value
}

var pipOptions = []pipOption{
	{long: "--index-url", short: "-i"},
	{long: "--pypi-url"},
	{long: "--extra-index-url"},
	{long: "--no-index", flag: true},
	{long: "--constraint", short: "-c"},
	{long: "--requirement", short: "-r"},
	{long: "--editable", short: "-e"},
	{long: "--find-links", short: "-f"},
	{long: "--no-binary"},
	{long: "--only-binary"},
	{long: "--prefer-binary", flag: true},
	{long: "--require-hashes", flag: true},
	{long: "--pre", flag: true},
	{long: "--trusted-host"},
	{long: "--use-feature"},
	{long: "--global-option"},
	{long: "--install-option"},
	{long: "--config-settings", short: "-C"},
	{long: "--config-setting"},
	{long: "--hash"},
}

// cutOption reads one option, by its long name, and its value from the front of words.
func cutOption(words []string) (option, value string, rest []string, err error) {
	word, rest := words[0], words[1:]
	name, value, hasValue := strings.Cut(word, "=")
	if len(word) > 2 && word[0] == '-' && word[1] != '-' {
		name, value, hasValue = word[:2], word[2:], true
	}
	for _, o := range pipOptions {
		if name != o.long && (name != o.short || o.short == "") {
			continue
		}
		switch {
		case o.flag && hasValue:
			return "", "", rest, fmt.Errorf("%s takes no value", o.long)
		case !o.flag && !hasValue && len(rest) == 0:
			return "", "", rest, fmt.Errorf("%s without a value", o.long)
		case !o.flag && !hasValue:
			value, rest = rest[0], rest[1:]
		}
		return o.long, value, rest, nil
	}
	return "", "", rest, fmt.Errorf("%q is no option of a requirements file", redactText(name))
}

func newOption(option, value string) Entry {
	kind := OptionEntry
	switch option {
	case "--requirement":
		kind = IncludeEntry
	case "--constraint":
		kind = ConstraintEntry
	case "--editable":
		kind = EditableEntry
	}
	if v := variablePattern.FindString(value); v != "" && kind != OptionEntry {
		return Entry{Err: unresolved(v)}
	}
	if kind == EditableEntry {
		return direct(kind, value, nil)
	}
	if kind == OptionEntry {
		return Entry{Kind: kind, Option: option, Target: RedactURL(value)}
	}
	return Entry{Kind: kind, Target: RedactURL(value)}
}
