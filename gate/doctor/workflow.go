package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Workflow is a file of .github/workflows. See https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax.
type Workflow struct {
	file        string
	name        string // as it says, or its file
	triggers    []trigger
	permissions *permissions // nil: it does not say
	group       *group
	env         []text // all scalars of it
	jobs        []*job
	followed    int // commands of its scripts: see scriptOf
}

// trigger is an event that a workflow runs for.
type trigger struct {
	event string
	line  int
	paths int      // the line of a filter by paths, 0 for none
	base  []string // branches, of the base in a pull request; nil for all
	crons []text
}

// permissions are what a token may, as it stands there.
type permissions struct {
	line  int
	all   string            // "read-all", "write-all"
	named map[string]string // "contents": "write"
}

// group is a concurrency group.
type group struct {
	line    int
	name    string
	cancels text
}

// job is one of a workflow.
type job struct {
	workflow    *Workflow
	id          string
	line        int
	condition   *condition // nil: none
	tolerated   *condition // continue-on-error; nil: none
	needs       []string
	environment text // line 0: none
	permissions *permissions
	group       *group
	uses        text              // a reusable workflow
	inherits    bool              // it gets all secrets
	outputs     map[string]string // as they are written
	env         map[string]text
	steps       []*step
	scalars     []text // all below it
	shell       string // of its steps that name none
	windows     bool   // it runs there
	before      []*job // that it needs: see ancestors
}

// step is one of a job.
type step struct {
	job       *job
	index     int
	id        string
	line      int
	condition *condition
	tolerated *condition
	uses      text
	run       text
	shell     string
	with, env map[string]text
	calls     []call // what of gate it runs
	commands  []command
	script    *script // nil: it is none for bash
	first     int     // the line of its first line
}

// Parse reads a workflow, whose path in the repository is file. The error says where it is none.
func Parse(file string, data []byte) (*Workflow, error) {
	root, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	w := &Workflow{file: file, name: file}
	jobs, _ := root.get("jobs")
	on, onLine := root.get("on")
	if len(jobs.pairs()) == 0 || onLine == 0 {
		return nil, fmt.Errorf("%s: %w", file, errors.New("it is no workflow: it needs \"on\" and \"jobs\""))
	}
	if name, _ := root.get("name"); name.text().value != "" {
		w.name = name.text().value
	}
	w.triggers = triggers(on)
	w.permissions = permissionsOf(root)
	w.group = groupOf(root)
	env, _ := root.get("env")
	w.env = env.scalars()
	if n := len(jobs.pairs()); n > maxJobs {
		return nil, fmt.Errorf("%s: it has %d jobs, and gate doctor takes %d", file, n, maxJobs)
	}
	for _, p := range jobs.pairs() {
		steps, _ := p.value.get("steps")
		switch n := len(steps.list()); {
		case !p.value.is(yaml.MappingNode):
			return nil, fmt.Errorf("%s: line %d: the job %q is none", file, p.line, p.key)
		case n > maxSteps:
			return nil, fmt.Errorf("%s: line %d: the job %q has %d steps, and gate doctor takes %d", file, p.line, p.key, n, maxSteps)
		}
		w.jobs = append(w.jobs, w.job(p, shellOf(root)))
	}
	return w, nil
}

// triggers reads "on", which is an event, a list of them, or a mapping.
func triggers(on node) []trigger {
	var list []trigger
	for _, event := range on.list() {
		list = append(list, trigger{event: event.text().value, line: event.line()})
	}
	for _, p := range on.pairs() {
		t := trigger{event: p.key, line: p.line}
		for _, filter := range p.value.pairs() {
			switch filter.key {
			case "paths", "paths-ignore":
				t.paths = filter.line
			case "branches":
				t.base = append(t.base, filter.value.words()...)
			case "branches-ignore":
				t.base = append(t.base, "**")
				for _, b := range filter.value.words() {
					t.base = append(t.base, "!"+b)
				}
			}
		}
		if p.key == "schedule" {
			for _, item := range p.value.list() {
				if cron, line := item.get("cron"); line > 0 {
					t.crons = append(t.crons, cron.text())
				}
			}
		}
		list = append(list, t)
	}
	return list
}

// on returns the trigger for an event, nil for none.
func (w *Workflow) on(events ...string) *trigger {
	for i := range w.triggers {
		for _, event := range events {
			if w.triggers[i].event == event {
				return &w.triggers[i]
			}
		}
	}
	return nil
}

// shellOf returns the shell that a workflow, or a job, names for its steps.
func shellOf(n node) string {
	defaults, _ := n.get("defaults")
	run, _ := defaults.get("run")
	shell, _ := run.get("shell")
	return shell.text().value
}

func (w *Workflow) job(p pair, shell string) *job {
	n := p.value
	field := func(key string) node { value, _ := n.get(key); return value }
	j := &job{workflow: w, id: p.key, line: p.line, condition: conditionOf(n, "if"), tolerated: conditionOf(n, "continue-on-error"),
		needs: field("needs").words(), permissions: permissionsOf(n), group: groupOf(n), env: field("env").texts(), outputs: map[string]string{}, scalars: n.scalars(), shell: cmp.Or(shellOf(n), shell)}
	for name, output := range field("outputs").texts() {
		j.outputs[name] = output.value
	}
	j.uses = field("uses").text()
	j.windows = slices.ContainsFunc(field("runs-on").words(), func(label string) bool { return strings.Contains(strings.ToLower(label), "windows") })
	j.inherits = field("secrets").text().value == "inherit"
	j.environment = field("environment").text()
	if name, line := field("environment").get("name"); line > 0 {
		j.environment = name.text()
	}
	for i, s := range field("steps").list() {
		j.steps = append(j.steps, j.step(i, s))
	}
	return j
}

func (j *job) step(index int, n node) *step {
	field := func(key string) node { value, _ := n.get(key); return value }
	s := &step{job: j, index: index, id: field("id").text().value, line: n.line(), condition: conditionOf(n, "if"), tolerated: conditionOf(n, "continue-on-error"),
		uses: field("uses").text(), run: field("run").text(), shell: cmp.Or(field("shell").text().value, j.shell), with: field("with").texts(), env: field("env").texts()}
	s.first = field("run").firstLine()
	if name := s.interpreter().name; name != "" && name != "pwsh" && name != "cmd" {
		s.script, s.commands = scriptOf(s.run.value, s.first, &j.workflow.followed)
	}
	if s.script == nil {
		s.commands = commandsByLine(s.run.value, s.first)
	}
	s.calls = s.callsOfGate()
	return s
}

// condition is an expression that stands at a key of its own.
type condition struct {
	text
	expression
}

// conditionOf returns the condition of a key that is there, whatever it says; nil where it is not.
func conditionOf(n node, key string) *condition {
	value, line := n.get(key)
	if line == 0 {
		return nil
	}
	return &condition{text{value.text().value, line}, parseCondition(value.text().value)}
}

func permissionsOf(n node) *permissions {
	value, line := n.get("permissions")
	if line == 0 {
		return nil
	}
	p := &permissions{line: line, named: map[string]string{}}
	p.all = value.text().value
	for name, access := range value.texts() {
		p.named[name] = access.value
	}
	return p
}

// allow reports whether a token with these permissions may read or write something.
func (p *permissions) allow(name, access string) bool {
	if p.all != "" {
		return p.all == "write-all" || p.all == "read-all" && access == "read"
	}
	return p.named[name] == "write" || p.named[name] == access
}

func groupOf(n node) *group {
	value, line := n.get("concurrency")
	if line == 0 {
		return nil
	}
	g := &group{line: line, name: value.text().value}
	if name, nameLine := value.get("group"); nameLine > 0 {
		g.name, g.line = name.text().value, nameLine
	}
	cancels, cancelLine := value.get("cancel-in-progress")
	g.cancels = text{cancels.text().value, cancelLine}
	return g
}

// place is a line of the workflow.
func (w *Workflow) place(line int) []Place { return []Place{{w.file, line}} }

func (j *job) place(line int) []Place { return j.workflow.place(line) }

// named returns the job of an id, nil for none.
func (w *Workflow) named(id string) *job {
	for _, j := range w.jobs {
		if strings.EqualFold(j.id, id) {
			return j
		}
	}
	return nil
}
