package policies

import (
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// length is the number of elements of a collection or an object, or of the characters of a string.
var length = counting(cty.Number, func(v cty.Value) (cty.Value, error) {
	switch t := v.Type(); {
	case t == cty.String:
		return stdlib.Strlen(v)
	case t.IsObjectType():
		return cty.NumberIntVal(int64(len(t.AttributeTypes()))), nil
	}
	return stdlib.Length(v)
})

// keys are the keys of a map or an object, sorted.
var keys = counting(cty.List(cty.String), func(v cty.Value) (cty.Value, error) {
	v, err := stdlib.Keys(v)
	if err != nil || v.LengthInt() == 0 {
		return cty.ListValEmpty(cty.String), err
	}
	return cty.ListVal(v.AsValueSlice()), nil
})

// counting is a function of the elements that there are. An element that could not be told may not be there: then how
// many there are could not be told either.
func counting(result cty.Type, f func(cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowMarked: true}},
		Type:   function.StaticReturnType(result),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			whole, marks := args[0].Unmark()
			if t := whole.Type(); t.IsObjectType() || t.IsMapType() {
				for it := whole.ElementIterator(); it.Next(); {
					_, element := it.Element()
					if element, why := element.Unmark(); !element.IsKnown() && !isSealed(why) {
						return cty.UnknownVal(result).WithMarks(marks, why), nil
					}
				}
			}
			plain, _ := whole.UnmarkDeep()
			v, err := f(plain)
			if err != nil {
				return cty.NilVal, err
			}
			return v.WithMarks(marks), nil
		},
	})
}
