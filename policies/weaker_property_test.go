package policies

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// part is a piece of a policy's text, and what it may be replaced by.
type part struct {
	at   hcl.Range
	name string
	with []string
}

// parts returns all that is to be changed in a policy, one at a time: blocks and attributes are taken away, and each
// word of an expression is another.
func parts(t *testing.T, src string) []part {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(src), "gate.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var all []part
	var walk func(path string, body *hclsyntax.Body)
	walk = func(path string, body *hclsyntax.Body) {
		for name, a := range body.Attributes {
			all = append(all, part{a.SrcRange, path + name, []string{""}})
			all = append(all, words(src, path+name, a.Expr.Range())...)
		}
		for _, b := range body.Blocks {
			all = append(all, part{b.Range(), path + b.Type, []string{""}})
			for _, label := range b.LabelRanges {
				text := string(label.SliceBytes([]byte(src)))
				all = append(all, part{label, path + b.Type, []string{text[:len(text)-1] + "-2\""}})
			}
			walk(path+b.Type+".", b.Body)
		}
	}
	walk("", file.Body.(*hclsyntax.Body))
	slices.SortFunc(all, func(a, b part) int { return compareRanges(&a.at, &b.at) })
	return all
}

// others are words that may stand instead of another one.
var others = []string{"advisory", "enforce", "none", "all", "json", "90m", "Tue 10:00", "2027-03-03", "staging", "worker", "/srv/other", "verified"}

func words(src, name string, at hcl.Range) []part {
	tokens, _ := hclsyntax.LexExpression(at.SliceBytes([]byte(src)), at.Filename, at.Start)
	var all []part
	for i, token := range tokens {
		text := string(token.Bytes)
		p := part{at: token.Range, name: name}
		switch token.Type {
		case hclsyntax.TokenQuotedLit:
			p.with = []string{text + "x", others[i%len(others)]}
		case hclsyntax.TokenNumberLit:
			p.with = []string{text + "1"}
		case hclsyntax.TokenIdent:
			p.with = []string{"true", "false"}
		}
		all = append(all, p)
	}
	return all
}

// tokensOf are the tokens of all that a policy says, wherever it stands.
func tokensOf(p *Policy) string { return p.outline.text() }

// TestNothingIsSilent changes each part of the full policy: where it is a policy still, it is said that it differs.
func TestNothingIsSilent(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	src := fullPolicy(t)
	base := loaded(t, src)
	told := 0
	for _, p := range parts(t, src) {
		for _, with := range p.with {
			changed := src[:p.at.Start.Byte] + with + src[p.at.End.Byte:]
			head, _ := Load(fstest.MapFS{"gate.hcl": {Data: []byte(changed)}}, "gate.hcl")
			if head == nil || tokensOf(head) == tokensOf(base) {
				continue
			}
			told++
			for _, c := range []Comparison{Weaker(base, head), Weaker(head, base)} {
				if len(c.Weaker)+len(c.Uncompared)+len(c.Changed) == 0 {
					t.Errorf("%s, line %d: %q instead of %q is silent", p.name, p.at.Start.Line, with, p.at.SliceBytes([]byte(src)))
				}
			}
		}
	}
	if told < 150 {
		t.Errorf("only %d changes were made", told)
	}
}

// TestLayoutIsNothing writes the full policy with other comments and spaces, and its blocks and attributes in another
// order.
func TestLayoutIsNothing(t *testing.T) {
	t.Parallel()
	src := fullPolicy(t)
	base := loaded(t, src)
	file, _ := hclsyntax.ParseConfig([]byte(src), "gate.hcl", hcl.InitialPos)
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		head := loaded(t, scrambled(r, src, file.Body.(*hclsyntax.Body)))
		for _, c := range []Comparison{Weaker(base, head), Weaker(head, base)} {
			if got := said(c); got != "" {
				t.Fatalf("seed %d: %s", seed, got)
			}
		}
	}
}

func scrambled(r *rand.Rand, src string, body *hclsyntax.Body) string {
	var items []string
	for name, a := range body.Attributes {
		items = append(items, name+" = "+spaced(r, string(a.Expr.Range().SliceBytes([]byte(src)))))
	}
	for _, b := range body.Blocks {
		header := b.Type
		for _, label := range b.Labels {
			header += fmt.Sprintf(" /* it is */ %q", label)
		}
		items = append(items, header+" {\n"+scrambled(r, src, b.Body)+"}")
	}
	slices.Sort(items)
	r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	ends := []string{"\n", " # so\n", " // so\n", "\n\n", "\n/* so\nso */\n"}
	var b strings.Builder
	for _, item := range items {
		b.WriteString(item + ends[r.IntN(len(ends))])
	}
	return b.String()
}

// spaced writes an expression with other spaces, comments and line breaks.
func spaced(r *rand.Rand, expr string) string {
	tokens, _ := hclsyntax.LexExpression([]byte(expr), "", hcl.InitialPos)
	var b strings.Builder
	var lists []bool // for each bracket, whether it is that of a list
	quoted := 0
	for i, token := range tokens {
		switch token.Type {
		case hclsyntax.TokenOQuote:
			quoted++
		case hclsyntax.TokenCQuote:
			quoted--
		case hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOBrace:
			lists = append(lists, token.Type == hclsyntax.TokenOBrack && (i == 0 || tokens[i-1].Type != hclsyntax.TokenIdent))
		case hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCBrace:
			lists = lists[:len(lists)-1]
		}
		b.Write(token.Bytes)
		if quoted > 0 {
			continue
		}
		gaps := []string{"", " ", "/* x */"}
		if i+1 < len(tokens) && needsSpace(token, tokens[i+1]) {
			gaps = gaps[1:]
		}
		inList := len(lists) > 0 && lists[len(lists)-1]
		if inList && (token.Type == hclsyntax.TokenOBrack || token.Type == hclsyntax.TokenComma) {
			gaps = append(gaps, "\n", " # x\n", "\n\n")
		}
		if inList && token.Type == hclsyntax.TokenCQuote && tokens[i+1].Type == hclsyntax.TokenCBrack {
			gaps = append(gaps, ",", ",\n", "\n")
		}
		b.WriteString(gaps[r.IntN(len(gaps))])
	}
	return b.String()
}

func needsSpace(a, b hclsyntax.Token) bool {
	word := func(t hclsyntax.Token) bool {
		return t.Type == hclsyntax.TokenIdent || t.Type == hclsyntax.TokenNumberLit
	}
	return word(a) && word(b)
}

// TestFirstComponent: without components everything is promoted as one; with the first, no more.
func TestFirstComponent(t *testing.T) {
	const none = "environment \"a\" {\n  role \"web\" {\n    hosts = [\"h\"]\n  }\n}\ncollect \"deb\" {}\n"
	base, head := loaded(t, none), loaded(t, none+"component \"app\" {\n  paths = [\"src/**\"]\n}\n")
	for _, test := range []struct{ got, want string }{
		{said(Weaker(base, head)), "weaker: component \"app\" is new, and without any the whole repository was promoted as one (line 7)\n"},
		{said(Weaker(head, base)), "weaker: component \"app\" is gone (the base's line 7)\n"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

// TestTheSameTwice: a block that says again what another does is told, too.
func TestTheSameTwice(t *testing.T) {
	const ignore = "  ignore {\n    facts  = [deb[\"linux-image-*\"], deb[\"base-files\"]]\n    reason = \"kernels are rolled by the platform team\"\n  }\n"
	full := fullPolicy(t)
	got := said(Weaker(loaded(t, full), loaded(t, strings.Replace(full, ignore, ignore+ignore, 1))))
	if want := "changed: compare, ignore is new (line 163)\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
