package entries

import "github.com/seed-313c021b/gate/drift"

// items is an ordered list that is being read. It holds the list's JSON text alone: of values it would take thirty times the
// room of a file that has one on each line.
type items struct{ text []byte }

// add appends a Known value.
func (l *items) add(value drift.Value) {
	l.comma()
	l.text = append(l.text, value.Text...)
}

func (l *items) addString(s string) { l.add(drift.String(s)) }

// addAll appends all of another list.
func (l *items) addAll(other *items) {
	if len(other.text) > 0 {
		l.comma()
		l.text = append(l.text, other.text...)
	}
}

func (l *items) comma() {
	if len(l.text) > 0 {
		l.text = append(l.text, ',')
	}
}

func (l *items) value() drift.Value {
	return drift.Value{Kind: drift.Known, Text: "[" + string(l.text) + "]"}
}
