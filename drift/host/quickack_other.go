//go:build !linux

package host

import "syscall"

// quickAck does nothing: only Linux can be asked to acknowledge at once.
func quickAck(syscall.RawConn) {}
