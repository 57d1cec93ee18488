package collect

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/pypa"
)

// requirementAnswers are the answers to a requirements file and what it includes, by the name that was asked for.
type requirementAnswers struct {
	*pythonHealth
	host    *pythonHost
	markers markerEnvironments
	byName  map[string]drift.Value
	seen    map[string]bool
	origins map[string]bool // where distributions are from that are not from an index, and whether one of there is editable
	within  []string        // the files that include the one that is read, cleaned
}

const (
	requirementMet    = "met"
	requirementUnused = "not needed"
)

// requirements compares one requirements file with what is installed.
func (h *pythonHealth) requirements(host *pythonHost, file string, markers markerEnvironments) {
	at := h.at.Attr("requirements").Key(file)
	a := requirementAnswers{pythonHealth: h, host: host, markers: markers, byName: map[string]drift.Value{}, seen: map[string]bool{}}
	if problem := a.file(file, false); problem != "" {
		h.add(at, drift.UnknownValue(problem))
		return
	}
	for name, value := range a.byName {
		h.add(at.Key(name), value)
	}
}

// maxIncludes is how deep requirements files may include each other.
const maxIncludes = 100

// file reads one file, as constraints or as requirements. It returns why that is not possible.
func (a *requirementAnswers) file(file string, constraint bool) (problem string) {
	text := a.host.files[file]
	key := fmt.Sprint(file, constraint)
	switch {
	case a.seen[key] && !slices.Contains(a.within, path.Clean(file)):
		return ""
	case text == nil:
		return "the file was not read"
	case !text.whole:
		return text.reason
	}
	if slices.Contains(a.within, path.Clean(file)) {
		return "it includes itself"
	}
	if len(a.within) == maxIncludes {
		return fmt.Sprintf("it is included by more than %d files, each by the one before", maxIncludes)
	}
	a.within = append(a.within, path.Clean(file))
	defer func() { a.within = a.within[:len(a.within)-1] }()
	a.seen[key] = true
	entries, err := pypa.RequirementsFile(text.reader())
	if err != nil {
		return err.Error()
	}
	for e := range entries {
		a.entry(file, e, constraint)
	}
	return ""
}

func (a *requirementAnswers) entry(file string, e pypa.Entry, constraint bool) {
	name := pypa.NormalizeName(e.Requirement.Name)
	where := fmt.Sprintf("%s:%d", file, e.Line)
	switch e.Kind {
	case pypa.OptionEntry:
	case pypa.UnreadEntry:
		// Not its error: an included file may be one that holds secrets.
		a.answer(where, drift.UnknownValue("this line cannot be read as a requirement"))
	case pypa.IncludeEntry, pypa.ConstraintEntry:
		target := e.Target
		if !path.IsAbs(target) {
			target = file[:strings.LastIndexByte(file, '/')+1] + target
		}
		if problem := a.file(target, constraint || e.Kind == pypa.ConstraintEntry); problem != "" {
			a.answer(where, drift.UnknownValue(e.Target+": "+problem))
		}
	case pypa.NamedEntry:
		a.answer(name, a.judgeEntry(e, constraint))
	default:
		if name == "" {
			a.answer(where, a.byOrigin(e))
			return
		}
		a.answer(name, a.judgeEntry(e, constraint))
	}
}

// answer notes the answer for a name. Of two, the worse one counts.
func (a *requirementAnswers) answer(name string, v drift.Value) {
	if v.Kind == drift.Absent {
		return
	}
	if old, ok := a.byName[name]; !ok || badness(v) > badness(old) {
		a.byName[name] = v
	}
}

func badness(v drift.Value) int {
	s, _ := v.AsString()
	switch {
	case v.Kind == drift.Unknown:
		return 2
	case s == requirementUnused:
		return 0
	case s == requirementMet:
		return 1
	}
	return 3
}

// judgeEntry tells how a requirement, or a constraint on what is installed anyway, is met. It is Absent for a constraint
// that is kept.
func (a *requirementAnswers) judgeEntry(e pypa.Entry, constraint bool) drift.Value {
	r := e.Requirement
	installed := a.packages[pypa.NormalizeName(r.Name)]
	if constraint && installed == nil && a.unlisted == "" {
		return drift.Value{}
	}
	switch a.evaluate(a.markers, r.Marker, nil) {
	case pypa.False:
		if constraint {
			return drift.Value{}
		}
		return drift.String(requirementUnused)
	case pypa.Unknown:
		return drift.UnknownValue(fmt.Sprintf("whether %s holds could not be told", r.Marker))
	}
	problem, err := a.judge(r)
	if err == nil && problem == "" {
		problem = originProblem(e, installed)
	} else if problem != "" && len(r.Specifiers) > 0 && installed != nil {
		problem += ", not " + r.Specifiers.String()
	}
	if err == nil && problem == "" && !constraint {
		var lacks []string
		lacks, err = a.lacksExtras(r, a.markers, map[string]bool{})
		problem = strings.Join(lacks, "; ")
	}
	switch {
	case err != nil:
		return drift.UnknownValue(err.Error())
	case problem != "":
		return drift.String(problem)
	case constraint:
		return drift.Value{}
	}
	return drift.String(requirementMet)
}

// originProblem tells how a distribution is not from the URL, or not the editable one, that was asked for.
func originProblem(e pypa.Entry, p *pythonPackage) string {
	url := e.Requirement.URL
	if e.Kind != pypa.NamedEntry {
		url = e.Target
	}
	switch {
	case e.Kind == pypa.EditableEntry && !p.editable:
		return "it is not installed as editable"
	case url == "" || !strings.Contains(url, "://"):
		return ""
	case p.direct == nil:
		return "it is not from " + url
	}
	url, _, _ = strings.Cut(url, "#")
	from := p.direct.URL
	if p.direct.VCS != "" {
		from = p.direct.VCS + "+" + from
		if p.direct.Revision != "" {
			from += "@" + p.direct.Revision
		}
	}
	if from != url {
		return fmt.Sprintf("it is from %s, not from %s", from, url)
	}
	return ""
}

// byOrigin judges a URL or a path that does not tell its name, by what says that it is from there.
func (a *requirementAnswers) byOrigin(e pypa.Entry) drift.Value {
	if a.origins == nil {
		a.origins = map[string]bool{}
		for _, p := range a.packages {
			if p.direct != nil {
				a.origins[p.direct.URL] = a.origins[p.direct.URL] || p.editable
			}
		}
	}
	target, _, _ := strings.Cut(e.Target, "#")
	urls := []string{target}
	if path.IsAbs(target) {
		urls = append(urls, "file://"+path.Clean(target))
	}
	for _, url := range urls {
		if editable, ok := a.origins[url]; ok && (editable || e.Kind != pypa.EditableEntry) {
			return drift.String(requirementMet)
		}
	}
	return drift.UnknownValue("which distribution this is could not be told")
}
