package gate

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// observation is what the hosts of an environment show now.
type observation struct {
	contents []Content
	unseen   []Unseen
}

// looked reports whether an environment's hosts were read for this decision.
func (d *decision) looked(environment string) bool {
	return d.snapshot(environment) != nil && d.Commits != nil
}

// readAt returns when the hosts of an environment were looked at: now, or when the first of them was, where they were read
// before.
func (d *decision) readAt(environment string) time.Time {
	at := d.Now
	if d.Kept {
		for _, h := range d.snapshot(environment).Hosts {
			if h.Taken.Before(at) {
				at = h.Taken
			}
		}
	}
	return at
}

// seen returns what the hosts of an environment show.
func (d *decision) seen(environment string) observation {
	o, ok := d.sight[environment]
	if !ok {
		observer := Observer{Policy: d.Policy, Commits: d.Commits, History: d.History, Aside: SetAsides(d.History, environment, d.Now)}
		o.contents, o.unseen = observer.Seen(d.snapshot(environment))
		d.sight[environment] = o
	}
	return o
}

// explainSight says of a finding that a component was not seen on an environment why that is. What could not be told
// leaves the finding open, unless something is known to be wrong as well.
func (d *decision) explainSight(f *Finding, environment, component string) {
	open, wrong := false, false
	for _, u := range d.seen(environment).unseen {
		if u.Component != component {
			continue
		}
		where := environment
		if u.Host != (drift.HostID{Environment: environment}) {
			where = u.Host.Name
			f.Hosts = append(f.Hosts, u.Host.String())
		}
		f.Detail = append(f.Detail, fmt.Sprintf("%s: %s", where, u.Text))
		switch code := u.Sight.Code(); code {
		case "promotion.unresolved":
			open = true
		default:
			wrong = true
			f.Code = code
		}
	}
	f.Hosts = slices.Compact(f.Hosts)
	if open && !wrong {
		f.Code, f.Effect = "promotion.unresolved", Opens
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
