package collect

import (
	"os/exec"
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
	for name, text := range map[string]string{"sent": script(), "installed": Installed()} {
		t.Run(name, func(t *testing.T) {
			if _, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(text), name); err != nil {
				t.Error(err)
			}
			cmd := exec.Command(drifttest.Program(t, "shellcheck"), "-s", "sh", "-S", "warning", "-")
			cmd.Stdin = strings.NewReader(text)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// sentWords returns what a function gets of words, through a request line and a shell.
func sentWords(t testing.TB, shell []string, words ...string) string {
	t.Helper()
	line := requestLine(append([]string{"W", "", "", "", "0", "words", "2"}, words...)...)
	out := run(t, exec.Command(shell[0], shell[1:]...), []byte(frames+"\n"+line+"\n"))
	_, out2, _ := strings.Cut(string(out), "=gate W begin 0\n")
	got, _, _ := strings.Cut(out2, "\n=gate W end 0 0 ")
	return got
}

// installedWords is sentWords through the installed script's own reading of the line.
func installedWords(t testing.TB, shell []string, words ...string) string {
	t.Helper()
	line := requestLine(append([]string{"W", "", "", "", "0", "words", "2"}, words...)...)
	args := append(shell[1:len(shell)-1:len(shell)-1], "-c", installed(frames))
	out := run(t, exec.Command(shell[0], args...), []byte("noise\n"+line+"\n"))
	_, out2, _ := strings.Cut(string(out), "=gate W begin 0\n")
	got, _, _ := strings.Cut(out2, "\n=gate W end 0 0 ")
	return got
}

func TestWordsArrive(t *testing.T) {
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
	inShells(t, func(t *testing.T, shell []string) {
		for _, test := range tests {
			want := test.word + "\x00second\x00"
			if got := sentWords(t, shell, test.word, "second"); got != want {
				t.Errorf("%s: sent: %.100q, want %.100q", test.name, got, want)
			}
			if got := installedWords(t, shell, test.word, "second"); got != want {
				t.Errorf("%s: installed: %.100q, want %.100q", test.name, got, want)
			}
		}
	})
}

func FuzzWordsArrive(f *testing.F) {
	for _, seed := range []string{"", "'", `\'`, "a b", "$(x)", "\xff"} {
		f.Add(seed, "b")
	}
	f.Fuzz(func(t *testing.T, one, two string) {
		if strings.ContainsAny(one+two, "\n\x00") {
			return
		}
		for _, shell := range shells {
			path := drifttest.Program(t, shell[0])
			shell := append([]string{path}, shell[1:]...)
			want := one + "\x00" + two + "\x00"
			if got := sentWords(t, shell, one, two); got != want {
				t.Errorf("%s: sent: %q, want %q", path, got, want)
			}
			if got := installedWords(t, shell, one, two); got != want {
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
