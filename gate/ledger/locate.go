package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// place is where a repository is. All paths are real ones: no link leads elsewhere.
type place struct {
	top    string // the working tree's top folder
	folder string // what git calls $GIT_DIR
	common string // what git calls $GIT_COMMON_DIR: for one of several working trees another one
}

// locate finds the repository that a folder is in: the nearest folder above it that has a ".git", which git lets nobody
// commit. Files of a change must not choose the repository, so three kinds are refused, or passed over, that git takes: a
// folder that looks like a bare repository, a submodule, and what a symbolic link of one repository leads to in another.
func locate(dir string) (place, error) {
	whole, err := absolute(dir)
	if err != nil {
		return place{}, err
	}
	w, err := follow(whole, nil)
	if err != nil {
		return place{}, err
	}
	real := w.real
	found, err := above(real)
	if errors.Is(err, ErrNoRepository) {
		return place{}, noRepository(dir, real)
	}
	if err != nil {
		return place{}, err
	}
	for _, holder := range w.holders {
		other, err := above(holder)
		if err != nil && !errors.Is(err, ErrNoRepository) {
			return place{}, err
		}
		if err == nil && other.common != found.common {
			return place{}, &Error{Err: fmt.Errorf("%s is in the repository %s by a symbolic link of the repository %s", dir, found.top, other.top),
				Hint: "name the folder that the link leads to: a link that is part of a repository does not choose another one"}
		}
	}
	outer, err := above(filepath.Dir(found.top))
	if err == nil && within(outer.common, found.folder) {
		return place{}, &Error{Err: fmt.Errorf("%s is in a submodule of the repository %s, each commit of which may name another one", dir, outer.top),
			Hint: "keep the policy in the repository itself, or run gate in a clone of the submodule's"}
	}
	if err != nil && !errors.Is(err, ErrNoRepository) {
		return place{}, err
	}
	return found, nil
}

// noRepository says that a folder is in none.
func noRepository(dir, real string) error {
	for p := real; ; p = filepath.Dir(p) {
		if isGitFolder(p, p) {
			return &Error{Err: fmt.Errorf("%s is in the bare repository %s, or in a folder that looks like one, which gate does not read: it is %w", dir, p, ErrNoRepository),
				Hint: "run gate in a clone of it: git clone " + shellWord(p)}
		}
		if p == filepath.Dir(p) {
			break
		}
	}
	return &Error{Err: fmt.Errorf("%s is %w", dir, ErrNoRepository), Hint: "the policy lives in the repository of the code: run gate there, or git init"}
}

// above returns the repository whose working tree a folder is in, as git finds it; it looks no further up than
// GIT_CEILING_DIRECTORIES says.
func above(folder string) (place, error) {
	ceilings := filepath.SplitList(os.Getenv("GIT_CEILING_DIRECTORIES"))
	for p := folder; ; p = filepath.Dir(p) {
		if p != folder && slices.Contains(ceilings, p) {
			return place{}, ErrNoRepository
		}
		found, err := at(p)
		if err == nil || !errors.Is(err, ErrNoRepository) {
			return found, err
		}
		if p == filepath.Dir(p) {
			return place{}, ErrNoRepository
		}
	}
}

// mostGitFile is how large a file may be that names a folder of git.
const mostGitFile = 64 << 10

// at returns the repository whose working tree has a folder as its top: see gitrepository-layout(5).
func at(top string) (place, error) {
	git := filepath.Join(top, ".git")
	info, err := os.Stat(git)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return place{}, ErrNoRepository
	case err != nil:
		return place{}, err
	case info.Mode().IsRegular():
		text, err := readNamed(git)
		target, ok := strings.CutPrefix(text, "gitdir: ")
		if err != nil || !ok {
			return place{}, errors.Join(fmt.Errorf("%s does not say where the repository is", git), err)
		}
		if git = target; !filepath.IsAbs(target) {
			git = filepath.Join(top, target)
		}
	}
	folder, err := filepath.EvalSymlinks(git)
	if err != nil {
		return place{}, err
	}
	common := folder
	text, err := readNamed(filepath.Join(folder, "commondir"))
	switch {
	case err == nil:
		if common = text; !filepath.IsAbs(text) {
			common = filepath.Join(folder, text)
		}
		if common, err = filepath.EvalSymlinks(common); err != nil {
			return place{}, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return place{}, err
	}
	if !isGitFolder(folder, common) {
		return place{}, ErrNoRepository
	}
	return place{top, folder, common}, nil
}

// readNamed reads a file of git's that names a folder.
func readNamed(name string) (string, error) {
	info, err := os.Stat(name)
	if err == nil && (info.Size() > mostGitFile || !info.Mode().IsRegular()) {
		err = fmt.Errorf("%s is no file of git's", name)
	}
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(name)
	return strings.TrimRight(string(text), "\r\n"), err
}

// isGitFolder reports whether git takes a folder for its own, by the three things that each has.
func isGitFolder(folder, common string) bool {
	for _, name := range []string{filepath.Join(folder, "HEAD"), filepath.Join(common, "objects"), filepath.Join(common, "refs")} {
		if _, err := os.Lstat(name); err != nil {
			return false
		}
	}
	return true
}

// within reports whether a path is a folder, or in it.
func within(folder, path string) bool {
	inside, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(inside)
}

// mostLinks is how many symbolic links may lead to a folder, as on Linux.
const mostLinks = 40

// absolute returns a path from the root. The links by which the shell came to the working directory are not part of it.
func absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return filepath.Clean(path), nil
	}
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	if here, err = filepath.EvalSymlinks(here); err != nil {
		return "", err
	}
	return filepath.Join(here, path), nil
}

// way is the way that a path leads.
type way struct {
	real    string   // as far as it was followed
	rest    []string // what is left of it
	holders []string // the folders of the symbolic links on the way
}

// follow goes the way of an absolute path, until it has come to a folder at which arrived, which may be nil, says so.
func follow(path string, arrived func(folder string) bool) (way, error) {
	w := way{real: string(filepath.Separator), rest: strings.Split(filepath.ToSlash(path), "/")}
	for len(w.rest) > 0 && (arrived == nil || !arrived(w.real)) {
		name := w.rest[0]
		w.rest = w.rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			w.real = filepath.Dir(w.real)
			continue
		}
		next := filepath.Join(w.real, name)
		info, err := os.Lstat(next)
		if err != nil {
			return w, err
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			w.real = next
			continue
		}
		target, err := os.Readlink(next)
		if err != nil {
			return w, err
		}
		if w.holders = append(w.holders, w.real); len(w.holders) > mostLinks {
			return w, fmt.Errorf("%s: more than %d symbolic links", path, mostLinks)
		}
		if filepath.IsAbs(target) {
			w.real = string(filepath.Separator)
		}
		w.rest = append(strings.Split(filepath.ToSlash(target), "/"), w.rest...)
	}
	return w, nil
}
