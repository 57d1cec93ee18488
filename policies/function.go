package policies

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/version"
)

// pure are the functions that depend on nothing but their arguments: those of HCL's standard library, and gate's own.
var pure = map[string]function.Function{
	"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "max": stdlib.MaxFunc,
	"min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "signum": stdlib.SignumFunc,

	"chomp": stdlib.ChompFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc, "join": stdlib.JoinFunc,
	"lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc, "replace": stdlib.ReplaceFunc,
	"split": stdlib.SplitFunc, "strlen": stdlib.StrlenFunc, "substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc,
	"trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc,
	"trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,

	"chunklist": stdlib.ChunklistFunc, "coalesce": stdlib.CoalesceFunc, "compact": stdlib.CompactFunc,
	"concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc,
	"element": stdlib.ElementFunc, "flatten": stdlib.FlattenFunc, "keys": keys, "length": length,
	"lookup": stdlib.LookupFunc, "merge": stdlib.MergeFunc, "range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc,
	"setintersection": stdlib.SetIntersectionFunc, "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc,
	"slice": stdlib.SliceFunc, "sort": stdlib.SortFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,

	"jsondecode": stdlib.JSONDecodeFunc, "jsonencode": stdlib.JSONEncodeFunc, "csvdecode": stdlib.CSVDecodeFunc,
	"tobool": stdlib.MakeToFunc(cty.Bool), "tonumber": stdlib.MakeToFunc(cty.Number), "tostring": stdlib.MakeToFunc(cty.String),
	"tolist": stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType)), "tomap": stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType)),
	"toset": stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType)),

	"alltrue": combine(false), "anytrue": combine(true),
	"startswith": test(func(s, prefix string) (bool, error) { return strings.HasPrefix(s, prefix), nil }, "s", "prefix"),
	"endswith":   test(func(s, suffix string) (bool, error) { return strings.HasSuffix(s, suffix), nil }, "s", "suffix"),

	"glob":             test(func(pattern, s string) (bool, error) { return drift.Match(pattern, s), nil }, "pattern", "s"),
	"semver_matches":   semverMatches,
	"version_at_least": versionAtLeast,
	"version_compare":  versionCompare,
}

// functions are all functions of rules, for their names.
var functions = functionsFor(time.Time{}, time.UTC, nil)

func functionNames() []string {
	return slices.Collect(maps.Keys(functions))
}

// functionsFor returns the functions of a rule that is evaluated at a time. With check, nothing but types is known yet,
// and can and try add what fails inside them to it.
func functionsFor(now time.Time, zone *time.Location, check *hcl.Diagnostics) map[string]function.Function {
	all := maps.Clone(pure)
	all["days_until"] = daysUntil(now, zone)
	all["can"], all["try"] = can, try
	if check != nil {
		all["can"], all["try"] = checkCan(check), checkTry(check)
	}
	return all
}

func parameters(names ...string) []function.Parameter {
	list := make([]function.Parameter, len(names))
	for i, name := range names {
		list[i] = function.Parameter{Name: name, Type: cty.String}
	}
	return list
}

// test is a function of two strings that says yes or no.
func test(f func(a, b string) (bool, error), a, b string) function.Function {
	return function.New(&function.Spec{
		Params: parameters(a, b),
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			ok, err := f(args[0].AsString(), args[1].AsString())
			return cty.BoolVal(ok), err
		},
	})
}

// combine returns anytrue for decisive true, and alltrue for false: one decisive element settles it, whatever is unknown
// of the others.
func combine(decisive bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			result := cty.BoolVal(!decisive)
			for it := args[0].ElementIterator(); it.Next(); {
				_, v := it.Element()
				switch {
				case !v.IsKnown():
					result = cty.UnknownVal(cty.Bool)
				case v.IsNull():
					return cty.NilVal, fmt.Errorf("an element is null")
				case v.True() == decisive:
					return cty.BoolVal(decisive), nil
				}
			}
			return result, nil
		},
	})
}

// joinKnown is join in a message: what is not known of a list is named so, and hides nothing of what is.
var joinKnown = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "separator", Type: cty.String}},
	VarParam: &function.Parameter{Name: "lists", Type: cty.List(cty.String), AllowUnknown: true, AllowMarked: true},
	Type:     function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		var items []string
		for _, list := range args[1:] {
			list, marks := list.Unmark()
			if !list.IsKnown() {
				items = append(items, untold(marks))
				continue
			}
			for it := list.ElementIterator(); it.Next(); {
				_, v := it.Element()
				switch v, marks := v.Unmark(); {
				case !v.IsKnown():
					items = append(items, untold(marks))
				case v.IsNull():
					return cty.UnknownVal(cty.String), fmt.Errorf("null cannot be joined")
				default:
					items = append(items, v.AsString())
				}
			}
		}
		return cty.StringVal(strings.Join(items, args[0].AsString())), nil
	},
})

// versionAtLeast is version_at_least(scheme, have, want).
var versionAtLeast = versionFunction([]string{"scheme", "have", "want"}, cty.Bool, func(order int) cty.Value {
	return cty.BoolVal(order >= 0)
})

// versionCompare is version_compare(scheme, a, b): -1, 0 or 1.
var versionCompare = versionFunction([]string{"scheme", "a", "b"}, cty.Number, func(order int) cty.Value {
	return cty.NumberIntVal(int64(order))
})

// semverMatches is semver_matches(version, constraint). What is wrong with a constraint that is known is an error also while
// the version is not, so that it is found when a policy is loaded.
var semverMatches = function.New(&function.Spec{
	Params: []function.Parameter{
		{Name: "version", Type: cty.String, AllowUnknown: true, AllowDynamicType: true},
		{Name: "constraint", Type: cty.String, AllowUnknown: true, AllowDynamicType: true},
	},
	Type: function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if !args[1].IsKnown() {
			return cty.UnknownVal(cty.Bool), nil
		}
		constraint := args[1].AsString()
		if err := version.CheckSemverRange(constraint); err != nil {
			return cty.NilVal, function.NewArgError(1, err)
		}
		if !args[0].IsKnown() {
			return cty.UnknownVal(cty.Bool), nil
		}
		ok, err := version.MatchesSemver(args[0].AsString(), constraint)
		return cty.BoolVal(ok), err
	},
})

// versionFunction compares two versions. What is wrong with the scheme, or with a version that is known, is an error
// also while the rest is unknown, so that it is found when a policy is loaded.
func versionFunction(names []string, result cty.Type, of func(order int) cty.Value) function.Function {
	params := parameters(names...)
	for i := range params {
		params[i].AllowUnknown = true
		params[i].AllowDynamicType = true
	}
	return function.New(&function.Spec{
		Params: params,
		Type:   function.StaticReturnType(result),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if !args[0].IsKnown() {
				return cty.UnknownVal(result), nil
			}
			scheme := args[0].AsString()
			if !slices.Contains(version.Schemes(), scheme) {
				return cty.NilVal, function.NewArgErrorf(0, "there is no version scheme %q, only %s", scheme, strings.Join(version.Schemes(), ", "))
			}
			for i, v := range args[1:] {
				if v.IsKnown() {
					if _, err := version.Compare(scheme, v.AsString(), v.AsString()); err != nil {
						return cty.NilVal, function.NewArgError(i+1, err)
					}
				}
			}
			if !args[1].IsKnown() || !args[2].IsKnown() {
				return cty.UnknownVal(result), nil
			}
			order, err := version.Compare(scheme, args[1].AsString(), args[2].AsString())
			return of(order), err
		},
	})
}

// daysUntil is days_until(date): whole days from now until a day or a time is over; negative when it is.
func daysUntil(now time.Time, zone *time.Location) function.Function {
	return function.New(&function.Spec{
		Params: parameters("date"),
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			t, err := ParseUntil(args[0].AsString(), zone)
			if err != nil {
				return cty.NilVal, err
			}
			days := t.Sub(now) / day
			if t.Before(now) && t.Sub(now)%day != 0 {
				days--
			}
			return cty.NumberVal(new(big.Float).SetInt64(int64(days))), nil
		},
	})
}
