package collect

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/drifttest"
	"mvdan.cc/sh/v3/syntax"
)

// requestLine is a request line of words that gate itself would not send.
func requestLine(words ...string) string {
	return "gate_main " + quoteAll(words)
}

func TestScriptIsPOSIX(t *testing.T) {
	t.Parallel()
	text := Installed() // what is sent, and a line more
	if !strings.HasPrefix(text, script()) {
		t.Error("the installed script is not the one that is sent")
	}
	if _, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), "gate-probe"); err != nil {
		t.Error(err)
	}
	drifttest.Slow(t)
	cmd := exec.Command(drifttest.Program(t, "shellcheck"), "-s", "sh", "-S", "warning", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// pair is two words for a section.
type pair [2]string

// wordsLine asks for a section of each pair.
func wordsLine(pairs []pair) string {
	words := []string{"W", "", "", ""}
	for i, p := range pairs {
		words = append(words, strconv.Itoa(i), "words", "2", p[0], p[1])
	}
	return requestLine(words...) + "\n"
}

// sentWords returns what a function gets of each pair of words, through a request line and a shell.
func sentWords(t testing.TB, shell []string, pairs ...pair) []string {
	t.Helper()
	out := run(t, exec.Command(shell[0], shell[1:]...), []byte(frames+"\n"+wordsLine(pairs)))
	return arrived(string(out), len(pairs))
}

// installedWords is sentWords through the installed script's own reading of the line.
func installedWords(t testing.TB, shell []string, pairs ...pair) []string {
	t.Helper()
	args := append(shell[1:len(shell)-1:len(shell)-1], "-c", installed(frames))
	out := run(t, exec.Command(shell[0], args...), []byte("noise\n"+wordsLine(pairs)))
	return arrived(string(out), len(pairs))
}

// arrived returns what each of the first sections printed.
func arrived(out string, count int) []string {
	got := make([]string, count)
	for i := range got {
		_, section, _ := strings.Cut(out, fmt.Sprintf("=gate W begin %d\n", i))
		got[i], _, _ = strings.Cut(section, fmt.Sprintf("\n=gate W end %d 0 ", i))
	}
	return got
}

func TestWordsArrive(t *testing.T) {
	t.Parallel()
	var every strings.Builder
	for b := range 256 {
		if b != 0 && b != '\n' {
			every.WriteByte(byte(b))
		}
	}
	tests := []struct{ name, word string }{
		{"every byte", every.String()},
		{"empty", ""},
		{"quotes", `'`}, {"quotes twice", `''''`}, {"quotes escaped", `'\''`}, {"ends with a quote", `a'`}, {"ends with a backslash", `a\`},
		{"expansions", "$(touch x) `touch x` ${x} $x * ~ ! {a,b}"},
		{"an option", "-n"}, {"a frame", "=gate W end 0 0 "}, {"a request", "gate_main 'W'"},
		{"long", strings.Repeat("x'y\\ ", 1000)},
		{"not UTF-8", "\xff\xfe\x80"}, {"escape codes", "\x1b[2J\r\t\v"},
	}
	var pairs []pair
	for _, test := range tests {
		pairs = append(pairs, pair{test.word, "second"})
	}
	inShells(t, func(t *testing.T, shell []string) {
		sent, installed := sentWords(t, shell, pairs...), installedWords(t, shell, pairs...)
		for i, test := range tests {
			want := test.word + "\x00second\x00"
			if sent[i] != want {
				t.Errorf("%s: sent: %.100q, want %.100q", test.name, sent[i], want)
			}
			if installed[i] != want {
				t.Errorf("%s: installed: %.100q, want %.100q", test.name, installed[i], want)
			}
		}
	})
}

func FuzzWordsArrive(f *testing.F) {
	f.Add(`'\'`, "\xff$(x) ") // TestWordsArrive has more
	f.Fuzz(func(t *testing.T, one, two string) {
		if strings.ContainsAny(one+two, "\n\x00") {
			return
		}
		for _, shell := range shells {
			path := drifttest.Program(t, shell[0])
			shell := append([]string{path}, shell[1:]...)
			want := one + "\x00" + two + "\x00"
			if got := sentWords(t, shell, pair{one, two})[0]; got != want {
				t.Errorf("%s: sent: %q, want %q", path, got, want)
			}
			if got := installedWords(t, shell, pair{one, two})[0]; got != want {
				t.Errorf("%s: installed: %q, want %q", path, got, want)
			}
		}
	})
}

func TestRequestRefusesLineBreaks(t *testing.T) {
	for _, root := range []string{"/a\nb", "/a\x00b"} {
		if _, err := (Request{Word: NewWord(), Root: root}).Stdin(); err == nil {
			t.Errorf("a request below %q is taken", root)
		}
	}
}
