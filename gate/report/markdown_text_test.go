package report

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark/ast"
	reader "github.com/yuin/goldmark/text"
)

func TestProse(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		" ":                                     "",
		"Production differs in package openssl": "Production differs in package openssl",
		"in 2 entries of /srv/app/requirements.txt":         "in 2 entries of `/srv/app/requirements.txt`",
		`Rule "setuptools-present" fails on production-1`:   `Rule "setuptools-present" fails on production-1`,
		"app a41c9e2 is on staging":                         "app `a41c9e2` is on staging",
		"since 20 Nov 14:10 UTC, smoke 14:16":               "since 20 Nov 14:10 UTC, smoke 14:16",
		"a_b c/d, e (f_g) \"h_i\".":                         "`a_b c/d`, e (`f_g`) \"`h_i`\".",
		"1. one":                                            "`1`. one",
		"- one":                                             "`-` one",
		"# one @two #3 GH-4":                                "`#` one `@two #3 GH-4`",
		":tada: x:tada:":                                    "`:tada`: `x:tada`:",
		"<!-- x -->":                                        "`<!--` x `-->`",
		"a`b|c":                                             "<code>a&#96;b&#124;c</code>",
		"mend it (gate explain 1); prove it":                "mend it (`gate explain 1`); prove it",
		"let gate read deb on production-1":                 "let gate read deb on production-1",
		"as with: gate deploy --to a --revision 1 -- GO":    "as with: `gate deploy --to a --revision 1 -- GO`",
		"gate check --to production, without --host":        "`gate check --to production`, without `--host`",
		"wait, or gate override promotion.frozen with a":    "wait, or `gate override promotion.frozen` with a",
		"then: gate record verified --name x --to y, again": "then: `gate record verified --name x --to y`, again",
		"let gate wait: gate check --to a --wait 9m":        "let gate wait: `gate check --to a --wait 9m`",
	} {
		if got := prose(in); got != want {
			t.Errorf("prose(%q): got %s, want %s", in, got, want)
		}
	}
}

// Whatever a text is, GitHub shows just this text: in a cell, in bold, in a list, in a quotation.
func FuzzProse(f *testing.F) {
	for _, s := range []string{evil, "a", "`", "``", "|", "\\|", "\\", "a\\", "**", "1.", "2)", "www.a.b", "0www.", "aaaaa9aaa.X.", "x.gh-1.", "(www.a.b", "@a", "a@b.c", "\xff", "\u202e", "<b>", "&lt;", "&#64;", "~", "=", "-", "\t", "\u00a0",
		"[ ] x", "[!NOTE]", "gate explain |", "gate check --to `", "(gate x --y @z)", "mailto:a@b.c", "deadbee", "GH-1", ":a:", "a:b:", "\"`\"", "' '", "^", "]:", "[a]: b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := strings.Join(strings.Fields(printable(s)), " ")
		checkShown(t, prose(s), want)
		if want := printable(s); want != "" {
			checkShown(t, code(s), want)
		}
	})
}

var (
	inCell  = regexp.MustCompile(`(?s)^<table>\n<thead>\n<tr>\n<th></th>\n<th>What</th>\n<th>Where</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>(.*)</td>\n<td>there</td>\n</tr>\n</tbody>\n</table>\n$`)
	inBold  = regexp.MustCompile(`(?s)^<ul>\n<li><strong>(.*)</strong>: x</li>\n</ul>\n$`)
	inList  = regexp.MustCompile(`(?s)^<ol>\n<li>(.*)</li>\n</ol>\n$`)
	inQuote = regexp.MustCompile(`(?s)^<blockquote>\n<h3>(.*)</h3>\n<p>(.*)</p>\n</blockquote>\n$`)
	tag     = regexp.MustCompile(`</?code>`)
)

// checkShown checks that Markdown shows a text, and nothing else, wherever it stands.
func checkShown(t *testing.T, markdown, want string) {
	t.Helper()
	for _, place := range []struct {
		page string
		want *regexp.Regexp
	}{
		{"| | What | Where |\n|---|---|---|\n| 1 | " + markdown + " | there |\n", inCell},
		{"- **" + markdown + "**: x\n", inBold},
		{"1. " + markdown + "\n", inList},
		{"> ### " + markdown + "\n>\n> " + markdown + "\n", inQuote},
	} {
		if strings.TrimSpace(want) == "" {
			continue
		}
		var out bytes.Buffer
		if err := parser.Convert([]byte(place.page), &out); err != nil {
			t.Fatal(err)
		}
		match := place.want.FindStringSubmatch(out.String())
		if match == nil {
			t.Fatalf("%q became %s", place.page, out.String())
		}
		for _, got := range match[1:] {
			if got = html.UnescapeString(tag.ReplaceAllString(got, "")); got != want {
				t.Fatalf("%q is shown as %q, want %q", place.page, got, want)
			}
		}
	}
	checkInert(t, markdown)
}

// checkInert checks that nothing of a text is anything but plain words and code.
func checkInert(t *testing.T, markdown string) {
	t.Helper()
	source := []byte("x " + markdown)
	within := false
	_ = ast.Walk(parser.Parser().Parse(reader.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Document, *ast.Paragraph, *ast.CodeSpan, *ast.String:
		case *ast.RawHTML:
			within = string(n.Segments.Value(source)) == "<code>"
		case *ast.Text:
			if _, is := n.Parent().(*ast.CodeSpan); !is && !within && linked.Match(n.Segment.Value(source)) {
				t.Errorf("GitHub makes a link of %q", n.Segment.Value(source))
			}
		default:
			t.Errorf("a %s in %q", n.Kind(), source)
		}
		return ast.WalkContinue, nil
	})
}
