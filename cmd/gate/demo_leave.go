package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// leave leaves everything up until ctx ends, with the drift back on production.
func (d *demo) leave(ctx context.Context) error {
	if err := d.byHand(); err != nil {
		return err
	}
	settings := fmt.Sprintf("export GATE_POLICY=%s GATE_DIGEST_KEY=%s\n", shellWord(d.repository.path("gate.hcl")), d.key)
	if err := os.WriteFile(d.path("env"), []byte(settings), 0o600); err != nil {
		return err
	}
	d.say(`
Left to play with, until Ctrl-C, with the pip run of Day 6 done once more; from another terminal:

  cd %[2]s && . ../env
  %[1]s check --to production
  %[1]s explain 1
  %[1]s check --to production --revision HEAD
  %[1]s log --since 60d

The trees of the hosts are %[3]s; ./deploy puts $GATE_REVISION onto one.
`, programName(), shellWord(string(d.repository)), shellWord(d.path("*-1")))
	<-ctx.Done()
	d.say("\n")
	return nil
}

// programName is what starts this program in a shell.
func programName() string {
	self, err := os.Executable()
	if err != nil {
		return "gate"
	}
	if found, err := exec.LookPath("gate"); err == nil && found == self {
		return "gate"
	}
	return shellWord(self)
}

// shellWord quotes a word for the shell where it must be.
func shellWord(word string) string {
	if !strings.ContainsFunc(word, func(r rune) bool { return strings.ContainsRune(" '\"\\$`&;<>()|!?[]{}~#", r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
