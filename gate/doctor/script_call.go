package doctor

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// call runs a simple command.
func (r *run) call(s *syntax.Stmt, c *syntax.CallExpr, tested bool) (int, control) {
	r.substatus = 0
	for _, a := range c.Assigns {
		if len(c.Args) == 0 {
			r.assign(a)
		} else if a.Value != nil { // for the program alone
			r.text(a.Value)
		}
	}
	if len(c.Args) == 0 {
		return r.substatus, onwards
	}
	words, forwarded := r.words(c.Args)
	replaces := words[0] == "exec" && len(words) > 1
	words = unwrapped(words)
	status, at := r.run(s, c, words, forwarded, tested)
	if replaces && at == onwards {
		at = exits
	}
	return status, at
}

func (r *run) run(s *syntax.Stmt, c *syntax.CallExpr, words []string, forwarded, tested bool) (int, control) {
	name, rest := words[0], words[1:]
	body := r.funcs[name]
	switch nested := r.nested[c]; {
	case body != nil:
		return r.function(body, rest, c == r.target || forwarded, tested)
	case c == r.target || forwarded && isGate(words):
		r.failed, r.judged = true, true
		return r.code, onwards
	case isGate(words):
		r.judged = r.judged || call{command: words[gateCommand(words)]}.judges()
		return 0, onwards
	case nested != nil && name == "eval":
		return r.list(nested.Stmts, tested)
	case nested != nil:
		return r.apart(func() (int, control) {
			r.errexit, r.pipefail = shellOptions(words)
			return r.list(nested.Stmts, false)
		}), onwards
	}
	switch name {
	case "exit", "return":
		status := r.status
		if len(rest) > 0 {
			n, err := strconv.Atoi(rest[0])
			if err != nil {
				n = r.either()
			}
			status = n & 255
		}
		switch {
		case name == "return" && r.calls == 0: // an error, and no more
			return 2, onwards
		case name == "return":
			return status, returns
		}
		return status, exits
	case "fail", "die", "abort": // by its name
		return 1, exits
	case "break":
		r.status = 0
		return 0, breaks
	case "continue":
		r.status = 0
		return 0, continues
	case "true", ":":
		return 0, onwards
	case "false":
		return 1, onwards
	case "test", "[":
		return r.holds(r.testWords(rest)), onwards
	case "set", "shopt":
		r.set(name, rest)
		return 0, onwards
	case "trap":
		r.trap(rest)
		return 0, onwards
	case "shift":
		if len(r.arguments) > 0 {
			r.arguments = r.arguments[1:]
		}
		return 0, onwards
	case "wait":
		if len(rest) > 0 {
			return r.background, onwards
		}
		return 0, onwards
	case "echo", "printf":
		r.output(s, rest)
		return 0, onwards
	case "read", "unset":
		for _, word := range rest {
			delete(r.vars, word)
		}
		if first := name == "read" && !r.reads[c]; first { // a list that a loop reads is taken to have something in it
			r.reads[c] = true
			return 0, onwards
		}
	}
	switch {
	case r.failed && deploying(words):
		r.deploys = true
	case deploying(words):
		r.early = cmp.Or(r.early, strings.Join(words, " "))
	case r.failed && name == "jq" && slices.ContainsFunc(rest, asksForPass) && slices.ContainsFunc(rest, func(w string) bool { return strings.HasPrefix(w, "-") && strings.Contains(w, "e") }):
		return 1, onwards
	}
	if tested {
		return r.either(), onwards
	}
	return 0, onwards
}

// asksForPass reports whether a filter of jq is true for one verdict alone.
func asksForPass(filter string) bool {
	before, after, found := strings.Cut(strings.Join(strings.Fields(filter), ""), "==")
	return found && strings.HasSuffix(before, "outcome") && strings.Trim(after, `\"`) == "pass"
}

// function runs the body of one. Where forwards is set, its arguments are the call of gate.
func (r *run) function(body *syntax.Stmt, arguments []string, forwards, tested bool) (int, control) {
	if r.calls == maxCalls {
		r.lost = true
		return 1, exits
	}
	given, was := r.arguments, r.forwards
	r.arguments, r.forwards = arguments, forwards
	r.calls++
	status, at := r.stmt(body, tested)
	r.calls--
	r.arguments, r.forwards = given, was
	if at == returns {
		at = onwards
	}
	return status, at
}

// set changes options of the shell.
func (r *run) set(name string, words []string) {
	for i, word := range words {
		on := strings.HasPrefix(word, "-")
		var option string
		switch {
		case name == "shopt":
			r.inherits = r.inherits || word == "inherit_errexit" && slices.Contains(words, "-s")
			continue
		case word == "--":
			return
		case !on && !strings.HasPrefix(word, "+"):
			continue
		case strings.HasSuffix(word, "o") && i+1 < len(words):
			option = words[i+1]
		}
		if strings.Contains(word, "e") || option == "errexit" {
			r.errexit = on
		}
		if option == "pipefail" {
			r.pipefail = on
		}
	}
}

// trap sets what runs at the end, or where something fails.
func (r *run) trap(words []string) {
	if len(words) < 2 {
		return
	}
	var file *syntax.File
	if words[0] != "-" {
		var err error
		if file, err = parseShell(words[0]); err != nil {
			return
		}
	}
	for _, signal := range words[1:] {
		switch strings.TrimPrefix(strings.ToUpper(signal), "SIG") {
		case "EXIT", "0":
			r.onExit = file
		case "ERR":
			r.onError = file
		}
	}
}

// output keeps what a script leaves for later steps, as far as it is known.
func (r *run) output(s *syntax.Stmt, words []string) {
	for _, redirect := range s.Redirs {
		kind := ""
		switch to := strings.Join(plain([]*syntax.Word{redirect.Word}), ""); {
		case strings.Contains(to, "GITHUB_OUTPUT"):
			kind = "outputs."
		case strings.Contains(to, "GITHUB_ENV"):
			kind = "env."
		default:
			continue
		}
		name, text, found := strings.Cut(strings.Join(words, " "), "=")
		text = strings.TrimSuffix(text, `\n`)
		switch {
		case !found:
			r.vague = true
		case strings.ContainsAny(text, "$%\\"):
			r.facts[kind+strings.ToLower(name)] = "$"
		default:
			r.facts[kind+strings.ToLower(name)] = text
		}
	}
}
