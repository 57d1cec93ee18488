package drifttest

import (
	"runtime"
	"testing"
	"time"
)

// What twice the size may take, over several doublings. A parser that is linear takes growth times as much of the larger text,
// maps and buffers that double a little more or less; one that takes the square takes growth times growth, which is 64.
const (
	growth      = 8
	mostBytes   = 32                    // times as many bytes are allocated
	mostTime    = 30                    // times as long is computed
	measureFrom = 10 * time.Millisecond // below it the collector of garbage is most of it
)

// Linear fails a test where parsing a text of size bytes takes more than its share of what parsing an eighth of it takes: of
// the bytes that are allocated, and of the time that the processor is at it, in this thread alone, whatever else the machine
// does. With heap it fails too where what parse returns, with all that it keeps from being freed, takes more than heap times the
// room of the text. A test that calls it must not run in parallel with others: they would allocate meanwhile.
func Linear(t testing.TB, text func(size int) string, size, heap int, parse func(text string) any) {
	t.Helper()
	small, large := text(size/growth), text(size)
	first, last := measure(small, parse), measure(large, parse)
	// What is small may be of buffers that are used again.
	if limit := mostBytes * max(first.bytes, uint64(32*len(small))); last.bytes > limit {
		t.Errorf("it allocates %d bytes for %d bytes of text, and %d bytes for %d", first.bytes, len(small), last.bytes, len(large))
		return
	}
	for tries := 0; last.time > measureFrom && last.time > mostTime*first.time; tries++ {
		if tries == 3 {
			t.Errorf("it computes for %v on %d bytes of text, and for %v on %d", first.time, len(small), last.time, len(large))
			break
		}
		// Now and then the collector of garbage is in the way.
		first.time = min(first.time, measure(small, parse).time)
		last.time = min(last.time, measure(large, parse).time)
	}
	if heap > 0 && last.bytes > uint64(heap*len(large)) { // less cannot be kept
		if kept := Heap(func() any { return parse(large) }); kept > uint64(heap*len(large)+64<<10) {
			t.Errorf("what it returns for %d bytes of text takes %d bytes of memory, more than %d times as many", len(large), kept, heap)
		}
	}
}

type work struct {
	bytes uint64
	time  time.Duration
}

func measure(text string, parse func(text string) any) work {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := ThreadTime()
	runtime.KeepAlive(parse(text))
	took := ThreadTime() - began
	runtime.ReadMemStats(&after)
	return work{after.TotalAlloc - before.TotalAlloc, took}
}

// Heap returns how many bytes of memory what make returns keeps from being freed.
func Heap(make func() any) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	kept := make()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	return after.HeapAlloc - min(before.HeapAlloc, after.HeapAlloc)
}
