package policies

import (
	"errors"
	"maps"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// functionsOn returns functions of which those that can make much of little ask a meter first.
func functionsOn(m *meter, functions map[string]function.Function) map[string]function.Function {
	all := maps.Clone(functions)
	for name, cost := range map[string]func(args []cty.Value) int{
		"format": costOfFormat, "formatlist": costOfFormat, "join": costOfJoin, "replace": costOfReplace,
		"chunklist": sizeOf, "setunion": sizeOf, "setintersection": sizeOf,
		"setsubtract": sizeOf, "parseint": costOfNumber(m), "jsonencode": sizeOf, "flatten": sizeOf, "distinct": costOfDistinct, "trim": costOfTrim,
		"range": costOfRange, "concat": costOfConcat, "csvdecode": costOfCSV(m), "jsondecode": costOfJSON(m),
	} {
		all[name] = dear(m, all[name], cost)
	}
	all["regex"], all["regexall"] = regexFunction(m, false), regexFunction(m, true)
	all["jsondecode"] = checked(m, all["jsondecode"])
	return all
}

// dear is a function that is called only when its cost, in characters or elements that it may make or look at, is there.
// It is paid for before the type of what it makes is known: some functions do all their work to find that out.
func dear(m *meter, f function.Function, cost func(args []cty.Value) int) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			plain := make([]cty.Value, len(args))
			for i, arg := range args {
				plain[i], _ = arg.UnmarkDeep()
			}
			n := cost(plain)
			if n > 16*longestText {
				m.refuse("a text or a list that is too long")
			}
			if !m.spend(1 + n/textPerStep) {
				return cty.NilType, errors.New(m.over)
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

// checked is a function whose result may have numbers in it that are too large.
func checked(m *meter, f function.Function) function.Function {
	return function.New(&function.Spec{
		Params: f.Params(), VarParam: f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) { return f.ReturnTypeForValues(args) },
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := f.Call(args)
			if err != nil {
				return v, err
			}
			err = cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
				if !m.weigh(v) {
					return false, errors.New(m.over)
				}
				return true, nil
			})
			return v, err
		},
	})
}

// sizeOf is about how many characters values have.
func sizeOf(args []cty.Value) int {
	n := 0
	for _, arg := range args {
		_ = cty.Walk(arg, func(_ cty.Path, v cty.Value) (bool, error) {
			n++
			if v.IsKnown() && !v.IsNull() && v.Type() == cty.String {
				n += len(v.AsString())
			}
			return true, nil
		})
	}
	return n
}

func textAt(args []cty.Value, i int) string {
	if i >= len(args) || !args[i].IsKnown() || args[i].IsNull() || args[i].Type() != cty.String {
		return ""
	}
	return args[i].AsString()
}

var width = regexp.MustCompile(`[0-9]{5,}`)

// costOfFormat is that of format and formatlist: each verb may show all of the values, and be as wide as it says.
func costOfFormat(args []cty.Value) int {
	format := textAt(args, 0)
	if width.MatchString(format) {
		return tooMuch
	}
	return len(format) + strings.Count(format, "%")*(sizeOf(args[min(1, len(args)):])+9999)
}

func costOfJoin(args []cty.Value) int {
	n := sizeOf(args)
	items := 0
	for _, arg := range args[min(1, len(args)):] {
		if arg.IsKnown() && !arg.IsNull() && arg.CanIterateElements() {
			items += arg.LengthInt()
		}
	}
	return n + items*len(textAt(args, 0))
}

func costOfReplace(args []cty.Value) int {
	text, old, with := textAt(args, 0), textAt(args, 1), textAt(args, 2)
	return len(text) + (strings.Count(text, old)+1)*len(with)
}

// tooMuch is the cost of what is refused.
const tooMuch = 1 << 40

const (
	costOfElement = 16  // of one that is made of nothing, or of little: as that many characters
	deepestJSON   = 100 // brackets in brackets: to read them takes the square of that
)

func costOfRange([]cty.Value) int {
	return 1024 * costOfElement // HCL's makes no more numbers
}

func costOfConcat(args []cty.Value) int {
	n := 0
	for _, arg := range args {
		if arg.IsKnown() && !arg.IsNull() && arg.CanIterateElements() {
			n += arg.LengthInt()
		}
	}
	return n * costOfElement / 2
}

// costOfNumber is that of reading a number of any base.
func costOfNumber(m *meter) func(args []cty.Value) int {
	return func(args []cty.Value) int {
		n := len(textAt(args, 0))
		if n > mostDigits {
			m.refuse("a number of more than %d digits", mostDigits)
		}
		return n
	}
}

// costOfCSV is that of a table with all its cells.
func costOfCSV(m *meter) func(args []cty.Value) int {
	return func(args []cty.Value) int {
		text := textAt(args, 0)
		if strings.Count(text, "\n") > mostElements {
			m.refuse("a list or map of more than %d elements", mostElements)
		}
		return len(text) + costOfElement*strings.Count(text, ",")
	}
}

// costOfJSON is that of a text with all that is in brackets. What is within quotes counts too.
func costOfJSON(m *meter) func(args []cty.Value) int {
	return func(args []cty.Value) int {
		text := textAt(args, 0)
		cost, depth, digits := len(text), 0, 0
		for _, c := range []byte(text) {
			digits++
			switch c {
			case '[', '{':
				depth++
				cost += costOfElement
			case ']', '}':
				depth--
			case ',', ':':
				cost += costOfElement
			}
			if (c < '0' || c > '9') && c != '.' {
				digits = 0
			}
			if depth > deepestJSON {
				m.refuse("JSON with brackets in brackets more than %d deep", deepestJSON)
			}
			if digits > mostDigits {
				m.refuse("a number of more than %d digits", mostDigits)
			}
		}
		return cost
	}
}

func costOfDistinct(args []cty.Value) int {
	n := 0
	if len(args) > 0 && args[0].IsKnown() && !args[0].IsNull() && args[0].CanIterateElements() {
		n = args[0].LengthInt()
	}
	return 4 * n * n
}

// costOfTrim is that of looking each character up among those that are taken away.
func costOfTrim(args []cty.Value) int {
	return len(textAt(args, 0)) * (1 + len(textAt(args, 1))/4)
}
