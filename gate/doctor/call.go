package doctor

import (
	"path"
	"slices"
	"strings"
)

// call is one of gate's commands that a step runs.
type call struct {
	command   string // "check"
	to        string // the environment; empty where it is not said plainly
	places    []string
	flags     map[string]string
	action    bool // by the action, not in a script
	line      int
	swallowed []ending // how its script can go on, and end without an error, although it fails
	unreached []ending // how its script can end without an error and without gate
	early     string   // what its script runs before it that deploys
	untold    string   // why it is not known whether it can; empty where it is
	remedy    string   // what to write instead
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
		if at := gateCommand(cmd.words); at > 0 {
			c := call{command: cmd.words[at], line: cmd.line, flags: flagsOf(cmd.words[1:])}
			c = c.complete()
			if c.judges() {
				s.swallows(&c, cmd)
			}
			calls = append(calls, c)
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
