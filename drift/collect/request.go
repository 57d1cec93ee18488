package collect

import (
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-313c021b/gate/drift"
)

//go:embed probe.sh
var prelude string

// script returns the probe.
var script = sync.OnceValue(func() string { return assemble(readers()) })

// assemble returns the probe of some collectors: one function of each, and the digest of it all.
func assemble(collectors []*Collector) string {
	text := prelude
	var names []string
	for _, c := range collectors {
		names = append(names, c.Name)
		text += "\n" + strings.Trim(c.Script, "\n") + "\n"
	}
	text = strings.Replace(text, "@COLLECTORS@", strings.Join(names, " "), 1)
	sum := sha256.Sum256([]byte(text))
	return strings.Replace(text, "@DIGEST@", hex.EncodeToString(sum[:8]), 1)
}

// digest returns what the probe says of itself in its head.
var digest = sync.OnceValue(func() string {
	_, rest, _ := strings.Cut(script(), "\ngate_digest=")
	line, _, _ := strings.Cut(rest, "\n")
	return line
})

// Installed returns the probe as it is installed on a host, for a forced command.
func Installed() string { return installed(script()) }

func installed(script string) string { return script + "\ngate_forced \"$@\"\n" }

// Request is what one host is asked for, in one exec of "sh -s".
type Request struct {
	// Word frames the sections; a host that has not read the request cannot guess it. See NewWord.
	Word string
	// Watch ends everything on the host when the standard input closes. Without it the input may end after the
	// request, as when it is piped into "ssh HOST sh -s" by hand.
	Watch bool
	// Root is a folder of the host that stands for "/": a chroot, an unpacked image. Empty for "/" itself.
	Root    string
	Queries []Query
	// Begun, unless nil, is called by Read with what the probe says first.
	Begun func(Head)

	parse func(Frame) []drift.Section // Frame.parse where it is nil; for tests
}

// NewWord returns a word for a Request: 128 random bits.
func NewWord() string {
	return rand.Text()
}

// Stdin returns what the shell on the host reads: the probe, and the request as its last line. A path or command with a
// line break or a NUL byte cannot be asked for, which is an error.
func (r Request) Stdin() ([]byte, error) {
	line, err := r.line()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString(script())
	if r.becomes() {
		b.WriteString("\ngate_self=" + quote(script()) + "\n")
	}
	b.WriteString("\n" + line + "\n")
	return []byte(b.String()), nil
}

func (r Request) becomes() bool {
	for _, q := range r.Queries {
		if q.Become {
			return true
		}
	}
	return false
}

// line returns the request line. The sections of root's shell are a request line of their own, as one word.
func (r Request) line() (string, error) {
	mode := ""
	if r.Watch {
		mode = "watch"
	}
	become := ""
	if r.becomes() {
		words := append([]string{r.Word, strings.TrimPrefix(mode+"-inner", "-"), r.Root, ""}, r.sections(true)...)
		become = "gate_main " + quoteAll(words)
	}
	words := append([]string{r.Word, mode, r.Root, become}, r.sections(false)...)
	for _, word := range words {
		if strings.ContainsAny(word, "\n\x00") {
			return "", fmt.Errorf("cannot ask a host for %q: it has a line break or a NUL byte", word)
		}
	}
	return "gate_main " + quoteAll(words), nil
}

// sections returns the words of the queries that are read as root, or of those that are not.
func (r Request) sections(become bool) []string {
	var words []string
	for i, q := range r.Queries {
		if q.Become != become {
			continue
		}
		var args []string
		if c := reader(q.Collector); c.Words != nil {
			args = c.Words(q)
		}
		words = append(words, strconv.Itoa(i), q.Collector, strconv.Itoa(len(args)))
		words = append(words, args...)
	}
	return words
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}

// quote returns s as one word of the shell (POSIX.1-2024 XCU 2.2.2, Single-Quotes).
func quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
