package gate

import (
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// moving returns those of the candidate's contents that need a proof: all that the environment does not have in good order
// yet.
func (d *decision) moving() []Content {
	var list []Content
	for _, c := range d.Candidate.Contents {
		if !d.there(c) {
			list = append(list, c)
		}
	}
	return list
}

// there reports whether the target has a content in good order: it was let in.
func (d *decision) there(c Content) bool {
	list := stays(d.History, d.To, c.Component)
	return d.has(c) && d.entered(list[len(list)-1].deployed, c)
}

// has reports whether the target has a content: it was deployed last and did not fail, and no host shows another one.
func (d *decision) has(c Content) bool {
	list := stays(d.History, d.To, c.Component)
	if len(list) == 0 {
		return false
	}
	now := &list[len(list)-1]
	_, void := now.void(d.History)
	return now.content.ID == c.ID && !void &&
		!slices.ContainsFunc(d.shown(d.To, c.Component), func(s shown) bool { return s.content.ID != c.ID })
}

// current returns the content of a component on an environment: what its hosts show, and where that cannot be told, what was
// deployed last.
func (d *decision) current(environment, component string) (Content, bool) {
	if d.looked(environment) {
		if c, ok := contentOf(d.seen(environment).contents, component); ok {
			return c, true
		}
	}
	return last(d.History, environment, component)
}

// last returns the content of a component that was deployed last to an environment, and did not fail.
func last(h *History, environment, component string) (Content, bool) {
	for _, s := range slices.Backward(stays(h, environment, component)) {
		if _, failed := s.failed(h); !failed {
			return s.content, true
		}
	}
	return Content{}, false
}

// present returns all contents of a component that an environment may have now: what any of its hosts shows, and what was
// deployed last.
func (d *decision) present(environment, component string) []Content {
	var list []Content
	for _, s := range d.shown(environment, component) {
		list = append(list, s.content)
	}
	if c, ok := last(d.History, environment, component); ok && !slices.ContainsFunc(list, func(other Content) bool { return other.ID == c.ID }) {
		list = append(list, c)
	}
	return list
}

// shown is a content that the markers of some hosts name, whatever else is wrong with it there. No host is named where all
// show it, and nothing is wrong.
type shown struct {
	content Content
	hosts   []drift.HostID
}

// shown returns the contents of a component that any host of an environment shows.
func (d *decision) shown(environment, component string) []shown {
	if !d.looked(environment) {
		return nil
	}
	o := d.seen(environment)
	if c, ok := contentOf(o.contents, component); ok {
		return []shown{{content: c}}
	}
	var list []shown
	for _, u := range o.unseen {
		if u.Component != component || u.Content.ID == "" {
			continue
		}
		i := slices.IndexFunc(list, func(s shown) bool { return s.content.ID == u.Content.ID })
		if i < 0 {
			i = len(list)
			list = append(list, shown{content: u.Content})
		}
		if !slices.Contains(list[i].hosts, u.Host) {
			list[i].hosts = append(list[i].hosts, u.Host)
		}
	}
	return list
}

// unfinished returns the last deployment into the environment, if it has not ended well: its hosts may be mixed. One that
// failed has not ended: that is what the next attempt, and the way back, begin with.
func (d *decision) unfinished() (Event, bool) {
	var open Event
	found := false
	for _, e := range d.History.In(d.To) {
		switch e.Kind {
		case Deploying:
			open, found = e, true
		case Deployed:
			found = false
		case Failed:
			if deployed, ok := d.History.Event(e.Of); ok && deployed.Kind == Deployed {
				open, found = deployed, true
			}
		}
	}
	return open, found
}

// mayMix reports whether hosts of the target may be mixed: while a deployment of the candidate is unfinished, and on the way
// back from any. In a drift check only while one is under way: what a failed one has left is found.
func (d *decision) mayMix() bool {
	open, found := d.unfinished()
	switch {
	case !found:
		return false
	case d.Candidate == nil:
		return len(Running(d.History, d.To)) > 0
	case d.Candidate.Rollback:
		return true
	}
	return !slices.ContainsFunc(d.moving(), func(c Content) bool { return !holds(open.Contents, c) })
}
