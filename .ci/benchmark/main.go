// Command benchmark measures gate beside what else reads a host, and with many hosts and a long ledger: see .ci/bench,
// which builds and starts it.
//
// bare.go is the client that gate is measured against, site.go makes the servers and the policy, rivals.go says what is
// run, measure.go runs and times it, builds.go does the same with another build of gate. fleet.go makes snapshots of many
// hosts, scale.go compares them, ledger.go makes long ledgers. parsers.go reads files that are hard to read. table.go prints.
package main

import (
	"context"
	"errors"
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
	only := flag.String("only", "", "hosts: only what reads a host; scale: only what follows the number of hosts, events and snapshots; parsers: only the parsers of files; builds: only -before")
	before := flag.String("before", "", "another build of gate, which does the same in turn with this one")
	flag.Parse()
	if *only == "builds" && *before == "" {
		return errors.New("-only builds: -before names the other build")
	}
	wanted := func(part string) bool { return *only == "" || *only == part }
	if *only == "parsers" { // for which no host is needed
		return readHardFiles(ctx)
	}

	s, err := newSite(ctx, *gate, *keep, strings.Split(*collectors, ","))
	if s != nil {
		defer s.close()
	}
	if err != nil {
		return err
	}
	s.describe(os.Stdout)
	if *before != "" && wanted("builds") {
		if err := beforeAndAfter(ctx, s, *before, *rounds); err != nil {
			return err
		}
	}
	if wanted("hosts") {
		if err := besideOthers(ctx, s, *rounds); err != nil {
			return err
		}
	}
	if wanted("scale") {
		if err := atScale(ctx, s, *rounds); err != nil {
			return err
		}
	}
	if wanted("parsers") {
		if err := readHardFiles(ctx); err != nil {
			return err
		}
	}
	if *keep != "" {
		fmt.Printf("\nkept in %s; the servers are up until Ctrl-C\n", *keep)
		<-ctx.Done()
	}
	return nil
}

// besideOthers measures gate beside what else reads a host.
func besideOthers(ctx context.Context, s *site, rounds int) error {
	r, err := s.rivals()
	if err != nil {
		return err
	}
	if err := measure(ctx, r.all(), rounds); err != nil {
		return err
	}
	printTable(os.Stdout, r.all())
	printRatios(os.Stdout, r)
	return nil
}

// readHardFiles measures the parsers of files.
func readHardFiles(ctx context.Context) error {
	all, err := parseFiles(ctx)
	if err != nil {
		return err
	}
	printParsers(os.Stdout, all)
	return nil
}

// atScale measures what follows the number of hosts, of events and of snapshots.
func atScale(ctx context.Context, s *site, rounds int) error {
	compared, err := compareScale(ctx, rounds)
	if err != nil {
		return err
	}
	scales, cold, err := s.ledgerScales(ctx, rounds)
	if err != nil {
		return err
	}
	size, err := s.measureSize(ctx)
	if err != nil {
		return err
	}
	printScales(os.Stdout, append([]*scale{compared}, scales...))
	printLedger(os.Stdout, cold, size)
	return nil
}
