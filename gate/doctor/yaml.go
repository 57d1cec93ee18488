package doctor

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Limits of a workflow file. GitHub itself takes less than a megabyte, and a file that is written by hand has a few thousand
// values; aliases may make more of them.
const (
	MaxBytes  = 1 << 20 // of a file that Parse takes
	maxDepth  = 100
	maxValues = 50_000
	maxJobs   = 256
	maxSteps  = 256
)

// node is a value of a workflow, with the line that it is on. The zero node is one that is not there.
type node struct{ *yaml.Node }

// parse reads YAML with all its aliases in bounds.
func parse(data []byte) (node, error) {
	if len(data) > MaxBytes {
		return node{}, fmt.Errorf("it has %d bytes, and a workflow has at most %d", len(data), MaxBytes)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return node{}, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(doc.Content) != 1 {
		return node{}, errors.New("it is empty")
	}
	values := 0
	if err := measure(doc.Content[0], 0, &values); err != nil {
		return node{}, err
	}
	return node{doc.Content[0]}.resolved(), nil
}

// measure walks over all values, each alias as what it stands for, and reports what is too much of it, and keys that are there
// twice.
func measure(n *yaml.Node, depth int, values *int) error {
	if *values++; *values > maxValues || depth > maxDepth {
		return fmt.Errorf("line %d: there is too much in it, as by aliases of aliases", n.Line)
	}
	if n.Kind == yaml.AliasNode {
		return measure(n.Alias, depth+1, values)
	}
	keys := map[string]bool{}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if keys[child.Value] {
				return fmt.Errorf("line %d: the key %q is there twice", child.Line, child.Value)
			}
			keys[child.Value] = true
		}
		if err := measure(child, depth+1, values); err != nil {
			return err
		}
	}
	return nil
}

// resolved returns what an alias stands for, and anything else itself.
func (n node) resolved() node {
	for n.Node != nil && n.Kind == yaml.AliasNode {
		n.Node = n.Alias
	}
	return n
}

func (n node) is(kind yaml.Kind) bool { return n.Node != nil && n.Kind == kind }

// line returns where a value begins, 0 for one that is not there.
func (n node) line() int {
	if n.Node == nil {
		return 0
	}
	return n.Line
}

// pair is a key of a mapping, and its value.
type pair struct {
	key   string
	line  int // of the key
	value node
}

// pairs returns those of a mapping, none of anything else.
func (n node) pairs() []pair {
	if !n.is(yaml.MappingNode) {
		return nil
	}
	var list []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := node{n.Content[i]}.resolved()
		list = append(list, pair{key.Value, key.Line, node{n.Content[i+1]}.resolved()})
	}
	return list
}

// get returns the value of a key, and the line of the key.
func (n node) get(key string) (node, int) {
	for _, p := range n.pairs() {
		if p.key == key {
			return p.value, p.line
		}
	}
	return node{}, 0
}

// list returns the values of a sequence, and of a scalar that alone.
func (n node) list() []node {
	switch {
	case n.is(yaml.ScalarNode) && n.Tag != "!!null":
		return []node{n}
	case !n.is(yaml.SequenceNode):
		return nil
	}
	var list []node
	for _, child := range n.Content {
		list = append(list, node{child}.resolved())
	}
	return list
}

// words returns the scalars of a sequence, or a scalar alone.
func (n node) words() []string {
	var words []string
	for _, child := range n.list() {
		words = append(words, child.text().value)
	}
	return words
}

// text is a scalar.
type text struct {
	value string
	line  int // 0: it is not there
}

func (n node) text() text {
	if !n.is(yaml.ScalarNode) || n.Tag == "!!null" {
		return text{line: n.line()}
	}
	return text{n.Value, n.Line}
}

// firstLine returns the line of a scalar's first line of text, which is below the sign that begins a block.
func (n node) firstLine() int {
	if n.is(yaml.ScalarNode) && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return n.Line + 1
	}
	return n.line()
}

// texts returns the scalars of a mapping.
func (n node) texts() map[string]text {
	texts := map[string]text{}
	for _, p := range n.pairs() {
		texts[p.key] = text{p.value.text().value, p.line}
	}
	return texts
}

// scalars returns all scalars of a value, those of keys too.
func (n node) scalars() []text {
	if n.is(yaml.ScalarNode) {
		return []text{{n.Value, n.Line}}
	}
	var list []text
	if n.Node != nil {
		for _, child := range n.Content {
			list = append(list, node{child}.resolved().scalars()...)
		}
	}
	return list
}
