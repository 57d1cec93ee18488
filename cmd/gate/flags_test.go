package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commandLines are arguments with which each command gets as far as its flags.
var commandLines = map[string][]string{
	"init": {"staging=a"}, "diff": {"staging", "production"}, "explain": {"drift"}, "record": {"deployed"},
	"deploy": {"--", "true"}, "set-aside": {"production-1"},
}

// Every flag of every command that takes a text is refused when the text is empty: a variable was not set.
func TestEmptyFlags(t *testing.T) {
	t.Parallel()
	root := (&app{getenv: func(string) string { return "" }}).rootCommand()
	flags := 0
	for _, cmd := range leaves(root) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if t := f.Value.Type(); f.Name == "help" || t == "bool" || t == "int" {
				return
			}
			flags++
			for _, empty := range []string{"", " "} {
				path := strings.Fields(cmd.CommandPath())[1:]
				args := append(append(path, "--"+f.Name+"="+empty), commandLines[cmd.Name()]...)
				if code, said := runHere(t, args); code != exitUsage || !strings.Contains(said, "--"+f.Name+" is empty") && !strings.Contains(said, "--"+f.Name+": ") {
					t.Errorf("gate %q: exit %d: %s", args, code, said)
				}
			}
		})
	}
	if flags < 100 {
		t.Errorf("%d flags were tried: are these all?", flags)
	}
}

// So is an argument; but not one of the command that gate deploy runs.
func TestEmptyArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"diff", "", "production"}, {"diff", "staging", " "}, {"explain", ""}, {"record", ""}, {"init", ""}, {"fmt", ""}, {"record", "--", ""},
		{"check", "--to", "production", "--component", "a,,b", "--revision", "HEAD"}, {"check", "--to", "production", "--host", "a", "--host", ""},
	} {
		if code, said := runHere(t, args); code != exitUsage || !strings.Contains(said, "empty") && args[0] != "record" {
			t.Errorf("gate %q: exit %d: %s", args, code, said)
		}
	}
	if _, said := runHere(t, []string{"deploy", "--to", "production", "--revision", "HEAD", "--", "echo", ""}); strings.Contains(said, "is empty") {
		t.Errorf("an empty argument of the command: %s", said)
	}
}

// leaves are the commands that do something.
func leaves(cmd *cobra.Command) (all []*cobra.Command) {
	if !cmd.HasSubCommands() {
		return []*cobra.Command{cmd}
	}
	for _, sub := range cmd.Commands() {
		if sub.Name() != "help" && sub.Name() != "completion" {
			all = append(all, leaves(sub)...)
		}
	}
	return all
}

// runHere runs gate in this process, with a policy that is not there and an environment with nothing in it.
func runHere(t *testing.T, args []string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: &out, now: time.Now, cacheFolder: t.TempDir(), getenv: func(name string) string {
		if name == "GATE_POLICY" {
			return "no-such-policy.hcl"
		}
		return ""
	}}
	code = a.run(t.Context(), args)
	return code, out.String()
}
