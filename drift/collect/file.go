package collect

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/entries"
)

//go:embed file.sh
var fileScript string

var file = Collector{
	Name:    "file",
	Version: 1,
	Doc: `Files, folders and links: type, mode, owner, group, size, SHA-256, the target of a link, and the entries of ` +
		`configuration files. Paths are named or found by pattern (* ? [] {} within a name, ** over any folders; both ` +
		`match names that begin with a dot). A named link is read as what it leads to; one that a pattern finds, or ` +
		`that is below a root, is its target only. Files that configure something are known by their names, and ` +
		`everything in /etc is one; their settings are entries, for which neither order nor comments matter. What is ` +
		`not in the format that its name says is compared as lines, and "unparsed" says so. The entries of a file larger ` +
		`than max_size, or of one that has more than 50,000, are unknown; what is a configuration file only because it is ` +
		`in /etc is then compared by its digest. A file that changes while it is read is unknown, and so is a name with a ` +
		`line break.`,
	Args: []Arg{
		{Name: "paths", Type: cty.List(cty.String), Check: checkPattern, Doc: "Paths or patterns, from the root down."},
		{Name: "optional", Type: cty.List(cty.String), Check: checkPattern, Doc: "The same, of which none need be there."},
		{Name: "exclude", Type: cty.List(cty.String), Check: checkExclude, Doc: `Names that patterns leave out with all that is below, as "*.local"; or whole paths, as "/etc/app/cache/**".`},
		{Name: "format", Type: cty.String, OneOf: formatNames(), Doc: "How to read entries, whatever the names: " + strings.Join(formatNames(), ", ") + "."},
		{Name: "max_size", Type: cty.String, Check: checkSize, Doc: `How large a file may be to be read by its entries, as "4 MiB" or "512 KiB": at most 8 MiB; default 1 MiB. Of two blocks that read one file, the larger counts.`},
	},
	Schema: &Schema{
		Doc: "Files, folders and links.", Key: "path",
		Elem: &Schema{
			Doc: "One file.",
			Attrs: map[string]*Schema{
				"type":     {Type: "string", Doc: "file, directory, symlink, fifo, socket, block or character."},
				"mode":     {Type: "string", Doc: "The permissions, octal, as 0644. Of a link, which has none, that of the file that it leads to."},
				"owner":    {Type: "string", Doc: "The owner's name; the number where there is none."},
				"group":    {Type: "string", Doc: "The group's name; the number where there is none."},
				"size":     {Type: "number", Doc: "The length of a file in bytes."},
				"sha256":   {Type: "string", Doc: "The SHA-256 of a file, hexadecimal."},
				"target":   {Type: "string", Doc: "What a link says that it leads to."},
				"format":   {Type: "string", Doc: "How the entries were read."},
				"unparsed": {Type: "string", Doc: "Why a file has no entries, or only lines, though its name implies a format."},
				"entries": {
					Doc: "The settings of a configuration file.", Key: "key path",
					Elem: &Schema{Type: "any", Doc: "The value: a list where the key is repeated; of lines, all of them."},
				},
			},
		},
	},
	Script:   fileProbe(),
	Words:    fileWords,
	Scopes:   fileScopes,
	Settings: fileSettings,
	Parse:    parseFile,
}

// formatNames lists the formats of entries.
func formatNames() []string {
	var names []string
	for _, f := range entries.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// fileProbe is the script with the names of configuration files in it. find tries them in turn for each file: the last,
// which match most, come first.
func fileProbe() string {
	var tests []string
	for _, pattern := range entries.Patterns() {
		tests = append(tests, "-path "+pattern)
	}
	slices.Reverse(tests)
	return strings.Replace(fileScript, "@NAMES@", strings.Join(tests, " -o "), 1)
}

// fileScopes returns each path and pattern once.
func fileScopes(q Query) []Scope {
	var scopes []Scope
	seen := map[string]bool{}
	add := func(list []string, optional bool) {
		for _, name := range list {
			if strings.HasPrefix(name, "/") {
				name = path.Clean(name)
			}
			if !seen[name] {
				seen[name] = true
				scopes = append(scopes, Scope{Name: name, Question: strings.ContainsAny(name, patternSigns), Optional: optional})
			}
		}
	}
	add(q.Strings("paths"), false)
	add(q.Strings("optional"), true)
	return scopes
}

// fileSettings: what is left out bears on what a pattern finds, all else on what is read of a file. Whether it is read as root
// bears on neither: what the account may not read is unknown.
func fileSettings(q Query, s *drift.Section) map[string]any {
	settings := map[string]any{}
	if exclude := slices.Clone(q.Strings("exclude")); s.Question && len(exclude) > 0 {
		slices.Sort(exclude)
		settings["exclude"] = slices.Compact(exclude)
	}
	if format := q.Text("format"); !s.Question && format != "" {
		settings["format"] = format
	}
	if most := q.maxSize(); !s.Question && most != defaultMaxSize {
		settings["max_size"] = sizeText(most)
	}
	return settings
}

// fileWords gives the host the folders that patterns begin with, by how deep they go, and what it may leave out.
func fileWords(q Query) []string {
	searches := fileSearches(fileScopes(q))
	var words []string
	for _, name := range q.Strings("exclude") {
		if prunable(name, searches) {
			words = append(words, "-x", name)
		}
	}
	if q.Text("format") != "" {
		words = append(words, "-a")
	}
	if most := q.maxSize(); most != defaultMaxSize {
		words = append(words, "-s", strconv.FormatInt(most, 10))
	}
	for _, s := range searches {
		depth := ""
		if s.depth >= 0 {
			depth = fmt.Sprint(s.depth)
		}
		words = append(words, "-d", depth)
		words = append(words, s.paths...)
	}
	return words
}
