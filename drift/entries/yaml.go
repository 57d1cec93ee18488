package entries

import (
	"errors"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/seed-313c021b/gate/drift"
)

// parseYAML reads all documents of a file. Where there are several, their numbers from 0 begin the key paths.
func parseYAML(text string, to *collection) error {
	if err := errNotUTF8(text); err != nil {
		return err
	}
	if YAMLValues(text) > MaxValues {
		return tooMuch("more than %d values, as its punctuation has it", MaxValues)
	}
	documents, err := yamlDocuments(text)
	if err != nil {
		return err
	}
	var r yamlReader
	for i, document := range documents {
		root, err := r.node(document, 0)
		if err != nil {
			return err
		}
		if len(documents) == 1 {
			return to.addTree("", root, 0)
		}
		if err := to.addTree(strconv.Itoa(i), root, 1); err != nil {
			return err
		}
	}
	return nil
}

// YAMLValues returns a number that is not below that of the values in a YAML text: what parts or begins a value there, whether
// it does so or stands in a text. The library takes two hundred bytes for each value, before anything can be said of them.
func YAMLValues(text string) int {
	// In braces a comma may stand behind a key whose value is left out, and brackets have one value more than commas.
	n := strings.Count(text, ",")
	if strings.Contains(text, "{") {
		n *= 2
	}
	for sign, values := range map[string]int{"[": 2, "{": 3, `":`: 2, `':`: 2, "---": 1} {
		n += values * strings.Count(text, sign)
	}
	for _, blank := range []string{" ", "\n", "\t"} {
		n += strings.Count(text, "-"+blank) + 2*strings.Count(text, ":"+blank) + 2*strings.Count(text, "?"+blank)
	}
	return n + 4
}

func yamlDocuments(text string) ([]*yaml.Node, error) {
	var documents []*yaml.Node
	for decoder := yaml.NewDecoder(strings.NewReader(text)); ; {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, yamlError(err)
		}
		documents = append(documents, document.Content[0])
	}
}

var yamlLine = regexp.MustCompile(`^yaml: line ([0-9]+):`)

// yamlError keeps of the library's error where it is; its text quotes the file.
func yamlError(err error) error {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		return errors.New("line " + m[1] + ": not YAML")
	}
	return errors.New("not YAML")
}

// yamlReader makes nodes, with aliases and merge keys resolved.
type yamlReader struct {
	aliases  int // how many aliases the current node stands below
	expanded int // nodes that were made for aliases
	aliased  int // bytes of their text
}

func (r *yamlReader) node(y *yaml.Node, depth int) (node, error) {
	if depth > MaxDepth {
		return node{}, errorAt(y.Line, "%w", errTooDeep)
	}
	if y.Kind == yaml.AliasNode {
		r.aliases++
		defer func() { r.aliases-- }()
		return r.node(y.Alias, depth+1)
	}
	if r.aliases > 0 {
		r.expanded++
		r.aliased += len(y.Value)
	}
	if r.expanded > MaxEntries {
		return node{}, errorAt(y.Line, "%w", tooMuch("aliases that stand for more than %d values", MaxEntries))
	}
	if r.aliased > MaxAliased {
		return node{}, errorAt(y.Line, "%w", tooMuch("aliases that stand for more than %d MiB", MaxAliased>>20))
	}
	switch y.Kind {
	case yaml.SequenceNode:
		return r.sequence(y, depth)
	case yaml.MappingNode:
		return r.mapping(y, depth)
	}
	value, err := yamlScalar(y)
	return node{text: value.Text, line: int32(y.Line)}, err
}

func (r *yamlReader) sequence(y *yaml.Node, depth int) (node, error) {
	n := node{kind: list, line: int32(y.Line)}
	for _, item := range y.Content {
		v, err := r.node(item, depth+1)
		if err != nil {
			return node{}, err
		}
		n.items = append(n.items, v)
	}
	return tagged(n, y, "!!seq"), nil
}

func (r *yamlReader) mapping(y *yaml.Node, depth int) (node, error) {
	n := node{kind: mapping, line: int32(y.Line)}
	seen := map[string]bool{}
	var merge *yaml.Node
	for i := 0; i < len(y.Content); i += 2 {
		key, value := resolve(y.Content[i]), y.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return node{}, errorAt(key.Line, "a key that is not a scalar")
		}
		// Keys of different types may look alike (1 and "1"): their paths would be one.
		if seen[key.Value] {
			return node{}, errorAt(key.Line, "a key for the second time")
		}
		seen[key.Value] = true
		if key.Tag == "!!merge" {
			merge = value
			continue
		}
		item, err := r.node(value, depth+1)
		if err != nil {
			return node{}, err
		}
		item.line = int32(key.Line)
		n.names = append(n.names, key.Value)
		n.items = append(n.items, item)
	}
	if merge != nil {
		if err := r.merge(&n, seen, merge, depth+1); err != nil {
			return node{}, err
		}
	}
	return tagged(n, y, "!!map"), nil
}

// merge adds to a mapping the keys of others that it does not have (YAML's merge key type): one mapping, or a list of
// them, of which the first has precedence.
func (r *yamlReader) merge(n *node, seen map[string]bool, y *yaml.Node, depth int) error {
	sources := []*yaml.Node{y}
	if resolve(y).Kind == yaml.SequenceNode {
		sources = resolve(y).Content
	}
	for _, source := range sources {
		if resolve(source).Kind != yaml.MappingNode {
			return errorAt(source.Line, "a merge key that stands for no mapping")
		}
		other, err := r.node(source, depth)
		if err != nil {
			return err
		}
		for i, name := range other.names {
			if !seen[name] {
				seen[name] = true
				n.names = append(n.names, name)
				n.items = append(n.items, other.items[i])
			}
		}
	}
	return nil
}

func resolve(y *yaml.Node) *yaml.Node {
	if y.Kind == yaml.AliasNode {
		return y.Alias
	}
	return y
}

// tagged puts a list or mapping that has a tag of its own below the tag's name: "path.!Join".
func tagged(n node, y *yaml.Node, usual string) node {
	if tag := y.ShortTag(); tag != usual {
		return node{kind: mapping, names: []string{tag}, items: []node{n}, line: int32(y.Line)}
	}
	return n
}

// yamlScalar returns a scalar in its type. Dates and times are text, as JSON has none; so are numbers to the base of 60,
// which only YAML 1.1 knows and which are ports and times far more often. What has a tag of its own is text, the tag
// before it.
func yamlScalar(y *yaml.Node) (drift.Value, error) {
	tag := y.ShortTag()
	if y.Style&yaml.TaggedStyle != 0 && !hasType(y.Value, tag) {
		return drift.Value{}, errorAt(y.Line, "a value that is not of its tag's type")
	}
	switch tag {
	case "!!null":
		return drift.Null(), nil
	case "!!bool":
		return drift.Bool(strings.EqualFold(y.Value, "true")), nil
	case "!!int", "!!float":
		return yamlNumber(y.Value), nil
	case "!!str":
		if b, ok := oldBool(y); ok {
			return drift.Bool(b), nil
		}
		return drift.String(y.Value), nil
	case "!", "!!timestamp", "!!merge":
		return drift.String(y.Value), nil
	}
	return drift.String(tag + " " + y.Value), nil
}

// hasType reports whether text reads as a value of a type, where the type is one that constrains it.
func hasType(text, tag string) bool {
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	switch tag {
	case "!!null", "!!bool", "!!int":
		return plain.ShortTag() == tag
	case "!!float":
		return plain.ShortTag() == tag || plain.ShortTag() == "!!int"
	}
	return true
}

// oldBool returns the booleans that YAML 1.1 has and 1.2 has not. Most that reads configuration on a host takes them for
// such, and none takes them for the same as the quoted word.
func oldBool(y *yaml.Node) (value, ok bool) {
	if y.Style&^yaml.FlowStyle != 0 {
		return false, false
	}
	switch y.Value {
	case "yes", "Yes", "YES", "on", "On", "ON":
		return true, true
	case "no", "No", "NO", "off", "Off", "OFF":
		return false, true
	}
	return false, false
}

// maxDigits is how long a number may be to be turned into a decimal one, which takes the square of that in time. A longer one
// is kept as it is written.
const maxDigits = 1000

// yamlNumber returns a number as it is written where JSON takes that, else as a decimal one.
func yamlNumber(literal string) drift.Value {
	if value := drift.Number(literal); !strings.HasPrefix(value.Text, `"`) {
		return value
	}
	if len(literal) > maxDigits {
		return drift.String(strings.ToLower(literal))
	}
	digits := strings.TrimPrefix(strings.ReplaceAll(literal, "_", ""), "+")
	if i, ok := new(big.Int).SetString(digits, 0); ok {
		return drift.Number(i.String())
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || strings.HasPrefix(strings.TrimPrefix(digits, "-"), "0") && !strings.ContainsAny(digits, ".eE") {
		return drift.String(strings.ToLower(literal))
	}
	return float(f)
}
