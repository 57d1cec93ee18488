package drifttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Where a file system in memory is on Linux, and how much must be free there for tests to use it.
const (
	memoryFolder = "/dev/shm"
	memoryFree   = 1 << 30
)

// InMemory returns tests whose temporary folders are in memory, where there is room for them and programs can be run: git waits
// for the disk with each object that it writes, which is half of the time that tests with a ledger take. For TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(drifttest.InMemory(m).Run()) }
func InMemory(m interface{ Run() int }) interface{ Run() int } { return inMemory{m} }

type inMemory struct{ m interface{ Run() int } }

// Run runs the tests, and returns the code to exit with.
func (tests inMemory) Run() int {
	removeLeft()
	folder := filepath.Join(memoryFolder, memoryName(os.Getpid()))
	defer os.RemoveAll(folder)
	if usable(folder) {
		os.Setenv("TMPDIR", folder)
	}
	return tests.m.Run()
}

func memoryName(pid int) string { return fmt.Sprintf("gate-test-%d-%d", os.Geteuid(), pid) }

// usable makes a folder, and reports whether tests can work there.
func usable(folder string) bool {
	var system unix.Statfs_t
	if unix.Statfs(filepath.Dir(folder), &system) != nil || uint64(system.Bavail)*uint64(system.Bsize) < memoryFree || os.Mkdir(folder, 0o700) != nil {
		return false
	}
	program := filepath.Join(folder, "program")
	defer os.Remove(program)
	return os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700) == nil && exec.Command(program).Run() == nil
}

// removeLeft removes what tests left that were killed, as by go test's time limit.
func removeLeft() {
	folders, _ := filepath.Glob(filepath.Join(memoryFolder, fmt.Sprintf("gate-test-%d-*", os.Geteuid())))
	for _, folder := range folders {
		pid, err := strconv.Atoi(folder[strings.LastIndexByte(folder, '-')+1:])
		if err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(folder)
		}
	}
}
