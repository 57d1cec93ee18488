package ledger

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
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
	ctx    context.Context
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr bytes.Buffer
	failed error // after which nothing can be read any more
}

// batch starts reading objects.
func (g *git) batch(ctx context.Context) (*batch, error) {
	b := &batch{ctx: ctx, cmd: g.command(ctx, "cat-file", "--batch")}
	b.cmd.Stderr = &b.stderr
	var err error
	if b.in, err = b.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := b.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	b.out = bufio.NewReaderSize(out, 1<<16)
	if err := b.cmd.Start(); err != nil {
		return nil, failure(ctx, "cat-file", "", err)
	}
	return b, nil
}

// close ends git. What went wrong was told by read.
func (b *batch) close() {
	b.in.Close()
	io.Copy(io.Discard, b.out)
	b.cmd.Wait()
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
	b.in.Close()
	if wait := b.cmd.Wait(); wait != nil {
		err = wait
	}
	return failure(b.ctx, "cat-file", b.stderr.String(), err)
}
