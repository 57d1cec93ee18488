package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/policies"
	"github.com/spf13/cobra"
)

func (a *app) fmtCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "fmt [FILE|FOLDER|-]...",
		Short: "Write policies in the canonical layout",
		Long: `fmt rewrites policies in HCL's canonical layout, and prints the names of the files that it
changed. With "-" it formats standard input. With --check it changes nothing, and exits 1
when a file is not in that layout.`,
		Example: `  gate fmt
  gate fmt --check deploy/policy/`,
		RunE: func(_ *cobra.Command, args []string) error { return a.format(args, check) },
	}
	a.policyFlag(cmd)
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; exit 1 when something would be changed")
	return cmd
}

func (a *app) format(args []string, check bool) error {
	if len(args) == 0 {
		args = []string{a.flags.policy}
	}
	changed := 0
	for _, arg := range args {
		if arg == "-" {
			if err := a.formatInput(); err != nil {
				return err
			}
			continue
		}
		files, err := policyFiles(arg)
		if err != nil {
			return &exitError{code: exitUsage, err: err}
		}
		for _, path := range files {
			different, err := a.formatFile(path, check)
			if err != nil {
				return err
			}
			if different {
				changed++
			}
		}
	}
	if check && changed > 0 {
		return &exitError{code: exitBlocked}
	}
	return nil
}

func (a *app) formatInput() error {
	src, err := atMost(a.in, "standard input", maxPolicy)
	if err != nil {
		return &exitError{code: exitUsage, err: err}
	}
	formatted, err := formatted(src, "standard input")
	if err != nil {
		return err
	}
	_, err = a.out.Write(formatted)
	return err
}

// formatFile formats one file, in place, and reports whether it was not in the canonical layout.
func (a *app) formatFile(path string, check bool) (different bool, err error) {
	src, err := readAtMost(path, maxPolicy)
	if err != nil {
		return false, &exitError{code: exitUsage, err: err}
	}
	formatted, err := formatted(src, path)
	if err != nil {
		return false, err
	}
	if bytes.Equal(src, formatted) {
		return false, nil
	}
	fmt.Fprintln(a.out, path)
	if check {
		return true, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return true, err
	}
	if err := writeFile(path, formatted); err != nil {
		return true, err
	}
	return true, os.Chmod(path, info.Mode().Perm())
}

// formatted returns a policy in the canonical layout. What is not HCL is left alone.
func formatted(src []byte, name string) ([]byte, error) {
	if diags := policies.Syntax(src, name); diags.HasErrors() {
		return nil, usage("%w", diags)
	}
	return policies.Format(src), nil
}

// policyFiles returns a file, or the policies in a folder.
func policyFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	entries, err := folder.ReadDir(maxFolder + 1)
	if len(entries) > maxFolder {
		return nil, fmt.Errorf("%s: the folder has more than %d entries", path, maxFolder)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for _, e := range entries {
		if e.Type()&fs.ModeDir == 0 && strings.HasSuffix(e.Name(), ".hcl") {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no *.hcl", path)
	}
	return files, err
}
