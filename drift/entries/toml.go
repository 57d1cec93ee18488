package entries

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/seed-313c021b/gate/drift"
)

// parseTOML reads the library's expressions one by one. The library itself would look for each key among all those before it.
func parseTOML(text string, to *collection) error {
	r := tomlReader{root: &tomlTable{}}
	r.current = r.root
	r.parser.Reset([]byte(text))
	for r.parser.NextExpression() {
		if err := r.expression(r.parser.Expression()); err != nil {
			return err
		}
	}
	if err := r.parser.Error(); err != nil {
		return r.refuse(err)
	}
	if len(r.root.names) == 0 {
		return nil // a file of comments has no keys
	}
	return to.addTree("", r.root.node(), 0)
}

// tomlTable is a table with its keys.
type tomlTable struct {
	names []string
	items map[string]*tomlItem
}

// tomlItem is what a key stands for: a value, a table, or an array of tables, of which the last is the one that is read.
type tomlItem struct {
	kind   tomlKind
	value  node
	tables []*tomlTable
}

// tomlKind says who may add to an item (TOML 1.0, "Table").
type tomlKind uint8

const (
	tomlValue    tomlKind = iota // nobody: a scalar, an array, an inline table
	tomlImplicit                 // a table that a header names on the way to its own; a header of its own may follow
	tomlHeaded                   // a table that has had its header
	tomlDotted                   // a table that dotted keys made, which only they add to
	tomlArray                    // an array of tables
)

type tomlReader struct {
	parser  unstable.Parser
	root    *tomlTable
	current *tomlTable // the one that keys are in
}

func (r *tomlReader) expression(e *unstable.Node) error {
	switch e.Kind {
	case unstable.Table:
		return r.header(e, tomlHeaded)
	case unstable.ArrayTable:
		return r.header(e, tomlArray)
	case unstable.KeyValue:
		return r.keyValue(r.current, e, 1)
	}
	return nil
}

// header opens the table that a header names.
func (r *tomlReader) header(e *unstable.Node, kind tomlKind) error {
	table, depth := r.root, 0
	for keys := e.Key(); keys.Next(); {
		if depth++; depth > MaxDepth {
			return errTooDeep
		}
		name := string(keys.Node().Data)
		item := table.items[name]
		switch {
		case !keys.IsLast() && item == nil:
			item = table.put(name, &tomlItem{kind: tomlImplicit, tables: []*tomlTable{{}}})
		case !keys.IsLast() && item.kind == tomlValue:
			return r.refuseKey(e)
		case !keys.IsLast():
		case item == nil:
			item = table.put(name, &tomlItem{kind: kind, tables: []*tomlTable{{}}})
		case kind == tomlHeaded && item.kind == tomlImplicit:
			item.kind = tomlHeaded
		case kind == tomlArray && item.kind == tomlArray:
			item.tables = append(item.tables, &tomlTable{})
		default:
			return r.refuseKey(e)
		}
		table = item.tables[len(item.tables)-1]
	}
	r.current = table
	return nil
}

// keyValue reads a key and its value into a table.
func (r *tomlReader) keyValue(table *tomlTable, e *unstable.Node, depth int) error {
	for keys := e.Key(); keys.Next(); depth++ {
		if depth > MaxDepth {
			return errTooDeep
		}
		name := string(keys.Node().Data)
		item := table.items[name]
		switch {
		case keys.IsLast() && item == nil:
			value, err := r.value(e.Value(), depth)
			if err != nil {
				return err
			}
			table.put(name, &tomlItem{value: value})
			return nil
		case item == nil:
			item = table.put(name, &tomlItem{kind: tomlDotted, tables: []*tomlTable{{}}})
		case keys.IsLast() || item.kind != tomlDotted:
			return r.refuseKey(e)
		}
		table = item.tables[0]
	}
	return nil
}

func (t *tomlTable) put(name string, item *tomlItem) *tomlItem {
	if t.items == nil {
		t.items = map[string]*tomlItem{}
	}
	t.items[name] = item
	t.names = append(t.names, name)
	return item
}

func (r *tomlReader) value(v *unstable.Node, depth int) (node, error) {
	if depth > MaxDepth {
		return node{}, errTooDeep
	}
	switch v.Kind {
	case unstable.Array:
		n := node{kind: list}
		for children := v.Children(); children.Next(); {
			item, err := r.value(children.Node(), depth+1)
			if err != nil {
				return node{}, err
			}
			n.items = append(n.items, item)
		}
		return n, nil
	case unstable.InlineTable:
		var table tomlTable
		for children := v.Children(); children.Next(); {
			if err := r.keyValue(&table, children.Node(), depth+1); err != nil {
				return node{}, err
			}
		}
		return table.node(), nil
	case unstable.String:
		return scalarNode(drift.String(string(v.Data))), nil
	case unstable.Bool:
		return scalarNode(drift.Bool(v.Data[0] == 't')), nil
	}
	return r.scalar(v.Data)
}

// tomlInteger is an integer as JSON writes it.
var tomlInteger = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)

// scalar returns the value of a number, a date or a time, which the library reads by itself.
func (r *tomlReader) scalar(literal []byte) (node, error) {
	if tomlInteger.Match(literal) {
		return scalarNode(drift.Number(string(literal))), nil
	}
	var one struct{ V any }
	const before = "V="
	if err := toml.Unmarshal(slices.Concat([]byte(before), literal), &one); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			_, column := at.Position()
			literal = literal[min(max(column-1-len(before), 0), len(literal)):]
		}
		return node{}, r.refuseAt(literal)
	}
	return scalarNode(tomlScalar(one.V)), nil
}

// node returns the table as a node. Its names are sorted.
func (t *tomlTable) node() node {
	slices.Sort(t.names)
	n := node{kind: mapping, names: t.names, items: make([]node, len(t.names))}
	for i, name := range t.names {
		n.items[i] = t.items[name].node()
	}
	return n
}

func (i *tomlItem) node() node {
	switch i.kind {
	case tomlValue:
		return i.value
	case tomlArray:
		n := node{kind: list, items: make([]node, len(i.tables))}
		for k, table := range i.tables {
			n.items[k] = table.node()
		}
		return n
	}
	return i.tables[0].node()
}

// refuse keeps of the library's error where it is; its text quotes the file.
func (r *tomlReader) refuse(err error) error {
	var at *unstable.ParserError
	if errors.As(err, &at) && at.Highlight != nil {
		return r.refuseAt(at.Highlight)
	}
	return errors.New("not TOML")
}

// refuseKey refuses an expression whose key is there already.
func (r *tomlReader) refuseKey(e *unstable.Node) error {
	keys := e.Key()
	keys.Next()
	start := r.parser.Shape(keys.Node().Raw).Start
	return errorAt(start.Line, "column %d: not TOML", start.Column)
}

// refuseAt refuses a part of the file.
func (r *tomlReader) refuseAt(part []byte) error {
	start := r.parser.Shape(r.parser.Range(part)).Start
	return errorAt(start.Line, "column %d: not TOML", start.Column)
}

// tomlScalar returns a value in its type; dates and times, which JSON does not have, as TOML writes them.
func tomlScalar(value any) drift.Value {
	switch value := value.(type) {
	case bool:
		return drift.Bool(value)
	case int64:
		return drift.Int(value)
	case float64:
		return float(value)
	case string:
		return drift.String(value)
	case time.Time:
		return drift.String(value.Format(time.RFC3339Nano))
	}
	return drift.String(fmt.Sprint(value))
}

// float returns a floating-point number, which keeps a point or an exponent where it is whole: 1.0 is not 1.
func float(f float64) drift.Value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return drift.String(strings.ToLower(strings.TrimPrefix(fmt.Sprint(f), "+")))
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return drift.Number(strconv.FormatFloat(f, 'f', 1, 64))
	}
	return drift.Number(strconv.FormatFloat(f, 'g', -1, 64))
}
