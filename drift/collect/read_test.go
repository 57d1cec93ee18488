package collect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/drift/drifttest"
)

var (
	noon      = time.Unix(1_800_000_000, 0)
	debOutput = "a\tamd64\t1\tinstall ok installed\ta\nend\n"
	osOutput  = "ID=debian\nsystem=Linux\nend\n"
	// asked is what the streams of these tests answer.
	asked = Request{Word: "W", Queries: []Query{{Collector: "deb"}, {Collector: "os"}}}
)

func headLine() string {
	return fmt.Sprintf("\n=gate W head 1 %s %d 1000 - - -\n", digest(), noon.Unix())
}

func sectionLines(number int, data, end string) string {
	return fmt.Sprintf("=gate W begin %d\n%s\n=gate W end %d %s\n", number, data, number, end)
}

// whole is a stream with everything that was asked.
func whole() string {
	return headLine() + sectionLines(0, debOutput, "0 ") + sectionLines(1, osOutput, "0 ") + "=gate W done 2\n"
}

func read(r Request, stream string) ([]drift.Section, error) {
	return r.Read(context.Background(), strings.NewReader(stream), func() time.Time { return noon })
}

// statuses is what the tables compare: each section's collector, status and reason.
func statuses(sections []drift.Section) string {
	var b strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&b, "%s %s", s.Collector, s.Status)
		if s.Reason != "" {
			fmt.Fprintf(&b, " (%s)", s.Reason)
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

func TestRead(t *testing.T) {
	deb, os, done := sectionLines(0, debOutput, "0 "), sectionLines(1, osOutput, "0 "), "=gate W done 2\n"
	const ended = "the host ended in the middle"
	tests := []struct{ name, stream, want, err string }{
		{"whole", whole(), "deb ok; os ok", ""},
		{"in another order", headLine() + os + deb + done, "deb ok; os ok", ""},
		{"noise behind it", whole() + "bye\n", "deb ok; os ok", ""},
		{"a banner", "Welcome!\n" + whole(), "deb ok; os ok", ""},
		{"a banner without a line end", "Welcome!" + whole(), "deb ok; os ok", ""},
		{"a binary banner", "\x00\xff\x1b[2J\n=gate X head 1 x 0 0\n" + whole(), "deb ok; os ok", ""},
		{"absent", headLine() + sectionLines(0, "", "66 ") + os + done, "deb absent; os ok", ""},
		{"denied", headLine() + sectionLines(0, "", "77 no\xff way") + os + done, "deb denied (no\uFFFD way); os ok", ""},
		{"failed", headLine() + sectionLines(0, debOutput, "2 E: oops") + os + done, "deb failed (exit status 2 E: oops); os ok", ""},
		{"failed silently", headLine() + sectionLines(0, debOutput, "2 ") + os + done, "deb failed (exit status 2); os ok", ""},
		{"no status", headLine() + sectionLines(0, debOutput, "") + os + done, "deb failed (exit status); os ok", ""},
		{"no data", headLine() + sectionLines(0, "", "0 ") + os + done, "deb failed (what the host printed is cut off); os ok", ""},
		{"no packages", headLine() + sectionLines(0, "end\n", "0 ") + os + done, "deb failed (dpkg knows no package at all); os ok", ""},
		{"data that is not understood", headLine() + sectionLines(0, "x\nend\n", "0 ") + os + done, "deb failed (not a package: \"x\\n\"); os ok", ""},
		{"a section missing", headLine() + os + done, "deb truncated (the host ended without it); os ok", ""},
		{"no end", headLine() + deb + os, "deb ok; os ok", ended},
		{"ends in a section", headLine() + deb + "=gate W begin 1\nID=debian\n", "deb ok; os truncated (" + ended + ")", ended},
		{"a section twice", headLine() + deb + deb + os + done, "deb ok; os truncated (the probe printed a section that was not asked for: \"0\")", "the probe printed a section that was not asked for: \"0\""},
		{"a section not asked for", headLine() + sectionLines(7, osOutput, "0 ") + deb + done, "deb truncated (the probe printed a section that was not asked for: \"7\"); os truncated (the probe printed a section that was not asked for: \"7\")", "the probe printed a section that was not asked for: \"7\""},
		{"a negative section", headLine() + sectionLines(-1, "", "0 ") + done, "deb truncated (the probe printed a section that was not asked for: \"-1\"); os truncated (the probe printed a section that was not asked for: \"-1\")", "the probe printed a section that was not asked for: \"-1\""},
		{"noise between sections", headLine() + deb + "noise\n" + os + done, "deb ok; os truncated (something printed between two sections: \"noise\")", "something printed between two sections: \"noise\""},
		{"an unknown frame", headLine() + deb + "=gate W news\n" + os + done, "deb ok; os truncated (the probe printed a frame that gate does not know: \"news\")", "the probe printed a frame that gate does not know: \"news\""},
		{"frames of another word in the data", headLine() + sectionLines(0, "=gate X end 0 0 \n=gate w end 0 0 \n"+debOutput, "0 ") + os + done, "deb failed (not a package: \"=gate X end 0 0 \\n\"); os ok", ""},
		{"the end of another section", headLine() + "=gate W begin 0\n" + debOutput + "\n=gate W end 1 0 \n" + os + done, "deb truncated (" + ended + "); os truncated (" + ended + ")", ended},
		{"the end inside a line", headLine() + "=gate W begin 0\nx =gate W end 0 0 \n" + os + done, "deb truncated (" + ended + "); os truncated (" + ended + ")", ended},
		{"a terminal", strings.ReplaceAll(whole(), "\n", "\r\n"), "deb truncated (there is a terminal between the probe and gate, which changes line ends (RequestTTY in ssh_config?)); os truncated (there is a terminal between the probe and gate, which changes line ends (RequestTTY in ssh_config?))", "there is a terminal between the probe and gate, which changes line ends (RequestTTY in ssh_config?)"},
		{"carriage returns in the data", headLine() + sectionLines(0, strings.ReplaceAll(debOutput, "\n", "\r\n"), "0 ") + os + done, "deb failed (what the host printed is cut off); os ok", ""},
		{"another version", strings.Replace(whole(), "head 1", "head 2", 1), "", "the probe's first line is not one of this version of gate"},
		{"another probe", strings.Replace(whole(), digest(), "0123456789abcdef", 1), "", "the probe installed on the host is 0123456789abcdef, this gate's is"},
		{"another probe that says less", strings.NewReplacer(digest(), "0123456789abcdef", " - - -", "").Replace(whole()), "", "the probe installed on the host is 0123456789abcdef, this gate's is"},
		{"a short first line", strings.Replace(whole(), " - - -", "", 1), "", "the probe's first line is not one of this version of gate"},
		{"a bad clock", strings.Replace(whole(), fmt.Sprint(noon.Unix()), "now", 1), "", "the probe's first line: "},
		{"nothing", "", "", "the probe did not start: the host ended in the middle"},
		{"only noise", "This account is not available.\n", "", "the probe did not start: the host ended in the middle; it printed \"This account is not available.\""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sections, err := read(asked, test.stream)
			if got := statuses(sections); test.want != "" && got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
			for _, s := range sections {
				if test.want == "" && s.Known() {
					t.Errorf("%s is %s", s.Collector, s.Status)
				}
			}
			if got := fmt.Sprint(err); err == nil != (test.err == "") || !strings.Contains(got, test.err) {
				t.Errorf("error %s, want %q", got, test.err)
			}
		})
	}
}

func TestReadRoot(t *testing.T) {
	r := Request{Word: "W", Queries: []Query{{Collector: "deb", Become: true}, {Collector: "os", Become: true}}}
	deb := sectionLines(0, debOutput, "0 ")
	tests := []struct{ name, stream, want string }{
		{"both", deb + sectionLines(1, osOutput, "0 ") + "\n=gate W root 0 0 \n", "deb ok; os ok"},
		{"sudo refuses", "\n=gate W root 0 1 sudo: a password is required\n", "deb denied (sudo: exit status 1 a password is required; become needs NOPASSWD in sudoers(5), for sh or the installed gate-probe); os denied (sudo: exit status 1 a password is required; become needs NOPASSWD in sudoers(5), for sh or the installed gate-probe)"},
		{"no sudo", "\n=gate W root 0 127 sh: sudo: not found\n", "deb denied (sudo: exit status 127 sh: sudo: not found; become needs NOPASSWD in sudoers(5), for sh or the installed gate-probe); os denied (sudo: exit status 127 sh: sudo: not found; become needs NOPASSWD in sudoers(5), for sh or the installed gate-probe)"},
		{"root's shell was killed", deb + "\n=gate W root 0 137 \n", "deb ok; os truncated (sudo: exit status 137)"},
		{"root's shell ended early", deb + "\n=gate W root 0 0 \n", "deb ok; os truncated (the host ended without it)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sections, err := read(r, headLine()+test.stream+"=gate W done 0\n")
			if err != nil {
				t.Fatal(err)
			}
			if got := statuses(sections); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// However a stream is cut, no section that is known differs from that of the whole stream.
func TestReadCutAnywhere(t *testing.T) {
	want, err := read(asked, "motd\n"+whole())
	if err != nil {
		t.Fatal(err)
	}
	stream := "motd\n" + whole()
	known := 0
	for cut := range len(stream) {
		sections, err := read(asked, stream[:cut])
		if err == nil {
			t.Fatalf("cut at %d of %d: no error", cut, len(stream))
		}
		if len(sections) != len(want) {
			t.Fatalf("cut at %d: %d sections", cut, len(sections))
		}
		for i, s := range sections {
			if s.Known() {
				known++
				if diff := cmp.Diff(want[i], s); diff != "" {
					t.Fatalf("cut at %d (-want +got):\n%s", cut, diff)
				}
			}
		}
	}
	if known == 0 {
		t.Error("no cut left a section")
	}
}

// repeat is an endless line or an endless number of them.
type repeat string

func (r repeat) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}

func TestReadFloods(t *testing.T) {
	drifttest.Slow(t)
	const size = 4 * MaxSection
	tests := []struct {
		name   string
		stream io.Reader
		want   string
	}{
		{"lines in a section", io.MultiReader(strings.NewReader(headLine()+"=gate W begin 0\n"), io.LimitReader(repeat("y\n"), size),
			strings.NewReader("\n=gate W end 0 0 \n"+sectionLines(1, osOutput, "0 ")+"=gate W done 2\n")), "deb truncated (more than 16 MiB); os ok"},
		{"a line in a section", io.MultiReader(strings.NewReader(headLine()+"=gate W begin 0\n"), io.LimitReader(repeat("y"), size),
			strings.NewReader("\n=gate W end 0 0 \n"+sectionLines(1, osOutput, "0 ")+"=gate W done 2\n")), "deb truncated (more than 16 MiB); os ok"},
		{"before the head", io.MultiReader(io.LimitReader(repeat("Welcome\n"), size), strings.NewReader(whole())), "deb ok; os ok"},
		{"between sections", io.MultiReader(strings.NewReader(headLine()), io.LimitReader(repeat("y"), size)),
			"deb truncated (something printed between two sections); os truncated (something printed between two sections)"},
		{"blank lines between sections", io.MultiReader(strings.NewReader(headLine()), io.LimitReader(repeat("\n"), 1<<20)),
			"deb truncated (the host ended in the middle); os truncated (the host ended in the middle)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			sections, _ := asked.Read(context.Background(), test.stream, func() time.Time { return noon })
			runtime.ReadMemStats(&after)
			if got := statuses(sections); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got >= size {
				t.Errorf("%d MiB allocated for a stream of %d MiB", got>>20, size>>20)
			}
		})
	}
}

func TestReadClockOffset(t *testing.T) {
	tests := []struct {
		offset time.Duration
		want   string
	}{
		{0, "0"}, {90 * time.Second, "-90"}, {-time.Hour, "3600"}, {-1500 * time.Millisecond, "2"}, {500 * time.Millisecond, "0"},
	}
	for _, test := range tests {
		sections, err := asked.Read(context.Background(), strings.NewReader(whole()), func() time.Time { return noon.Add(test.offset) })
		if err != nil {
			t.Fatal(err)
		}
		if f, _ := sections[1].Find("os.clock_offset"); f.Value.Text != test.want {
			t.Errorf("this machine %s ahead: the host's clock is off by %s, want %s", test.offset, f.Value.Text, test.want)
		}
	}
}

func TestReadError(t *testing.T) {
	broken := errors.New("connection reset")
	sections, err := asked.Read(context.Background(), io.MultiReader(strings.NewReader(headLine()), iotestErr{broken}), func() time.Time { return noon })
	if !errors.Is(err, broken) || statuses(sections) != "deb truncated (connection reset); os truncated (connection reset)" {
		t.Errorf("%v %s", err, statuses(sections))
	}
	_, err = asked.Read(context.Background(), iotestErr{broken}, func() time.Time { return noon })
	if !errors.Is(err, broken) || !errors.Is(err, ErrNoProbe) {
		t.Errorf("%v, want both ErrNoProbe and its cause", err)
	}
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.err }

func FuzzRead(f *testing.F) {
	f.Add([]byte(whole()))
	f.Add([]byte(headLine() + sectionLines(0, "", "66 ") + "\n=gate W root 0 1 x\n=gate W done 1\n"))
	want, err := read(asked, whole())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		sections, err := asked.Read(context.Background(), bytes.NewReader(stream), func() time.Time { return noon })
		if len(sections) != len(want) {
			t.Fatalf("%d sections, want one for each query", len(sections))
		}
		for _, s := range sections {
			if s.Status == drift.OK && len(s.Facts) == 0 {
				t.Errorf("%s is ok and says nothing", s.Collector)
			}
			if err := s.Sort(); err != nil {
				t.Error(err)
			}
		}
		if err == nil && !bytes.Contains(stream, []byte("\n=gate W done")) {
			t.Error("no error, and no end")
		}
	})
}

// TestReadIsGivenUp has a section whose parsing does not end: what is before it counts, and what is behind it is unknown.
func TestReadIsGivenUp(t *testing.T) {
	late := errors.New("it took too long")
	for _, test := range []struct{ name, stream, want string }{
		{"the last", whole(), "deb ok; os truncated (it took too long; gate was still parsing what it printed (sections read: 1 of 2))"},
		{"the first", headLine() + sectionLines(1, osOutput, "0 ") + sectionLines(0, debOutput, "0 ") + "=gate W done 2\n",
			"deb truncated (it took too long; gate was still parsing what it printed (sections read: 0 of 2)); " +
				"os truncated (it took too long; gate was still parsing what it printed (sections read: 0 of 2))"},
		{"before one that is absent", headLine() + sectionLines(1, osOutput, "0 ") + sectionLines(0, "", "66 ") + "=gate W done 2\n",
			"deb absent; os truncated (it took too long; gate was still parsing what it printed (sections read: 1 of 2))"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		told, parsed := make(chan struct{}), make(chan struct{})
		r := asked
		r.parse = func(f Frame) []drift.Section {
			if f.Query.Collector == "os" {
				cancel(late)
				<-told
				defer close(parsed)
			}
			return f.parse()
		}
		sections, err := r.Read(ctx, strings.NewReader(test.stream), func() time.Time { return noon })
		if got := statuses(sections); got != test.want || !errors.Is(err, late) {
			t.Errorf("%s: got %s, %v\nwant %s", test.name, got, err, test.want)
		}
		close(told) // what ends now changes nothing: the race detector would see it
		<-parsed
		if got := statuses(sections); got != test.want {
			t.Errorf("%s: got %s later", test.name, got)
		}
	}
}
