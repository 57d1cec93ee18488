package drift

import (
	"encoding/json"
	"testing"
)

func TestValues(t *testing.T) {
	tests := []struct {
		value         Value
		text, display string
	}{
		{String("66.1.1"), `"66.1.1"`, `66.1.1`},
		{String("a b"), `"a b"`, `"a b"`},
		{String(""), `""`, `""`},
		{String("true"), `"true"`, `"true"`},
		{String("42"), `"42"`, `"42"`},
		{String("absent"), `"absent"`, `"absent"`},
		{String("<&>\u2028"), "\"<&>\\u2028\"", "\"<&>\\u2028\""},
		{String("\xff"), "\"\uFFFDff\"", "\uFFFDff"},
		{Bool(true), `true`, `true`},
		{Int(-3), `-3`, `-3`},
		{Number("1.50"), `1.50`, `1.50`},
		{Number("12345678901234567890"), `12345678901234567890`, `12345678901234567890`},
		{Number("0x1F"), `"0x1F"`, `0x1F`},
		{Number(".5"), `".5"`, `.5`},
		{Number("inf"), `"inf"`, `inf`},
		{Number("1 "), `"1 "`, `"1 "`},
		{Number(""), `""`, `""`},
		{Null(), `null`, `null`},
		{Strings("a", "b"), `["a","b"]`, `["a","b"]`},
		{List(), `[]`, `[]`},
		{List(Int(1), List(Bool(false), Value{})), `[1,[false,null]]`, `[1,[false,null]]`},
		{Value{}, ``, `absent`},
		{UnknownValue("denied"), `denied`, `unknown`},
		{Value{Kind: Sealed, Raw: "3fa9c01b77"}, ``, `sealed("3fa9c01b")`},
	}
	for _, tt := range tests {
		if tt.value.Text != tt.text {
			t.Errorf("got text %s, want %s", tt.value.Text, tt.text)
		}
		if got := tt.value.Display(); got != tt.display {
			t.Errorf("%s is shown as %s, want %s", tt.text, got, tt.display)
		}
		if tt.value.Kind == Known && !json.Valid([]byte(tt.value.Text)) {
			t.Errorf("%s is not JSON", tt.value.Text)
		}
	}
}

// A list with a part that could not be told, or that may not be shown, could not be told.
func TestListOfUnknown(t *testing.T) {
	for _, part := range []Value{UnknownValue("denied"), {Kind: Sealed, Raw: "x"}} {
		if got := List(String("a"), part); got.Kind != Unknown {
			t.Errorf("got %v, want it unknown", got)
		}
	}
}

func TestEqual(t *testing.T) {
	sealed := func(raw string) Value { return Value{Kind: Sealed, Raw: raw, Normal: "n"} }
	values := []Value{{}, String(""), String("1"), Int(1), Null(), Bool(false), List(), sealed("a"), sealed("b"), Strings("1")}
	for i, v := range values {
		for j, w := range values {
			if got := v.Equal(w); got != (i == j) {
				t.Errorf("%v and %v: got %t, want %t", v, w, got, i == j)
			}
		}
	}
	unknown := UnknownValue("denied")
	for _, v := range append(values, unknown) {
		if v.Equal(unknown) || unknown.Equal(v) {
			t.Errorf("%v equals what could not be told", v)
		}
	}
}

// A policy names a sealed value by the start of its digest.
func TestIs(t *testing.T) {
	v := Value{Kind: Sealed, Raw: "3fa9c01b77"}
	for want, is := range map[string]bool{"3fa9c01b": true, "3fa9c01b77": true, "3fa9c01c": false, "": false} {
		if got := v.Is(Value{Kind: Sealed, Raw: want}); got != is {
			t.Errorf("%q: got %t, want %t", want, got, is)
		}
	}
	if String("3fa9c01b77").Is(Value{Kind: Sealed, Raw: "3fa9c01b"}) || v.Is(String("3fa9c01b77")) {
		t.Error("a value that may be shown is a sealed one")
	}
}
