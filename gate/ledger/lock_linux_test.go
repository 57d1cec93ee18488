package ledger

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Who may not write to the repository is told where gate wants to.
func TestLockDenied(t *testing.T) {
	s := newSite(t)
	l := s.open()
	if err := os.Chmod(l.folder, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(l.folder, 0o755)
	runtime.LockOSThread() // the user that files are asked for as is the thread's
	defer runtime.UnlockOSThread()
	if os.Geteuid() == 0 {
		was, err := unix.SetfsuidRetUid(65534)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Setfsuid(was)
	}
	_, err := l.lock(t.Context())
	wantHint(t, err, "gate-ledger.lock", "write to "+l.folder)
}
