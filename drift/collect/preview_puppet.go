package collect

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// puppetEntry is one message of Puppet's log.
type puppetEntry struct {
	level  string // Notice, Warning, Error …
	source string // /Stage[main]/Main/File[/etc/x]/mode; empty for Puppet itself
	text   string
}

// parsePuppet reads what puppet agent --test --noop, or puppet apply --noop, prints: Puppet 4 to 8. With a report, what
// would change is read from there.
func parsePuppet(r dryRun) (previewItems, error) {
	printed := puppetEntries(r.output)
	for _, e := range slices.Concat(printed, puppetEntries(r.messages)) {
		if err := e.stopped(); err != nil {
			return nil, err
		}
	}
	// Of --detailed-exitcodes, 2 is that something was changed, 4 that something failed, 6 both.
	if err := r.ended(2); err != nil {
		return nil, err
	}
	if r.wantReport {
		return r.puppetReport()
	}
	if !slices.ContainsFunc(printed, puppetEntry.completes) {
		return nil, errors.New(`there is no "Applied catalog in …": it is not whole`)
	}
	return puppetItems(printed)
}

// puppetItems returns what the entries of a log say of resources.
func puppetItems(entries []puppetEntry) (previewItems, error) {
	items := previewItems{}
	for _, e := range entries {
		name, property, ok := e.resource()
		if !ok {
			continue
		}
		c, is := e.change(name, property)
		if is {
			items.add(clip(name), c)
		}
	}
	return items, nil
}

var (
	puppetLine   = regexp.MustCompile(`^(Debug|Info|Notice|Warning|Error|Alert|Emergency|Critical): (.*)$`)
	puppetSource = regexp.MustCompile(`(?s)^(/Stage\[[^\]]*\]/.*?): (.*)$`)
	puppetNoop   = regexp.MustCompile(`(?s)^current_value (.*), should be (.*) \(noop\)`)
)

// puppetEntries takes a log on a console apart: a message goes on to the line that begins the next one.
func puppetEntries(log string) []puppetEntry {
	var entries []puppetEntry
	var texts [][]string
	for line := range strings.SplitSeq(plainText(log), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if m := puppetLine.FindStringSubmatch(line); m != nil {
			entries, texts = append(entries, puppetEntry{level: m[1]}), append(texts, []string{m[2]})
		} else if last := len(texts) - 1; last >= 0 {
			texts[last] = append(texts[last], line)
		}
	}
	for i := range entries {
		entries[i].text = strings.Join(texts[i], "\n")
		entries[i].split()
	}
	return entries
}

// split parts the source from the text, at the first ": " behind which a text of Puppet's own begins: titles of resources
// may have anything in them.
func (e *puppetEntry) split() {
	if !strings.HasPrefix(e.text, "/Stage[") {
		return
	}
	for _, mark := range []string{": current_value ", ": Would have triggered 'refresh' from "} {
		if i := strings.LastIndex(e.text, mark); i >= 0 && (mark != ": current_value " || strings.Contains(e.text[i:], "(noop)")) {
			e.source, e.text = e.text[:i], e.text[i+2:]
			return
		}
	}
	if m := puppetSource.FindStringSubmatch(e.text); m != nil {
		e.source, e.text = m[1], m[2]
	}
}

func (e puppetEntry) completes() bool {
	return e.level == "Notice" && e.source == "" && strings.HasPrefix(e.text, "Applied catalog in ")
}

// harmlessErrors begin errors that leave the dry run whole.
var harmlessErrors = []string{"Facter: ", "Could not send report: "}

// stopped returns an error where Puppet says that it did not run, or not to the end.
func (e puppetEntry) stopped() error {
	switch {
	case strings.HasPrefix(e.text, "Run of ") && strings.Contains(e.text, " already in progress; skipping"),
		strings.HasPrefix(e.text, "Exiting now because the maxwaitforlock timeout has been exceeded"):
		return fmt.Errorf("%w: %s", errBusy, firstLine(e.text))
	case strings.HasPrefix(e.text, "Skipping run of "):
		return errors.New(clip(e.text))
	case e.level == "Warning" && e.source != "" && strings.HasPrefix(e.text, "Skipping because of failed dependencies"):
		return fmt.Errorf("it is not whole: %s was skipped, since something before it failed", clip(e.source))
	case e.level == "Error" && !slices.ContainsFunc(harmlessErrors, func(s string) bool { return strings.HasPrefix(e.text, s) }):
		return fmt.Errorf("puppet failed: %s", firstLine(strings.TrimPrefix(e.source+": "+e.text, ": ")))
	}
	return nil
}

// resource returns the innermost resource of the source, as File[/etc/x], and its property, which may be empty. ok is false for
// what is no resource: Puppet itself, and classes, which only repeat what is below them.
func (e puppetEntry) resource() (name, property string, ok bool) {
	rest := e.source
	for rest != "" {
		rest, ok = strings.CutPrefix(rest, "/")
		if !ok {
			return "", "", false
		}
		end := segment(rest)
		part := rest[:end]
		switch {
		case strings.HasPrefix(part, "Stage["):
		case strings.Contains(part, "["):
			name, property = part, ""
		case end == len(rest):
			property = part
		}
		rest = rest[end:]
	}
	return name, property, name != ""
}

// segment returns the length of the first part of a path: a class, a property, or a Type[title] with its brackets in pairs.
// A title whose brackets have no pairs goes to the last one of the path.
func segment(path string) int {
	open := strings.IndexAny(path, "[/")
	if open < 0 {
		return len(path)
	}
	if path[open] == '/' {
		return open
	}
	depth := 0
	for i := open; i < len(path); i++ {
		switch path[i] {
		case '[':
			depth++
		case ']':
			depth--
		}
		if depth == 0 && (i+1 == len(path) || path[i+1] == '/') {
			return i + 1
		}
	}
	if last := strings.LastIndexByte(path, ']'); last > open {
		return last + 1
	}
	return len(path)
}

// change returns what an entry says of a resource; is is false where it says nothing.
func (e puppetEntry) change(name, property string) (c Change, is bool) {
	kind, _, _ := strings.Cut(name, "[")
	switch m := puppetNoop.FindStringSubmatch(e.text); {
	case e.level != "Notice" || kind == "Notify":
		return c, false // a Notify changes nothing, and its text may be anything
	case m != nil:
		return puppetChange(kind, property, m[1], m[2]), true
	case strings.HasPrefix(e.text, "Would have triggered 'refresh' from "):
		return Change{Property: "refresh"}, true
	case property == "content" && strings.HasPrefix(e.text, "\n"):
		return c, false // a diff of --show_diff
	case strings.HasPrefix(e.text, "audit change: "):
		return c, false
	}
	return Change{Property: "changed"}, true
}

// puppetShown are properties whose values are no secret, by the type of the resource. Others are only named.
var puppetShown = map[string][]string{
	"Package": {"ensure"}, "Service": {"ensure", "enable"}, "File": {"ensure", "mode", "owner", "group", "target"},
	"User": {"ensure", "uid", "gid", "shell", "home"}, "Group": {"ensure", "gid"},
}

func puppetChange(kind, property, from, to string) Change {
	if kind == "Exec" {
		return Change{Property: "run"}
	}
	if !slices.Contains(puppetShown[kind], property) && property != "ensure" {
		return change(property, "", "\x00")
	}
	if property == "ensure" {
		property = ""
	}
	return change(property, puppetState(from), puppetState(to))
}

// puppetState returns a value as it is written in a message: quoted since Puppet 6, and bare before.
func puppetState(value string) string {
	value = strings.TrimSuffix(strings.TrimPrefix(value, "'"), "'")
	if value == "purged" {
		return "absent"
	}
	return value
}
