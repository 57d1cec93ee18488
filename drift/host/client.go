package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/collect"
)

// Settings is what a policy's ssh block says about a host, over what OpenSSH's own configuration says. Zero fields say
// nothing. File names may hold the tokens of ssh_config(5), TOKENS, a leading ~ and ${VARIABLES}.
type Settings struct {
	User     string
	Port     int
	Hostname string // the name or address to connect to, as HostName in ssh_config(5)

	// IdentityFiles are the keys to offer, from the files or from the agent, and no other keys are.
	IdentityFiles    []string
	CertificateFiles []string

	// KnownHosts are looked at instead of the user's known_hosts; for jump hosts, beside it.
	KnownHosts   []string
	ProxyJump    string // jump hosts with commas, nearest first, as in ssh_config(5); "none" for none
	HostKeyAlias string
	Config       string // another configuration file, as ssh -F; "none" for no configuration

	ConnectTimeout time.Duration // TCP, key exchange and authentication of one hop; default 15 s
	Timeout        time.Duration // all of one Exec, jump hosts included; default 2 minutes
}

const (
	defaultConnectTimeout = 15 * time.Second
	defaultTimeout        = 2 * time.Minute
	defaultMaxBytes       = 64 << 20
)

// timeout returns s.Timeout or its default.
func (s Settings) timeout() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return defaultTimeout
}

// within ends a context after the time that a host may take.
func (s Settings) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return within(ctx, s.timeout())
}

func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, limit, &timeoutError{what: "the whole collection", limit: limit})
}

// Client runs commands on hosts over SSH. It holds what its connections share: keys, the answers of ssh -G, what
// known_hosts files say, and one connection a jump host. A jump host that could not be reached is not tried again by the
// same Client. The zero Client is ready; fields must not change after the first Exec. It is safe for concurrent use.
type Client struct {
	// Key is the PEM text of a private key that is offered to every host first. It comes from GATE_SSH_KEY.
	Key string
	// Passphrase decrypts Key and key files. It comes from GATE_SSH_PASSPHRASE.
	Passphrase string
	// SSHProgram is asked for the configuration of each host. "" is ssh in PATH, "none" is no program: then Settings
	// alone count, over OpenSSH's built-in defaults.
	SSHProgram string
	// MaxBytes is the most that one Exec reads, standard error included. Default 64 MiB.
	MaxBytes int64
	// Warn, if set, is told what went on in spite of a mistake, a line each, such as a malformed line of known_hosts. It
	// may be called from several goroutines at once.
	Warn func(string)

	// For tests; what is zero stands for the constant or the function of that name.
	retry   time.Duration                                                              // retryWait
	settle  time.Duration                                                              // settleFor
	reading func(context.Context, collect.Request, io.Reader) ([]drift.Section, error) // collect.Request.Read

	mu       sync.Mutex
	closed   bool
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	work     sync.WaitGroup
	warned   map[string]bool
	configs  map[string]*shared[answers]
	files    map[string]*shared[[]knownLine]
	keys     map[string]*shared[identity]
	bastions map[string]*shared[*bastion]
}

// Exec connects to dest ("staging-1", "deploy@staging-1", "host:2222", "ssh://user@host:port"), runs command in one exec,
// writes stdin and keeps it open, and gives standard output to read. When read returns, the connection is closed without
// waiting for the end of the output, since a background child may hold it open for ever; the command sees its standard
// input close.
//
// The error is nil or an [*Error]. It is not nil when read fails; when what read was given is not all that the host has
// sent, because the connection broke, ctx ended, or a limit was passed; and when the command ended by itself, while read
// was reading, with another status than 0 ([*ExitError]). SSH lets an exit status come before the last of the output, so
// a format that ends in a mark of its own is still the only proof that all is there.
func (c *Client) Exec(ctx context.Context, dest string, s Settings, command string, stdin []byte, read func(io.Reader) error) error {
	return c.exec(ctx, dest, s, command, stdin, func(_ *connection, stream io.Reader) error { return read(stream) })
}

// exec is Exec for a read that is given the connection too.
func (c *Client) exec(ctx context.Context, dest string, s Settings, command string, stdin []byte, read func(*connection, io.Reader) error) error {
	ctx, leave, err := c.enter(ctx, s.timeout())
	if err != nil {
		return &Error{Host: dest, Stage: StageConfigure, Err: err}
	}
	defer leave()
	cfg, err := c.configure(ctx, dest, s)
	if err != nil {
		return failure(dest, StageConfigure, err)
	}
	conn, err := c.connect(ctx, cfg)
	if err != nil {
		return failure(dest, StageConnect, err)
	}
	return failure(dest, StageExec, conn.exec(command, stdin, c.maxBytes(), func(stream io.Reader) error { return read(conn, stream) }))
}

// Close ends everything that is under way and closes the connections to jump hosts. It returns when nothing is left
// running.
func (c *Client) Close() error {
	c.mu.Lock()
	c.closed = true
	cancel := c.cancel
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	c.work.Wait()
	return nil
}

var errClientClosed = errors.New("the ssh client is closed")

// enter makes the shared state, and a context that ends with ctx, with the client, or after limit.
func (c *Client) enter(ctx context.Context, limit time.Duration) (_ context.Context, leave func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, nil, errClientClosed
	}
	if c.ctx == nil {
		c.ctx, c.cancel = context.WithCancel(context.Background())
		c.warned = map[string]bool{}
		c.configs = map[string]*shared[answers]{}
		c.files = map[string]*shared[[]knownLine]{}
		c.keys = map[string]*shared[identity]{}
		c.bastions = map[string]*shared[*bastion]{}
	}
	c.work.Add(1)
	ctx, cancel := within(ctx, limit)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, func() {
		stop()
		cancel()
		c.work.Done()
	}, nil
}

// spawn starts f, which must end when c.ctx does, and reports whether it could.
func (c *Client) spawn(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.work.Go(f)
	return true
}

func (c *Client) retryWait() time.Duration { return cmp.Or(c.retry, retryWait) }

func (c *Client) settleFor() time.Duration { return cmp.Or(c.settle, settleFor) }

// read reads what a host prints for a request.
func (c *Client) read(ctx context.Context, request collect.Request, stream io.Reader) ([]drift.Section, error) {
	if c.reading != nil {
		return c.reading(ctx, request, stream)
	}
	return request.Read(ctx, stream, time.Now)
}

func (c *Client) maxBytes() int64 {
	if c.MaxBytes > 0 {
		return c.MaxBytes
	}
	return defaultMaxBytes
}

// warn tells a line once.
func (c *Client) warn(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	c.mu.Lock()
	known := c.warned[line]
	c.warned[line] = true
	c.mu.Unlock()
	if !known && c.Warn != nil {
		c.Warn(line)
	}
}

// shared is a result that is worked out once for all who ask for it.
type shared[T any] struct {
	done  chan struct{} // closed when value and err are there
	value T
	err   error
}

// once returns what work gives for key, from m. The first to ask starts work; it goes on until the client is closed, so
// that somebody who gives up does not take it away from the others.
func once[T any](ctx context.Context, c *Client, m map[string]*shared[T], key string, work func(context.Context) (T, error)) (T, error) {
	c.mu.Lock()
	r, ok := m[key]
	if !ok && !c.closed {
		r = &shared[T]{done: make(chan struct{})}
		m[key] = r
		c.work.Go(func() {
			defer close(r.done)
			r.value, r.err = work(c.ctx)
		})
	}
	c.mu.Unlock()
	var none T
	if r == nil {
		return none, errClientClosed
	}
	select {
	case <-r.done:
		return r.value, r.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}
