package ledger

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/policies"
)

// longLedger makes a ledger of n events with git fast-import, and opens it.
func longLedger(b *testing.B, n int) *Ledger {
	b.Helper()
	g := newRepository(b)
	var in strings.Builder
	data := func(s string) { fmt.Fprintf(&in, "data %d\n%s\n", len(s), s) }
	for i := range n {
		e := gate.Event{
			Kind: gate.Deployed, At: noon.Add(time.Duration(i) * time.Second), By: "Ada <ada@example.com>", Repository: "r", Key: fmt.Sprint(i),
			Environment: "staging", Contents: []gate.Content{{Component: "app", ID: strings.Repeat("c", 64), Commit: strings.Repeat("a", 40)}},
		}
		if i == 0 {
			e = gate.Event{Kind: gate.Opened, At: noon, By: "Ada <ada@example.com>", Repository: "r", Key: "opened"}
		}
		text, err := encode(&e)
		if err != nil {
			b.Fatal(err)
		}
		fmt.Fprintf(&in, "commit %s\ncommitter Ada <ada@example.com> %d +0000\n", branch, e.At.Unix())
		data(e.String() + "\n")
		in.WriteString("M 100644 inline event.json\n")
		data(string(text))
	}
	if _, err := g.input(b.Context(), strings.NewReader(in.String()), "fast-import", "--quiet"); err != nil {
		b.Fatal(err)
	}
	r, err := openRepository(b, g.where[1])
	if err != nil {
		b.Fatal(err)
	}
	l, err := Open(b.Context(), Options{
		Repository: r, Cache: b.TempDir(), Policy: &policies.Policy{Ledger: &policies.Ledger{Repository: "r"}},
		Now: func() time.Time { return noon.Add(time.Duration(n) * time.Second) },
	})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

var lengths = []int{10, 1000, 10_000}

// What an event costs hardly grows with the ledger.
func BenchmarkAppend(b *testing.B) {
	for _, n := range lengths {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := longLedger(b, n)
			if _, err := l.History(b.Context()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := l.Append(b.Context(), gate.Event{Kind: gate.Note}, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What has been read before is not read again.
func BenchmarkHistory(b *testing.B) {
	for _, n := range lengths {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := longLedger(b, n)
			for b.Loop() {
				h, err := l.History(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				if len(h.Events) != n || len(h.Flaws) > 0 {
					b.Fatalf("got %d events, %v", len(h.Events), h.Flaws)
				}
			}
		})
	}
}

// Nor is it by another process.
func BenchmarkHistoryAnew(b *testing.B) {
	for _, n := range lengths {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := longLedger(b, n)
			for b.Loop() {
				l.seen.last = remembered{}
				if _, err := l.History(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// The first time, all of it is.
func BenchmarkHistoryForTheFirstTime(b *testing.B) {
	for _, n := range lengths {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := longLedger(b, n)
			l.seen = &memory{}
			for b.Loop() {
				if _, err := l.History(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
