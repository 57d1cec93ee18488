package host

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Stage is how far a connection came before it failed.
type Stage string

const (
	// StageConfigure: the destination, ssh -G, or a keyword that gate does not support.
	StageConfigure Stage = "configure"
	// StageConnect: name resolution, TCP, a jump host.
	StageConnect Stage = "connect"
	// StageHandshake: greeting and key exchange.
	StageHandshake Stage = "handshake"
	// StageHostKey: the host key is unknown, another one, revoked, or its certificate is not valid.
	StageHostKey Stage = "host key"
	// StageAuthenticate: no key was accepted.
	StageAuthenticate Stage = "authenticate"
	// StageExec: the host did not open a session or did not run the command.
	StageExec Stage = "exec"
	// StageRead: the output broke off, was too much, or was not what its reader takes.
	StageRead Stage = "read"
)

// Error says which host failed, where, and why. Text from the host in it is bounded and has no control characters.
type Error struct {
	Host  string // the destination as it was given
	Stage Stage
	Err   error
	Hint  string // what to do next; may be empty
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s: %v", e.Host, e.Stage, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ExitError says that the command ended by itself, and not well.
type ExitError struct {
	Status int    // the exit status, if there is no Signal
	Signal string // "KILL", "TERM", … without SIG
	Stderr string // the end of what it said on standard error
}

func (e *ExitError) Error() string {
	text := fmt.Sprintf("the command ended with exit status %d", e.Status)
	if e.Signal != "" {
		text = "the command was ended by signal " + e.Signal
	}
	return text + said(e.Stderr)
}

// said returns the end of a sentence that quotes standard error.
func said(stderr string) string {
	if stderr == "" {
		return ""
	}
	return fmt.Sprintf("; it said on standard error: %q", stderr)
}

// timeoutError is a limit of time that has passed.
type timeoutError struct {
	what  string
	limit time.Duration
}

func (e *timeoutError) Error() string { return fmt.Sprintf("%s took longer than %s", e.what, e.limit) }
func (e *timeoutError) Timeout() bool { return true }

// failure returns err as an Error of host, at stage unless err knows its own stage. An error that is another host's, a
// jump host's, is kept whole inside.
func failure(host string, stage Stage, err error) error {
	if err == nil {
		return nil
	}
	var e *Error
	if !errors.As(err, &e) {
		return &Error{Host: host, Stage: stage, Err: err}
	}
	if e.Host != "" && e.Host != host {
		return &Error{Host: host, Stage: stage, Err: err, Hint: e.Hint}
	}
	return &Error{Host: host, Stage: e.Stage, Err: e.Err, Hint: e.Hint}
}

// clean returns text from a host for use in a message: one line, no control or formatting characters, at most limit bytes
// of it, the end of it if it is longer.
func clean(text string, limit int) string {
	cut := len(text) > limit
	if cut {
		text = text[len(text)-limit:]
	}
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return ' '
		}
		if r == '\r' || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	if cut {
		text = "… " + text
	}
	return text
}
