package policies

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// mostShown is how many diagnostics are printed: nobody reads more at once, and the printer looks through the whole file
// for each.
const mostShown = 100

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
		text, err := readFile(fsys, diag.Subject.Filename, mostBytes)
		if err != nil {
			continue // printed without its lines
		}
		file, _ := parse(text, diag.Subject.Filename)
		files[visible(diag.Subject.Filename)] = &hcl.File{Body: file.Body, Bytes: []byte(visible(string(file.Bytes))), Nav: file.Nav}
	}
	err := hcl.NewDiagnosticTextWriter(w, files, width, color).WriteDiagnostics(forTerminal(bare(diags)))
	if err == nil && more > 0 {
		_, err = fmt.Fprintf(w, "And %d more.\n\n", more)
	}
	return err
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
