package collect

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// pythonHealth is one environment as it is judged.
type pythonHealth struct {
	*pythonEnv
	host     *pythonHost
	at       drift.Address
	facts    []drift.Fact
	version  string // X.Y of the interpreter, empty where that could not be told
	live     []*pythonSite
	packages map[string]*pythonPackage
	problems []string
	unknown  []string // why problems could not be told in full
	unlisted string   // why packages could not be told in full
}

// add notes a fact. When the host's are too many, parsePython says so.
func (h *pythonHealth) add(a drift.Address, v drift.Value) {
	f := []drift.Fact{{Address: a, Value: v}}
	if h.host.spent.spend(f) == nil {
		h.facts = append(h.facts, f...)
	}
}

// facts returns all facts of an environment.
func (env *pythonEnv) facts(host *pythonHost, requirements []string) []drift.Fact {
	h := pythonHealth{pythonEnv: env, host: host, at: drift.Address("python").Key(env.path), packages: map[string]*pythonPackage{}}
	h.configuration()
	h.interpret()
	h.choose()
	h.list()
	h.imports()
	markers := pythonMarkers(host.system, h)
	h.unmet(markers)
	for _, file := range requirements {
		h.requirements(host, file, markers)
	}
	slices.Sort(h.problems)
	switch at := h.at.Attr("problems"); {
	case len(h.unknown) > 0:
		slices.Sort(h.unknown)
		h.add(at, drift.UnknownValue(strings.Join(slices.Compact(h.unknown), "; ")))
	default:
		h.add(at, drift.Strings(h.problems...))
	}
	return h.facts
}

// settings returns the entries of pyvenv.cfg, the last of each key, with lower-case keys, as the interpreter reads them.
func (env *pythonEnv) settings() map[string]string {
	entries := map[string]string{}
	for _, line := range env.config {
		if key, value, ok := strings.Cut(line, "="); ok {
			entries[strings.ToLower(strings.TrimSpace(key))] = strings.TrimSpace(value)
		}
	}
	return entries
}

func (h *pythonHealth) configuration() {
	switch at := h.at.Attr("pyvenv"); {
	case slices.Contains(h.unread, "pyvenv.cfg"):
		h.add(at, drift.UnknownValue("pyvenv.cfg may not be read"))
		h.unknown = append(h.unknown, "pyvenv.cfg may not be read")
	case h.noConfig && h.base:
	case h.noConfig:
		h.problems = append(h.problems, "pyvenv.cfg is missing: the interpreter uses the packages of the system")
	default:
		for key, value := range h.settings() {
			h.add(at.Key(key), drift.String(value))
		}
	}
}

// pythonVersion is X.Y in the name of an interpreter or of a folder in lib.
var pythonVersion = regexp.MustCompile(`^(?:python|pypy)(\d+\.\d+)t?$`)

func versionOf(name string) string {
	if m := pythonVersion.FindStringSubmatch(path.Base(name)); m != nil {
		return m[1]
	}
	return ""
}

// interpret tells the interpreter's state and version.
func (h *pythonHealth) interpret() {
	h.version = h.findVersion()
	at := h.at.Attr("interpreter")
	if h.version == "" {
		h.add(at.Attr("version"), drift.UnknownValue("neither its name nor pyvenv.cfg tells it"))
	} else {
		h.add(at.Attr("version"), drift.String(h.version))
	}
	if h.target != "" {
		h.add(at.Attr("target"), drift.String(path.Clean(h.target)))
	}
	state := drift.String(h.interpreter)
	switch h.interpreter {
	case "ok":
	case "missing":
		h.problems = append(h.problems, "there is no interpreter: bin/python is missing")
	case "dangling":
		h.problems = append(h.problems, "the interpreter is a dangling link to "+path.Clean(h.target))
	case "unusable":
		h.problems = append(h.problems, "the interpreter "+path.Clean(h.target)+" is no program")
	default:
		state = drift.UnknownValue("may not look where bin/python leads")
		h.unknown = append(h.unknown, "may not look where bin/python leads")
	}
	h.add(at.Attr("state"), state)
	for _, name := range h.moved {
		h.problems = append(h.problems, "moved: its scripts start "+name)
	}
	if slices.Contains(h.unread, "scripts") {
		h.unknown = append(h.unknown, "some scripts in bin may not be read")
	}
}

// findVersion tells X.Y from the interpreter's own name, else from pyvenv.cfg, which is as old as the environment, else
// from the names beside it.
func (h *pythonHealth) findVersion() string {
	if v := versionOf(h.target); v != "" {
		return v
	}
	settings := h.settings()
	for _, key := range []string{"version", "version_info"} {
		if parts := strings.Split(settings[key], "."); len(parts) >= 2 {
			return versionOf("python" + parts[0] + "." + parts[1])
		}
	}
	if len(h.named) == 1 {
		return versionOf(h.named[0])
	}
	return ""
}

// choose tells which folders of packages the interpreter looks in.
func (h *pythonHealth) choose() {
	for _, site := range h.sites {
		if version := versionOf(path.Dir(site.path)); !site.shared && h.version != "" && version != h.version {
			folder := strings.TrimPrefix(site.path, h.path+"/")
			h.problems = append(h.problems, fmt.Sprintf("packages are in %s, where Python %s does not look", folder, h.version))
			continue
		}
		h.live = append(h.live, site)
	}
	for _, what := range h.unread {
		if what == "lib" || what == "lib64" {
			h.unlisted = "may not look into " + what
		}
	}
	for _, site := range h.live {
		if site.denied {
			h.unlisted = "may not look into " + site.path
		}
	}
	if h.unlisted != "" {
		h.add(h.at.Attr("packages"), drift.UnknownValue(h.unlisted))
		h.unknown = append(h.unknown, h.unlisted)
	}
}

// imports tells which modules that installations need can be imported.
func (h *pythonHealth) imports() {
	for _, module := range []string{"pkg_resources", "setuptools", "pip", "distutils"} {
		h.add(h.at.Attr("imports").Key(module), h.importable(module))
	}
}

func (h *pythonHealth) importable(module string) drift.Value {
	switch {
	case h.interpreter == "missing" || h.interpreter == "dangling" || h.interpreter == "unusable":
		return drift.Bool(false)
	case h.interpreter != "ok":
		return drift.UnknownValue("may not look where bin/python leads")
	case h.noConfig && !h.base:
		return drift.UnknownValue("without pyvenv.cfg the interpreter uses the packages of the system")
	case slices.Contains(h.unread, "pyvenv.cfg"):
		return drift.UnknownValue("pyvenv.cfg may not be read")
	case h.version == "":
		return drift.UnknownValue("the interpreter's version could not be told")
	}
	found := drift.Bool(false)
	if h.unlisted != "" {
		found = drift.UnknownValue(h.unlisted)
	}
	answers := []drift.Value{}
	for _, site := range h.live {
		answers = append(answers, site.modules[module])
	}
	if module == "distutils" && slices.Contains([]string{"3.6", "3.7", "3.8", "3.9", "3.10", "3.11"}, h.version) {
		answers = append(answers, h.stdlib["python"+h.version], h.stdlib["pypy"+h.version])
	}
	for _, answer := range answers {
		switch answer.Kind {
		case drift.Known:
			return answer
		case drift.Unknown:
			found = answer
		}
	}
	return found
}
