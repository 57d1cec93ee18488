package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// keepalive is how often a silent host is asked whether it is there, unless its configuration has ServerAliveInterval.
const keepalive = 15 * time.Second

// tend serves the connection until it ends, and ends it when its context does, or the host, or when the host is silent.
func (conn *connection) tend(cfg *config, chans <-chan ssh.NewChannel, reqs <-chan *ssh.Request) {
	defer close(conn.done)
	stop := context.AfterFunc(conn.ctx, func() { conn.wire.Close() })
	defer stop()
	var work sync.WaitGroup
	work.Go(func() {
		for ch := range chans {
			ch.Reject(ssh.Prohibited, "gate takes no channels")
		}
	})
	work.Go(func() {
		for req := range reqs {
			req.Reply(false, nil)
		}
	})
	work.Go(func() { conn.keepAlive(cfg) })
	err := conn.Conn.Wait()
	gone := &goneError{why: "the host closed the connection"}
	if err != nil && !errors.Is(err, io.EOF) {
		gone.why = "the connection broke: " + clean(inner(err).Error(), 300)
	}
	conn.fail(gone)
	work.Wait()
}

// goneError says that a connection was not ended from our side.
type goneError struct{ why string }

func (e *goneError) Error() string { return e.why }

// keepAlive ends a connection whose host is there no more.
func (conn *connection) keepAlive(cfg *config) {
	interval, most := keepalive, max(1, cfg.aliveCountMax)
	if cfg.aliveInterval > 0 {
		interval = cfg.aliveInterval
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	var work sync.WaitGroup
	defer work.Wait()
	asking := make(chan struct{}, 1)
	for missed := 0; ; {
		select {
		case <-conn.ctx.Done():
			return
		case <-tick.C:
		}
		if conn.wire.silent() < interval {
			missed = 0
			continue
		}
		if missed++; missed > most {
			conn.fail(fmt.Errorf("the host is silent for %s and answers no keepalive", conn.wire.silent().Round(time.Second)))
			return
		}
		select {
		case asking <- struct{}{}:
			work.Go(func() {
				conn.SendRequest("keepalive@openssh.com", true, nil)
				<-asking
			})
		default: // the last question has no answer yet
		}
	}
}

// close ends the connection and waits until nothing of it is left.
func (conn *connection) close() {
	conn.fail(errClosed)
	<-conn.done
}
