package gate

import (
	"fmt"
	"slices"
)

// unowned finds files that the candidate changes and no component owns: nobody could say whether they were proved.
func (d *decision) unowned(moving []Content) {
	if len(d.Policy.Components) == 0 || d.Commits == nil || d.Candidate.Rollback {
		return
	}
	seen := map[string]bool{}
	for _, component := range d.Policy.Promoted() {
		now, ok := d.current(d.To, component.Name)
		if !ok || seen[now.Commit] {
			continue
		}
		seen[now.Commit] = true
		_, paths, err := d.Commits.Changed(now.Commit, d.Candidate.Commit)
		if err != nil {
			d.add(Finding{Code: "promotion.unresolved", Effect: Opens,
				Title:  fmt.Sprintf("Could not tell what changed between %s and %s", Short(now.Commit), Short(d.Candidate.Commit)),
				Detail: []string{err.Error()}, Next: []string{"get the commits that are missing here, and check again"}})
			continue
		}
		paths = slices.DeleteFunc(paths, d.Policy.Owned)
		if len(paths) == 0 {
			continue
		}
		f := Finding{Code: "promotion.unowned", Effect: Blocks, Detail: paths,
			Title: fmt.Sprintf("The candidate changes %s that no component owns", count(len(paths), "file", "files")),
			Next:  []string{"add the paths to a component, or list them in the policy: gate { unmanaged = [\"…\"] }"}}
		if len(f.Detail) > 10 {
			f.Detail = append(slices.Clone(paths[:10]), fmt.Sprintf("and %d more", len(paths)-10))
		}
		d.add(f)
		return
	}
}
