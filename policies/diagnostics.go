package policies

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// mostShown is how many diagnostics are printed: nobody reads more at once.
const mostShown = 100

// Of a long line so many bytes are shown before and behind what a diagnostic is about, and of that itself at most.
const (
	shownAround = 1000
	shownAtMost = 10_000
)

// WriteDiagnostics prints diagnostics for people, each with the lines that it is about, which it reads from fsys again.
// With a width above zero, sentences are wrapped to it. Of a policy's values it shows what stands in those lines, and
// nothing else. Of very many it prints the first ones, and how many more there are.
func WriteDiagnostics(w io.Writer, fsys fs.FS, diags hcl.Diagnostics, width uint, color bool) error {
	more := len(diags) - mostShown
	if more > 0 {
		diags = diags[:mostShown]
	}
	files := map[string]*hcl.File{}
	for _, diag := range diags {
		if diag.Subject == nil || files[visible(diag.Subject.Filename)] != nil {
			continue
		}
		if info, err := fs.Stat(fsys, diag.Subject.Filename); err != nil || !info.Mode().IsRegular() {
			continue // printed without its lines: a pipe is read once
		}
		text, err := readFile(fsys, diag.Subject.Filename, mostBytes)
		if err != nil {
			continue
		}
		file, _ := parse(text, diag.Subject.Filename)
		files[visible(diag.Subject.Filename)] = &hcl.File{Body: file.Body, Bytes: []byte(visible(string(file.Bytes))), Nav: file.Nav}
	}
	for _, diag := range forTerminal(bare(diags)) {
		shown := map[string]*hcl.File{}
		if diag.Subject != nil && files[diag.Subject.Filename] != nil {
			shown[diag.Subject.Filename] = excerpt(files[diag.Subject.Filename], diag)
		}
		if err := hcl.NewDiagnosticTextWriter(w, shown, width, color).WriteDiagnostic(diag); err != nil {
			return err
		}
	}
	if more > 0 {
		_, err := fmt.Fprintf(w, "And %d more.\n\n", more)
		return err
	}
	return nil
}

// excerpt returns as much of a file as a diagnostic is about, behind as many empty lines as were before it, and moves the
// diagnostic there: the printer goes through all that it is given.
func excerpt(file *hcl.File, diag *hcl.Diagnostic) *hcl.File {
	whole := *diag.Subject
	if diag.Context != nil {
		whole = hcl.RangeOver(whole, *diag.Context)
	}
	text := file.Bytes
	start := min(whole.Start.Byte, len(text))
	end := max(start, min(whole.End.Byte, start+shownAtMost, len(text)))
	from := max(bytes.LastIndexByte(text[:start], '\n')+1, start-shownAround)
	for from < start && !utf8.RuneStart(text[from]) {
		from++
	}
	to := min(end+shownAround, len(text))
	if n := bytes.IndexByte(text[end:to], '\n'); n >= 0 {
		to = end + n + 1
	}
	for to > end && to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	lines := whole.Start.Line - 1
	moved := lines - from
	for _, r := range []**hcl.Range{&diag.Subject, &diag.Context} {
		if *r != nil {
			there := **r
			there.Start.Byte, there.End.Byte = max(0, there.Start.Byte+moved), min(there.End.Byte, to)+moved
			*r = &there
		}
	}
	return &hcl.File{Bytes: append(bytes.Repeat([]byte{'\n'}, lines), text[from:to]...), Nav: movedNav{file.Nav, moved}}
}

// movedNav is how hcl.File.Nav names the block around a place, for a file whose text was moved.
type movedNav struct {
	nav   any
	moved int
}

// ContextString names the block around a place.
func (m movedNav) ContextString(offset int) string {
	if nav, ok := m.nav.(interface{ ContextString(offset int) string }); ok {
		return nav.ContextString(offset - m.moved)
	}
	return ""
}

// forTerminal returns diagnostics in which nothing is obeyed by a terminal.
func forTerminal(diags hcl.Diagnostics) hcl.Diagnostics {
	var all hcl.Diagnostics
	for _, diag := range diags {
		d := *diag
		d.Summary, d.Detail = visible(d.Summary), visible(d.Detail)
		for _, r := range []**hcl.Range{&d.Subject, &d.Context} {
			if *r != nil {
				named := **r
				named.Filename = visible(named.Filename)
				*r = &named
			}
		}
		all = append(all, &d)
	}
	return all
}

// visible returns a text with "?" for each byte of what cannot be seen, which a terminal might obey; lines and tabs stay, and
// all stays where it is.
func visible(text string) string {
	var b strings.Builder
	for i, r := range text {
		_, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\n', r == '\t', r == '\r' && strings.HasPrefix(text[i:], "\r\n"), unicode.IsPrint(r) && (r != utf8.RuneError || n > 1):
			b.WriteString(text[i : i+n])
		default:
			b.WriteString(strings.Repeat("?", n))
		}
	}
	return b.String()
}

// parse parses a text that is not too large to be; one that is has no body.
func parse(text []byte, name string) (*hcl.File, hcl.Diagnostics) {
	if diags := checkSize(text, name); diags.HasErrors() {
		return &hcl.File{Bytes: text}, diags
	}
	return hclsyntax.ParseConfig(text, name, hcl.InitialPos)
}
