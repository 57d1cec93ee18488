package ledger

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// BenchmarkSize tells how large a ledger becomes with 100 snapshots of 100 like hosts, of 800 facts each: of some hosts one
// section is another one in each snapshot.
func BenchmarkSize(b *testing.B) {
	for _, packed := range []bool{false, true} {
		b.Run(fmt.Sprintf("packed=%t", packed), func(b *testing.B) {
			for b.Loop() {
				g := newRepository(b, "--bare")
				l := &Ledger{git: g, folder: g.where[1], now: time.Now}
				for n := range 100 {
					if _, err := l.Keep(b.Context(), likeHosts(n), policyDigest); err != nil {
						b.Fatal(err)
					}
				}
				if packed {
					mustRun(b, g, "gc", "--quiet", "--prune=now")
				}
				size, files := 0.0, 0.0
				err := filepath.WalkDir(g.where[1], func(_ string, d fs.DirEntry, err error) error {
					if err != nil || d.IsDir() {
						return err
					}
					info, err := d.Info()
					size, files = size+float64(info.Size()), files+1
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(size/1024, "KiB")
				b.ReportMetric(files, "files")
			}
		})
	}
}

// likeHosts returns the nth snapshot.
func likeHosts(n int) *drift.Snapshot {
	var hosts []drift.Host
	for i := range 100 {
		var sections []drift.Section
		for f := range 40 {
			scope, value := fmt.Sprintf("/etc/app/%d.ini", f), "v"
			if f == n%40 && i < 5 {
				value = fmt.Sprint(n)
			}
			s := drift.Section{Collector: "file", Scope: scope, Status: drift.OK}
			at := drift.Address("file").Key(scope)
			for k := range 20 {
				s.Facts = append(s.Facts, drift.Fact{Address: at.Attr("entries").Key(fmt.Sprint("key", k)), Value: drift.String(fmt.Sprint(value, k))})
			}
			sections = append(sections, s)
		}
		h := host("production", fmt.Sprint("web-", i), sections...)
		for j := range h.Sections {
			if err := h.Sections[j].Sort(); err != nil {
				panic(err)
			}
		}
		h.Taken = noon.Add(time.Duration(n)*24*time.Hour + time.Duration(i*7)*time.Millisecond)
		hosts = append(hosts, h)
	}
	return snapshot("production", hosts...)
}
