package drifttest

import (
	"time"

	"golang.org/x/sys/unix"
)

// ThreadTime returns how long the calling thread has been computing.
func ThreadTime() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		panic(err)
	}
	return time.Duration(now.Nano())
}
