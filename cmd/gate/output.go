package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-313c021b/gate/gate/report"
)

// outputFits finds out, before anything is read, whether there can be a file where --output wants one.
func (a *app) outputFits() error {
	if a.flags.output == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(a.flags.output)); err != nil {
		return usage("--output %s: %s: %w", a.flags.output, filepath.Dir(a.flags.output), cause(err))
	} else if !info.IsDir() {
		return usage("--output %s: %s is no folder", a.flags.output, filepath.Dir(a.flags.output))
	}
	if info, err := os.Stat(a.flags.output); err == nil && info.IsDir() {
		return usage("--output %s: it is a folder", a.flags.output)
	}
	return nil
}

// write writes a report to standard output, or to the file of --output.
func (a *app) write(data []byte) error {
	if a.flags.output == "" {
		_, err := a.out.Write(data)
		return err
	}
	if err := writeFile(a.flags.output, data); err != nil {
		return fmt.Errorf("--output %s: %w", a.flags.output, cause(err))
	}
	return nil
}

// writeFile replaces a file at once, so that nobody reads half of it; only the user may read it. Links are followed, and a
// device or a pipe is written to, not replaced: --output /dev/null must not take it from the machine.
func writeFile(path string, data []byte) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeInto(path, data)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".gate-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(temporary, bytes.NewReader(data))
	if err2 := temporary.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		os.Remove(temporary.Name())
	}
	return err
}

func writeInto(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}

// tell says on standard error what happens, unless --quiet is given. What others wrote may be in it.
func (a *app) tell(format string, args ...any) {
	if !a.flags.quiet {
		a.warn(report.Line(fmt.Sprintf(format, args...)))
	}
}

// say writes a line to standard output. What others wrote may be in it.
func (a *app) say(format string, args ...any) error {
	_, err := fmt.Fprintln(a.out, report.Line(fmt.Sprintf(format, args...)))
	return err
}

// cause returns an error without the name of a file that the user did not give.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
