package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// sameMachines finds hosts that are one machine: a finding for each machine.
func (d *decision) sameMachines() (findings []Finding) {
	var hosts []*drift.Host
	for _, s := range d.Snapshots {
		hosts = append(hosts, pointers(s.Hosts)...)
	}
	for _, machine := range drift.SameMachines(hosts) {
		findings = append(findings, d.sameMachine(machine))
	}
	return findings
}

// sameMachine returns the finding that hosts are one machine. Where they stand on both sides of a comparison, it is always
// alike: that is hard. Two of one role are fewer hosts than the policy says, and two environments on one machine prove
// nothing for each other. Two roles of one environment may share a machine.
func (d *decision) sameMachine(hosts []*drift.Host) Finding {
	f := Finding{
		Code: "host.same_machine", Effect: Informs, Title: "Hosts " + hostNames(hosts) + " are one machine",
		Next: []string{"give each name a machine of its own, in the policy, ssh_config or DNS, or remove it (finding NUMBER)"},
	}
	crowded := ""
	for i, h := range hosts {
		f.Hosts = append(f.Hosts, h.ID.String())
		told := false
		for _, other := range hosts[:i] {
			here, there := other.ID, h.ID
			switch {
			case here.Environment != there.Environment:
				f.Effect = Blocks
				if here.Role == there.Role && (here.Environment == d.To || there.Environment == d.To) {
					f.Enforcement = "hard"
				}
			case here.Role == there.Role:
				f.Effect = Blocks
				crowded = here.Environment + "/" + here.Role
			}
			if why, same := h.Machine.Same(other.Machine); same && !told {
				f.Detail = append(f.Detail, fmt.Sprintf("%s and %s %s", here, there, why))
				told = true
			}
		}
	}
	switch {
	case f.Enforcement == "hard":
		f.Title += ", which was compared with itself"
	case crowded != "":
		f.Title += ", so " + crowded + " has fewer hosts than the policy says"
	}
	last := hosts[len(hosts)-1].ID
	if e := d.Policy.Environment(last.Environment); e != nil && e.Role(last.Role) != nil {
		f.Policy = position(e.Role(last.Role).Range)
	}
	return f
}

// hostNames lists hosts for a sentence, each name once: by their names, or, where two environments have one name, by their
// ids.
func hostNames(hosts []*drift.Host) string {
	var names, ids []string
	of := map[string]string{} // the environment of a name
	ambiguous := false
	for _, h := range hosts {
		environment, known := of[h.ID.Name]
		ambiguous = ambiguous || known && environment != h.ID.Environment
		of[h.ID.Name] = h.ID.Environment
		ids = append(ids, h.ID.String())
		if !slices.Contains(names, h.ID.Name) {
			names = append(names, h.ID.Name)
		}
	}
	if ambiguous {
		names = ids
	}
	if len(names) > 3 {
		return fmt.Sprintf("%s, %s and %d more", names[0], names[1], len(names)-2)
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
