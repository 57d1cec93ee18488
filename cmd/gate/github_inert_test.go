package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"testing"
	"time"
)

func TestInert(t *testing.T) {
	for text, want := range map[string]string{
		"plain\n":                           "plain\n",
		"a ##[add-mask]e ##[error]x\n":      "a ##\\u005badd-mask]e ##\\u005berror]x\n",
		"::error::x\n \t::stop-commands::y": "\\u003a:error::x\n \t\\u003a:stop-commands::y",
		"::1 is Foo::Bar":                   "\\u003a:1 is Foo::Bar",
		"\n\n::debug::z":                    "\n\n\\u003a:debug::z",
		"###[group]":                        "###\\u005bgroup]",
	} {
		var out bytes.Buffer
		n, err := inert{&out}.Write([]byte(text))
		if got := out.String(); got != want || n != len(text) || err != nil {
			t.Errorf("%q: got %q, %d, %v; want %q", text, got, n, err, want)
		}
	}
	data, err := json.MarshalIndent(map[string]string{"##[x]": "::error:: ##[add-mask]e"}, "", "  ")
	must(t, err)
	var out bytes.Buffer
	_, err = inert{&out}.Write(data)
	must(t, err)
	var got map[string]string
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got["##[x]"] != "::error:: ##[add-mask]e" {
		t.Errorf("JSON does not mean the same: %q, %v", out.String(), err)
	}
}

// In GitHub Actions no stream obeys others, and only there.
func TestInertInActions(t *testing.T) {
	for _, tt := range []struct{ actions, want string }{
		{"true", "gate: there is no command \"##\\u005berror]\"\n"},
		{"", "gate: there is no command \"##[error]\"\n"},
	} {
		var errs bytes.Buffer
		a := &app{out: io.Discard, err: &errs, now: time.Now, getenv: func(name string) string {
			if name == "GITHUB_ACTIONS" {
				return tt.actions
			}
			return ""
		}}
		a.run(context.Background(), []string{"##[error]"})
		if got := errs.String(); !bytes.HasPrefix([]byte(got), []byte(tt.want)) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}
