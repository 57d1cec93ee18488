package collect

import (
	_ "embed"
	"maps"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
)

//go:embed python.sh
var pythonScript string

var python = Collector{
	Name:    "python",
	Version: 1,
	Doc: `Python virtual environments: the interpreter, every distribution, what is damaged or missing, and requirements ` +
		`files compared with what is installed. It runs neither the interpreter nor pip, since either may be the broken ` +
		`thing: it reads links, pyvenv.cfg, dist-info, egg-info and egg-link as those would. Environments are named or ` +
		`found by pattern (* ? [] within a name, ** over any folders; ** finds those that have a pyvenv.cfg). ` +
		`Environment variables in requirements files, and requirements whose markers need a patch version that cannot be ` +
		`told, are unknown. Packages of the system count where pyvenv.cfg says so.`,
	Args: []Arg{
		{Name: "venvs", Type: cty.List(cty.String), Check: checkVenv, Doc: "Paths or patterns of environments."},
		{Name: "optional", Type: cty.List(cty.String), Check: checkVenv, Doc: "The same, of which none need be there."},
		{Name: "requirements", Type: cty.Map(cty.List(cty.String)), Check: checkOnePath, Doc: "For the path of an environment, the requirements files to compare it with."},
	},
	Schema:   pythonSchema,
	Script:   pythonScript,
	Words:    pythonWords,
	Scopes:   pythonScopes,
	Settings: pythonSettings,
	Parse:    parsePython,
}

var pythonSchema = &Schema{
	Doc: "Virtual environments.", Key: "path",
	Elem: &Schema{
		Doc: "One virtual environment.",
		Attrs: map[string]*Schema{
			"problems": {Type: "list", Doc: "What is damaged, in words, sorted; empty for a sound environment. Those of a package begin with its name. Unmet requirements are not among them."},
			"interpreter": {
				Doc: "The interpreter that bin/python is.",
				Attrs: map[string]*Schema{
					"state":   {Type: "string", Doc: "ok, missing, dangling (a link to nothing) or unusable (no program)."},
					"target":  {Type: "string", Doc: "The file that bin/python leads to, over all links."},
					"version": {Type: "string", Doc: "Its version, as 3.11, told by its name or by pyvenv.cfg."},
				},
			},
			"pyvenv": {Doc: "The entries of pyvenv.cfg.", Key: "key", Elem: &Schema{Type: "string", Doc: "The value as written."}},
			"packages": {
				Doc: "Distributions, by normalised name (PEP 503).", Key: "package",
				Elem: &Schema{
					Doc: "One distribution.",
					Attrs: map[string]*Schema{
						"version":    {Type: "string", Doc: "Its version as METADATA has it; unknown when it is installed twice in different versions."},
						"installer":  {Type: "string", Doc: "The program that installed it, where that left its name."},
						"editable":   {Type: "bool", Doc: "Whether it is a link to a folder of source."},
						"direct_url": {Type: "string", Doc: "Where it was installed from, when not from an index; without credentials."},
						"location":   {Type: "string", Doc: "The folder that it is in, below the environment's own; with a slash first for one of the system."},
						"problems":   {Type: "list", Doc: "What is damaged, in words; empty for a sound one."},
						"missing":    {Type: "list", Doc: "Files of its RECORD that are not there, up to a hundred, without *.pyc."},
					},
				},
			},
			"imports": {Doc: "Whether pkg_resources, setuptools, pip and distutils can be imported, told by their files and the interpreter.", Key: "module",
				Elem: &Schema{Type: "bool", Doc: "Whether it can."}},
			"unmet": {Doc: "Packages whose requirements are not met, as pip check would say.", Key: "package",
				Elem: &Schema{Type: "list", Doc: "Each requirement with what is installed instead."}},
			"requirements": {
				Doc: "Requirements files, with what they include, compared with what is installed.", Key: "file",
				Elem: &Schema{Doc: "One file.", Key: "requirement, by normalised name",
					Elem: &Schema{Type: "string", Doc: "met; not needed (its marker does not hold); or what is wrong, as: 3.2 is installed, not ==4.2."}},
			},
		},
	},
}

// pythonWords names environments and patterns, and then the requirements files of all of them, each once.
func pythonWords(q Query) []string {
	var words []string
	for _, scope := range pythonScopes(q) {
		kind := "venv"
		if scope.Question {
			kind = "glob"
		}
		words = append(words, kind, scope.Name)
	}
	var files []string
	for _, list := range q.Lists("requirements") {
		files = append(files, list...)
	}
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		words = append(words, "file", file)
	}
	return words
}

// pythonScopes returns each environment and pattern once. One that has requirements is asked for by that.
func pythonScopes(q Query) []Scope {
	var scopes []Scope
	seen := map[string]bool{}
	add := func(path string, optional bool) {
		path = cleanPath(path)
		if !seen[path] {
			seen[path] = true
			scopes = append(scopes, Scope{Name: path, Question: strings.ContainsAny(path, "*?["), Optional: optional})
		}
	}
	for _, path := range q.Strings("venvs") {
		add(path, false)
	}
	for _, path := range slices.Sorted(maps.Keys(q.Lists("requirements"))) {
		add(path, false)
	}
	for _, path := range q.Strings("optional") {
		add(path, true)
	}
	return scopes
}

// cleanPath takes the slashes off the end of a path.
func cleanPath(path string) string {
	if path == "/" {
		return path
	}
	return strings.TrimRight(path, "/")
}

// pythonSettings: the requirements files that an environment is compared with.
func pythonSettings(q Query, s *drift.Section) map[string]any {
	var files []string
	for path, list := range q.Lists("requirements") {
		if cleanPath(path) == s.Scope {
			files = append(files, list...)
		}
	}
	if s.Question || len(files) == 0 {
		return nil
	}
	slices.Sort(files)
	return map[string]any{"requirements": slices.Compact(files)}
}

// parsePython returns a section for each environment that was named or found, and one for each pattern.
func parsePython(f Frame) ([]drift.Section, error) {
	body, err := f.Body()
	if err != nil {
		return nil, err
	}
	host, err := readPython(body)
	if err != nil {
		return nil, err
	}
	scopes := pythonScopes(f.Query)
	requirements := map[string][]string{}
	for path, files := range f.Query.Lists("requirements") {
		requirements[cleanPath(path)] = files
	}
	sections := host.globs
	seen := map[string]bool{}
	for _, env := range host.envs {
		// Below a pattern with "**" the host reads every environment.
		asked := slices.ContainsFunc(scopes, func(s Scope) bool {
			return s.Name == env.path || s.Question && doublestar.MatchUnvalidated(s.Name, env.path)
		})
		if !asked || seen[env.path] {
			continue
		}
		seen[env.path] = true
		section := drift.Section{Collector: "python", Scope: env.path}
		section.Status, section.Reason = env.status()
		if section.Status == drift.OK {
			section.Facts = env.facts(host, requirements[env.path])
		}
		if err := host.spent.problem(); err != nil {
			return nil, err
		}
		sections = append(sections, section)
	}
	return sections, nil
}
