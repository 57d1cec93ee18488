package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// checkouts looks at what gate finds in the working tree: the history, and credentials to push the ledger with.
func (x *examination) checkouts() {
	for _, j := range x.jobs() {
		x.checkout(j)
	}
}

func (x *examination) checkout(j *job) {
	var last *step // the checkout that a call finds; the first one is of the repository, others may be of others
	for _, s := range j.steps {
		if strings.HasPrefix(s.uses.value, "actions/checkout@") && s.with["path"].value == "" && s.with["repository"].value == "" {
			last = s
		}
		if last == nil {
			continue
		}
		for _, c := range s.calls {
			if c.command == "hold" || c.command == "resume" || c.command == "doctor" {
				continue
			}
			if depth := last.with["fetch-depth"].value; depth != "0" && !strings.Contains(depth, "${{") && !j.runs("git", "fetch") {
				x.find("checkout.shallow", j.place(last.line), fmt.Sprintf("The job %q checks out without the history, which gate %s needs.", j.id, c.command), "with:\n  fetch-depth: 0")
			}
			if last.with["persist-credentials"].value == "false" && c.writes() && (x.Pushes || x.Elsewhere) && !j.credentials() {
				x.find("checkout.credentials", j.place(last.with["persist-credentials"].line), fmt.Sprintf("gate %s pushes the ledger in the job %q, and the checkout leaves no credentials.", c.command, j.id), "leave persist-credentials: false out")
			}
		}
	}
}

// runs reports whether a job runs a program with a first argument.
func (j *job) runs(program, argument string) bool {
	return slices.ContainsFunc(j.steps, func(s *step) bool {
		return slices.ContainsFunc(s.commands, func(c command) bool {
			return c.words[0] == program && slices.Contains(c.words[1:], argument)
		})
	})
}

// credentials reports whether a job sets credentials for git by itself.
func (j *job) credentials() bool {
	return j.runs("git", "config") || j.runs("git", "remote") || j.runs("gh", "setup-git") || j.runs("ssh-add", "-") ||
		slices.ContainsFunc(j.scalars, func(t text) bool { return strings.HasPrefix(t.value, "GIT_") || strings.Contains(t.value, "ssh-agent") })
}
