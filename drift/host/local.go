package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A failure of gate's own machine says so: whoever reads a report would look for it on the host. One that may pass by
// itself is tried once more before it counts.

// retryWait is how long after a failure of this machine a thing is tried once more.
const retryWait = time.Second

// localError is a failure of the machine that gate runs on.
type localError struct {
	err   error
	brief bool // it may be gone when it is tried again
}

func (e *localError) Error() string { return "on this machine: " + e.err.Error() }
func (e *localError) Unwrap() error { return e.err }

// local says of an error that it is one of this machine.
func local(err error) error {
	var is *localError
	if err == nil || errors.As(err, &is) {
		return err
	}
	return &localError{err: err, brief: isBrief(err)}
}

// unended says what of this machine's was waited for when ctx ended, if err is because of that.
func unended(ctx context.Context, what string, err error) error {
	if err != nil && ctx.Err() != nil {
		return local(fmt.Errorf("%s did not end: %w", what, err))
	}
	return err
}

// lacking are the errors of a machine that has too little of something: processes, files, memory, ports.
var lacking = []syscall.Errno{
	syscall.EAGAIN, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS, syscall.EADDRNOTAVAIL, syscall.ENOSPC, syscall.EINTR,
}

// isBrief tells whether an error says that this machine lacks something for now. A program that is being replaced is
// another such thing.
func isBrief(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && (slices.Contains(lacking, errno) || errno == syscall.ETXTBSY)
}

// saysBrief is isBrief for what a program says of itself.
func saysBrief(text string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(lacking, func(errno syscall.Errno) bool { return strings.Contains(text, errno.Error()) })
}

// twice does something once more, after a while, where it fails for a reason of this machine that may pass.
func twice[T any](ctx context.Context, wait time.Duration, do func() (T, error)) (T, error) {
	result, err := do()
	var failed *localError
	if !errors.As(err, &failed) || !failed.brief || ctx.Err() != nil {
		return result, err
	}
	pause(ctx, wait)
	if ctx.Err() != nil {
		return result, err
	}
	return do()
}

const (
	// maxKeyFile is the size of a key file, as in OpenSSH (MAX_KEY_FILE_SIZE), of a certificate, and of a list of revoked
	// keys.
	maxKeyFile = 1 << 20
	// maxKnownHosts is the size of a known_hosts file: some 300,000 keys.
	maxKnownHosts = 64 << 20
)

// readFile reads a file of at most limit bytes, until ctx ends. A pipe may have no writer, and a network's file system no
// server: then the goroutine that waits for it is left behind.
func readFile(ctx context.Context, path string, limit int64) ([]byte, error) {
	type read struct {
		text []byte
		err  error
	}
	result := make(chan read, 1)
	go func() {
		text, err := readAll(path, limit)
		result <- read{text, err}
	}()
	select {
	case r := <-result:
		return r.text, r.err
	case <-ctx.Done():
		return nil, unended(ctx, "reading "+path, context.Cause(ctx))
	}
}

func readAll(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("the file is larger than %s", size(limit))}
	}
	return text, err
}
