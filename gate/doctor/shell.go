package doctor

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// shells are those whose scripts can be followed.
var shells = map[string]bool{"bash": true, "sh": true, "dash": true, "ash": true, "zsh": true, "ksh": true, "su": true}

// interpreter is what runs a step's script. GitHub's own are told in
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell.
type interpreter struct {
	name              string // "bash"; "pwsh" and "cmd" stand for themselves, "" for any other
	errexit, pipefail bool
	known             bool
}

// interpreter returns the one of a step: what it names, or the default, which has set -e and no pipefail. Each name alone stands for
// a command line of GitHub's; a command line stands for itself, and has only what it says.
func (s *step) interpreter() interpreter {
	switch shell := strings.TrimSpace(s.shell); {
	case strings.Contains(shell, "${{"):
		return interpreter{name: "bash"}
	case shell == "" && s.job.windows, shell == "pwsh", shell == "powershell", strings.HasPrefix(shell, "pwsh "):
		return interpreter{name: "pwsh", known: true}
	case shell == "", shell == "sh":
		return interpreter{name: cmp.Or(shell, "bash"), errexit: true, known: true}
	case shell == "bash":
		return interpreter{name: "bash", errexit: true, pipefail: true, known: true}
	case shell == "cmd":
		return interpreter{name: "cmd", known: true}
	default:
		words := strings.Fields(shell)
		at := slices.IndexFunc(words, func(w string) bool { return shells[path.Base(w)] })
		if at < 0 {
			return interpreter{known: true}
		}
		i := interpreter{name: path.Base(words[at]), known: true}
		i.errexit, i.pipefail = shellOptions(words[at:])
		return i
	}
}

// shellOptions reads what the command line of a shell turns on.
func shellOptions(words []string) (errexit, pipefail bool) {
	for i, word := range words[1:] {
		if !strings.HasPrefix(word, "-") {
			if i > 0 && strings.HasSuffix(words[i], "o") {
				continue
			}
			return errexit, pipefail
		}
		if strings.HasPrefix(word, "--") {
			continue
		}
		option := ""
		if strings.HasSuffix(word, "o") && i+2 < len(words) {
			option = words[i+2]
		}
		errexit = errexit || strings.Contains(word, "e") || option == "errexit"
		pipefail = pipefail || option == "pipefail"
	}
	return errexit, pipefail
}

// swallows finds out how the script of a step can go on although a call of gate fails.
func (s *step) swallows(c *call, cmd command) {
	how := s.interpreter()
	if cmd.node == nil {
		c.remedy = remedies[how.name]
		if how.name == "" || !how.known || shells[how.name] {
			c.untold, c.remedy = "its script was not understood", "shell: bash, and gate … on a line of its own"
			c.swallowed = []ending{{judged: true}}
		} else if !holdsByLines(how.name, s.run.value, cmd.line-s.first) {
			c.swallowed = []ending{{judged: true, deploys: true}}
		}
		return
	}
	s.script.posix = how.name != "bash" && how.name != "zsh"
	endings, complete, reached := s.script.endings(cmd.node, how.errexit, how.pipefail)
	for _, e := range endings {
		switch {
		case e.judged:
			c.early = cmp.Or(c.early, e.early)
			if e.status == 0 || e.deploys {
				c.swallowed = append(c.swallowed, e)
			}
		case e.status == 0 || e.early != "":
			c.unreached = append(c.unreached, e)
		}
	}
	c.remedy = s.script.remedy(cmd, how)
	switch {
	case len(c.swallowed) > 0 && !how.known:
		c.untold, c.remedy = "each run decides which shell it has", "shell: bash; or gate … || exit"
	case len(c.swallowed) == 0 && !complete:
		c.untold, c.remedy = "no way through its script was found that comes to gate", remedies[""]
		if reached {
			c.untold = "its script has too many ways to follow"
		}
		c.swallowed, c.unreached = []ending{{judged: true}}, nil
	}
}

// remedies say what to write instead, by what keeps gate's exit code from being that of the script.
var remedies = map[string]string{
	"pwsh":         "if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }   on the line behind gate: PowerShell goes on where a program fails",
	"cmd":          "gate … || exit /b 1   cmd goes on where a program fails",
	"or":           "leave what stands behind || out, or end it with exit 1",
	"and":          "gate … || exit   a command before && ends no script where it fails: write what is behind && on a line of its own",
	"negated":      "gate … || exit   a command behind ! ends no script where it fails",
	"condition":    "exit 1 in all branches in which gate has not ended with 0, or gate … || exit   a condition ends no script where it fails",
	"substitution": "value=$(gate …) on a line of its own, and what uses \"$value\" on the next: else only the outer command's exit code counts",
	"inner":        "$(gate … || exit): bash takes set -e back in a substitution, or shopt -s inherit_errexit",
	"background":   "leave & out, or wait for it by its number: wait \"$!\"",
	"pipe":         "shell: bash, which has pipefail; or set -o pipefail before it",
	"function":     "gate … || exit   in the function: where it is called with ||, && or in a condition, set -e does not count in it",
	"trap":         "end the trap with the exit code that it began with: trap 'code=$?; …; exit \"$code\"' EXIT",
	"errexit":      "set -e at the script's beginning, or gate … || exit",
	"":             "run gate by itself, as a step of its own",
}

// remedy looks at what a call of gate stands in, the innermost first.
func (s *script) remedy(cmd command, how interpreter) string {
	reason := ""
	var below syntax.Node = cmd.node
	for _, n := range slices.Backward(cmd.in) {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			reason = "inner"
		case *syntax.CallExpr:
			if len(n.Args) > 0 && reason == "inner" {
				reason = "substitution"
			}
		case *syntax.DeclClause, *syntax.Redirect, *syntax.ProcSubst:
			reason = "substitution"
		case *syntax.Stmt:
			switch {
			case n.Negated:
				reason = "negated"
			case n.Background:
				reason = "background"
			}
		case *syntax.IfClause, *syntax.WhileClause:
			if inCondition(n, below) {
				reason = "condition"
			}
		case *syntax.BinaryCmd:
			switch {
			case n.X != below:
			case n.Op == syntax.OrStmt:
				reason = "or"
			case n.Op == syntax.AndStmt:
				reason = "and"
			case !how.pipefail:
				reason = "pipe"
			}
		case *syntax.FuncDecl:
			if how.errexit {
				reason = "function"
			}
		}
		if reason != "" && reason != "inner" {
			return remedies[reason]
		}
		below = n
	}
	switch {
	case reason == "" && !how.errexit:
		reason = "errexit"
	case reason == "":
		syntax.Walk(s.file, func(n syntax.Node) bool {
			if c, is := n.(*syntax.CallExpr); is && len(c.Args) > 0 {
				switch words := plain(c.Args); {
				case words[0] == "trap":
					reason = "trap"
				case words[0] == "set" && len(words) > 1 && strings.HasPrefix(words[1], "+") && reason == "":
					reason = "errexit"
				}
			}
			return true
		})
	}
	return remedies[reason]
}

func inCondition(n, below syntax.Node) bool {
	stmt, is := below.(*syntax.Stmt)
	switch n := n.(type) {
	case *syntax.IfClause:
		return is && slices.Contains(n.Cond, stmt)
	case *syntax.WhileClause:
		return is && slices.Contains(n.Cond, stmt)
	}
	return false
}

var (
	gateLine = regexp.MustCompile(`(?:^|[\s;&|({'"])((?:[^\s;&|({'"]*[/\\])?gate)(?:\.exe)?['"]?((?:,?\s+\S+)+)`)
	cmdlet   = regexp.MustCompile(`^([A-Z][A-Za-z]+-[A-Z]\w+\b|[}{#$]|\)|else\b|param\b|rem\b|@?echo\b)`)
)

// commandsByLine returns the commands of a script that no shell for bash reads, one a line.
func commandsByLine(text string, first int) []command {
	var list []command
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		if m := gateLine.FindStringSubmatch(line); m != nil {
			rest := strings.FieldsFunc(m[2], func(r rune) bool { return strings.ContainsRune(" \t,'\"[])|;&", r) })
			if at := append([]string{"gate"}, rest...); isGate(at) {
				words = at
			}
		}
		list = append(list, command{words: words, line: first + i})
	}
	return list
}

// holdsByLines reports whether a script for PowerShell or cmd ends with an error where gate, on a line of it, does: both go on where
// a program fails, and end with what the last one has ended with, or ask.
func holdsByLines(shell, text string, at int) bool {
	lines := strings.Split(text, "\n")
	if at < 0 || at >= len(lines) {
		return false
	}
	before, here, after := strings.Join(lines[:at], "\n"), strings.ToLower(lines[at]), lines[at+1:]
	rest := strings.ToLower(strings.Join(after, "\n"))
	if shell == "cmd" {
		if strings.Contains(here, "||") {
			return strings.Contains(here, "exit")
		}
		return strings.TrimSpace(rest) == "" && !strings.Contains(here, "&") || strings.Contains(rest, "errorlevel") || strings.HasSuffix(strings.TrimSpace(rest), "exit /b")
	}
	switch {
	case strings.Contains(here, "||"):
		return strings.Contains(here, "exit") || strings.Contains(here, "throw")
	case strings.Contains(before, "PSNativeCommandUseErrorActionPreference = $true"), strings.Contains(here+rest, "$lastexitcode"), strings.Contains(rest, "$?"):
		return true
	}
	return !slices.ContainsFunc(after, func(line string) bool {
		line = strings.TrimSpace(line)
		return line != "" && !cmdlet.MatchString(line)
	})
}
