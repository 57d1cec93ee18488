package collect

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
	"github.com/seed-313c021b/gate/drift/entries"
)

func TestParseSize(t *testing.T) {
	for _, test := range []struct {
		text string
		want int64
	}{
		{"1", 1}, {"512 KiB", 512 << 10}, {"4MiB", 4 << 20}, {"8 MiB", 8 << 20}, {"4194304", 4 << 20}, {"700 B", 700},
		{"", 0}, {"0", 0}, {"8388609", 0}, {"9 MiB", 0}, {"-1", 0}, {"4 MB", 0}, {"4M", 0}, {"1.5 MiB", 0}, {"4  MiB", 0}, {"99999999999999 MiB", 0}, {"999999999999 MiB", 0},
	} {
		got, err := parseSize(test.text)
		if got != test.want || (err == nil) != (test.want > 0) {
			t.Errorf("parseSize(%q) = %d, %v, want %d", test.text, got, err, test.want)
		}
		if err == nil {
			if again, err := parseSize(sizeText(got)); again != got || err != nil {
				t.Errorf("%d is written as %q, which is %d, %v", got, sizeText(got), again, err)
			}
		}
	}
}

// The host sends files up to max_size, and gate reads them; one that has a byte more is unknown.
func TestMaxSize(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	for _, test := range []struct {
		size, maxSize, want string
	}{
		{"1048576", "", ""},
		{"1048577", "", `larger than 1 MiB (max_size = "1 MiB", the default): it has 1048577 bytes; a larger max_size reads it, up to 8 MiB`},
		{"1048577", "2 MiB", ""},
		{"2097153", "2 MiB", `larger than 2 MiB (max_size = "2 MiB"): it has 2097153 bytes; a larger max_size reads it, up to 8 MiB`},
		{"100", "100", ""},
		{"101", "100", `larger than 100 B (max_size = "100 B"): it has 101 bytes; a larger max_size reads it, up to 8 MiB`},
		{"8388608", "8 MiB", ""},
		{"8388609", "8 MiB", `larger than 8 MiB (max_size = "8 MiB"): it has 8388609 bytes, and no more than 8 MiB can be read`},
	} {
		t.Run(test.size+" of "+test.maxSize, func(t *testing.T) {
			size, _ := strconv.Atoi(test.size)
			root := t.TempDir()
			plant(t, root, map[string]string{"etc/a.ini": "[s]\na = " + strings.Repeat("x", size-len("[s]\na = "))})
			q := fileQuery("/etc/*")
			if test.maxSize != "" {
				q = fileQuery("/etc/*", "max_size", test.maxSize)
			}
			h := drift.Host{Sections: askOne(t, root, q)}
			if err := h.Sort(); err != nil {
				t.Fatal(err)
			}
			got := h.Lookup(`file["/etc/a.ini"].entries["s.a"]`)
			if want := test.want; want == "" && (got.Kind != drift.Known || len(got.Text) != size-len("[s]\na = ")+2) || want != "" && (got.Kind != drift.Unknown || got.Text != want) {
				t.Errorf("got kind %d, %.300s; want %s", got.Kind, got.Text, want)
			}
			if sum := h.Lookup(`file["/etc/a.ini"].sha256`); sum.Kind != drift.Known {
				t.Errorf("the digest is %+v", sum)
			}
		})
	}
}

// Of two blocks that read one file the larger max_size counts, whichever comes first.
func TestMaxSizeOfTwo(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	plant(t, root, map[string]string{"etc/a.ini": "[s]\na = " + strings.Repeat("x", 3<<20)})
	queries := []Query{fileQuery("/etc/a.ini"), fileQuery("/etc/*", "max_size", "4 MiB")}
	for range 2 {
		h := drift.Host{Sections: ask(t, plainShell, Request{Word: NewWord(), Root: root, Queries: queries})}
		if err := h.Sort(); err != nil {
			t.Fatal(err)
		}
		if got := h.Lookup(`file["/etc/a.ini"].entries["s.a"]`); got.Kind != drift.Known {
			t.Errorf("kind %d: %.100s", got.Kind, got.Text)
		}
		slices.Reverse(queries)
	}
}

// A file of too many entries is unknown, and is not read as lines.
func TestTooManyEntries(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range entries.MaxEntries + 1 {
		fmt.Fprintf(&b, "a%d=1\n", i)
	}
	root := t.TempDir()
	plant(t, root, map[string]string{"etc/a.env": b.String(), "etc/a.conf": b.String()})
	h := drift.Host{Sections: askOne(t, root, fileQuery("/etc/*"))}
	if err := h.Sort(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/etc/a.env": "dotenv: line 50001: more than 50000 entries", "/etc/a.conf": "conf: line 50001: more than 50000 entries"} {
		if got := h.Lookup(drift.Address("file").Key(path).Attr("entries").Key("lines")); got.Kind != drift.Unknown || got.Text != want {
			t.Errorf("%s: kind %d, %.100s; want %s", path, got.Kind, got.Text, want)
		}
	}
}

// Whoever sends the request, the probe on the host sends no file that is larger than the largest max_size.
func TestProbeBoundsMaxSize(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	root := t.TempDir()
	for name, size := range map[string]int64{"small.ini": entries.MaxSize, "large.ini": entries.MaxSize + 1} {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(root, name), size); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []string{"8388608", "8388609", "99999999", "999999999999999999999", "", "x", "010"} {
		words := []string{NewWord(), "", root, "", "0", "file", "5", "-s", size, "-d", "1", "/"}
		out := string(run(t, exec.Command("sh", "-s"), []byte(script()+"\ngate_main "+quoteAll(words)+"\n")))
		if !strings.Contains(out, fmt.Sprintf("\nn %d %s/small.ini\n", entries.MaxSize, root)) || strings.Contains(out, fmt.Sprintf("\nn %d ", entries.MaxSize+1)) {
			t.Errorf("-s %q: %.300q", size, out)
		}
	}
}
