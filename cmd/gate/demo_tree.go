package main

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// demoFiles has in demo/root what both hosts of the demo have, in demo/HOST what only one has, and the policy.
//
//go:embed all:demo
var demoFiles embed.FS

// demoTree is a folder that stands for "/" of a host of the demo.
type demoTree string

// newDemoTree unpacks the tree of a host into a folder.
func newDemoTree(folder, host string) (demoTree, error) {
	t := demoTree(filepath.Join(folder, host))
	for _, from := range []string{"demo/root", "demo/" + host} {
		if err := t.unpack(from); err != nil {
			return t, err
		}
	}
	for _, d := range demoPackages {
		if err := t.install(d); err != nil {
			return t, err
		}
	}
	return t, t.makeVenv()
}

// unpack writes the files of a folder of demoFiles.
func (t demoTree) unpack(from string) error {
	return fs.WalkDir(demoFiles, from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := demoFiles.ReadFile(path)
		if err != nil {
			return err
		}
		return t.write(strings.TrimPrefix(path, from), string(data))
	})
}

func (t demoTree) path(path string) string { return filepath.Join(string(t), filepath.FromSlash(path)) }

// write writes a file that everybody may read, whatever the umask is: of others no value would be shown.
func (t demoTree) write(path, text string) error {
	path = t.path(path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Chmod(path, 0o644)
}

// edit replaces lines of a file. Each must be there once.
func (t demoTree) edit(path string, replacements ...string) error {
	data, err := os.ReadFile(t.path(path))
	if err != nil {
		return err
	}
	text := string(data)
	for i := 0; i < len(replacements); i += 2 {
		old, line := replacements[i], replacements[i+1]
		if strings.Count(text, old) != 1 {
			return fmt.Errorf("%s has not one %q", path, old)
		}
		text = strings.Replace(text, old, line, 1)
	}
	return t.write(path, text)
}
