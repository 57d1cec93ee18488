package ledger

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A repository's own configuration may name programs: core.sshCommand, a credential helper, a filter, and what later
// versions of git add. So git never reads it. It reads one of gate's own, in a folder that stands for the one that git calls
// $GIT_COMMON_DIR: that has the configuration, the objects (and those that they are borrowed from, objects/info/alternates,
// which no file of a change can name) and the list of where a shallow clone ends; references are read and written where they
// are. It holds what passes, of the repository's configuration and of the files that this includes, but for those in a
// working tree, which are a change's own.

// passes reports whether a setting of a repository counts: the names are in lower case, the part between them is as written.
func passes(section, middle, name string) bool {
	allowed := map[string][]string{
		"core":       {"repositoryformatversion", "sharedrepository", "logallrefupdates"},
		"remote":     {"url", "pushurl", "fetch", "tagopt", "promisor", "partialclonefilter", "pushdefault"},
		"branch":     {"remote", "merge", "pushremote"},
		"url":        {"insteadof", "pushinsteadof"},
		"http":       {"extraheader"},
		"user":       {"name", "email", "signingkey", "useconfigonly"},
		"author":     {"name", "email"},
		"committer":  {"name", "email"},
		"commit":     {"gpgsign"},
		"gpg":        {"format"},
		"extensions": nil, // all but one: git itself refuses those that it does not know
	}
	names, ok := allowed[section]
	switch section {
	case "extensions":
		return name != "worktreeconfig" // another file, which was read already
	case "gpg": // what is between says which program signs
		ok = ok && middle == ""
	}
	return ok && slices.Contains(names, name)
}

// setting is a setting of a configuration.
type setting struct {
	scope, file           string
	section, middle, name string
	value                 string
	bare                  bool // it has no value, which is true
}

func (s *setting) key() string {
	if s.middle == "" {
		return s.section + "." + s.name
	}
	return s.section + "." + s.middle + "." + s.name
}

// parseSettings reads what git config --list -z --show-scope --show-origin prints.
func parseSettings(text string) ([]setting, error) {
	var list []setting
	for text != "" {
		fields := strings.SplitN(text, "\x00", 4)
		if len(fields) != 4 {
			return nil, fmt.Errorf("git config answered %q", text)
		}
		s := setting{scope: fields[0], file: strings.TrimPrefix(fields[1], "file:")}
		key, value, ok := strings.Cut(fields[2], "\n")
		s.value, s.bare = value, !ok
		first, last := strings.Index(key, "."), strings.LastIndex(key, ".")
		if first < 0 {
			return nil, fmt.Errorf("git config answered %q", fields[2])
		}
		s.section, s.name = key[:first], key[last+1:]
		if first < last {
			s.middle = key[first+1 : last]
		}
		list, text = append(list, s), fields[3]
	}
	return list, nil
}

// quoted writes a value, or what is between the names, as git-config(1) has it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\b", `\b`).Replace(s) + `"`
}

// write writes a setting as a section of its own.
func (s *setting) write(b *strings.Builder) {
	b.WriteString("[" + s.section)
	if s.middle != "" { // in which only these two are escaped
		b.WriteString(` "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s.middle) + `"`)
	}
	b.WriteString("]\n\t" + s.name)
	if !s.bare {
		b.WriteString(" = " + quoted(s.value))
	}
	b.WriteString("\n")
}

// confined returns a git for a repository, which reads no configuration of it but what passes. Its own files are in a new
// folder in scratch, empty for the system's folder for temporary files.
func (p place) confined(ctx context.Context, scratch string) (*git, error) {
	real := &git{dir: p.top, where: []string{"--git-dir", p.folder}, settings: settings, limits: usualLimits()}
	a, err := real.do(ctx, nil, "config", "--list", "-z", "--show-scope", "--show-origin")
	if err != nil {
		return nil, err
	}
	list, err := parseSettings(a.out)
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	var ignored []string
	bare, partial, promisor, tracked := false, false, "", map[string]bool{}
	for _, s := range list {
		if s.scope != "local" && s.scope != "worktree" {
			continue
		}
		if _, known := tracked[s.file]; !known {
			tracked[s.file] = p.tracks(s.file)
		}
		switch {
		case tracked[s.file] && strings.HasPrefix(s.section, "include"):
			return nil, &Error{Err: fmt.Errorf("the configuration of the repository includes %s of a working tree, which includes %s: a change could choose what that is", s.file, s.value),
				Hint: "include that from " + filepath.Join(p.common, "config") + " itself"}
		case passes(s.section, s.middle, s.name) && !tracked[s.file]:
			s.write(&text)
			if s.section == "remote" && s.name == "promisor" {
				partial, promisor = true, cmp.Or(promisor, s.middle)
			}
		default:
			ignored = append(ignored, s.key())
			bare = bare || s.key() == "core.bare" && s.value == "true"
		}
	}
	if bare { // else git takes it for one with a working tree, and writes logs
		text.WriteString("[core]\n\tlogAllRefUpdates = false\n")
	}
	common, err := p.stand(scratch, text.String())
	if err != nil {
		return nil, fmt.Errorf("cannot write a configuration for git: %w", err)
	}
	return &git{dir: p.top, where: []string{"--git-dir", p.folder}, env: []string{"GIT_COMMON_DIR=" + common}, settings: settings, ignored: ignored, partial: partial, promisor: promisor, limits: usualLimits()}, nil
}

// tracks reports whether a file may be one of a change: it is in one of the repository's working trees.
func (p place) tracks(file string) bool {
	real, err := filepath.EvalSymlinks(file)
	if err != nil || !filepath.IsAbs(real) {
		return true
	}
	if within(p.folder, real) || within(p.common, real) {
		return false
	}
	return slices.ContainsFunc(p.trees(), func(tree string) bool { return within(tree, real) })
}

// trees returns the working trees of the repository: see git-worktree(1).
func (p place) trees() []string {
	list := []string{p.top}
	if filepath.Base(p.common) == ".git" {
		list = append(list, filepath.Dir(p.common))
	}
	linked, _ := filepath.Glob(filepath.Join(p.common, "worktrees", "*", "gitdir")) // an error is one of the pattern's
	for _, name := range linked {
		if file, err := readNamed(name); err == nil {
			if tree, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil {
				list = append(list, tree)
			}
		}
	}
	return list
}

// stand makes the folder that stands for $GIT_COMMON_DIR.
func (p place) stand(scratch, configuration string) (string, error) {
	folder, err := os.MkdirTemp(scratch, "gate-git-")
	if err != nil {
		return "", err
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "config"), []byte(configuration), 0o600); err != nil {
		return "", err
	}
	for _, name := range []string{"objects", "refs", "shallow"} {
		target := filepath.Join(p.common, name)
		if _, err := os.Lstat(target); err != nil && name == "shallow" {
			continue
		}
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			return "", err
		}
	}
	return folder, nil
}
