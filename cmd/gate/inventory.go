package main

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// inventory is an Ansible inventory in INI form.
type inventory struct {
	hosts  []*inventoryHost // in the order of the file
	byName map[string]*inventoryHost
	groups map[string]*inventoryGroup
}

type inventoryHost struct {
	name   string
	vars   map[string]string // its own
	groups []*inventoryGroup // that name it
}

type inventoryGroup struct {
	name     string
	vars     map[string]string
	parents  []*inventoryGroup
	declared bool
	line     int // where it was first named
}

// ancestors adds a group and all groups above it to found, each with its depth below "all". It reports whether the group
// is among its own ancestors.
func (g *inventoryGroup) ancestors(found map[*inventoryGroup]int, trail ...*inventoryGroup) (depth int, cycle bool) {
	if slices.Contains(trail, g) {
		return 0, true
	}
	if depth, ok := found[g]; ok {
		return depth, false
	}
	for _, parent := range g.parents {
		above, cycle := parent.ancestors(found, append(slices.Clip(trail), g)...)
		if cycle {
			return 0, true
		}
		depth = max(depth, above+1)
	}
	found[g] = depth
	return depth, false
}

// below reports whether a host is in a group, or in one below it.
func (h *inventoryHost) below(group *inventoryGroup) bool {
	for _, g := range h.groups {
		found := map[*inventoryGroup]int{}
		g.ancestors(found)
		if _, ok := found[group]; ok {
			return true
		}
	}
	return false
}

// variables returns the host's variables: its own over those of its groups, of which the deeper, then the one with the
// greater ansible_group_priority, then the later in the alphabet wins.
func (h *inventoryHost) variables() map[string]string {
	depth := map[*inventoryGroup]int{}
	for _, g := range h.groups {
		g.ancestors(depth)
	}
	priority := func(g *inventoryGroup) int {
		if n, err := strconv.Atoi(g.vars["ansible_group_priority"]); err == nil {
			return n
		}
		return 1
	}
	groups := slices.SortedFunc(maps.Keys(depth), func(a, b *inventoryGroup) int {
		return cmp.Or(cmp.Compare(depth[a], depth[b]), cmp.Compare(priority(a), priority(b)), cmp.Compare(a.name, b.name))
	})
	vars := map[string]string{}
	for _, g := range groups {
		maps.Copy(vars, g.vars)
	}
	maps.Copy(vars, h.vars)
	return vars
}

// inGroup returns the hosts of a group and of the groups below it, in the order of the file.
func (i *inventory) inGroup(name string) ([]*inventoryHost, error) {
	group := i.groups[name]
	if group == nil {
		return nil, fmt.Errorf("there is no group %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(i.groups)), ", "))
	}
	var hosts []*inventoryHost
	for _, h := range i.hosts {
		if h.below(group) {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 {
		return nil, fmt.Errorf("the group %q has no hosts", name)
	}
	return hosts, nil
}

// inventoryParser reads the lines of an inventory. The format is what Ansible's ini inventory plugin takes.
type inventoryParser struct {
	inventory *inventory
	group     *inventoryGroup // of the section
	kind      string          // of the section: hosts, children or vars
	line      int
}

var (
	inventorySection = regexp.MustCompile(`^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$`)
	inventoryChild   = regexp.MustCompile(`^([^:\]\s]+)\s*(?:#.*)?$`)
)

// parseInventory reads an inventory. Errors begin with the line.
func parseInventory(text string) (*inventory, error) {
	p := &inventoryParser{inventory: &inventory{byName: map[string]*inventoryHost{}, groups: map[string]*inventoryGroup{}}, kind: "hosts"}
	p.named("all").declared = true
	p.group = p.named("ungrouped")
	p.group.declared = true
	for _, line := range inventoryLines(text) {
		p.line++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		if err := p.read(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
	}
	return p.inventory, p.complete()
}

// inventoryLines splits text at what Python takes for the end of a line (str.splitlines).
func inventoryLines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.Map(func(r rune) rune {
		if strings.ContainsRune("\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029", r) {
			return '\n'
		}
		return r
	}, text), "\n")
}

// named returns the group of a name, and adds it where it is new.
func (p *inventoryParser) named(name string) *inventoryGroup {
	g := p.inventory.groups[name]
	if g == nil {
		g = &inventoryGroup{name: name, vars: map[string]string{}, line: p.line}
		p.inventory.groups[name] = g
	}
	return g
}

func (p *inventoryParser) read(line string) error {
	if m := inventorySection.FindStringSubmatch(line); m != nil {
		p.group, p.kind = p.named(m[1]), cmp.Or(m[2], "hosts")
		if !slices.Contains([]string{"hosts", "children", "vars"}, p.kind) {
			return fmt.Errorf("[%s:%s] is no kind of section: there are [%[1]s], [%[1]s:children] and [%[1]s:vars]", m[1], m[2])
		}
		p.group.declared = p.group.declared || p.kind != "vars"
		return nil
	}
	if line[0] == '[' && line[len(line)-1] == ']' {
		return fmt.Errorf("%s is no section: it has a space or another character that none has", line)
	}
	switch p.kind {
	case "vars":
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("expected key=value, got %q", line)
		}
		p.group.vars[strings.TrimSpace(key)] = inventoryValue(strings.TrimSpace(value))
	case "children":
		m := inventoryChild.FindStringSubmatch(line)
		if m == nil {
			return fmt.Errorf("expected the name of a group, got %q", line)
		}
		child := p.named(m[1])
		child.parents = append(child.parents, p.group)
	default:
		return p.host(line)
	}
	return nil
}

// host reads a line with a host, or a range of them, and variables.
func (p *inventoryParser) host(line string) error {
	words, err := shellWords(line)
	if err != nil {
		return err
	}
	names, port, err := inventoryNames(words[0])
	if err != nil {
		return err
	}
	vars := map[string]string{}
	for _, word := range words[1:] {
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return fmt.Errorf("expected key=value behind the host, got %q", word)
		}
		vars[key] = inventoryValue(value)
	}
	for _, name := range names {
		h := p.inventory.byName[name]
		if h == nil {
			h = &inventoryHost{name: name, vars: map[string]string{}}
			if port != "" {
				h.vars["ansible_port"] = port
			}
			p.inventory.hosts = append(p.inventory.hosts, h)
			p.inventory.byName[name] = h
		}
		h.groups = append(h.groups, p.group)
		maps.Copy(h.vars, vars)
	}
	return nil
}

// complete puts what has no parent below "all", and hosts of no group into "ungrouped". It reports groups that were named and
// never declared, or that are below themselves.
func (p *inventoryParser) complete() error {
	all := p.inventory.groups["all"]
	for _, name := range slices.Sorted(maps.Keys(p.inventory.groups)) {
		g := p.inventory.groups[name]
		if !g.declared {
			return fmt.Errorf("line %d: there is no group %q", g.line, name)
		}
		if g != all && len(g.parents) == 0 {
			g.parents = []*inventoryGroup{all}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.inventory.groups)) {
		g := p.inventory.groups[name]
		if _, cycle := g.ancestors(map[*inventoryGroup]int{}); cycle {
			return fmt.Errorf("the group %q is below itself", name)
		}
	}
	ungrouped := p.inventory.groups["ungrouped"]
	for _, h := range p.inventory.hosts {
		h.groups = slices.DeleteFunc(h.groups, func(g *inventoryGroup) bool { return g == ungrouped })
		if !slices.ContainsFunc(h.groups, func(g *inventoryGroup) bool { return g != all }) {
			h.groups = append(h.groups, ungrouped)
		}
	}
	return nil
}

// inventoryValue returns a value as text: Ansible takes what is a Python literal for one, and anything else as it is.
func inventoryValue(text string) string {
	if value, ok := pythonString(text); ok {
		return value
	}
	number, _, _ := strings.Cut(text, "#")
	number = strings.TrimRightFunc(number, unicode.IsSpace)
	digits := strings.TrimLeft(number, "+-")
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return text // a leading zero is no number in Python
	}
	if n, err := strconv.ParseInt(number, 0, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return text
}

// pythonString reads a Python string in single or double quotes without escapes, with a comment behind it or none.
func pythonString(text string) (string, bool) {
	if len(text) < 2 || text[0] != '"' && text[0] != '\'' {
		return "", false
	}
	value, rest, ok := strings.Cut(text[1:], text[:1])
	rest = strings.TrimSpace(rest)
	return value, ok && !strings.Contains(value, `\`) && (rest == "" || rest[0] == '#')
}
