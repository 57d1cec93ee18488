package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is an object of a git repository.
type object struct {
	id   string
	kind string // commit, tree, blob or tag
	size int64
	data []byte // nil where it is larger than was asked for
}

// errNoObject says that a repository does not have an object, or does not know its name.
var errNoObject = errors.New("no such object")

// batch reads objects, one after the other, through one long-lived git cat-file. It is not safe for concurrent use.
// Close ends it.
type batch struct {
	ctx     context.Context
	process *process
	in      *os.File
	out     *bufio.Reader
	words   words
	said    chan struct{} // closed once git says no more
	limit   time.Duration // for each object
	stop    func() bool   // stops ending git when ctx is done
	failed  error         // after which nothing can be read any more
}

var catFile = []string{"cat-file", "--batch"}

// batch starts reading objects.
func (g *git) batch(ctx context.Context) (*batch, error) {
	if ctx.Err() != nil {
		return nil, interrupted(ctx, catFile)
	}
	stdin, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p, err := g.start(stdin, catFile...)
	_ = stdin.Close()
	if err != nil {
		_ = in.Close()
		return nil, err
	}
	b := &batch{ctx: ctx, process: p, in: in, out: bufio.NewReaderSize(p.out, 1<<16), words: words{most: g.limits.words}, said: make(chan struct{}), limit: g.limits.local}
	go func() {
		_, _ = io.Copy(&b.words, p.err)
		close(b.said)
	}()
	b.stop = context.AfterFunc(ctx, p.kill)
	return b, nil
}

// close ends git. What went wrong was told by read.
func (b *batch) close() {
	b.stop()
	_ = b.in.Close()
	b.process.end()
	<-b.said
}

// read returns the object of a name, as gitrevisions(7) has them, with its data where these are not larger than most
// bytes. The error is errNoObject where there is none.
func (b *batch) read(name string, most int64) (object, error) {
	if b.failed != nil {
		return object{}, b.failed
	}
	if name == "" || strings.ContainsAny(name, "\n\x00") {
		return object{}, fmt.Errorf("%w: %q", errNoObject, name)
	}
	o, err := b.ask(name, most)
	if err != nil && !errors.Is(err, errNoObject) {
		b.failed = b.explain(err)
		return object{}, b.failed
	}
	return o, err
}

// nothing are the last words of an answer that is about no object.
var nothing = []string{"missing", "ambiguous", "excluded", "submodule"}

func (b *batch) ask(name string, most int64) (object, error) {
	timer := time.AfterFunc(b.limit, b.process.kill)
	o, err := b.answer(name, most)
	if !timer.Stop() {
		err = &limitError{fmt.Sprintf("git cat-file did not answer in %s", seconds(b.limit))}
	}
	return o, err
}

func (b *batch) answer(name string, most int64) (object, error) {
	if _, err := io.WriteString(b.in, name+"\n"); err != nil {
		return object{}, err
	}
	line, err := b.out.ReadString('\n')
	if err != nil {
		return object{}, err
	}
	fields := strings.Fields(line)
	switch {
	case len(fields) > 1 && slices.Contains(nothing, fields[len(fields)-1]):
		return object{}, fmt.Errorf("%w: %s", errNoObject, name)
	case len(fields) != 3:
		return object{}, fmt.Errorf("git cat-file answered %q", line)
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return object{}, fmt.Errorf("git cat-file answered %q", line)
	}
	o := object{id: fields[0], kind: fields[1], size: size}
	if size > most {
		_, err = io.CopyN(io.Discard, b.out, size)
	} else {
		o.data = make([]byte, size)
		_, err = io.ReadFull(b.out, o.data)
	}
	if err == nil {
		_, err = b.out.Discard(1) // the newline after the data
	}
	return o, err
}

// explain ends git, and adds what it has said to an error of its pipes.
func (b *batch) explain(err error) error {
	_ = b.in.Close()
	select {
	case <-b.said: // its last words come before it ends
	case <-time.After(exitTime):
	}
	b.process.end()
	<-b.said
	_, limited := errors.AsType[*limitError](err)
	switch {
	case b.ctx.Err() != nil:
		return interrupted(b.ctx, catFile)
	case limited:
		return err
	case b.process.waited != nil && !errors.Is(b.process.waited, exec.ErrWaitDelay):
		err = b.process.waited
	}
	return failure(catFile, b.words.String(), err)
}
