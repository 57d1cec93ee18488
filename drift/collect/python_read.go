package collect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// pythonHost is what read_python printed.
type pythonHost struct {
	spent  budget
	work   int      // comparisons that markers and extras asked for so far
	system []string // sysname, release, version, machine: uname(1)
	envs   []*pythonEnv
	globs  []drift.Section
	files  map[string]*pythonText // requirements files, and what they include
}

// pythonEnv is what was read of one environment.
type pythonEnv struct {
	path        string
	end         string // why nothing was read: "absent", "denied", "nofolder"
	unread      []string
	config      []string // lines of pyvenv.cfg
	noConfig    bool
	interpreter string // "ok", "missing", "dangling", "unusable", "denied"
	target      string
	named       []string               // bin/python3.11 …
	moved       []string               // interpreters elsewhere that its scripts start
	base        bool                   // it is an installation of Python itself: it has a standard library
	stdlib      map[string]drift.Value // whether lib/NAME of the base interpreter has distutils
	sites       []*pythonSite
}

// pythonSite is a folder of packages.
type pythonSite struct {
	path      string
	shared    bool // of the system
	denied    bool
	modules   map[string]drift.Value // those that it has
	leftovers []string
	items     []*pythonItem
}

// pythonItem is a dist-info, an egg-info, an egg or an egg-link.
type pythonItem struct {
	name   string
	site   *pythonSite
	denied []string
	files  map[string]*pythonText // "metadata", "installer", "origin", "requires", "link"
	record *pythonRecord
}

// pythonText is what a file holds.
type pythonText struct {
	lines  []string
	whole  bool   // read to its end
	reason string // of one that is not: why, where that is known
}

func (t *pythonText) reader() *strings.Reader {
	return strings.NewReader(strings.Join(t.lines, "\n"))
}

// pythonRecord is what became of the files in RECORD.
type pythonRecord struct {
	whole               bool
	total, gone, unsure int      // files, without *.pyc and those of the dist-info itself
	missing             []string // lines of the missing ones, up to a hundred
}

// pythonReader reads lines of a word and a text.
type pythonReader struct {
	host   *pythonHost
	env    *pythonEnv
	site   *pythonSite
	item   *pythonItem
	text   *pythonText
	record *pythonRecord
}

func readPython(body string) (*pythonHost, error) {
	r := pythonReader{host: &pythonHost{files: map[string]*pythonText{}}}
	for line := range strings.Lines(body) {
		word, text, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		text = unescapePython(text)
		if r.text == nil && r.record == nil && word != "config" && len(text) > maxPath {
			return nil, errLongPath
		}
		if !r.line(word, text) {
			return nil, fmt.Errorf("a line that the probe does not print there: %.200q", line)
		}
	}
	if r.text != nil || r.record != nil || len(r.host.system) < 4 {
		return nil, fmt.Errorf("what the host printed is cut off")
	}
	return r.host, nil
}

func unescapePython(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	return pythonEscapes.Replace(s)
}

var pythonEscapes = strings.NewReplacer(`\\`, `\`, `\n`, "\n")

// line reports whether a line is one of ours, at its place.
func (r *pythonReader) line(word, text string) bool {
	switch {
	case r.text != nil:
		return r.textLine(word, text)
	case r.record != nil:
		return r.recordLine(word, text)
	}
	switch word {
	case "system":
		r.host.system = strings.Fields(text)
	case "venv":
		r.env = &pythonEnv{path: text, stdlib: map[string]drift.Value{}}
		r.host.envs = append(r.host.envs, r.env)
		r.site, r.item = nil, nil
	case "glob":
		r.env = nil
		r.host.globs = append(r.host.globs, drift.Section{Collector: "python", Scope: text, Question: true, Status: drift.OK})
	case "hidden":
		if len(r.host.globs) == 0 {
			return false
		}
		glob := &r.host.globs[len(r.host.globs)-1]
		glob.Status, glob.Reason = drift.Denied, "may not look into "+text
	case "file", "include":
		r.text = &pythonText{}
		r.host.files[text] = r.text
	case "nofile":
		r.host.files[text] = &pythonText{reason: "there is no such file"}
		r.env = nil
	case "maynot":
		r.host.files[text] = &pythonText{reason: "it may not be read"}
		r.env = nil
	default:
		return r.env != nil && r.envLine(word, text)
	}
	return true
}

func (r *pythonReader) envLine(word, text string) bool {
	env := r.env
	switch word {
	case "absent", "denied", "nofolder":
		if r.site != nil {
			return word == "denied" && r.siteLine(word, text)
		}
		env.end = word
	case "unread":
		env.unread = append(env.unread, text)
	case "config":
		env.config = append(env.config, text)
	case "noconfig":
		env.noConfig = true
	case "interpreter":
		env.interpreter = text
	case "target":
		env.target = text
	case "named":
		env.named = append(env.named, text)
	case "moved":
		env.moved = append(env.moved, text)
	case "stdlib":
		env.stdlib[text] = drift.Bool(true)
	case "maybestdlib":
		env.stdlib[text] = drift.UnknownValue("denied")
	case "base":
		env.base = true
	case "own", "shared":
		r.site = &pythonSite{path: text, shared: word == "shared", modules: map[string]drift.Value{}}
		r.item = nil
		env.sites = append(env.sites, r.site)
	default:
		return r.site != nil && r.siteLine(word, text)
	}
	return true
}

func (r *pythonReader) siteLine(word, text string) bool {
	switch {
	case word == "module":
		r.site.modules[text] = drift.Bool(true)
	case word == "maybe":
		r.site.modules[text] = drift.UnknownValue("denied")
	case word == "item" && len(text) > maxName:
		return false
	case word == "item":
		r.item = &pythonItem{name: text, site: r.site, files: map[string]*pythonText{}}
		r.site.items = append(r.site.items, r.item)
	case word == "leftover":
		r.site.leftovers = append(r.site.leftovers, text)
		r.item = nil
	case word == "denied" && r.item == nil:
		r.site.denied = true
	case r.item == nil:
		return false
	case word == "denied":
		r.item.denied = append(r.item.denied, text)
	case word == "record":
		r.record = &pythonRecord{}
		r.item.record = r.record
	case slices.Contains([]string{"metadata", "installer", "origin", "requires", "link"}, word):
		r.text = &pythonText{}
		r.item.files[word] = r.text
	default:
		return false
	}
	return true
}

func (r *pythonReader) textLine(word, line string) bool {
	switch word {
	case "=":
		r.text.lines = append(r.text.lines, line)
		return true
	case "":
		return line == "" // the line end that the last line of a file may lack
	case ".":
		r.text.whole = true
	case "!":
		r.text.reason = "it could not be read"
	default:
		return false
	}
	r.text = nil
	return true
}

func (r *pythonReader) recordLine(word, line string) bool {
	switch word {
	case "-":
		r.record.missing = append(r.record.missing, line)
		return true
	case "?":
		return true
	case ".":
		_, err := fmt.Sscanf(line, "%d %d %d", &r.record.total, &r.record.gone, &r.record.unsure)
		if err != nil {
			return false
		}
		r.record.whole = true
	case "!":
	default:
		return false
	}
	r.record = nil
	return true
}

// status returns the status of an environment's section.
func (env *pythonEnv) status() (drift.Status, string) {
	switch env.end {
	case "absent":
		return drift.Gone, ""
	case "denied":
		return drift.Denied, "may not look into it"
	case "nofolder":
		return drift.Failed, "it is no folder"
	}
	if env.noConfig && env.interpreter == "missing" && len(env.sites) == 0 && len(env.unread) == 0 {
		return drift.Failed, "it is no virtual environment: it has neither pyvenv.cfg nor bin/python nor packages"
	}
	return drift.OK, ""
}
