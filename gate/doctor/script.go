package doctor

import (
	"maps"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// A script is followed as a shell would run it, except that no program is started: the gate that is asked about fails, each other
// program succeeds, and what nobody can know here (a test of a variable, a program in an "if") is tried both ways. So all ways
// are found in which the script goes on when gate does not let the change in.

// Limits of following a script. One that goes beyond them is one that could not be told.
const (
	maxRuns     = 2000    // for one exit code of gate
	maxCommands = 20_000  // in all of these
	maxFollowed = 500_000 // in all scripts of a workflow
	maxRounds   = 12      // of a loop
	maxCalls    = 20      // of functions within each other
	maxText     = 4096    // bytes of a value
	maxWords    = 1000    // of a command
)

// ending is how a script ends after gate has failed in it, or without gate.
type ending struct {
	status  int
	judged  bool              // gate has run, and failed
	deploys bool              // after that, it has run what deploys
	early   string            // what deploys and has run before, the first of it
	facts   map[string]string // outputs of the step, as "outputs.code", and variables that it leaves for later ones, as "env.code"; "$" for what is not known
	vague   bool              // there may be more outputs
}

// gateCodes are the exit codes with which gate does not let a change in, with the verdict that goes with each.
var gateCodes = []struct {
	code    int
	verdict string
}{{1, "blocked"}, {2, ""}, {3, "undecided"}}

// script is one that can be followed.
type script struct {
	file            *syntax.File
	followed        *int                              // commands, in all scripts of the workflow
	nested          map[*syntax.CallExpr]*syntax.File // what bash -c and eval run
	posix           bool                              // run by sh
	inert           map[*syntax.Stmt]bool             // see (*run).skips
	declared        map[string]bool                   // functions
	writesOtherwise bool                              // to the step's outputs than by echo and printf
}

// endings returns the different endings of a script in which a call of gate fails, or in which no gate runs, and whether the call is
// reached and those are all.
func (s *script) endings(target *syntax.CallExpr, errexit, pipefail bool) (all []ending, complete, reached bool) {
	commands := 0
	complete = true
	for _, c := range gateCodes {
		var choices []bool
		for n := 0; ; n++ {
			if n == maxRuns || commands > maxCommands || *s.followed > maxFollowed {
				complete = false
				break
			}
			r := &run{script: s, target: target, code: c.code, verdict: c.verdict, choices: choices, facts: map[string]string{},
				shell: &shell{errexit: errexit, pipefail: pipefail, vars: map[string]string{}, funcs: map[string]*syntax.Stmt{}}, reads: map[*syntax.CallExpr]bool{}}
			e := r.follow()
			commands += r.commands
			*s.followed += r.commands
			complete, reached = complete && !r.lost, reached || r.failed
			if (r.failed || !r.judged) && !r.endless && !r.lost && !slices.ContainsFunc(all, func(o ending) bool {
				return o.status == e.status && o.judged == e.judged && o.deploys == e.deploys && o.early == e.early && o.vague == e.vague && maps.Equal(o.facts, e.facts)
			}) {
				all = append(all, e)
			}
			choices = r.choices
			for len(choices) > 0 && choices[len(choices)-1] {
				choices = choices[:len(choices)-1]
			}
			if len(choices) == 0 {
				break
			}
			choices[len(choices)-1] = true
		}
	}
	return all, complete && reached, reached
}

// shell is the state of one, of which a subshell has a copy.
type shell struct {
	errexit, pipefail, inherits bool
	vars                        map[string]string // whose values are known
	funcs                       map[string]*syntax.Stmt
	onExit, onError             *syntax.File
	arguments                   []string
	forwards                    bool // the arguments are the call of gate that is asked about
	status, background          int
	statuses                    []int // of the last pipe
	calls                       int
}

// run is one way through a script.
type run struct {
	*script
	*shell
	target    *syntax.CallExpr
	code      int
	verdict   string
	choices   []bool // taken so far, or to be taken
	chosen    int
	commands  int
	failed    bool // the gate that is asked about has
	judged    bool // a gate has run
	endless   bool
	lost      bool // it went beyond the limits
	deploys   bool
	early     string
	substatus int                       // of the last command substitution
	reads     map[*syntax.CallExpr]bool // that have found something
	facts     map[string]string
	vague     bool
}

// control says where a script goes on.
type control int

const (
	onwards control = iota
	exits
	returns
	breaks
	continues
)

func (r *run) follow() ending {
	status, _ := r.list(r.file.Stmts, false)
	status = r.leaves(status)
	return ending{status, r.failed, r.deploys, r.early, r.facts, r.vague || r.writesOtherwise}
}

// leaves ends a shell with a status, or with that of its trap.
func (r *run) leaves(status int) int {
	if trap := r.onExit; trap != nil && !r.lost && !r.endless {
		r.onExit, r.shell.status = nil, status
		if last, at := r.list(trap.Stmts, false); at == exits {
			return last
		}
	}
	return status
}

// choose decides what cannot be known, each way in a run of its own.
func (r *run) choose() bool {
	if r.chosen == len(r.choices) {
		r.choices = append(r.choices, false)
	}
	r.chosen++
	return r.choices[r.chosen-1]
}

// either returns a status of 0 or of 1.
func (r *run) either() int {
	if r.choose() {
		return 1
	}
	return 0
}

// list runs statements. Those that are tested do not end the script where they fail.
func (r *run) list(stmts []*syntax.Stmt, tested bool) (int, control) {
	status := 0
	for _, stmt := range stmts {
		var at control
		if status, at = r.stmt(stmt, tested); at != onwards {
			return status, at
		}
	}
	return status, onwards
}

func (r *run) stmt(s *syntax.Stmt, tested bool) (int, control) {
	if r.commands++; r.commands > maxCommands/10 {
		r.lost = true
	}
	switch {
	case r.lost || r.endless:
		return 1, exits
	case r.skips(s):
		r.forget(s)
		if tested {
			return r.either(), onwards
		}
		r.status = 0
		return 0, onwards
	case s.Background || s.Coprocess:
		r.background = r.apart(func() (int, control) { return r.command(s, tested) })
		r.status = 0
		return 0, onwards
	}
	for _, redirect := range s.Redirs {
		r.text(redirect.Word)
		r.text(redirect.Hdoc)
	}
	status, at := r.command(s, tested || s.Negated)
	if at != onwards {
		return status, at
	}
	if s.Negated {
		status = flag(status != 0)
	}
	r.status = status
	if status == 0 || tested || s.Negated || !endsWhereItFails(s.Cmd) {
		return status, onwards
	}
	if trap := r.onError; trap != nil {
		r.onError = nil
		if last, at := r.list(trap.Stmts, true); at == exits {
			return last, exits
		}
		r.onError, r.status = trap, status
	}
	if r.errexit {
		return status, exits
	}
	return status, onwards
}

// flag returns the status for what holds, as [ does.
func flag(holds bool) int {
	if holds {
		return 0
	}
	return 1
}

// endsWhereItFails reports whether set -e looks at a command as a whole. At lists and most compound commands it does not: it has
// looked at what is in them.
func endsWhereItFails(c syntax.Command) bool {
	switch c := c.(type) {
	case *syntax.CallExpr, *syntax.Subshell, *syntax.DeclClause, *syntax.ArithmCmd, *syntax.TestClause, *syntax.LetClause:
		return true
	case *syntax.BinaryCmd:
		return c.Op == syntax.Pipe || c.Op == syntax.PipeAll
	}
	return false
}

// apart runs something in a subshell.
func (r *run) apart(f func() (int, control)) int {
	outer, inner := r.shell, *r.shell
	inner.vars, inner.funcs, inner.onExit, inner.onError = maps.Clone(outer.vars), maps.Clone(outer.funcs), nil, nil
	r.shell = &inner
	status, _ := f()
	status = r.leaves(status)
	r.shell = outer
	return status
}

func (r *run) command(s *syntax.Stmt, tested bool) (int, control) {
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		return r.call(s, c, tested)
	case *syntax.Block:
		return r.list(c.Stmts, tested)
	case *syntax.Subshell:
		return r.apart(func() (int, control) { return r.list(c.Stmts, tested) }), onwards
	case *syntax.IfClause:
		return r.branch(c, tested)
	case *syntax.WhileClause:
		return r.loop(func(int) (bool, control, int) {
			status, at := r.list(c.Cond, true)
			return (status == 0) != c.Until, at, status
		}, c.Do, tested)
	case *syntax.ForClause:
		return r.each(c, tested)
	case *syntax.CaseClause:
		return r.choice(c, tested)
	case *syntax.BinaryCmd:
		return r.binary(c, tested)
	case *syntax.FuncDecl:
		if c.Name != nil {
			r.funcs[c.Name.Value] = c.Body
		}
	case *syntax.DeclClause:
		for _, a := range c.Args {
			r.assign(a)
		}
	case *syntax.TestClause:
		return r.holds(r.test(c.X)), onwards
	case *syntax.ArithmCmd:
		return r.holds(r.arithmetic(c.X)), onwards
	case *syntax.TimeClause:
		if c.Stmt != nil {
			return r.stmt(c.Stmt, tested)
		}
	case *syntax.CoprocClause:
		r.background = r.apart(func() (int, control) { return r.stmt(c.Stmt, tested) })
	case *syntax.LetClause:
		return r.either(), onwards
	}
	return 0, onwards
}

// holds returns the status of a test, either one where it is not known.
func (r *run) holds(v value) int {
	if !v.known {
		return r.either()
	}
	return flag(v.truthy)
}

func (r *run) branch(c *syntax.IfClause, tested bool) (int, control) {
	for ; c != nil; c = c.Else {
		if len(c.Cond) == 0 {
			return r.list(c.Then, tested)
		}
		status, at := r.list(c.Cond, true)
		switch {
		case at != onwards:
			return status, at
		case status == 0:
			return r.list(c.Then, tested)
		}
	}
	return 0, onwards
}

// loop runs a body while there is a next round. A loop that does not end lets nothing through.
func (r *run) loop(next func(round int) (bool, control, int), body []*syntax.Stmt, tested bool) (int, control) {
	status := 0
	for round := 0; ; round++ {
		more, at, last := next(round)
		switch {
		case at == breaks:
			return 0, onwards
		case at != onwards && at != continues:
			return last, at
		case !more:
			return status, onwards
		case round == maxRounds:
			r.endless = true
			return 1, exits
		}
		switch status, at = r.list(body, tested); at {
		case exits, returns:
			return status, at
		case breaks:
			return 0, onwards
		}
	}
}

// each runs a "for" over its words; how many there are of those that are not known is tried.
func (r *run) each(c *syntax.ForClause, tested bool) (int, control) {
	words, is := c.Loop.(*syntax.WordIter)
	var items []string
	known := is && words.InPos.IsValid()
	if known {
		for _, item := range words.Items {
			text, told := r.text(item)
			known = known && told
			items = append(items, text)
		}
	}
	return r.loop(func(round int) (bool, control, int) {
		if is {
			delete(r.vars, words.Name.Value)
		}
		if !known {
			return round == 0 || round < 2 && r.choose(), onwards, 0
		}
		if round < len(items) {
			r.vars[words.Name.Value] = items[round]
		}
		return round < min(len(items), maxRounds), onwards, 0
	}, c.Do, tested)
}

func (r *run) choice(c *syntax.CaseClause, tested bool) (int, control) {
	text, known := r.text(c.Word)
	for _, item := range c.Items {
		for _, pattern := range item.Patterns {
			p, told := r.text(pattern)
			fits := value{}
			switch {
			case told && p == "*":
				fits = yes
			case known && told:
				fits = truth(like(p, text))
			}
			if r.holds(fits) == 0 {
				return r.list(item.Stmts, tested)
			}
		}
	}
	return 0, onwards
}

func (r *run) binary(c *syntax.BinaryCmd, tested bool) (int, control) {
	if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
		return r.pipe(c, tested), onwards
	}
	status, at := r.stmt(c.X, true)
	if at != onwards || (status == 0) != (c.Op == syntax.AndStmt) {
		return status, at
	}
	return r.stmt(c.Y, tested)
}

func (r *run) pipe(c *syntax.BinaryCmd, tested bool) int {
	parts := []*syntax.Stmt{c.Y}
	for x := c.X; ; {
		inner, is := x.Cmd.(*syntax.BinaryCmd)
		if !is || inner.Op != syntax.Pipe && inner.Op != syntax.PipeAll || x.Negated {
			parts = append(parts, x)
			break
		}
		parts, x = append(parts, inner.Y), inner.X
	}
	slices.Reverse(parts)
	var statuses []int
	status := 0
	for i, part := range parts {
		last := r.apart(func() (int, control) { return r.stmt(part, tested) })
		statuses = append(statuses, last)
		if last != 0 && r.pipefail || i == len(parts)-1 && (last != 0 || !r.pipefail) {
			status = last
		}
	}
	r.statuses = statuses
	return status
}

// skips reports whether a statement bears on nothing: neither gate nor anything that changes where the script goes is in it. It is
// not followed, which keeps the number of ways small.
func (r *run) skips(s *syntax.Stmt) bool {
	if r.inert == nil {
		return false
	}
	switch c := s.Cmd.(type) {
	case *syntax.IfClause, *syntax.CaseClause, *syntax.ForClause, *syntax.WhileClause:
	case *syntax.BinaryCmd:
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			return false
		}
	default:
		return false
	}
	if known, is := r.inert[s]; is {
		return known
	}
	inert := true
	syntax.Walk(s, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			inert = false
		case *syntax.Redirect:
			inert = inert && !strings.Contains(strings.Join(plain([]*syntax.Word{n.Word}), ""), "GITHUB_")
		case *syntax.CallExpr:
			if len(n.Args) > 0 {
				words := plain(n.Args)
				inert = inert && n != r.target && !steers[words[0]] && !r.declared[words[0]] && !strings.HasPrefix(words[0], "$") &&
					r.nested[n] == nil && !deploying(words) && !isGate(words)
			}
		}
		return inert
	})
	r.inert[s] = inert
	return inert
}

// steers are commands that bear on where a script goes.
var steers = map[string]bool{"exit": true, "return": true, "break": true, "continue": true, "set": true, "shopt": true, "trap": true, "exec": true, "shift": true,
	"eval": true, "wait": true, "false": true, "fail": true, "die": true, "abort": true}

// forget makes all variables that a statement may set unknown.
func (r *run) forget(s *syntax.Stmt) {
	syntax.Walk(s, func(n syntax.Node) bool {
		if a, is := n.(*syntax.Assign); is && a.Name != nil {
			delete(r.vars, a.Name.Value)
		}
		return true
	})
}
