package collect

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// patternSigns are what makes a path a pattern (doublestar.Match).
const patternSigns = `*?[{\`

// search is one walk of find: from some paths down to a depth, any where it is negative.
type search struct {
	depth int
	paths []string
}

// fileSearches returns the walks that see everything which the scopes match: one for each depth.
func fileSearches(scopes []Scope) []search {
	whole := search{depth: -1}
	for _, s := range scopes {
		if base, depth := splitPattern(s.Name); s.Question && depth < 0 && checkPattern(s.Name) == nil {
			whole.paths = append(whole.paths, base)
		}
	}
	byDepth := map[int][]string{}
	for _, s := range scopes {
		base, depth := splitPattern(s.Name)
		if !s.Question {
			base, depth = s.Name, 0
		}
		seen := s.Question && slices.ContainsFunc(whole.paths, func(w string) bool { return isBelow(base, w) })
		if checkPattern(s.Name) == nil && depth >= 0 && !seen {
			byDepth[depth] = append(byDepth[depth], base)
		}
	}
	var searches []search
	for depth, paths := range byDepth {
		slices.Sort(paths)
		searches = append(searches, search{depth, slices.Compact(paths)})
	}
	slices.SortFunc(searches, func(a, b search) int { return a.depth - b.depth })
	if whole.paths = outermost(whole.paths); len(whole.paths) > 0 {
		searches = append(searches, whole)
	}
	return searches
}

// outermost returns the paths that are not below others of them.
func outermost(paths []string) []string {
	slices.Sort(paths)
	var kept []string
	for _, p := range paths {
		if !slices.ContainsFunc(kept, func(k string) bool { return isBelow(p, k) }) {
			kept = append(kept, p)
		}
	}
	return kept
}

// isBelow reports whether a path is another or stands below it.
func isBelow(p, folder string) bool {
	return p == folder || folder == "/" || strings.HasPrefix(p, folder+"/")
}

// checkPattern reports what is wrong with a path or pattern.
func checkPattern(pattern string) error {
	if err := checkPath(pattern); err != nil {
		return err
	}
	return checkGlob(pattern)
}

// splitPattern returns the folder that everything which a pattern matches is in, and how many levels below it that is, -1
// where that is not bounded.
func splitPattern(pattern string) (base string, depth int) {
	segments := strings.Split(strings.TrimPrefix(pattern, "/"), "/")
	literal := 0
	for literal < len(segments) && !strings.ContainsAny(segments[literal], patternSigns) {
		literal++
	}
	base = "/" + strings.Join(segments[:literal], "/")
	rest := segments[literal:]
	if slices.Contains(rest, "**") || slices.ContainsFunc(rest, crossesFolders) {
		return base, -1
	}
	return base, len(rest)
}

// crossesFolders reports whether a segment of a pattern has a brace that is closed in another: "{a/b,c}" is of no one
// depth.
func crossesFolders(segment string) bool {
	return strings.Count(segment, "{") != strings.Count(segment, "}")
}

// matchesBelow reports whether a pattern may match something below a folder.
func matchesBelow(pattern, folder string) bool {
	segments := strings.Split(strings.TrimPrefix(pattern, "/"), "/")
	if folder == "/" || slices.ContainsFunc(segments, crossesFolders) {
		return true
	}
	for _, name := range strings.Split(strings.TrimPrefix(folder, "/"), "/") {
		if len(segments) == 0 {
			return false
		}
		if segments[0] == "**" {
			return true
		}
		if !doublestar.MatchUnvalidated(segments[0], name) {
			return false
		}
		segments = segments[1:]
	}
	return len(segments) > 0
}

// prunable reports whether the host may leave a name out: where its find(1) reads the pattern as gate does, and no walk
// begins with that name.
func prunable(name string, searches []search) bool {
	if strings.ContainsAny(name, `/[{\`) || strings.Contains(name, "**") {
		return false
	}
	for _, s := range searches {
		for _, p := range s.paths {
			if doublestar.MatchUnvalidated(name, path.Base(p)) {
				return false
			}
		}
	}
	return true
}
