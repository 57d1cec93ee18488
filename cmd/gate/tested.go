//go:build gatetested

package main

import (
	"context"
	"os"
	"time"

	"github.com/seed-313c021b/gate/gate/github"
)

// The program that tests run is built with the tag gatetested: see TestMain.
func init() {
	program = func() int {
		code := execute(laterClock, hurried())
		if file := os.Getenv("GATE_TEST_STATUS"); file != "" {
			status, _ := os.ReadFile("/proc/self/status")
			_ = os.WriteFile(file, status, 0o600)
		}
		return code
	}
}

// laterClock is the clock, moved by the duration in GATE_TEST_LATER.
func laterClock() time.Time {
	later, _ := time.ParseDuration(os.Getenv("GATE_TEST_LATER"))
	return time.Now().Add(later)
}

// hurried makes no test wait for GitHub. How long it would have been is added to the file GATE_TEST_WAITS, where there is one; one
// answer is waited for as long as GATE_TEST_TIMEOUT says, where it is set.
func hurried() github.Config {
	timeout, _ := time.ParseDuration(os.Getenv("GATE_TEST_TIMEOUT"))
	return github.Config{Timeout: timeout, Wait: func(ctx context.Context, d time.Duration) error {
		if path := os.Getenv("GATE_TEST_WAITS"); path != "" {
			if err := appendTo(path, []byte(d.Round(time.Second).String()+"\n")); err != nil {
				return err
			}
		}
		return ctx.Err()
	}}
}
