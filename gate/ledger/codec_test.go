package ledger

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/gate"
)

// fill gives every field below v a value that no other one has, so that one that is forgotten, or taken for another, shows.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(int64(*n), int64(*n)).In(time.FixedZone("", *n))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" { // what is judged anew each time
				fill(t, v.Field(i), n)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, n)
		fill(t, value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(fmt.Sprint("text ", *n))
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("links have a %s now", v.Type())
	}
}

func TestLinksAsTheyWere(t *testing.T) {
	t.Parallel()
	full, n := &link{}, 0
	fill(t, reflect.ValueOf(full).Elem(), &n)
	adopted := &link{Event: gate.Event{Adopted: true}}
	for name, links := range map[string][]*link{
		"none": nil, "empty": {{}}, "full": {full}, "several": {full, {ID: "x"}, adopted, full, {Parent: "\x00"}},
	} {
		part := encodeLinks(links)
		got, rest, ok := decodeLinks(append(part, "rest"...))
		if diff := cmp.Diff(got, links); diff != "" || !ok || string(rest) != "rest" {
			t.Errorf("%s: %t, then %q: got - want +\n%s", name, ok, rest, diff)
		}
		for i := range part {
			damaged := append([]byte(nil), part...)
			damaged[i] ^= 0x40
			if got, _, ok := decodeLinks(damaged); ok {
				t.Fatalf("%s: with another byte %d: got %v", name, i, got)
			}
			if got, _, ok := decodeLinks(part[:i]); ok {
				t.Fatalf("%s: cut off after %d bytes: got %v", name, i, got)
			}
		}
	}
}

// Whatever is read as links, nothing worse comes of it than that they cannot be read.
func FuzzLinkReader(f *testing.F) {
	full, n := &link{}, 0
	fill(&testing.T{}, reflect.ValueOf(full).Elem(), &n)
	f.Add(encodeLinks([]*link{full, {}})[frameBytes:])
	f.Fuzz(func(t *testing.T, body []byte) {
		if links, ok := readBody(body); ok {
			again, ok := readBody(encodeLinks(links)[frameBytes:])
			if diff := cmp.Diff(again, links); diff != "" || !ok {
				t.Errorf("%t: got - want +\n%s", ok, diff)
			}
		}
	})
}
