package host

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	// maxStderr is how much of the end of standard error is kept.
	maxStderr = 4096
	// exitWait is how long after the end of the output the exit status may come.
	exitWait = 2 * time.Second
	// lingerWait is how long after the exit status the output may stay open without a byte.
	lingerWait = 5 * time.Second
)

// command is a command that runs on a host. It reads its standard output.
type command struct {
	conn *connection
	ch   ssh.Channel
	max  int64
	read atomic.Int64 // bytes of both outputs

	err    error // the first error of Read other than io.EOF
	ended  bool  // Read came to the end
	exit   *ExitError
	exited chan struct{} // closed when exit is there, or will not come
	silent chan struct{} // closed when standard error has ended
	stderr []byte
}

// exec runs line, gives its output to read, and closes the connection.
func (conn *connection) exec(line string, stdin []byte, limit int64, read func(io.Reader) error) error {
	defer conn.close()
	ch, reqs, err := conn.OpenChannel("session", nil)
	if err != nil {
		return &Error{Stage: StageExec, Err: conn.refused(err)}
	}
	cmd := &command{conn: conn, ch: ch, max: limit, exited: make(chan struct{}), silent: make(chan struct{})}
	var work sync.WaitGroup
	defer work.Wait()
	defer conn.close()
	work.Go(func() { cmd.requests(reqs) })
	work.Go(cmd.keepStderr)

	ok, err := ch.SendRequest("exec", true, ssh.Marshal(struct{ Line string }{line}))
	if err != nil {
		return &Error{Stage: StageExec, Err: conn.refused(err)}
	}
	if !ok {
		return &Error{Stage: StageExec, Err: errors.New("the host refuses to run a command")}
	}
	// OpenSSH opens the window for standard input with its answer to exec: there is nothing to gain by writing before.
	// A host that takes it slowly, or never, must not keep us from reading.
	work.Go(func() { ch.Write(stdin) })
	err = read(cmd)
	return cmd.finish(err)
}

// refused says why a session could not be had.
func (conn *connection) refused(err error) error {
	var open *ssh.OpenChannelError
	if errors.As(err, &open) {
		return fmt.Errorf("the host opens no session: %s: %s", open.Reason, clean(open.Message, 200))
	}
	return conn.cause(err)
}

// cause returns why the connection has ended, or otherwise if it has not.
func (conn *connection) cause(otherwise error) error {
	select {
	case <-conn.ctx.Done():
		return context.Cause(conn.ctx)
	case <-time.After(200 * time.Millisecond): // the end of a channel is seen just before that of its connection
		return otherwise
	}
}

// Read reads standard output. It returns io.EOF only when the command has ended by itself; a connection that broke is
// another error.
func (cmd *command) Read(p []byte) (int, error) {
	if cmd.err != nil {
		return 0, cmd.err
	}
	n, err := cmd.ch.Read(p)
	cmd.count(n)
	if err == nil && !cmd.conn.cut() {
		return n, nil
	}
	if err = cmd.over(err); err == io.EOF {
		cmd.ended = true
	} else {
		cmd.err = err
	}
	return n, err
}

// cut tells whether the connection was ended from our side, before or after all had come. When the host ends it, what has
// come can still be read.
func (conn *connection) cut() bool {
	var gone *goneError
	return conn.ctx.Err() != nil && !errors.As(context.Cause(conn.ctx), &gone)
}

// count ends the connection when too much has come.
func (cmd *command) count(n int) {
	if total := cmd.read.Add(int64(n)); total > cmd.max {
		cmd.conn.fail(fmt.Errorf("the host sent more than %s", size(cmd.max)))
	}
}

// over finds out why there is no more output.
func (cmd *command) over(err error) error {
	if err == io.EOF && !cmd.conn.cut() {
		select {
		case <-cmd.exited:
			if cmd.exit != nil {
				return io.EOF
			}
			err = errors.New("the session was closed before the command ended")
		case <-time.After(exitWait):
			return errors.New("the output ended, and no exit status came")
		}
	}
	cause := cmd.conn.cause(err)
	var timeout interface{ Timeout() bool }
	if errors.As(cause, &timeout) && timeout.Timeout() {
		return fmt.Errorf("%w; %s came, the last of it %s ago", cause, size(cmd.read.Load()), cmd.conn.wire.silent().Round(time.Second/10))
	}
	return cause
}

// finish joins what read returned with what is known about the command.
func (cmd *command) finish(err error) error {
	switch {
	case cmd.err != nil:
		err = cmd.err
	case err == nil && !cmd.ended:
		return nil
	case cmd.ended:
		if exit := cmd.exit; exit.Status != 0 || exit.Signal != "" {
			exit.Stderr = cmd.said()
			if err == nil {
				return &Error{Stage: StageRead, Err: exit}
			}
			return &Error{Stage: StageRead, Err: fmt.Errorf("%w: %w", err, exit)}
		}
	}
	if err == nil {
		return nil
	}
	if text := said(cmd.said()); text != "" {
		err = fmt.Errorf("%w%s", err, text)
	}
	return &Error{Stage: StageRead, Err: err}
}

// said returns the end of standard error, as far as it has come.
func (cmd *command) said() string {
	select {
	case <-cmd.silent:
	case <-time.After(200 * time.Millisecond):
		cmd.conn.close() // ends keepStderr
		<-cmd.silent
	}
	return clean(string(cmd.stderr), 400)
}

// keepStderr keeps the end of standard error, and counts all of it.
func (cmd *command) keepStderr() {
	defer close(cmd.silent)
	buf := make([]byte, 32<<10)
	for {
		n, err := cmd.ch.Stderr().Read(buf)
		cmd.count(n)
		cmd.stderr = append(cmd.stderr, buf[:n]...)
		if over := len(cmd.stderr) - maxStderr; over > 0 {
			cmd.stderr = append(cmd.stderr[:0], cmd.stderr[over:]...)
		}
		if err != nil {
			return
		}
	}
}

// requests waits for the exit status (RFC 4254, 6.10).
func (cmd *command) requests(reqs <-chan *ssh.Request) {
	var linger *time.Timer
	defer func() {
		if linger != nil {
			linger.Stop()
		}
	}()
	for req := range reqs {
		var exit *ExitError
		switch {
		case req.Type == "exit-status" && len(req.Payload) >= 4:
			exit = &ExitError{Status: int(binary.BigEndian.Uint32(req.Payload))}
		case req.Type == "exit-signal":
			var msg struct {
				Signal string
				Rest   []byte `ssh:"rest"`
			}
			if ssh.Unmarshal(req.Payload, &msg) == nil {
				exit = &ExitError{Signal: clean(msg.Signal, 40)}
			}
		}
		req.Reply(false, nil)
		if exit != nil && cmd.exit == nil {
			cmd.exit = exit
			close(cmd.exited)
			linger = time.AfterFunc(lingerWait, cmd.lingers)
		}
	}
	if cmd.exit == nil {
		close(cmd.exited)
	}
}

// lingers ends a connection that only a process in the background holds open.
func (cmd *command) lingers() {
	if cmd.conn.wire.silent() < lingerWait {
		time.AfterFunc(lingerWait, cmd.lingers)
		return
	}
	cmd.conn.fail(errors.New("the command has ended, and something that it left running holds its output open"))
}

// size writes a number of bytes.
func size(n int64) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
