package collect

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/pypa"
)

// markerEnvironments are what an interpreter may say of itself: one for each patch version that it may be of. A marker
// holds when it does in all of them.
type markerEnvironments []pypa.Environment

// pythonMarkers returns the environments that markers are evaluated in. Which patch version an interpreter is of no file
// tells for sure: the first, the last and the one that pyvenv.cfg was written by stand for all of them.
func pythonMarkers(system []string, h pythonHealth) markerEnvironments {
	implementation, name := "CPython", "cpython"
	if strings.Contains(h.target, "pypy") {
		implementation, name = "PyPy", "pypy"
	}
	env := pypa.Environment{
		"os_name": "posix", "sys_platform": strings.ToLower(system[0]), "platform_system": system[0],
		"platform_release": system[1], "platform_version": strings.Join(system[2:len(system)-1], " "), "platform_machine": system[len(system)-1],
		"platform_python_implementation": implementation, "implementation_name": name,
	}
	if h.version == "" {
		return markerEnvironments{env}
	}
	env["python_version"] = h.version
	var all markerEnvironments
	for _, patch := range []string{h.version + ".0", h.version + ".999", h.settings()["version"]} {
		if v, err := pypa.ParseVersion(patch); err != nil || patch == "" || !strings.HasPrefix(v.String(), h.version+".") {
			continue
		}
		one := pypa.Environment{"python_full_version": patch}
		for key, value := range env {
			one[key] = value
		}
		if name == "cpython" {
			one["implementation_version"] = patch
		}
		all = append(all, one)
	}
	return all
}

// evaluate tells whether a marker holds. Nothing is told once the markers and extras of a host have asked for too much.
func (h *pythonHealth) evaluate(all markerEnvironments, m *pypa.Marker, extras []string) pypa.Truth {
	if !h.work(len(all) * max(1, m.Size()*max(1, len(extras)))) {
		return pypa.Unknown
	}
	return all.evaluate(m, extras)
}

// maxWork is how many comparisons the markers of a host may ask for, each for the extras of each who asks: a few seconds. A
// large environment has ten thousand.
const maxWork = 1_000_000

// work reports whether so many comparisons more may be made.
func (h *pythonHealth) work(n int) bool {
	h.host.work += n
	return h.host.work <= maxWork
}

func (all markerEnvironments) evaluate(m *pypa.Marker, extras []string) pypa.Truth {
	truth := m.Evaluate(all[0], extras...)
	for _, env := range all[1:] {
		if m.Evaluate(env, extras...) != truth {
			return pypa.Unknown
		}
	}
	return truth
}

// errUntold marks what could not be told.
var errUntold = errors.New("could not be told")

// unmet tells, for each package, which of its requirements no installed distribution meets.
func (h *pythonHealth) unmet(markers markerEnvironments) {
	at := h.at.Attr("unmet")
	if h.unlisted != "" {
		h.add(at, drift.UnknownValue(h.unlisted))
		return
	}
	for key, p := range h.packages {
		if p.item.site.shared {
			continue
		}
		if v := h.unmetBy(p, markers); v.Kind != drift.Absent {
			h.add(at.Key(key), v)
		}
	}
}

// unmetBy returns what a package lacks: a list, Absent for nothing, or Unknown.
func (h *pythonHealth) unmetBy(p *pythonPackage, markers markerEnvironments) drift.Value {
	if p.untold != "" {
		return drift.UnknownValue(p.untold)
	}
	lacks, err := h.lacks(p, nil, markers, map[string]bool{})
	if problem := h.wrongPython(p); problem != "" {
		lacks = append(lacks, problem)
	}
	switch {
	case err != nil:
		return drift.UnknownValue(err.Error())
	case len(lacks) == 0:
		return drift.Value{}
	}
	slices.Sort(lacks)
	return drift.Strings(slices.Compact(lacks)...)
}

// lacks returns the requirements of a package that are not met, or of those that come with extras. Only a requirements
// file asks for extras: "pip check" does not look at them.
func (h *pythonHealth) lacks(p *pythonPackage, extras []string, markers markerEnvironments, seen map[string]bool) ([]string, error) {
	var lacks []string
	for _, d := range p.requires {
		if d.Err != nil {
			return nil, fmt.Errorf("one of its requirements cannot be read: %w", withoutLine(d.Err))
		}
		if !h.work(1) {
			return nil, fmt.Errorf("markers and extras that ask for more than %d comparisons", maxWork)
		}
		if extras != nil && h.evaluate(markers, d.Requirement.Marker, nil) == pypa.True {
			continue
		}
		switch h.evaluate(markers, d.Requirement.Marker, extras) {
		case pypa.False:
			continue
		case pypa.Unknown:
			return nil, fmt.Errorf("whether it needs %s %w", d.Requirement.String(), errUntold)
		}
		problem, err := h.judge(d.Requirement)
		if err != nil {
			return nil, err
		}
		if problem != "" {
			lacks = append(lacks, wanted(d.Requirement)+": "+problem)
			continue
		}
		if extras == nil || len(d.Requirement.Extras) == 0 {
			continue
		}
		more, err := h.lacksExtras(d.Requirement, markers, seen)
		if err != nil {
			return nil, err
		}
		lacks = append(lacks, more...)
	}
	return lacks, nil
}

// maxExtras is how many extras one requirement may lead to, each by the one before.
const maxExtras = 1000

// lacksExtras returns what the extras of a requirement need and is not there.
func (h *pythonHealth) lacksExtras(r pypa.Requirement, markers markerEnvironments, seen map[string]bool) ([]string, error) {
	key := pypa.NormalizeName(r.Name)
	if len(r.Extras) == 0 || seen[key+"["+strings.Join(r.Extras, ",")] {
		return nil, nil
	}
	seen[key+"["+strings.Join(r.Extras, ",")] = true
	if len(seen) > maxExtras {
		return nil, fmt.Errorf("extras that ask for more than %d other ones", maxExtras)
	}
	p := h.packages[key]
	if p.untold != "" {
		return nil, errors.New(p.untold)
	}
	return h.lacks(p, r.Extras, markers, seen)
}

// judge tells what is wrong with what is installed for a requirement: "" for nothing.
func (h *pythonHealth) judge(r pypa.Requirement) (problem string, err error) {
	p := h.packages[pypa.NormalizeName(r.Name)]
	switch {
	case p == nil && h.unlisted != "":
		return "", errors.New(h.unlisted)
	case p == nil:
		return "not installed", nil
	case p.unknown != "":
		return "", fmt.Errorf("the version of %s %w: %s", p.name, errUntold, p.unknown)
	case len(r.Specifiers) == 0:
		return "", nil
	}
	v, err := p.parsed()
	if err != nil {
		return "", fmt.Errorf("whether %s meets %s %w: %w", p.name, r.Specifiers, errUntold, err)
	}
	if !r.Specifiers.Contains(v, pypa.AnyPrereleases) {
		return fmt.Sprintf("%s is installed", p.version), nil
	}
	return "", nil
}

// parsed returns the version that is installed. It is asked for by each requirement.
func (p *pythonPackage) parsed() (pypa.Version, error) {
	if p.order == nil {
		v, err := pypa.ParseVersion(p.version)
		p.order, p.orderErr = &v, err
	}
	return *p.order, p.orderErr
}

func (h *pythonHealth) wrongPython(p *pythonPackage) string {
	specs, err := pypa.ParseSpecifiers(p.python)
	if err != nil || len(specs) == 0 || h.version == "" {
		return ""
	}
	for _, patch := range []string{".0", ".999"} {
		if v, err := pypa.ParseVersion(h.version + patch); err == nil && specs.Contains(v, pypa.AnyPrereleases) {
			return ""
		}
	}
	return fmt.Sprintf("python%s: %s is the interpreter", specs, h.version)
}

// wanted returns a requirement without its marker.
func wanted(r pypa.Requirement) string {
	r.Marker = nil
	return r.String()
}

// withoutLine returns the cause of an error that a number of a line stands before: only some lines were sent.
func withoutLine(err error) error {
	if cause := errors.Unwrap(err); cause != nil {
		return cause
	}
	return err
}
