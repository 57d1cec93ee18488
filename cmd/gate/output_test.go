//go:build unix

package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWriteFile(t *testing.T) {
	folder := t.TempDir()
	file, link := filepath.Join(folder, "report"), filepath.Join(folder, "link")
	if err := os.Symlink("report", link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link} {
		if err := writeFile(path, []byte(path)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); string(got) != path {
			t.Errorf("after writing %s the report is %q (%v), want %q", path, got, err, path)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v (%v)", info.Mode(), err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the report has the mode %v (%v), want 0600", info.Mode(), err)
	}
	if entries, err := os.ReadDir(folder); len(entries) != 2 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}

// What is no file is written to: root's --output /dev/null must not take it from the machine.
func TestWriteFileInto(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := writeFile(pipe, []byte("report")); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode().IsRegular() {
		t.Fatalf("the pipe was replaced by %v (%v)", info.Mode(), err)
	}
	got := make([]byte, 6)
	if _, err := reader.Read(got); string(got) != "report" {
		t.Errorf("the pipe has %q (%v)", got, err)
	}
}
