package gate

import "slices"

// Stands reports whether what an event says is still so, by the events that follow it. The same event again would change
// nothing where it is, and is an event of its own where it is not: a hold after a resume, a host set aside once more, a
// content deployed again after another one. The event is of h and counts.
func (h *History) Stands(e Event) bool {
	for i := len(h.Events) - 1; i >= 0 && h.Events[i].ID != e.ID; i-- {
		if later := &h.Events[i]; later.Invalid == "" && later.changes(&e) {
			return false
		}
	}
	return true
}

// changes reports whether an event changes the state that an earlier one has left.
func (e *Event) changes(before *Event) bool {
	if e.Environment != before.Environment {
		return false
	}
	switch before.Kind {
	case Hold:
		return e.Kind == Resume && (e.Of == before.ID || e.Of == "" && owner(*e) == owner(*before))
	case Resume:
		return e.Kind == Hold && before.Of == ""
	case SetAside:
		return e.Kind == SetAside && slices.ContainsFunc(e.Hosts, func(host string) bool { return slices.Contains(before.Hosts, host) })
	case Deploying:
		return (e.Kind == Deployed || e.Kind == Failed) && e.Of == before.ID
	case Deployed, Failed, Verified:
		return e.deploys() && (e.Of == before.ID || share(e.Contents, before.Contents)) || contradicts(e.Seen, before.Contents)
	case Observed:
		now := e.Snapshots[e.Environment]
		return now != "" && now != before.Snapshots[e.Environment]
	case Decided:
		return e.Kind == Decided || e.Kind == Deploying
	}
	return false // it holds for good, as what was revoked or built
}

// deploys reports whether an event changes what is deployed.
func (e *Event) deploys() bool {
	return e.Kind == Deploying || e.Kind == Deployed || e.Kind == Failed
}

// share reports whether two lists have a component in common.
func share(a, b []Content) bool {
	return slices.ContainsFunc(a, func(c Content) bool { _, ok := contentOf(b, c.Component); return ok })
}

// contradicts reports whether hosts show another content than the one of a component.
func contradicts(seen, contents []Content) bool {
	return slices.ContainsFunc(seen, func(c Content) bool {
		other, ok := contentOf(contents, c.Component)
		return ok && other.ID != c.ID
	})
}
