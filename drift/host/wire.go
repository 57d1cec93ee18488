package host

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// wire is the byte stream below an SSH connection. It notes when the host was last heard, and how it greeted.
type wire struct {
	net.Conn
	raw   syscall.RawConn // of a TCP connection, else nil
	heard atomic.Int64    // when bytes last came, in Unix nanoseconds

	mu   sync.Mutex
	head []byte // the first bytes
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c}
	w.heard.Store(time.Now().UnixNano())
	if tcp, ok := c.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			w.raw = raw
		}
	}
	return w
}

// Read reads, and asks for the read bytes to be acknowledged at once.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		w.heard.Store(time.Now().UnixNano())
		w.note(p[:n])
		if w.raw != nil {
			quickAck(w.raw)
		}
	}
	return n, err
}

func (w *wire) note(p []byte) {
	const enough = 512
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.head) < enough {
		w.head = append(w.head, p[:min(len(p), enough-len(w.head))]...)
	}
}

// silent is how long nothing came.
func (w *wire) silent() time.Duration { return time.Since(time.Unix(0, w.heard.Load())) }

// greeting returns the host's identification line (RFC 4253, 4.2), or "".
func (w *wire) greeting() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	for line := range strings.Lines(string(w.head)) {
		if strings.HasPrefix(line, "SSH-") && strings.HasSuffix(line, "\n") {
			return clean(line, 200)
		}
	}
	return ""
}

// quote returns what came instead of a greeting, for the end of a sentence.
func (w *wire) quote() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if text := clean(string(w.head), 200); text != "" {
		return fmt.Sprintf("; it says %q", text)
	}
	return ""
}
