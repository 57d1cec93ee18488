// Package collect knows what to run on a host and how to read what that prints.
//
// A [Collector] is one file: a paragraph about it, the shell function that reads, and the Go function that parses what
// was read into sections of facts. To add one, write its file, put it into [All], and put captured output of a real host
// into testdata/NAME; .github/CONTRIBUTING.md goes through it step by step.
//
// All collectors of a check run in one shell on the host: [Request.Stdin] is what that shell reads, [Read] parses what
// it prints, section by section, each framed so that a banner, a cut-off stream or hostile output cannot be taken for
// data. What could not be read is a section that says so, never an empty one.
//
// A section says what it was asked, beside its scope: a command line, a format, what a pattern leaves out. Where what was kept
// is judged in place of a host, [Questions] tells what of it answers the policy; all else is not collected.
package collect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
)

// All returns the collectors, sorted by name.
func All() []*Collector {
	return []*Collector{
		&command,
		&deb,
		&file,
		&osRelease,
		&python,
		&revision,
		&service,
	}
}

// Named returns the collector of a name, nil where there is none.
func Named(name string) *Collector {
	for _, c := range All() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Collector reads one kind of thing from a host.
type Collector struct {
	Name string
	// Version grows when facts come to mean something else than they did: what was recorded under another version is not
	// compared with them.
	Version int
	// Doc is one paragraph for people: what it reads, how, and what it does not. Its first sentence stands alone in
	// tables.
	Doc string
	// Args are the attributes of its collect block.
	Args []Arg
	// Labelled says that the block has a second label, which is the scope: collect "command" "openssl".
	Labelled bool
	// Schema describes the facts below the collector's name.
	Schema *Schema
	// Script defines the POSIX sh function read_NAME. Its arguments are the words of a query; it looks below $root,
	// prints what Parse reads on standard output and what went wrong on standard error, and returns 0, or absent (66),
	// denied (77), or anything else for a failure. probe.sh says what it may rely on.
	Script string
	// Words returns the arguments of read_NAME; nil for none.
	Words func(Query) []string
	// Scopes returns what a query asks for: the sections that stand in for its answer when there is none. Nil for a
	// collector with one section and no scope.
	Scopes func(Query) []Scope
	// Settings returns what of a query bears on what it finds of a scope, beside the scope's name; nil where nothing does. What
	// was collected with other settings, or by another Version, answers another question.
	Settings func(q Query, s *drift.Section) map[string]any
	// Parse reads what read_NAME printed before it returned 0. An error fails all scopes of the query.
	Parse func(Frame) ([]drift.Section, error)
}

// Scope is one thing that a query asks for.
type Scope struct {
	Name     string
	Question bool // Name is a pattern: see drift.Section
	Optional bool // it may match nothing
}

// Arg is an attribute of a collect block.
type Arg struct {
	Name     string
	Type     cty.Type
	Required bool
	OneOf    []string                // of a string: the only ones that it may be; nil for any
	Check    func(text string) error // says what is wrong with a string in it, or a key; nil for any
	Doc      string
}

// Query is one collect block of a policy: what a collector is asked for.
type Query struct {
	Collector string
	Label     string               // the second label, for a Labelled collector
	Become    bool                 // read as root, by sudo -n
	Args      map[string]cty.Value // known, of the Arg's type; what was not set is missing
}

// Strings returns an argument that is a list or set of strings, nil when it was not set.
func (q Query) Strings(name string) []string {
	v, ok := q.Args[name]
	if !ok || v.IsNull() {
		return nil
	}
	var list []string
	for _, item := range v.AsValueSlice() {
		list = append(list, item.AsString())
	}
	return list
}

// Text returns an argument that is a string, "" when it was not set.
func (q Query) Text(name string) string {
	if v, ok := q.Args[name]; ok && !v.IsNull() {
		return v.AsString()
	}
	return ""
}

// Flag returns an argument that is a boolean, false when it was not set.
func (q Query) Flag(name string) bool {
	v, ok := q.Args[name]
	return ok && !v.IsNull() && v.True()
}

// Lists returns an argument that is a map of lists of strings.
func (q Query) Lists(name string) map[string][]string {
	v, ok := q.Args[name]
	if !ok || v.IsNull() {
		return nil
	}
	lists := map[string][]string{}
	for key, list := range v.AsValueMap() {
		for _, item := range list.AsValueSlice() {
			lists[key] = append(lists[key], item.AsString())
		}
	}
	return lists
}

// Asked returns the scopes of a query.
func (q Query) Asked() []Scope {
	c := reader(q.Collector)
	if c.Scopes == nil {
		return []Scope{{}}
	}
	return c.Scopes(q)
}

// Frame is what a read_NAME function printed for one query.
type Frame struct {
	Query Query
	Head  Head
	Data  []byte
}

// Body returns the data of a collector that prints the line "end" after everything else, less that line. An error says
// that the data is cut off: a program that a function runs may end early and with success.
func (f Frame) Body() (string, error) {
	body, ok := bytes.CutSuffix(f.Data, []byte("end\n"))
	if !ok || len(body) > 0 && body[len(body)-1] != '\n' {
		return "", fmt.Errorf("what the host printed is cut off")
	}
	return string(body), nil
}

// unread returns the sections that say that a query has no answer.
func (q Query) unread(status drift.Status, reason string) []drift.Section {
	var sections []drift.Section
	reason = shorten(reason)
	for _, scope := range q.Asked() {
		sections = append(sections, drift.Section{Collector: q.Collector, Scope: scope.Name, Question: scope.Question, Status: status, Reason: reason})
	}
	return sections
}

// parse returns the sections that a frame holds.
func (f Frame) parse() []drift.Section {
	sections, err := reader(f.Query.Collector).Parse(f)
	if err == nil && len(sections) == 0 {
		err = fmt.Errorf("the host printed nothing")
	}
	var spent budget
	for i := range sections {
		s := &sections[i]
		if err == nil {
			err = spent.spend(s.Facts)
		}
		if err == nil {
			err = s.Sort()
		}
		s.Reason = shorten(s.Reason)
		for k := range s.Facts {
			if v := &s.Facts[k].Value; v.Kind == drift.Unknown {
				v.Text = shorten(v.Text)
			}
		}
	}
	if err != nil {
		return f.Query.unread(drift.Failed, err.Error())
	}
	return sections
}

// Schema describes the facts below an address: attributes by name, or elements by key, or a value.
type Schema struct {
	Doc   string             // what it says, for gate explain: one sentence or two
	Type  string             // of a value: "string", "bool", "number", "list", or "any"
	Attrs map[string]*Schema // below it by name
	Key   string             // of what has elements: what the key is, as "package"
	Elem  *Schema            // of what has elements: below each key
}

// Check reports what is wrong with an address or pattern below the collectors' names: the first step that no schema has,
// with the names that it could have been. It returns "" when nothing is wrong.
func Check(steps []drift.Step) (problem string, candidates []string) {
	c := Named(steps[0].Text)
	if c == nil {
		for _, c := range All() {
			candidates = append(candidates, c.Name)
		}
		return fmt.Sprintf("there is no collector %q", steps[0].Text), candidates
	}
	at, schema := c.Name, c.Schema
	for _, step := range steps[1:] {
		switch {
		case schema.Type == "any":
			return "", nil
		case step.IsKey && schema.Elem == nil:
			return fmt.Sprintf("%s has no elements, so it takes no [%q]", at, step.Text), schema.names()
		case step.IsKey:
			schema = schema.Elem
			at += "[…]"
		case schema.Attrs[step.Text] == nil:
			return fmt.Sprintf("%s has no attribute %q", at, step.Text), schema.names()
		default:
			schema = schema.Attrs[step.Text]
			at += "." + step.Text
		}
	}
	return "", nil
}

func (s *Schema) names() []string {
	var names []string
	for name := range s.Attrs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Summary returns the first sentence of the collector's doc.
func (c *Collector) Summary() string {
	if i := strings.Index(c.Doc, ". "); i >= 0 {
		return c.Doc[:i+1]
	}
	return c.Doc
}
