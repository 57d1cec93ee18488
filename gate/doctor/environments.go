package doctor

import (
	"fmt"
	"strings"
)

// environments looks at the environments of jobs with gate in them, and of those that deploy: whether GitHub has them, and whom they
// let in.
func (x *examination) environments() {
	if x.Settings == nil {
		return
	}
	seen := map[string]bool{}
	for _, j := range x.jobs() {
		name := j.environment.value
		if name == "" || len(j.keys()) == 0 && !x.deploys(j) && !j.writesLedger() {
			continue
		}
		if strings.Contains(name, "${{") {
			x.untold(j.place(j.environment.line), fmt.Sprintf("How the environment of the job %q is protected: which one it is is decided by each run.", j.id), "name it")
			continue
		}
		deploys := x.deploys(j)
		if key := fmt.Sprint(strings.ToLower(name), deploys); !seen[key] {
			seen[key] = true
			x.environment(j.place(j.environment.line), name, deploys)
		}
	}
}

func (j *job) writesLedger() bool {
	for _, s := range j.steps {
		for _, c := range s.calls {
			if c.writes() {
				return true
			}
		}
	}
	return false
}

func (x *examination) environment(place []Place, name string, deploys bool) {
	e, err := x.Settings.Environment(name)
	settings := fmt.Sprintf("Settings > Environments > %s: ", name)
	switch {
	case err != nil:
		x.untold(place, fmt.Sprintf("How the environment %q is protected: %s.", name, err))
		return
	case e == nil:
		x.find("environment.missing", place, fmt.Sprintf("There is no environment %q.", name), "Settings > Environments > New environment, with protection rules")
		return
	}
	switch {
	case e.Approval || e.Branches:
	case deploys:
		x.find("environment.unprotected", place, fmt.Sprintf("The environment %q lets every branch in, and needs no approval.", name), settings+"Deployment branches and tags: the default branch only; Required reviewers")
	default:
		x.find("environment.loose", place, fmt.Sprintf("The environment %q lets every branch in, and needs no approval.", name), settings+"Deployment branches and tags: the default branch only")
	}
	switch {
	case !e.Approval || !deploys:
	case e.Bypass == nil:
		x.untold(place, fmt.Sprintf("Whether administrators may bypass the rules of the environment %q: GitHub does not say.", name), settings+"Allow administrators to bypass configured protection rules: off")
	case *e.Bypass:
		x.find("environment.bypass", place, fmt.Sprintf("Administrators may bypass the rules of the environment %q.", name), settings+"Allow administrators to bypass configured protection rules: off")
	}
}
