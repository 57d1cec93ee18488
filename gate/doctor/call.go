package doctor

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call is one of gate's commands that a step runs.
type call struct {
	command   string // "check"
	to        string // the environment; empty where it is not said plainly
	places    []string
	flags     map[string]string
	action    bool // by the action, not in a script
	line      int
	swallowed bool // its exit code is not that of the step
}

// commandNames are those of gate that a workflow has a use for.
var commandNames = []string{"check", "begin", "deploy", "record", "hold", "resume", "doctor"}

// judges reports whether a call ends with an error where gate does not let a change through.
func (c call) judges() bool {
	return c.command == "check" || c.command == "begin" || c.command == "deploy"
}

// writes reports whether a call adds to the ledger.
func (c call) writes() bool {
	switch c.command {
	case "begin", "deploy", "record", "hold", "resume":
		return true
	}
	return c.command == "check" && c.flags["record"] == "true"
}

// callsOfGate returns what of gate a step runs: by its action, whose repository has that name, or by the program in a script.
func (s *step) callsOfGate() []call {
	repository, _, _ := strings.Cut(s.uses.value, "@")
	command := s.with["command"].value
	ours := path.Base(repository) == "gate" && strings.Count(repository, "/") == 1
	if ours || strings.HasPrefix(repository, "./") && slices.Contains(commandNames, command) {
		c := call{command: command, action: true, line: s.uses.line, flags: map[string]string{}}
		for name, value := range s.with {
			c.flags[name] = value.value
		}
		return []call{c.complete()}
	}
	var calls []call
	for _, cmd := range s.commands {
		if path.Base(cmd.words[0]) == "gate" && len(cmd.words) > 1 && slices.Contains(commandNames, cmd.words[1]) {
			c := call{command: cmd.words[1], line: cmd.line, flags: flagsOf(cmd.words[2:]), swallowed: cmd.swallowed || cmd.piped && !s.pipefail()}
			calls = append(calls, c.complete())
		}
	}
	return calls
}

// complete reads the flags that matter.
func (c call) complete() call {
	if to := c.flags["to"]; !strings.Contains(to, "$") {
		c.to = to
	}
	for place := range strings.SplitSeq(c.flags["github"], ",") {
		if place = strings.TrimSpace(place); place != "" {
			c.places = append(c.places, place)
		}
	}
	return c
}

// flagsOf reads flags of a command line, as far as they are plain.
func flagsOf(words []string) map[string]string {
	flags := map[string]string{}
	for i, word := range words {
		name, is := strings.CutPrefix(word, "--")
		if word == "--" {
			break
		}
		if !is {
			continue
		}
		name, value, given := strings.Cut(name, "=")
		switch {
		case given:
		case i+1 < len(words) && !strings.HasPrefix(words[i+1], "-"):
			value = words[i+1]
		default:
			value = "true"
		}
		flags[name] = value
	}
	return flags
}

// pipefail reports whether a step's shell ends with an error where any part of a pipe does. GitHub's own default is bash -e
// without it, and shell: bash has it.
func (s *step) pipefail() bool {
	return s.shell == "bash" || strings.Contains(s.shell, "pipefail") || strings.Contains(s.run.value, "pipefail")
}

// command is a simple command of a script.
type command struct {
	words     []string // as far as they are plain; at least one
	line      int
	piped     bool // into another one
	swallowed bool // where it fails, the script goes on
}

// expressions are what GitHub puts values in the place of, before a shell sees the script.
var expressions = regexp.MustCompile(`\$\{\{[^}]*\}\}`)

// commandsOf returns the commands of a script whose first line is on a line of the file, none where it is none for bash.
func commandsOf(script string, first int) []command {
	script = expressions.ReplaceAllStringFunc(script, func(string) string { return `"$X"` })
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil
	}
	w := &shellWalk{lenient: map[*syntax.Stmt]bool{}, piped: map[*syntax.Stmt]bool{}}
	for _, stmt := range file.Stmts {
		syntax.Walk(stmt, w.mark)
	}
	var list []command
	syntax.Walk(file, func(n syntax.Node) bool {
		stmt, is := n.(*syntax.Stmt)
		if !is {
			return true
		}
		c, is := stmt.Cmd.(*syntax.CallExpr)
		if is && len(c.Args) > 0 {
			words := plain(c.Args)
			list = append(list, command{words: words, line: first + int(stmt.Pos().Line()) - 1, piped: w.piped[stmt], swallowed: w.lenient[stmt] || stmt.Background})
		}
		return true
	})
	return list
}

// plain returns words as they are written; one with something in it that the shell replaces keeps a "$" in its place.
func plain(args []*syntax.Word) []string {
	var words []string
	for _, arg := range args {
		var b strings.Builder
		for _, part := range arg.Parts {
			writePart(&b, part)
		}
		words = append(words, b.String())
	}
	for len(words) > 1 && slices.Contains([]string{"exec", "sudo", "command", "env", "time"}, words[0]) {
		words = words[1:]
	}
	return words
}

func writePart(b *strings.Builder, part syntax.WordPart) {
	switch p := part.(type) {
	case *syntax.Lit:
		b.WriteString(p.Value)
	case *syntax.SglQuoted:
		b.WriteString(p.Value)
	case *syntax.DblQuoted:
		for _, inner := range p.Parts {
			writePart(b, inner)
		}
	default:
		b.WriteString("$")
	}
}

// shellWalk finds what of a script may fail without ending it.
type shellWalk struct{ lenient, piped map[*syntax.Stmt]bool }

func (w *shellWalk) mark(n syntax.Node) bool {
	b, is := n.(*syntax.BinaryCmd)
	if !is {
		return true
	}
	switch b.Op {
	case syntax.OrStmt:
		if !ends(b.Y) {
			w.each(b.X, w.lenient)
		}
	case syntax.Pipe, syntax.PipeAll:
		w.each(b.X, w.piped)
	}
	return true
}

func (w *shellWalk) each(stmt *syntax.Stmt, marks map[*syntax.Stmt]bool) {
	syntax.Walk(stmt, func(n syntax.Node) bool {
		if inner, is := n.(*syntax.Stmt); is {
			marks[inner] = true
		}
		return true
	})
}

// ends reports whether what stands behind "||" may end the script with an error, or keeps the exit code.
func ends(stmt *syntax.Stmt) bool {
	found := false
	syntax.Walk(stmt, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			if len(n.Args) > 0 {
				first := plain(n.Args)[0]
				found = found || slices.Contains([]string{"exit", "return", "false", "fail", "die"}, first)
			}
			found = found || len(n.Args) == 0 && len(n.Assigns) > 0
		}
		return true
	})
	return found
}
