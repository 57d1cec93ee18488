package collect

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// Change is one thing that a preview says of an item.
type Change struct {
	// Property is what of the item would change; empty for what the item is as a whole: the version of a package, the state
	// of a service, whether a file is there. Alone, without To, it names something that is done ("refresh", "run"), or a
	// property whose values may not be shown ("content"), or "changed": what was no dry run, and is done already.
	Property string
	From, To string // "absent" for what is not there; From is empty where the tool does not tell
}

const arrow = "-> "

// String returns the change as it stands in a fact: "3.0.11-1 -> 3.0.15-1", "-> 2.32.3", "mode: 0644 -> 0600", "refresh".
func (c Change) String() string {
	if c.To == "" {
		return c.Property
	}
	text := arrow + c.To
	if c.From != "" {
		text = c.From + " " + text
	}
	if c.Property != "" {
		text = c.Property + ": " + text
	}
	return text
}

// parseChange reads what String wrote.
func parseChange(text string) Change {
	before, to, ok := strings.Cut(" "+text, " "+arrow)
	before = strings.TrimPrefix(before, " ")
	if !ok {
		return Change{Property: text}
	}
	if property, from, ok := strings.Cut(before+" ", ": "); ok {
		return Change{Property: property, From: strings.TrimSpace(from), To: to}
	}
	return Change{From: before, To: to}
}

// Changes returns what the fact of a preview's item says. It is nil where that may not be shown, or could not be told.
func Changes(v drift.Value) []Change {
	var texts []string
	if text, ok := v.AsString(); ok {
		texts = []string{text}
	} else if v.Kind != drift.Known || json.Unmarshal([]byte(v.Text), &texts) != nil {
		return nil
	}
	var changes []Change
	for _, text := range texts {
		changes = append(changes, parseChange(text))
	}
	return changes
}

// shown reports whether a text may stand in a Change: one short word or a few, in which nothing can be mistaken.
var shown = regexp.MustCompile(`^[\p{L}\p{N}_./+~!@-]([\p{L}\p{N}_./+~!@:, -]{0,118}[\p{L}\p{N}_./+~!@-])?$`).MatchString

// change returns a change with the values that can be shown.
func change(property, from, to string) Change {
	plain := func(s string) bool {
		return shown(s) && !strings.Contains(s, ": ") && !strings.Contains(s, arrow)
	}
	if !plain(to) || from != "" && !plain(from) {
		if property == "" {
			property = "changes"
		}
		return Change{Property: property}
	}
	return Change{Property: property, From: from, To: to}
}

// clip returns a text as the name of an item, or in a reason: bounded, and of one line.
func clip(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return clip(line)
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return clip(text[strings.LastIndexByte(text, '\n')+1:])
}

// escapes are the sequences of ECMA-48 that set colours.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// plainText returns a text without colours.
func plainText(text string) string {
	if !strings.Contains(text, "\x1b") {
		return text
	}
	return escapes.ReplaceAllString(text, "")
}
