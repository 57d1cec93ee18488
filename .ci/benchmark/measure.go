package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// rival is one way to read a host.
type rival struct {
	name  string
	every int // it is run in each round (1), in each second one (2) …
	// one run is these commands, one after the other.
	commands []func() *exec.Cmd
	// servers, where there are some, say how long the slowest of them was busy.
	servers []*sshd
	// allowed are exit statuses that are as good as 0.
	allowed []int

	runs []run
	said string // on standard error, in the last run
}

// run is one run of a rival.
type run struct {
	wall, cpu, slowest time.Duration
	peak               int64 // bytes of memory of the largest process
}

// measure runs all rivals in turn, round by round, so that what else the machine does hits all alike. The first round
// does not count.
func measure(ctx context.Context, all []*rival, rounds int) error {
	for round := range rounds + 1 {
		for _, r := range all {
			if round > 0 && (round-1)%r.every != 0 {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			one, err := r.run(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			if round > 0 {
				r.runs = append(r.runs, one)
			}
		}
	}
	return nil
}

func (r *rival) run(ctx context.Context) (run, error) {
	var one run
	var said strings.Builder
	for _, command := range r.commands {
		cmd := command()
		cmd.Stderr = &said
		began := time.Now()
		err := cmd.Run()
		one.wall += time.Since(began)
		var exit *exec.ExitError
		if err != nil && !(errors.As(err, &exit) && slices.Contains(r.allowed, exit.ExitCode())) {
			return one, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, said.String())
		}
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		one.cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		one.peak = max(one.peak, usage.Maxrss<<10) // getrusage(2): in KiB
	}
	r.said = said.String()
	for _, server := range r.servers {
		lasted, err := server.lasted(ctx)
		if err != nil {
			return one, err
		}
		one.slowest = max(one.slowest, lasted)
	}
	return one, nil
}

// median returns the middle of what value gives of the runs, and the least and most of it.
func median[T int64 | float64 | time.Duration](runs []run, value func(run) T) (middle, least, most T) {
	var list []T
	for _, r := range runs {
		list = append(list, value(r))
	}
	slices.Sort(list)
	return list[len(list)/2], list[0], list[len(list)-1]
}

func wall(r run) time.Duration { return r.wall }

// withStdin gives a command a file to read.
func withStdin(cmd *exec.Cmd, path string) *exec.Cmd {
	file, err := os.Open(path)
	if err != nil {
		cmd.Err = err
	}
	cmd.Stdin = file
	return cmd
}
