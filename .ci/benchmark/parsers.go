package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/entries"
)

// What a parser of files may take at most.
const (
	mostGrowth   = 3.0  // time for 2 MiB / time for 1 MiB
	mostHeap     = 16.0 // live heap after the parse / bytes of the file
	mostYAMLHeap = 64.0 // its library keeps a node for each scalar
)

// quick is how short a time is too short to tell anything: it is that of a file which is refused before its end.
const quick = 5 * time.Millisecond

// parsed is the parsing of one shape of file in one format.
type parsed struct {
	format, shape string
	small, large  time.Duration // for 1 MiB and for 2 MiB
	heap          float64       // live heap after the parse of 1 MiB / bytes of the file
}

func (p parsed) growth() float64 {
	if p.large < quick {
		return 0
	}
	return p.large.Seconds() / p.small.Seconds()
}

// parseFiles parses each of the hard texts in each format, at 1 MiB and at 2 MiB. The time is the computing time of the thread
// alone, without the collector of garbage, and the least of some runs where it is the figure that counts.
func parseFiles(ctx context.Context) ([]parsed, error) {
	const mib = 1 << 20
	var all []parsed
	for _, shape := range drifttest.Shapes() {
		small, large := shape.Text(mib), shape.Text(2*mib)
		for _, format := range entries.Formats() {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			p := parsed{format: format.Name, shape: shape.Name, small: parseTime(format.Name, small), large: parseTime(format.Name, large)}
			for range 19 {
				if p.growth() <= mostGrowth {
					break
				}
				p.small, p.large = min(p.small, parseTime(format.Name, small)), min(p.large, parseTime(format.Name, large))
			}
			p.heap = float64(drifttest.Heap(func() any {
				list, err := entries.Parse(format.Name, []byte(small))
				return []any{list, err}
			})) / float64(len(small))
			all = append(all, p)
		}
	}
	return all, nil
}

func parseTime(format, text string) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	data := []byte(text)
	began := drifttest.ThreadTime()
	list, err := entries.Parse(format, data)
	took := drifttest.ThreadTime() - began
	runtime.KeepAlive(list)
	runtime.KeepAlive(err)
	return took
}

// worst returns the parsing of a format of which a figure is largest.
func worst(all []parsed, format string, figure func(parsed) float64) parsed {
	var most parsed
	for _, p := range all {
		if p.format == format && (most.format == "" || figure(p) > figure(most)) {
			most = p
		}
	}
	return most
}

// printParsers prints of each format the shapes that are hardest for it.
func printParsers(w io.Writer, all []parsed) {
	fmt.Fprintf(w, "\n%d shapes of files in each format; of each the worst\n", len(drifttest.Shapes()))
	for _, format := range entries.Formats() {
		growth := worst(all, format.Name, parsed.growth)
		printRatio(w, growth.growth(), fmt.Sprintf("at most %.0f", mostGrowth), growth.growth() <= mostGrowth, format.Name+": time(2 MiB) / time(1 MiB)")
		fmt.Fprintf(w, "        %.1f ms / %.1f ms: %s\n", ms(growth.large), ms(growth.small), growth.shape)
		heap, limit := worst(all, format.Name, func(p parsed) float64 { return p.heap }), mostHeap
		if format.Name == "yaml" {
			limit = mostYAMLHeap
		}
		printRatio(w, heap.heap, fmt.Sprintf("at most %.0f", limit), heap.heap <= limit, format.Name+": live heap after 1 MiB / 1 MiB")
		slowest := worst(all, format.Name, func(p parsed) float64 { return p.small.Seconds() })
		fmt.Fprintf(w, "        %s; the slowest 1 MiB: %.0f ms, %s\n", heap.shape, ms(slowest.small), slowest.shape)
	}
}
