package doctor

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is a simple command of a script.
type command struct {
	words []string // as far as they are plain; at least one; those of gate begin with it
	line  int
	node  *syntax.CallExpr // nil where the script is none for bash
	in    []syntax.Node    // what it stands in, the innermost last
}

// expressions are what GitHub puts values in the place of, before a shell sees the script.
var expressions = regexp.MustCompile(`\$\{\{[^}]*\}\}`)

func parseShell(script string) (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
}

// scriptOf reads a script whose first line is on a line of the file, and its commands; nil and none where it is none for bash.
func scriptOf(text string, first int, followed *int) (*script, []command) {
	text = expressions.ReplaceAllStringFunc(text, func(string) string { return `"$X"` })
	file, err := parseShell(text)
	if err != nil {
		return nil, nil
	}
	s := &script{file: file, followed: followed, nested: map[*syntax.CallExpr]*syntax.File{}, inert: map[*syntax.Stmt]bool{}, declared: map[string]bool{}}
	named, understood := 0, 0
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			if n.Name != nil {
				s.declared[n.Name.Value] = true
			}
		case *syntax.ParamExp:
			if n.Param != nil && n.Param.Value == "GITHUB_OUTPUT" {
				named++
			}
		case *syntax.Stmt:
			if c, is := n.Cmd.(*syntax.CallExpr); is && len(c.Args) > 0 && (c.Args[0].Lit() == "echo" || c.Args[0].Lit() == "printf") {
				for _, redirect := range n.Redirs {
					understood += strings.Count(plain([]*syntax.Word{redirect.Word})[0], "GITHUB_OUTPUT")
				}
			}
		}
		return true
	})
	s.writesOtherwise = named != understood
	return s, s.commands(file, first, nil, 0)
}

// commands returns the commands of a script, and of what it gives to shells that it starts.
func (s *script) commands(file *syntax.File, first int, outer []syntax.Node, depth int) []command {
	var list []command
	in := slices.Clone(outer)
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			in = in[:len(in)-1]
			return true
		}
		if c, is := n.(*syntax.CallExpr); is && len(c.Args) > 0 {
			words, line := plain(c.Args), first+int(c.Pos().Line())-1
			if at := s.gateAt(words); at >= 0 {
				words = words[at:]
			} else {
				words = unwrapped(words)
			}
			list = append(list, command{words, line, c, slices.Clone(in)})
			if text, given := scriptIn(words); given && depth < 3 {
				if inner, err := parseShell(text); err == nil {
					s.nested[c] = inner
					list = append(list, s.commands(inner, line, append(slices.Clone(in), n), depth+1)...)
				}
			}
		}
		in = append(in, n)
		return true
	})
	return list
}

// scriptIn returns the script that a command gives to a shell.
func scriptIn(words []string) (string, bool) {
	if words[0] == "eval" && len(words) > 1 {
		return strings.Join(words[1:], " "), true
	}
	if !shells[path.Base(words[0])] {
		return "", false
	}
	for i, word := range words[1:] {
		if strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && strings.Contains(word, "c") && i+2 < len(words) {
			return words[i+2], true
		}
	}
	return "", false
}

// plain returns words as they are written; one with something in it that the shell replaces keeps a "$" in its place, but for a
// variable that is named for gate.
func plain(args []*syntax.Word) []string {
	var words []string
	for _, arg := range args {
		var b strings.Builder
		for _, part := range arg.Parts {
			writePart(&b, part)
		}
		words = append(words, b.String())
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
	case *syntax.ParamExp:
		b.WriteString("$")
		if p.Param != nil && (strings.EqualFold(p.Param.Value, "gate") || strings.HasPrefix(p.Param.Value, "GITHUB_")) {
			b.WriteString(p.Param.Value)
		}
	default:
		b.WriteString("$")
	}
}

// wrappers run the rest of their words as a command, and end as it does.
var wrappers = []string{"exec", "sudo", "doas", "command", "env", "time", "timeout", "nice", "ionice", "nohup", "stdbuf", "setsid", "chronic", "retry"}

// carriers do so as well, with words of their own before it that may be anything.
var carriers = append([]string{"su", "xargs", "ssh", "docker", "podman", "go", "mise", "op", "doppler", "aws-vault", "nix", "chroot", "runuser", "flock"}, wrappers...)

var ofWrapper = regexp.MustCompile(`^(-.*|[A-Za-z_]\w*=.*|[0-9.]+[smhd]?)$`)

// unwrapped returns the words of the command that a wrapper runs.
func unwrapped(words []string) []string {
	for len(words) > 1 && slices.Contains(wrappers, words[0]) {
		rest := words[1:]
		for len(rest) > 1 && ofWrapper.MatchString(rest[0]) {
			rest = rest[1:]
		}
		words = rest
	}
	return words
}

// gateAt returns which word of a command is gate, run by itself or by another program or function; -1 for none.
func (s *script) gateAt(words []string) int {
	last := 0
	if slices.Contains(carriers, path.Base(words[0])) || s.declared[words[0]] || strings.HasPrefix(words[0], "$") {
		last = len(words) - 1
	}
	for i := range last + 1 {
		if isGate(words[i:]) {
			return i
		}
	}
	return -1
}

func isGate(words []string) bool { return gateCommand(words) > 0 }

// gateCommand returns which of the words of gate is the command; 0 where they are not gate's. Flags may stand before it.
func gateCommand(words []string) int {
	if base := path.Base(words[0]); base != "gate" && !strings.EqualFold(base, "$gate") {
		return 0
	}
	for i := 1; i < len(words); i++ {
		switch {
		case slices.Contains(commandNames, words[i]):
			return i
		case strings.HasPrefix(words[i], "-"):
		case i > 1 && strings.HasPrefix(words[i-1], "-") && !strings.Contains(words[i-1], "="):
		default:
			return 0
		}
	}
	return 0
}
