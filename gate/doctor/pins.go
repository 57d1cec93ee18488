package doctor

import (
	"regexp"
	"slices"
	"strings"
)

// pinned is what cannot be moved: an action at a commit, one of this repository, an image by its digest.
var pinned = regexp.MustCompile(`^(\./.*|[^@]+@([0-9a-f]{40}|[0-9a-f]{64})|docker://[^@]+@sha256:[0-9a-f]{64})$`)

// pins looks at actions, and workflows of other repositories, in jobs with secrets.
func (x *examination) pins() {
	for _, j := range x.jobs() {
		if !j.hasSecrets() {
			continue
		}
		used := []text{j.uses}
		for _, s := range j.steps {
			used = append(used, s.uses)
		}
		for _, u := range used {
			if u.value != "" && !pinned.MatchString(u.value) {
				x.find("action.unpinned", j.place(u.line), "The job has secrets, and uses "+u.value+", which can be moved.", pin(u.value))
			}
		}
	}
}

// pin says how an action is pinned; the name COMMIT is that of gate's own examples.
func pin(action string) string {
	name, ref, _ := strings.Cut(action, "@")
	if ref == "COMMIT" {
		return "write the 40 digits of the commit that you have read in the place of COMMIT"
	}
	return "uses: " + name + "@(the 40 digits of the commit) # " + ref
}

var secretName = regexp.MustCompile(`(?i)\bsecrets(?:\.([A-Za-z0-9_-]+)|\s*\[\s*'([^']*)'\s*\])`)

// secretsIn returns the names of secrets that expressions in a text read, but for the token of each job.
func secretsIn(s string) []string {
	var names []string
	for _, part := range expressionsIn(s) {
		for _, m := range secretName.FindAllStringSubmatch(part, -1) {
			if name := m[1] + m[2]; !strings.EqualFold(name, "GITHUB_TOKEN") {
				names = append(names, name)
			}
		}
	}
	return names
}

// identifies reports whether a job can get credentials elsewhere in its own name, by OpenID Connect.
func (j *job) identifies() bool {
	said := j.permissions
	if said == nil {
		said = j.workflow.permissions
	}
	return said != nil && said.all == "" && said.allow("id-token", "write")
}

// hasSecrets reports whether a job, or its workflow for all, reads a secret, hands all on, or can get credentials elsewhere.
func (j *job) hasSecrets() bool {
	all := append(slices.Clone(j.scalars), j.workflow.env...)
	return slices.ContainsFunc(all, func(t text) bool { return len(secretsIn(t.value)) > 0 }) || j.inherits || j.identifies()
}
