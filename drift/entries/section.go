package entries

import (
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
	at       map[string]*setting
}

// setting is what a key of a section was set to.
type setting struct {
	key   string
	value drift.Value // the first
	line  int         // of the first
	more  *items      // all values, where there are several; nil where there is one
}

func (s *sections) open(name string, line int) (*section, error) {
	if s.total == nil {
		s.total = map[string]int{}
	}
	if len(s.all) > MaxEntries { // each is one entry at least, but for the one without a name
		return nil, errorAt(line, "%w", errTooMany)
	}
	opened := &section{name: name, line: line}
	s.all = append(s.all, opened)
	s.total[name]++
	return opened, nil
}

// set notes a value of a key. What was set before is kept before it.
func (s *section) set(key string, value drift.Value, line int) error {
	if old := s.at[key]; old != nil {
		if old.more == nil {
			old.more = &items{}
			old.more.add(old.value)
		}
		old.more.add(value)
		return nil
	}
	if len(s.at) == MaxEntries {
		return errorAt(line, "%w", errTooMany)
	}
	if s.at == nil {
		s.at = map[string]*setting{}
	}
	fresh := &setting{key: key, value: value, line: line}
	s.at[key] = fresh
	s.settings = append(s.settings, fresh)
	return nil
}

// reset notes a value of a key in place of what was set before.
func (s *section) reset(key string, value drift.Value, line int) error {
	if old := s.at[key]; old != nil {
		*old = setting{key: key, value: value, line: line}
		return nil
	}
	return s.set(key, value, line)
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
			if err := c.addAll(key, setting); err != nil {
				return err
			}
		}
	}
	return nil
}
