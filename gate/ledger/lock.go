package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lock waits until no other process changes this repository's copy of the ledger, and returns how to let the next one in.
// The end of the process does so too. It saves the processes of one machine from losing races against each other; what
// keeps the ledger right is that git moves a branch only from where it was read.
func (l *Ledger) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(l.folder, "gate-ledger.lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
		return nil, &Error{Err: fmt.Errorf("ledger: %w", err),
			Hint: "gate must be able to write to " + l.folder + ", where it keeps the ledger; with --offline what is there can be read"}
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			l.held = f
			return func() { l.held = nil; f.Close() }, nil
		case !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR):
			f.Close()
			return nil, fmt.Errorf("ledger: lock %s: %w", f.Name(), err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("ledger: another gate process is at work in %s: %w", l.folder, context.Cause(ctx))
		case <-time.After(l.waits.lock):
		}
	}
}

var lockFile = regexp.MustCompile(`Unable to create '([^']+\.lock)': File exists`)

// update moves refs of this repository, as "git update-ref --stdin" has it. Whoever does so holds the lock, and so does the
// git that it runs: a lock file of git that stays there all the same was left by one that was killed, and is removed.
func (l *Ledger) update(ctx context.Context, commands ...string) error {
	g := *l.git
	g.files = []*os.File{l.held}
	stdin := strings.Join(commands, "\n") + "\n"
	for left := 2 * len(commands); ; left-- {
		_, err := g.input(ctx, strings.NewReader(stdin), "update-ref", "--stdin")
		if err == nil {
			return nil
		}
		found := lockFile.FindStringSubmatch(err.Error())
		if found == nil || left == 0 || !strings.HasPrefix(found[1], l.folder+string(filepath.Separator)) {
			return err
		}
		if err := removeAbandoned(ctx, found[1], l.waits.abandoned); err != nil {
			return err
		}
	}
}

// removeAbandoned removes a lock file once it is old, unless it is gone or another one by then.
func removeAbandoned(ctx context.Context, file string, old time.Duration) error {
	before, err := os.Stat(file)
	if err != nil {
		return ignoreAbsent(err)
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(min(old, old-time.Since(before.ModTime()))):
	}
	after, err := os.Stat(file)
	if err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		return ignoreAbsent(err)
	}
	return ignoreAbsent(os.Remove(file))
}

func ignoreAbsent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
