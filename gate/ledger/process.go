package ledger

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// limits bound what a git command may take. What exceeds one is an error, never a shorter answer.
type limits struct {
	local   time.Duration // how long a command takes that asks no remote, or one object that is read
	silence time.Duration // how long a remote says nothing
	hooks   time.Duration // how long it says nothing once it has all that is pushed: its hooks are at work
	remote  time.Duration // how long a command takes that asks a remote, however much it says
	answer  int64         // bytes of standard output
	listing int64         // bytes of standard output of a command that asks a remote
	words   int           // bytes of standard error, but for progress
}

func usualLimits() limits {
	return limits{
		local:   10 * time.Minute,
		silence: time.Minute,
		hooks:   5 * time.Minute,
		remote:  6 * time.Hour,
		answer:  256 << 20,
		listing: 64 << 20,
		words:   1 << 20,
	}
}

const (
	endTime   = 500 * time.Millisecond // how long git and what it has started may take to end at SIGTERM
	exitTime  = 5 * time.Second        // how long it may take to end when it has nothing more to do
	drainTime = 100 * time.Millisecond // how long nothing comes from a git that has ended until it is taken for all
)

// limitError is a limit that a git command has exceeded.
type limitError struct{ text string }

func (e *limitError) Error() string { return e.text }

// process is a git command that runs, in a session of its own: a signal ends it with all that it has started, as
// git-remote-https and ssh, which would outlive it and hold its standard error. So the terminal's Ctrl-C does not reach it,
// and nothing of it can ask on the terminal: it would be stopped there for ever if it were in the background of gate's
// session. Who reaches a remote with a passphrase has an agent, a helper or an askpass program.
type process struct {
	cmd      *exec.Cmd
	out, err *os.File      // what it writes
	ended    chan struct{} // closed once git has ended …
	waited   error         // … as this says
}

// start starts a git command. Whoever started it reads what it writes, and ends with release.
func (g *git) start(stdin io.Reader, args ...string) (*process, error) {
	p := &process{cmd: g.command(args...), ended: make(chan struct{})}
	var out, stderr *os.File
	var err error
	if p.out, out, err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.err, stderr, err = os.Pipe(); err != nil {
		return nil, errors.Join(err, p.out.Close(), out.Close())
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, out, stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	p.cmd.WaitDelay = endTime // what reads the standard input instead of git
	err = p.cmd.Start()
	_, _ = out.Close(), stderr.Close()
	if err != nil {
		p.release()
		return nil, failure(args, "", err)
	}
	go func() {
		p.waited = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

// release forgets what git, or what it has left behind, may still write.
func (p *process) release() { _, _ = p.out.Close(), p.err.Close() }

// kill ends git with all that it has started, and returns when it has ended. At SIGTERM git removes its lock files. Where git
// has ended before, nothing is signalled: its number may be another's by now.
func (p *process) kill() {
	select {
	case <-p.ended:
		p.release()
		return
	default:
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(endTime):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
	p.release()
}

// end waits for git, which has nothing more to do, and ends it where it does not end by itself.
func (p *process) end() {
	select {
	case <-p.ended:
		p.release()
	case <-time.After(exitTime):
		p.kill()
	}
}

// drain hands on what comes from a pipe of git's, until its end. Where something that git has left behind holds the pipe,
// that is once git has ended and nothing comes any more: all that git has written is in the pipe by then.
func drain(pipe *os.File, ended *atomic.Bool, take func([]byte)) {
	buffer := make([]byte, 64<<10)
	for {
		last := ended.Load()
		if last {
			_ = pipe.SetReadDeadline(time.Now().Add(drainTime))
		}
		n, err := pipe.Read(buffer)
		take(buffer[:n])
		if err != nil && (last || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return
		}
	}
}

// answer is what a git command has written.
type answer struct {
	out   string // its standard output
	words string // its standard error, but for progress
}

// do runs a git command until it ends, a limit is exceeded or ctx is done.
func (g *git) do(ctx context.Context, stdin io.Reader, args ...string) (answer, error) {
	if ctx.Err() != nil {
		return answer{}, interrupted(ctx, args)
	}
	p, err := g.start(stdin, args...)
	if err != nil {
		return answer{}, err
	}
	defer p.release()
	most := g.limits.answer
	if g.remote != "" {
		most = g.limits.listing
	}
	var out strings.Builder
	words := words{most: g.limits.words}
	tooMuch, alive := make(chan error, 2), make(chan bool, 1)
	var ended atomic.Bool
	read := func(pipe *os.File, take func([]byte) error) <-chan struct{} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			failed := false
			drain(pipe, &ended, func(data []byte) {
				if err := take(data); err != nil && !failed {
					failed = true
					tooMuch <- err
				}
				if len(data) > 0 {
					select {
					case alive <- true:
					default:
					}
				}
			})
		}()
		return done
	}
	readOut := read(p.out, func(data []byte) error {
		if int64(out.Len()+len(data)) > most {
			return &limitError{fmt.Sprintf("%s answered with more than %d MiB", g.says(args), most>>20)}
		}
		out.Write(data)
		return nil
	})
	readWords := read(p.err, func(data []byte) error {
		if words.Write(data); words.tooMany() {
			return &limitError{fmt.Sprintf("%s wrote more than %d KiB to standard error", g.says(args), words.most>>10)}
		}
		return nil
	})
	stopped := g.watch(ctx, p, &words, alive, tooMuch, args)
	if stopped != nil {
		p.kill()
	}
	ended.Store(true)
	endless := time.AfterFunc(exitTime, p.release)
	for _, pipe := range []*os.File{p.out, p.err} {
		_ = pipe.SetReadDeadline(time.Now().Add(drainTime))
	}
	<-readOut
	<-readWords
	if !endless.Stop() && stopped == nil {
		stopped = &limitError{g.says(args) + " has left something behind that goes on writing"}
	}
	select {
	case err := <-tooMuch:
		stopped = err
	default:
	}
	a := answer{out: out.String(), words: words.String()}
	switch {
	case stopped != nil:
		return a, stopped
	case p.waited != nil && !errors.Is(p.waited, exec.ErrWaitDelay):
		return a, failure(args, a.words, p.waited)
	}
	return a, nil
}

// watch returns when git has ended, or why it must.
func (g *git) watch(ctx context.Context, p *process, words *words, alive <-chan bool, tooMuch <-chan error, args []string) error {
	whole, patience := g.limits.local, g.limits.local
	if g.remote != "" {
		whole, patience = g.limits.remote, g.limits.silence
	}
	end, silence := time.NewTimer(whole), time.NewTimer(patience)
	defer end.Stop()
	defer silence.Stop()
	for {
		select {
		case <-p.ended:
			return nil
		case <-ctx.Done():
			return interrupted(ctx, args)
		case err := <-tooMuch:
			return err
		case <-end.C:
			return &limitError{fmt.Sprintf("%s did not end in %s", g.says(args), seconds(whole))}
		case <-silence.C:
			if g.remote == "" {
				return &limitError{fmt.Sprintf("%s did not end in %s", g.says(args), seconds(whole))}
			}
			return &limitError{fmt.Sprintf("the remote %s did not answer: git %s heard nothing from it for %s", g.remote, subcommand(args), seconds(patience))}
		case <-alive:
			if g.remote == "" {
				continue
			}
			patience = g.limits.silence
			if words.sent() {
				patience = g.limits.hooks
			}
			silence.Reset(patience)
		}
	}
}

// says names a git command that has exceeded a limit, and the remote that it asks.
func (g *git) says(args []string) string {
	if g.remote != "" {
		return fmt.Sprintf("the remote %s: git %s", g.remote, subcommand(args))
	}
	return "git " + subcommand(args)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%g seconds", d.Seconds()) }

// interrupted says that a command was not run to its end.
func interrupted(ctx context.Context, args []string) error {
	return fmt.Errorf("git %s: %w", subcommand(args), context.Cause(ctx))
}
