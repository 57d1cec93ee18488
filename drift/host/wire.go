package host

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"
)

const (
	// maxPreamble is how many lines a host may send before its greeting, as in OpenSSH.
	maxPreamble = 1024
	// maxHead is how much of what came first is kept, to say what it was.
	maxHead = 512
)

// wire is the byte stream below an SSH connection. It notes when the host was last heard, and how it greeted. It passes
// over the lines that a host may send before its greeting (RFC 4253, 4.2), of which x/crypto takes a few bytes only.
type wire struct {
	net.Conn
	in      *bufio.Reader
	raw     syscall.RawConn // of a TCP connection, else nil
	heard   atomic.Int64    // when bytes last came, in Unix nanoseconds
	greeted bool

	mu   sync.Mutex
	head []byte // the first bytes
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c}
	w.in = bufio.NewReader(readerFunc(w.receive))
	w.heard.Store(time.Now().UnixNano())
	if tcp, ok := c.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			w.raw = raw
		}
	}
	return w
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Read reads from the greeting on.
func (w *wire) Read(p []byte) (int, error) {
	if !w.greeted {
		if err := w.greet(); err != nil {
			return 0, err
		}
		w.greeted = true
	}
	return w.in.Read(p)
}

// receive reads, and asks for the read bytes to be acknowledged at once.
func (w *wire) receive(p []byte) (int, error) {
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

// greet reads up to the greeting, and checks that it is one of version 2 of the protocol.
func (w *wire) greet() error {
	for range maxPreamble {
		start, err := w.in.Peek(len("SSH-"))
		if err != nil {
			return err
		}
		if string(start) == "SSH-" {
			version, err := w.in.Peek(len("SSH-1.99"))
			if v := string(version); err == nil && v != "SSH-2.0-" && v != "SSH-1.99" {
				return fmt.Errorf("the host does not speak version 2 of the SSH protocol: %s", clean(v, 20))
			}
			return err
		}
		if _, err := w.in.ReadSlice('\n'); err != nil {
			if err == bufio.ErrBufferFull {
				err = errors.New("no SSH server answers there: it sends a long line that is no greeting")
			}
			return err
		}
	}
	return errors.New("no SSH server answers there: it sends line after line, and no greeting")
}

func (w *wire) note(p []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.head) < maxHead {
		w.head = append(w.head, p[:min(len(p), maxHead-len(w.head))]...)
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
	line, _, _ := strings.Cut(strings.TrimSpace(string(w.head)), "\n")
	if !utf8.ValidString(line) {
		return "; it sends binary data"
	}
	if text := clean(line, 200); text != "" {
		return fmt.Sprintf("; it says %q", text)
	}
	return ""
}
