package gate

import (
	"maps"
	"slices"
)

// observation is what the hosts of an environment show now.
type observation struct {
	contents []Content
}

// looked reports whether an environment's hosts were read for this decision.
func (d *decision) looked(environment string) bool { return d.snapshot(environment) != nil }

func (d *decision) seen(environment string) observation { return observation{} }

func (d *decision) explainSight(f *Finding, environment, component string) {}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
