package entries

import (
	"regexp"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

var (
	cronVariable = regexp.MustCompile(`^(?:"([^"]*)"|'([^']*)'|([^\s"'=]+))\s*=\s*(.*)$`)
	cronJob      = regexp.MustCompile(`^(@[a-z]+|-?[\d*][^\s]*(?:\s+[\w*/,~-]+){4})\s+(\S+)(?:\s+(.*))?$`)
)

// parseCrontab reads crontab(5). The key of a job is its schedule, the value what follows: the command, or user and
// command. A variable holds for the jobs behind it only: one behind a job is an error, since its place matters.
func parseCrontab(text string, to *collection) error {
	jobs := false
	for n, line := range settings(text, "#") {
		if m := cronVariable.FindStringSubmatch(line); m != nil {
			if jobs {
				return errorAt(n, "a variable behind a job, where its place matters")
			}
			if err := to.add(m[1]+m[2]+m[3], drift.String(unquote(m[4])), n); err != nil {
				return err
			}
			continue
		}
		m := cronJob.FindStringSubmatch(line)
		if m == nil {
			return errorAt(n, "wants a schedule and a command, or a variable")
		}
		jobs = true
		schedule := strings.Join(strings.Fields(m[1]), " ")
		command := strings.TrimSuffix(m[2]+" "+m[3], " ")
		if err := to.add(schedule, drift.String(command), n); err != nil {
			return err
		}
	}
	return nil
}

// unquote drops the quotes around a value.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}
