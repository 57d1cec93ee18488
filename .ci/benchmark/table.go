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
	ratio := func(value float64, aim string, reached bool, what string) {
		verdict := "reached"
		if !reached {
			verdict = "MISSED"
		}
		fmt.Fprintf(w, "%6.2f  %-44s aim %-10s %s\n", value, what, aim, verdict)
	}
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
