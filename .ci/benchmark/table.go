package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// printTable prints what was measured: whole processes, from their start to their end.
func printTable(w io.Writer, all []*rival) {
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "median s\tleast\tmost\truns\tclient's CPU s\tits peak MiB\t  \t")
	for _, r := range all {
		middle, least, most := median(r.runs, wall)
		cpu, _, _ := median(r.runs, func(r run) time.Duration { return r.cpu })
		_, _, peak := median(r.runs, func(r run) int64 { return r.peak })
		fmt.Fprintf(table, "%.3f\t%.3f\t%.3f\t%d\t%.3f\t%.1f\t  \t%s\n",
			middle.Seconds(), least.Seconds(), most.Seconds(), len(r.runs), cpu.Seconds(), float64(peak)/(1<<20), r.name)
	}
	table.Flush()
	for _, r := range all {
		if r.said != "" && len(r.allowed) > 0 {
			fmt.Fprintf(w, "%s says: %s\n", r.name, lastLines(r.said, 5))
		}
	}
}

// printRatios prints the figures that gate aims at.
func printRatios(w io.Writer, r rivals) {
	fmt.Fprintln(w)
	gate := seconds(r.gate)
	ratio := func(value float64, aim string, reached bool, what string) { printRatio(w, value, aim, reached, what) }
	overhead := gate / seconds(r.bare)
	ratio(overhead, "at most 1.15", overhead <= 1.15, "gate snapshot / bare client")
	faster := seconds(r.ssh) / gate
	ratio(faster, "above 1", faster > 1, "ssh HOST sh -s / gate snapshot")
	fmt.Fprintf(w, "%6.2f  %s\n", seconds(r.ten)/gate, "ten ssh execs / gate snapshot")
	if r.ansible != nil {
		times := seconds(r.ansible) / gate
		ratio(times, "at least 15", times >= 15, "Ansible / gate snapshot")
	}
	four, least, most := median(r.four.runs, func(r run) float64 { return r.wall.Seconds() / r.slowest.Seconds() })
	ratio(four, "below 1.3", four < 1.3, fmt.Sprintf("four hosts / their slowest (%.2f to %.2f)", least, most))
}

func seconds(r *rival) float64 {
	middle, _, _ := median(r.runs, wall)
	return middle.Seconds()
}

func printRatio(w io.Writer, value float64, aim string, reached bool, what string) {
	verdict := "reached"
	if !reached {
		verdict = "MISSED"
	}
	fmt.Fprintf(w, "%6.2f  %-44s aim %-12s %s\n", value, what, aim, verdict)
}

// printScales prints how many times as long the larger size takes: by the medians, and the least times.
func printScales(w io.Writer, scales []*scale) {
	fmt.Fprintln(w)
	for _, s := range scales {
		small, large := s.smalls[len(s.smalls)/2], s.larges[len(s.larges)/2]
		ratio := large.Seconds() / small.Seconds()
		printRatio(w, ratio, fmt.Sprintf("at most %.1f", s.aim), ratio <= s.aim, fmt.Sprintf("%s: %d / %d", s.name, s.large, s.small))
		fmt.Fprintf(w, "        %.1f ms / %.1f ms; the least of %d runs: %.1f ms / %.1f ms\n",
			ms(large), ms(small), len(s.smalls), ms(s.larges[0]), ms(s.smalls[0]))
	}
}

func printLedger(w io.Writer, cold time.Duration, size *ledgerSize) {
	fmt.Fprintf(w, "gate log, the first read of 10000 events: %.2f s\n", cold.Seconds())
	fmt.Fprintf(w, "%d snapshots of %d like hosts: %d bytes, %d after git gc; the first %d; %.0f ms to keep one\n",
		size.snapshots, size.hosts, size.all, size.after, size.first, ms(size.kept)/float64(size.snapshots))
}

func ms(d time.Duration) float64 { return d.Seconds() * 1000 }
