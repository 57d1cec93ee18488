package collect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/entries"
)

// parseFile returns a section for each path that was named or found, and one for each pattern.
func parseFile(frame Frame) ([]drift.Section, error) {
	format := frame.Query.Text("format")
	if format != "" && !slices.ContainsFunc(entries.Formats(), func(f entries.Format) bool { return f.Name == format }) {
		return nil, fmt.Errorf("no format is called %q", format)
	}
	found, err := readFiles(frame.Data)
	if err != nil {
		return nil, err
	}
	found.maxSize = frame.Query.maxSize()
	exclude := frame.Query.Strings("exclude")
	var sections []drift.Section
	var spent budget
	asked := map[string]bool{}
	scopes, names := fileScopes(frame.Query), found.names()
	for _, scope := range scopes {
		s := drift.Section{Collector: "file", Scope: scope.Name, Question: scope.Question}
		if scope.Question {
			s.Status, s.Reason = found.answer(scope.Name, exclude)
			sections = append(sections, s)
			continue
		}
		asked[scope.Name] = true
		s = found.section(scope.Name, scope.Name, format)
		if err := spent.spend(s.Facts); err != nil {
			return nil, err
		}
		sections = append(sections, s)
	}
	for _, scope := range scopes {
		if !scope.Question || checkPattern(scope.Name) != nil {
			continue
		}
		base, _ := splitPattern(scope.Name)
		for _, name := range names {
			if !asked[name] && doublestar.MatchUnvalidated(scope.Name, name) && !drift.Excluded(name, scope.Name, exclude) {
				asked[name] = true
				s := found.section(name, base, format)
				if err := spent.spend(s.Facts); err != nil {
					return nil, err
				}
				sections = append(sections, s)
			}
		}
	}
	return sections, nil
}

// names returns everything that was found, sorted.
func (f *files) names() []string {
	names := slices.Clone(f.odd)
	for name := range f.stats {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// answer tells whether everything was found that a pattern matches.
func (f *files) answer(pattern string, exclude []string) (drift.Status, string) {
	if err := checkPattern(pattern); err != nil {
		return drift.Failed, err.Error()
	}
	base, _ := splitPattern(pattern)
	switch {
	case f.gone[base]:
		return drift.OK, ""
	case f.denied[base]:
		return drift.Denied, "a folder above " + base + " may not be searched"
	case f.links[base]:
		return drift.Failed, base + " is a link, which is not followed below a root"
	}
	for _, folder := range f.closed {
		if matchesBelow(pattern, folder) && !drift.Excluded(folder, pattern, exclude) {
			return drift.Denied, "the folder " + folder + " may not be read"
		}
	}
	if len(f.complaints) > 0 {
		return drift.Failed, strings.Join(f.complaints, "; ")
	}
	if _, ok := f.stats[base]; !ok {
		return drift.Failed, base + " could not be read"
	}
	return drift.OK, ""
}

// section returns what is known of one path. base is the path that the host was given to find it.
func (f *files) section(name, base, format string) drift.Section {
	// A name that is not UTF-8 has another form in addresses.
	s := drift.Section{Collector: "file", Scope: drift.Address("file").Key(name).Steps()[1].Text, Status: drift.OK}
	stat, ok := f.stats[name]
	switch {
	case checkPattern(name) != nil && name == base:
		s.Status, s.Reason = drift.Failed, checkPattern(name).Error()
	case f.gone[name]:
		s.Status = drift.Gone
	case f.denied[name]:
		s.Status, s.Reason = drift.Denied, "a folder above it may not be searched"
	case strings.Contains(name, "\n"):
		s.Status, s.Reason = drift.Failed, "its name has a line break, so that it cannot be read"
	case !ok:
		s.Status, s.Reason = drift.Failed, strings.Join(append(slices.Clone(f.complaints), "it could not be read"), "; ")
	case f.changed[name]:
		s.Status, s.Reason = drift.Failed, "it changed while it was read"
	default:
		s.Facts = f.facts(name, stat, format)
		if f.private(name, base, stat) {
			for i := range s.Facts {
				s.Facts[i].Private = true
			}
		}
	}
	return s
}

// facts returns the facts of a file that was read.
func (f *files) facts(name string, stat fileStat, format string) []drift.Fact {
	at := drift.Address("file").Key(name)
	facts := []drift.Fact{
		{Address: at.Attr("type"), Value: drift.String(stat.typeName())},
		{Address: at.Attr("owner"), Value: drift.String(stat.owner)},
		{Address: at.Attr("group"), Value: drift.String(stat.group)},
	}
	content := stat
	if stat.mode&modeType == modeLink {
		facts = append(facts, drift.Fact{Address: at.Attr("target"), Value: f.target(name)})
		content = f.followed[name]
	}
	if content.mode != 0 {
		facts = append(facts, drift.Fact{Address: at.Attr("mode"), Value: drift.String(content.permissions())})
	}
	if content.mode&modeType != modeFile {
		return facts
	}
	facts = append(facts, drift.Fact{Address: at.Attr("size"), Value: drift.Int(content.size)})
	guessed := false
	if format == "" {
		format = entries.ForName(name)
		guessed = format == "conf" || format == "lines"
	}
	sum, ok := f.sums[name]
	if !ok {
		unread := drift.UnknownValue("failed: its content could not be read")
		if content.mode&0o004 == 0 {
			unread = drift.UnknownValue(string(drift.Denied) + ": the account may not read it")
		}
		facts = append(facts, drift.Fact{Address: at.Attr("sha256"), Value: unread})
		if format != "" {
			facts = append(facts, drift.Fact{Address: at.Attr("entries"), Value: unread})
		}
		return facts
	}
	facts = append(facts, drift.Fact{Address: at.Attr("sha256"), Value: drift.String(sum)})
	if format == "" {
		return facts
	}
	return append(facts, f.entries(at, name, content.size, format, guessed)...)
}

// target returns what a link leads to.
func (f *files) target(name string) drift.Value {
	if target, ok := f.targets[name]; ok {
		return drift.String(target)
	}
	return drift.UnknownValue("the link's target could not be told")
}

// maxAddressBytes is how many bytes the addresses of one file's entries may have: each has the file's path in it.
const maxAddressBytes = 16 << 20

// entries returns the settings of a file, or why there are none. That a file is not in a format which was only guessed is
// not worth saying. What is over a limit is unknown, but where nothing says that it has settings: there its digest stands for
// it.
func (f *files) entries(at drift.Address, name string, size int64, format string, guessed bool) []drift.Fact {
	unknown := func(reason string) []drift.Fact {
		return []drift.Fact{{Address: at.Attr("entries"), Value: drift.UnknownValue(reason)}}
	}
	content, ok := f.contents[name]
	switch size := max(size, int64(len(content))); {
	case size > f.maxSize && guessed && format == "lines":
		return []drift.Fact{{Address: at.Attr("unparsed"), Value: drift.String(tooLarge(size, f.maxSize))}}
	case size > f.maxSize:
		return unknown(tooLarge(size, f.maxSize))
	case !ok:
		return unknown("it changed while it was read")
	}
	var facts []drift.Fact
	var much entries.TooMuch
	list, err := entries.Parse(format, []byte(content))
	if errors.As(err, &much) {
		return unknown(err.Error())
	}
	if err != nil {
		if !guessed {
			facts = append(facts, drift.Fact{Address: at.Attr("unparsed"), Value: drift.String(err.Error())})
		}
		format = "lines"
		if list, err = entries.Parse(format, []byte(content)); err != nil {
			return facts
		}
	}
	below := at.Attr("entries")
	if len(below)*len(list) > maxAddressBytes {
		return unknown(fmt.Sprintf("%d entries of so long a path have addresses of more than %d MiB", len(list), maxAddressBytes>>20))
	}
	facts = append(facts, drift.Fact{Address: at.Attr("format"), Value: drift.String(format)})
	for _, e := range list {
		facts = append(facts, drift.Fact{Address: below.Key(e.Key), Value: e.Value})
	}
	return facts
}

// private reports whether others on the host may not read a file, or a folder above it may not be searched by them. What
// cannot be told is private.
func (f *files) private(name, base string, stat fileStat) bool {
	if stat.mode&modeType == modeLink {
		stat = f.followed[name]
		if stat.mode == 0 {
			stat.mode = modeLink | 0o777
		}
	}
	if !othersMay(stat.mode, 0o4) {
		return true
	}
	if !f.openTo(base) {
		return true
	}
	for at := parent(name); isBelow(at, base) && at != base; at = parent(at) {
		if s, ok := f.stats[at]; !ok || !othersMay(s.mode, 0o1) {
			return true
		}
	}
	return false
}

// openTo reports whether others may search all folders from the one that a path really is in up to the root. It is asked for
// every file that a pattern finds.
func (f *files) openTo(base string) bool {
	if open, known := f.open[base]; known {
		return open
	}
	folder := f.real[base]
	open := folder != ""
	for at := folder; open; at = parent(at) {
		mode, ok := f.above[at]
		open = ok && othersMay(mode, 0o1)
		if at == f.root || at == "/" {
			break
		}
	}
	f.open[base] = open
	return open
}
