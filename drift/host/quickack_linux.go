package host

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// quickAck asks the kernel to acknowledge at once what was just read. The kernel forgets it, so it is asked after each
// read. OpenSSH before 9.8 leaves Nagle's algorithm on until a session runs and holds its next small packet until our
// acknowledgement, which is otherwise delayed by 40 ms.
func quickAck(raw syscall.RawConn) {
	raw.Control(func(fd uintptr) {
		// A failure costs time and nothing else.
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1)
	})
}
