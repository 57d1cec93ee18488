package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// holder is what has a concurrency group: a job, or a whole workflow where job is nil.
type holder struct {
	workflow *Workflow
	job      *job
	group    *group
}

func (h holder) jobs() []*job {
	if h.job != nil {
		return []*job{h.job}
	}
	return h.workflow.jobs
}

func (h holder) String() string {
	if h.job != nil {
		return fmt.Sprintf("the job %q", h.job.id)
	}
	return fmt.Sprintf("the workflow %q", h.workflow.name)
}

// name is the group's, which has no case; the workflow's own name in it tells workflows apart.
func (h holder) name() string {
	name := h.group.name
	for _, form := range []string{"${{ github.workflow }}", "${{github.workflow}}"} {
		name = strings.ReplaceAll(name, form, h.workflow.name)
	}
	return strings.ToLower(strings.TrimSpace(name))
}

func (x *examination) holders() []holder {
	var list []holder
	for _, w := range x.Workflows {
		if w.group != nil {
			list = append(list, holder{w, nil, w.group})
		}
		for _, j := range w.jobs {
			if j.group != nil {
				list = append(list, holder{w, j, j.group})
			}
		}
	}
	return list
}

// concurrency looks at groups in which a deployment can be cut off, or that others wait for while it awaits an approval.
func (x *examination) concurrency() {
	list := x.holders()
	for i, h := range list {
		waiting := slices.IndexFunc(h.jobs(), x.awaits)
		if slices.ContainsFunc(h.jobs(), func(j *job) bool { return x.deploys(j) }) && h.group.cancels.line > 0 && parseCondition(h.group.cancels.value).decide(world{}).surely() {
			x.find("concurrency.cancels", h.workflow.place(h.group.cancels.line), fmt.Sprintf("A new run cancels %s while it deploys.", h), "cancel-in-progress: false")
		}
		if waiting < 0 {
			continue
		}
		for k, other := range list {
			alike := slices.ContainsFunc(other.jobs(), func(j *job) bool { // they exclude each other on purpose
				return strings.EqualFold(j.environment.value, h.jobs()[waiting].environment.value)
			})
			if k != i && !alike && other.name() == h.name() && h.name() != "" {
				x.find("concurrency.shared", h.workflow.place(h.group.line), fmt.Sprintf("While the job %q awaits an approval, %s (%s) does not run: both have the group %q.",
					h.jobs()[waiting].id, other, other.workflow.place(other.group.line)[0], h.group.name), "give each environment a group of its own")
			}
		}
		if h.job == nil {
			x.holdsOthers(h, h.jobs()[waiting])
		}
	}
}

// holdsOthers looks for a job that deploys elsewhere, and is kept waiting with its workflow by a job of it that awaits an
// approval.
func (x *examination) holdsOthers(h holder, waiting *job) {
	for _, j := range h.workflow.jobs {
		if e := j.environment.value; e != "" && !strings.EqualFold(e, waiting.environment.value) && !x.awaits(j) {
			x.find("concurrency.shared", h.workflow.place(h.group.line), fmt.Sprintf("While the job %q awaits an approval, no newer run of the workflow gets to the job %q: the whole workflow is one group.", waiting.id, j.id),
				fmt.Sprintf("put concurrency: into the jobs, as group: %s", strings.ToLower(waiting.environment.value)))
			return
		}
	}
}

// awaits reports whether a job waits for an approval: GitHub says so; where it does not, each job with an environment that is
// promoted to is taken to.
func (x *examination) awaits(j *job) bool {
	if j.environment.value == "" {
		return false
	}
	if x.Settings != nil && !strings.Contains(j.environment.value, "${{") {
		if e, err := x.Settings.Environment(j.environment.value); err == nil {
			return e != nil && e.Approval
		}
	}
	return x.isTarget(j.environment.value)
}
