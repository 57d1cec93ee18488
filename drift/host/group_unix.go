//go:build unix

package host

import (
	"os/exec"
	"syscall"
)

// ownGroup gives a command a process group of its own, which ends with it when its context does.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
