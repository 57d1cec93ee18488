package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/policies"
)

// previews judges the dry runs of the environment: what one would change and the change in flight does not is what has piled up,
// and would come along. inFlight are the rows of what the candidate changes, none in a drift check.
func (d *decision) previews(inFlight []drift.Row) {
	s := d.snapshot(d.To)
	if s == nil {
		return
	}
	for i := range d.environment.Promotion.Previews {
		d.preview(&d.environment.Promotion.Previews[i], s, inFlight)
	}
}

// preview judges one dry run on all hosts that it selects.
func (d *decision) preview(p *policies.Preview, s *drift.Snapshot, inFlight []drift.Row) {
	outside := Finding{Code: "preview.outside", Effect: Blocks, Policy: position(p.Range)}
	unknown := Finding{Code: "preview.unknown", Effect: Opens, Policy: position(p.Range)}
	used := map[string]bool{} // patterns of ignore
	selected := 0
	for i := range s.Hosts {
		h := &s.Hosts[i]
		if !p.Selects(h.ID.Role) {
			continue
		}
		selected++
		section := h.Section("preview", p.Name)
		switch {
		case d.dead[h.ID]: // the finding about the host says it
			unknown.Hosts = append(unknown.Hosts, h.ID.String())
		case section == nil:
			unknown.because(h.ID, "it was not made")
		case section.Status != drift.OK:
			unknown.because(h.ID, strings.TrimSuffix(string(section.Status)+": "+section.Reason, ": "))
		default:
			c := change{preview: p, host: h, rows: inFlight, components: d.Policy.Promoted()}
			outside.list(section, c, used)
		}
	}
	what := toolOf(p)
	if len(outside.Items) > 0 {
		outside.Subject = string(drift.Address("preview").Key(p.Name).Attr("items")) + "[…]"
		outside.titled(what, len(inFlight) > 0)
		d.add(outside)
	}
	switch {
	case len(unknown.Detail) > 0:
		unknown.Title = fmt.Sprintf("Could not tell what %s would do on %s", what, places(unknown.Hosts))
		unknown.Next = []string{fmt.Sprintf("let the preview %q run to its end on %s (finding NUMBER)", p.Name, places(unknown.Hosts))}
		d.add(unknown)
	case selected == 0 && !d.Partial:
		unknown.Title = fmt.Sprintf("The preview %q is of no host of %s", p.Name, d.To)
		unknown.Next = []string{fmt.Sprintf("correct the roles of the preview %q", p.Name)}
		d.add(unknown)
	case len(unknown.Hosts) == 0 && !d.Partial:
		d.unusedIgnores(p, used)
	}
}

// unusedIgnores reports patterns that no item has met.
func (d *decision) unusedIgnores(p *policies.Preview, used map[string]bool) {
	for _, pattern := range p.Ignore {
		if !used[pattern] {
			d.add(Finding{Code: "pattern.unused", Effect: Informs, Policy: position(p.Range),
				Title: fmt.Sprintf("The preview %q ignores %q, and nothing of that name is in it", p.Name, pattern)})
		}
	}
}

// list adds the items of a host that are not in the change, and notes which patterns of ignore were met.
func (f *Finding) list(section *drift.Section, c change, used map[string]bool) {
	found := false
	for _, fact := range section.Facts {
		steps := fact.Address.Steps()
		name := steps[len(steps)-1].Text
		ignored := false
		for _, pattern := range c.preview.Ignore {
			if drift.Match(pattern, name) {
				used[pattern], ignored = true, true
			}
		}
		if ignored || c.has(name, fact.Value) {
			continue
		}
		found = true
		i := slices.IndexFunc(f.Items, func(item Item) bool { return item.Address == string(fact.Address) })
		if i < 0 {
			i = len(f.Items)
			f.Items = append(f.Items, Item{Address: string(fact.Address), Label: name})
		}
		f.Items[i].To = appendValue(f.Items[i].To, fact.Address, c.host.ID, fact.Value, true)
	}
	if found {
		f.Hosts = append(f.Hosts, c.host.ID.String())
	}
}

// titled says what the items are.
func (f *Finding) titled(tool string, changing bool) {
	slices.SortStableFunc(f.Items, func(a, b Item) int { return strings.Compare(a.Label, b.Label) })
	f.Title = fmt.Sprintf("%s would change %s on %s", tool, count(len(f.Items), "item", "items"), places(f.Hosts))
	if changing {
		f.Title = fmt.Sprintf("%s would do more than this change on %s: %s", tool, places(f.Hosts), count(len(f.Items), "item", "items"))
	}
	f.Next = []string{fmt.Sprintf("read what %s has piled up on %s (finding NUMBER); prove it on the environment before, or undo it at its source", tool, places(f.Hosts))}
	if slices.ContainsFunc(f.Items, func(item Item) bool {
		return slices.ContainsFunc(item.To, func(v Values) bool { return strings.Contains(v.JSON, `"changed"`) })
	}) {
		f.Detail = append(f.Detail, `"changed" was done by the preview itself: the resource has noop => false, or it was no dry run`)
	}
}

// toolOf names the tool of a preview, as a sentence begins with it.
func toolOf(p *policies.Preview) string {
	switch p.Format {
	case "puppet":
		return "Puppet"
	case "apt":
		return "Apt"
	case "pip":
		return "Pip"
	}
	return fmt.Sprintf("Preview %q", p.Name)
}
