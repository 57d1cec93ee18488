package entries

import (
	"strconv"

	"github.com/seed-313c021b/gate/drift"
)

// node is a value of a format with levels: a scalar, a list or a mapping.
type node struct {
	text  string   // of a scalar: its JSON
	names []string // of a mapping: the names of items, no name twice
	items []node
	line  int32
	kind  kind
}

// scalarNode returns a Known value as a node.
func scalarNode(value drift.Value) node { return node{text: value.Text} }

func (n node) at() int { return int(n.line) }

type kind uint8

const (
	scalar kind = iota
	list
	mapping
)

// addTree adds what stands below a path. A document that is one scalar has the empty path as its key.
func (c *collection) addTree(path string, n node, depth int) error {
	if depth > MaxDepth {
		return errorAt(n.at(), "%w", errTooDeep)
	}
	if value, ok := n.value(); ok {
		return c.add(path, value, n.at())
	}
	for i, item := range n.items {
		name := strconv.Itoa(i)
		if n.kind == mapping {
			name = escape(n.names[i])
		}
		// At the top the first name has no dot before it, also where the name is empty.
		if depth > 0 {
			name = path + "." + name
		}
		if err := c.addTree(name, item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// value returns the one value of a node that has no keys below it: a scalar, a list of scalars, or nothing at all.
func (n node) value() (drift.Value, bool) {
	switch n.kind {
	case scalar:
		return drift.Value{Kind: drift.Known, Text: n.text}, true
	case mapping:
		return emptyMapping(), len(n.items) == 0
	}
	var values items
	for _, item := range n.items {
		if item.kind != scalar {
			return drift.Value{}, false
		}
		values.add(drift.Value{Text: item.text})
	}
	return values.value(), true
}

// emptyMapping is the value of a mapping or section without keys, as JSON writes it.
func emptyMapping() drift.Value {
	return drift.Value{Kind: drift.Known, Text: "{}"}
}
