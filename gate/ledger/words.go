package ledger

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// words gathers what git writes to its standard error, and leaves out its progress: lines that end with a carriage return,
// to be written over, and what comes of them in the end. It is safe for concurrent use.
type words struct {
	most int // bytes

	mutex sync.Mutex
	line  []byte // what has no end yet
	cr    bool   // a carriage return came last
	kept  bytes.Buffer
	done  bool // everything was pushed
	over  bool
}

// progress is a line of progress in its last form: see git-fetch(1), --progress. A remote's begins with "remote: ".
var progress = regexp.MustCompile(`^(remote: )?([A-Z][A-Za-z -]+: +(\d+% \(\d+/\d+\)(, .*)?|\d+, done\.)|Total \d+ \(delta .*|Delta compression using up to .*)$`)

const mostLine = 64 << 10 // bytes of a line; what is longer is taken for several

func (w *words) Write(data []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for _, c := range data {
		if w.cr && c != '\n' { // with a newline after it, it ends a line of a server that has such ends
			w.end(true)
		}
		if w.cr = c == '\r'; w.cr {
			continue
		}
		if c == '\n' || len(w.line) >= mostLine {
			w.end(false)
		}
		if c != '\n' {
			w.line = append(w.line, c)
		}
	}
	return len(data), nil
}

// end ends a line.
func (w *words) end(overwritten bool) {
	line := bytes.TrimRight(w.line, " ") // by which a remote's progress is written over
	w.line = w.line[:0]
	if len(line) == 0 {
		return
	}
	// The second is all that is said where the remote has every object already.
	w.done = w.done || bytes.HasPrefix(line, []byte("Writing objects: 100%")) || bytes.HasPrefix(line, []byte("Total "))
	if overwritten || progress.Match(line) {
		return
	}
	if w.kept.Len()+len(line) > w.most {
		w.over = true
		return
	}
	w.kept.Write(line)
	w.kept.WriteByte('\n')
}

// sent reports whether all objects of a push have been written: what comes next is the remote's hooks, which may be silent.
func (w *words) sent() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.done
}

func (w *words) tooMany() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.over
}

func (w *words) String() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	last := string(w.line)
	if w.cr {
		last = ""
	}
	return strings.TrimSpace(w.kept.String() + last)
}
