package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// permission is something that a step of gate's needs of the job's token.
type permission struct {
	name, access string
	what         string // what it is for
}

// permissions looks whether the token of each job may do what gate does in it.
func (x *examination) permissions() {
	for w, j := range x.jobs() {
		for _, s := range j.steps {
			for _, c := range s.calls {
				for _, p := range x.needed(w, s, c) {
					x.allowed(j, c, p)
				}
			}
		}
	}
}

func (x *examination) needed(w *Workflow, s *step, c call) []permission {
	var list []permission
	if token := s.with["token"].value; token != "" && !ownToken(token) {
		return nil
	}
	if c.writes() && x.Pushes && !s.job.ownCheckout() {
		list = append(list, permission{"contents", "write", "the ledger, a branch of this repository, is pushed"})
	}
	for _, place := range []struct{ name, permission, what string }{
		{"comment", "pull-requests", "the report is a comment on the pull request"},
		{"issue", "issues", "drift gets an issue"},
		{"deployments", "deployments", "the ledger is mirrored there"},
	} {
		implied := place.name == "comment" && c.action && c.command == "check" && c.flags["github"] == "" && w.on("pull_request") != nil
		if slices.Contains(c.places, place.name) || implied {
			list = append(list, permission{place.permission, "write", place.what})
		}
	}
	if c.judges() && x.asksChecks(c.to) { // a drift check too: was what skipped the gate proved since?
		list = append(list, permission{"checks", "read", "verified_by names a check of GitHub"}, permission{"actions", "read", "verified_by names a check of GitHub"})
	}
	return list
}

// asksChecks reports whether what proves an environment's contents is on GitHub.
func (x *examination) asksChecks(to string) bool {
	e := x.Policy.Environment(to)
	return e != nil && len(e.Promotion.Checks) > 0
}

// ownCheckout reports whether a job fetches and pushes with other credentials than its token's.
func (j *job) ownCheckout() bool {
	return slices.ContainsFunc(j.steps, func(s *step) bool {
		return strings.HasPrefix(s.uses.value, "actions/checkout@") && (s.with["token"].value != "" && !ownToken(s.with["token"].value) || s.with["ssh-key"].value != "")
	})
}

func ownToken(s string) bool {
	return strings.Contains(s, "github.token") || strings.Contains(strings.ToUpper(s), "SECRETS.GITHUB_TOKEN")
}

func (x *examination) allowed(j *job, c call, p permission) {
	said := j.permissions
	if said == nil {
		said = j.workflow.permissions
	}
	mend := fmt.Sprintf("permissions:\n  %s: %s", p.name, p.access)
	what := fmt.Sprintf("The token of the job %q may not do what gate %s needs: %s: %s, since %s.", j.id, c.command, p.name, p.access, p.what)
	switch {
	case said != nil && !said.allow(p.name, p.access):
		x.find("permission.missing", j.place(said.line), what, mend)
	case said == nil && j.workflow.onlyCalled(), said != nil, p.access == "read", x.Settings == nil: // the caller's; or what has it is told elsewhere
	default:
		standard, err := x.Settings.DefaultPermissions()
		if err != nil {
			x.untold(j.place(j.line), fmt.Sprintf("Whether the token of the job %q may do what gate %s needs (%s: %s): %s.", j.id, c.command, p.name, p.access, err), mend)
		} else if standard != "write" {
			x.find("permission.missing", j.place(j.line), what, mend)
		}
	}
}
