package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockWait is how long it takes until a lock is asked for again.
const lockWait = 20 * time.Millisecond

// lock waits until no other process changes this repository's copy of the ledger, and returns how to let the next one in.
// The end of the process does so too. It saves the processes of one machine from losing races against each other; what
// keeps the ledger right is that git moves a branch only from where it was read.
func (l *Ledger) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(l.folder, "gate-ledger.lock"), os.O_CREATE|os.O_RDWR, 0o666)
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
		case <-time.After(lockWait):
		}
	}
}

// abandonedAfter is how old a lock file of git must be. Git holds one for milliseconds, and waits as long for another's
// (core.filesRefLockTimeout in git.go).
const abandonedAfter = 5 * time.Second

var lockFile = regexp.MustCompile(`Unable to create '([^']+\.lock)': File exists`)

// update moves refs of this repository, as "git update-ref --stdin" has it. The process that does so holds the lock as well,
// so that a lock file of git that is there all the same was left by one that was killed, and is removed.
func (l *Ledger) update(ctx context.Context, commands ...string) error {
	g := *l.git
	g.files = []*os.File{l.held}
	stdin := strings.Join(commands, "\n") + "\n"
	_, err := g.input(ctx, strings.NewReader(stdin), "update-ref", "--stdin")
	if err == nil {
		return nil
	}
	found := lockFile.FindStringSubmatch(err.Error())
	if found == nil || !strings.HasPrefix(found[1], l.folder+string(filepath.Separator)) {
		return err
	}
	if info, stat := os.Stat(found[1]); stat != nil || time.Since(info.ModTime()) < abandonedAfter {
		return err
	}
	if remove := os.Remove(found[1]); remove != nil {
		return errors.Join(err, remove)
	}
	_, err = g.input(ctx, strings.NewReader(stdin), "update-ref", "--stdin")
	return err
}
