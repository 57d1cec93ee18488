package entries

import (
	"slices"
	"strconv"

	"github.com/seed-313c021b/gate/drift"
)

// sections gathers the sections of a file, for its keys to be named once all of them are known.
type sections struct {
	all   []*section
	total map[string]int
}

// section is one section with its settings. The settings before the first header are in a section without a name.
type section struct {
	name     string
	line     int
	settings []*setting
}

type setting struct {
	key   string
	value drift.Value
	line  int
}

func (s *sections) open(name string, line int) *section {
	if s.total == nil {
		s.total = map[string]int{}
	}
	opened := &section{name: name, line: line}
	s.all = append(s.all, opened)
	s.total[name]++
	return opened
}

// addTo adds all settings to the entries. Sections of one name are indexed, as their keys belong together: which
// metric is of which [Route] of a systemd.network would be lost in lists.
func (s *sections) addTo(c *collection) error {
	next := map[string]int{}
	for _, section := range s.all {
		path := escape(section.name)
		if s.total[section.name] > 1 {
			path += "." + strconv.Itoa(next[section.name])
			next[section.name]++
		}
		if len(section.settings) == 0 && section.name != "" {
			if err := c.add(path, emptyMapping(), section.line); err != nil {
				return err
			}
		}
		for _, setting := range section.settings {
			key := path + "." + setting.key
			if section.name == "" {
				key = escape(setting.key)
			}
			if err := c.add(key, setting.value, setting.line); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop forgets what a key was set to.
func (s *section) drop(key string) {
	s.settings = slices.DeleteFunc(s.settings, func(old *setting) bool { return old.key == key })
}
