package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// connection is an authenticated SSH connection to one host.
type connection struct {
	ssh.Conn
	name     string
	endpoint string // as drift.Machine has it, without the folder
	hostKey  string // the fingerprint
	wire     *wire
	ctx      context.Context         // ends with the connection; its cause says why it ended
	fail     context.CancelCauseFunc // ends the connection
	done     chan struct{}           // closed when nothing of it is left running
}

var errClosed = errors.New("the connection was closed on our side")

// connect reaches cfg, through its jump hosts, and authenticates. The connection ends with ctx.
func (c *Client) connect(ctx context.Context, cfg *config) (*connection, error) {
	var b *bastion
	if cfg.via != nil {
		var err error
		if b, err = c.bastion(ctx, cfg.via); err != nil {
			return nil, fmt.Errorf("jump host %w", failure(cfg.via.name, StageConnect, err))
		}
	}
	// The limit is one of connecting only: it must not end the connection that comes of it.
	limit, cancel := context.WithTimeoutCause(ctx, cfg.connectTimeout, &timeoutError{what: "connecting", limit: cfg.connectTimeout})
	defer cancel()
	tcp, err := c.dial(limit, cfg, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.address(), err)
	}
	conn, err := c.handshake(ctx, limit, cfg, tcp)
	if err != nil {
		tcp.Close()
		return nil, err
	}
	conn.endpoint = cfg.endpoint(tcp, b)
	return conn, nil
}

// endpoint returns where a byte stream leads: to an IP address, or, behind a jump host, to the name that it was given.
func (cfg *config) endpoint(tcp net.Conn, b *bastion) string {
	if b == nil {
		return plainAddress(tcp.RemoteAddr().String())
	}
	name := net.JoinHostPort(strings.TrimSuffix(cfg.hostname, "."), strconv.Itoa(cfg.port))
	return plainAddress(name) + " via " + b.endpoint
}

// plainAddress writes an IP address and port as they are always written; another text stays as it is.
func plainAddress(text string) string {
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		return text
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String()
}

// dial opens the byte stream to cfg.
func (c *Client) dial(ctx context.Context, cfg *config, b *bastion) (net.Conn, error) {
	if b != nil {
		return b.dial(ctx, cfg)
	}
	d := &net.Dialer{}
	if !cfg.tcpKeepAlive {
		d.KeepAlive = -1
	}
	if cfg.bindAddress != "" {
		ip, err := net.ResolveIPAddr(strings.Replace(cfg.network, "tcp", "ip", 1), cfg.bindAddress)
		if err != nil {
			return nil, local(fmt.Errorf("BindAddress: %w", err))
		}
		d.LocalAddr = &net.TCPAddr{IP: ip.IP, Zone: ip.Zone}
	}
	for attempt := 1; ; attempt++ {
		tcp, err := twice(ctx, c.retryWait(), func() (net.Conn, error) {
			tcp, err := d.DialContext(ctx, cfg.network, cfg.address())
			if isBrief(err) {
				err = local(inner(err))
			}
			return tcp, err
		})
		if err == nil {
			return tcp, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if attempt >= cfg.attempts {
			return nil, inner(err)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
}

// inner takes off what package net says about addresses, which are named already.
func inner(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
