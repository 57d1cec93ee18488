package collect

import (
	"errors"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// checkPath reports what is wrong with a path of a host.
func checkPath(p string) error {
	switch {
	case !strings.HasPrefix(p, "/"):
		return errors.New("a path begins with a slash")
	case slices.Contains(strings.Split(p, "/"), ".."):
		return errors.New(`a path has no ".." in it`)
	}
	return nil
}

// checkOnePath reports what is wrong with a path where no pattern is taken.
func checkOnePath(p string) error {
	if strings.Contains(p, "*") {
		return errors.New("this takes one path, and no pattern: name each in full")
	}
	return checkPath(p)
}

// checkGlob reports what is wrong with a pattern that would match nothing, or other than it looks.
func checkGlob(pattern string) error {
	switch {
	case len(pattern) > 1000 || strings.Count(pattern, "{") > 4:
		return errors.New("too long a pattern")
	case !doublestar.ValidatePattern(pattern):
		return errors.New(`not a pattern: a bracket or brace is not closed; one that stands for itself is written \\[ or \\{`)
	case strings.Contains(pattern, "[:"):
		return errors.New("no pattern has classes as [:digit:]: write the range, as [0-9]")
	}
	return nil
}

// checkExclude reports what is wrong with what a file block leaves out: a name, or a whole path.
func checkExclude(pattern string) error {
	switch {
	case !strings.Contains(pattern, "/"):
	case strings.HasSuffix(pattern, "/"):
		return errors.New("what is left out has no slash at its end: a folder goes with all that is below it")
	case pattern[0] != '/' && !strings.HasPrefix(pattern, "**/"):
		return errors.New(`what has a slash in it is a whole path: it begins with a slash, or with "**/" for one anywhere`)
	}
	return checkGlob(pattern)
}

// checkVenv reports what is wrong with a path or pattern of environments, which the host's own shell looks up too.
func checkVenv(pattern string) error {
	switch {
	case strings.ContainsAny(pattern, `{\`):
		return errors.New("patterns of environments have * ? [] and ** only: write one for each choice")
	case strings.Contains(pattern, "[^"):
		return errors.New("for some shells [^a] is no negation: write [!a]")
	}
	if err := checkPath(pattern); err != nil {
		return err
	}
	return checkGlob(pattern)
}

// parent returns the folder that a clean absolute path is in. It looks at the path's last name alone, where path.Dir reads all
// of it: a path of two thousand names has as many folders above it.
func parent(p string) string {
	i := strings.LastIndexByte(p, '/')
	if i <= 0 {
		return "/"
	}
	return p[:i]
}
