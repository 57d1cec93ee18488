package entries

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"github.com/seed-313c021b/gate/drift"
)

func parseTOML(text string, to *collection) error {
	var root map[string]any
	if err := toml.Unmarshal([]byte(text), &root); err != nil {
		return tomlError(err)
	}
	n, err := tomlNode(root, 0)
	if err != nil {
		return err
	}
	if len(n.items) == 0 {
		return nil // a file of comments has no keys
	}
	return to.addTree("", n, 0)
}

// tomlError keeps of the library's error where it is; its text quotes the file.
func tomlError(err error) error {
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, column := at.Position()
		return errorAt(line, "column %d: not TOML", column)
	}
	return errors.New("not TOML")
}

func tomlNode(value any, depth int) (node, error) {
	if depth > MaxDepth {
		return node{}, errTooDeep
	}
	switch value := value.(type) {
	case map[string]any:
		n := node{kind: mapping, names: slices.Sorted(maps.Keys(value))}
		for _, name := range n.names {
			item, err := tomlNode(value[name], depth+1)
			if err != nil {
				return node{}, err
			}
			n.items = append(n.items, item)
		}
		return n, nil
	case []any:
		n := node{kind: list}
		for _, v := range value {
			item, err := tomlNode(v, depth+1)
			if err != nil {
				return node{}, err
			}
			n.items = append(n.items, item)
		}
		return n, nil
	}
	return node{scalar: tomlScalar(value)}, nil
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
