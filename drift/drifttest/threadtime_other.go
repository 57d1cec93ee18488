//go:build !linux

package drifttest

import (
	"time"

	"golang.org/x/sys/unix"
)

// ThreadTime returns how long the process has been computing: only Linux tells it of one thread in a way that Go can ask for.
func ThreadTime() time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
