// Command benchmark measures gate beside what else reads a host: see .ci/bench, which builds and starts it.
//
// bare.go is the client that gate is measured against, site.go makes the servers and the policy, rivals.go says what is
// run, measure.go runs and times it, and table.go prints.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "bare" {
		if err := bare(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bare:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := benchmark(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "benchmark:", err)
		os.Exit(1)
	}
}

func benchmark(ctx context.Context) error {
	gate := flag.String("gate", "", "the gate program")
	rounds := flag.Int("rounds", 21, "how often each is run; the slow ones less often")
	collectors := flag.String("collect", strings.Join(collectorNames, ","), "what is read")
	keep := flag.String("keep", "", "leave everything in this folder, and wait for Ctrl-C at the end")
	flag.Parse()

	s, err := newSite(ctx, *gate, *keep, strings.Split(*collectors, ","))
	if s != nil {
		defer s.close()
	}
	if err != nil {
		return err
	}
	s.describe(os.Stdout)
	r, err := s.rivals()
	if err != nil {
		return err
	}
	if err := measure(ctx, r.all(), *rounds); err != nil {
		return err
	}
	printTable(os.Stdout, r.all())
	printRatios(os.Stdout, r)
	if *keep != "" {
		fmt.Printf("\nkept in %s; the servers are up until Ctrl-C\n", *keep)
		<-ctx.Done()
	}
	return nil
}
