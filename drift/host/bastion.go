package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// opening is how many connections are being opened through one jump host at the same time. One to a host that does not
// answer takes a place until it times out.
const opening = 32

// bastion is a connection to a jump host, which all hosts behind it share.
type bastion struct {
	*connection
	client *Client
	slots  chan struct{}
}

// bastion returns the connection to the jump host cfg, made by the first to ask. One that has broken is made anew; one
// that could not be made stays so.
func (c *Client) bastion(ctx context.Context, cfg *config) (*bastion, error) {
	key := fmt.Sprintf("%+v", cfg.flat())
	b, err := once(ctx, c, c.bastions, key, func(ctx context.Context) (*bastion, error) { return c.openBastion(ctx, cfg) })
	if err == nil && b.ctx.Err() != nil {
		c.forget(key, b)
		b, err = once(ctx, c, c.bastions, key, func(ctx context.Context) (*bastion, error) { return c.openBastion(ctx, cfg) })
	}
	return b, err
}

// openBastion connects to a jump host until ctx ends.
func (c *Client) openBastion(ctx context.Context, cfg *config) (*bastion, error) {
	conn, err := c.connect(ctx, cfg)
	if err != nil {
		return nil, failure(cfg.name, StageConnect, err)
	}
	if !c.spawn(func() { <-conn.done }) {
		conn.close()
		return nil, errClientClosed
	}
	return &bastion{connection: conn, client: c, slots: make(chan struct{}, opening)}, nil
}

// forget drops a connection that has broken, unless somebody has made a new one.
func (c *Client) forget(key string, b *bastion) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.bastions[key]; r != nil && r.value == b {
		delete(c.bastions, key)
	}
}

// flat returns the chain of jump hosts that ends in cfg, as values that can be printed and compared.
func (cfg *config) flat() []config {
	var chain []config
	for ; cfg != nil; cfg = cfg.via {
		flat := *cfg
		flat.via = nil
		flat.name = ""
		chain = append(chain, flat)
	}
	return chain
}

// opened is the answer to a request for a channel.
type opened struct {
	ch   ssh.Channel
	reqs <-chan *ssh.Request
	err  error
}

// dial opens a connection to cfg from the jump host.
func (b *bastion) dial(ctx context.Context, cfg *config) (net.Conn, error) {
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-b.ctx.Done():
		return nil, b.broken()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	result := make(chan opened, 1)
	if !b.client.spawn(func() { result <- b.open(cfg) }) {
		return nil, errClientClosed
	}
	select {
	case o := <-result:
		if o.err != nil {
			return nil, b.refused(o.err)
		}
		return b.pipe(o), nil
	case <-ctx.Done():
		b.client.spawn(func() {
			if o := <-result; o.err == nil {
				o.ch.Close()
				ssh.DiscardRequests(o.reqs)
			}
		})
		return nil, context.Cause(ctx)
	}
}

// open asks for a channel to cfg (RFC 4254, 7.2). It waits as long as the jump host does.
func (b *bastion) open(cfg *config) (o opened) {
	o.ch, o.reqs, o.err = b.OpenChannel("direct-tcpip", ssh.Marshal(struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}{cfg.hostname, uint32(cfg.port), "127.0.0.1", 65535})) // as ssh -W has it
	return o
}

// refused says why the jump host did not open a connection.
func (b *bastion) refused(err error) error {
	var open *ssh.OpenChannelError
	if errors.As(err, &open) {
		return fmt.Errorf("the jump host %s does not connect: %s: %s", b.name, open.Reason, clean(open.Message, 200))
	}
	return b.broken()
}

// broken says why the connection to the jump host has ended.
func (b *bastion) broken() error {
	select {
	case <-b.ctx.Done():
	case <-time.After(time.Second):
	}
	return fmt.Errorf("the connection to the jump host %s is gone: %w", b.name, context.Cause(b.ctx))
}

// pipe gives a channel the deadlines that it does not have itself, and a Close that does not wait for the jump host.
func (b *bastion) pipe(o opened) net.Conn {
	ours, theirs := net.Pipe()
	started := b.client.spawn(func() {
		var work sync.WaitGroup
		work.Go(func() { ssh.DiscardRequests(o.reqs) })
		work.Go(func() {
			io.Copy(theirs, o.ch)
			theirs.Close()
		})
		io.Copy(o.ch, theirs)
		o.ch.Close()
		theirs.Close()
		work.Wait()
	})
	if !started {
		theirs.Close()
	}
	return ours
}
