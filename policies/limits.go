package policies

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// What a policy may be at most. It may come from anybody who can open a pull request, and the largest that people write
// is far below.
const (
	mostBytes   = 1 << 20 // of all files
	mostFiles   = 500
	mostEntries = 100_000 // of a folder, those that are no policies too
	mostBlocks  = 5000
	mostTokens  = 200_000 // of a file
	mostSigns   = 400_000 // of a file, words and signs in texts and comments too: those that it may have before it is read
	deepest     = 50      // brackets in brackets
	longestRun  = 2000    // tokens of an expression that no comma parts
	mostChoices = 1000    // of the braces of a pattern
)

// readFile reads a file of no more than a number of bytes.
func readFile(fsys fs.FS, name string, most int) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Mode().Type() == fs.ModeSymlink { // a folder of a working tree follows it
		return nil, fmt.Errorf("%s: of a commit, a symbolic link is not followed: write what it leads to in its place", name)
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s: a policy has at most %d bytes", name, mostBytes)
	}
	return text, err
}

// run is what stands within brackets since the last comma.
type run struct {
	opened hclsyntax.TokenType // zero outside of all
	tokens int
}

// checkSize reports a text that would take too much to parse: the parser goes down into each bracket and operator.
func checkSize(text []byte, name string) hcl.Diagnostics {
	if signsOf(text) > mostSigns {
		whole := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
		return hcl.Diagnostics{problem(whole, "Too long", "A file has at most %d words and signs, %d with those in texts and comments. A large policy is a folder of *.hcl.", mostTokens, mostSigns)}
	}
	tokens, _ := hclsyntax.LexConfig(text, name, hcl.InitialPos)
	if len(tokens) > mostTokens {
		return hcl.Diagnostics{problem(tokens[mostTokens].Range, "Too long", "A file has at most %d words and signs. A large policy is a folder of *.hcl.", mostTokens)}
	}
	runs := []run{{}}
	for _, t := range tokens {
		at := &runs[len(runs)-1]
		at.tokens++
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			runs = append(runs, run{opened: t.Type})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			runs = runs[:max(1, len(runs)-1)]
		case hclsyntax.TokenComma:
			at.tokens = 0
		case hclsyntax.TokenNewline, hclsyntax.TokenComment:
			if at.opened == 0 || at.opened == hclsyntax.TokenOBrace {
				at.tokens = 0
			}
		}
		switch {
		case t.Type == hclsyntax.TokenNumberLit && len(t.Bytes) > mostDigits:
			return hcl.Diagnostics{problem(t.Range, "Too long", "A number has at most %d digits.", mostDigits)}
		case len(runs) > deepest:
			return hcl.Diagnostics{problem(t.Range, "Too deep", "Brackets stand in brackets at most %d deep.", deepest)}
		case runs[len(runs)-1].tokens > longestRun:
			return hcl.Diagnostics{problem(t.Range, "Too long", "An expression has at most %d words and signs between commas: make it several.", longestRun)}
		}
	}
	return nil
}

// signsOf counts what may be a token each: words, and what is neither in words nor space.
func signsOf(text []byte) int {
	n, inWord := 0, false
	for _, c := range text {
		isWord := c >= 0x80 || c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !isWord && c != ' ' && c != '\t' && c != '\r' || isWord && !inWord {
			n++
		}
		inWord = isWord
	}
	return n
}

// checkBlocks reports a policy of too many blocks.
func checkBlocks(s *source) hcl.Diagnostics {
	n := 0
	var last hcl.Range
	var count func(blocks []*hclsyntax.Block)
	count = func(blocks []*hclsyntax.Block) {
		for _, b := range blocks {
			if n++; n == mostBlocks+1 {
				last = b.DefRange()
			}
			count(b.Body.Blocks)
		}
	}
	if count(s.blocks); n > mostBlocks {
		return hcl.Diagnostics{problem(last, "Too many blocks", "A policy has at most %d blocks, and this one has %d.", mostBlocks, n)}
	}
	return nil
}

// checkChoices says what is wrong with a pattern whose braces stand for too many others: each is looked at.
func checkChoices(pattern string) error {
	choices := 1
	for _, group := range strings.Split(pattern, "{")[1:] {
		choices *= 1 + strings.Count(group, ",")
		if choices > mostChoices {
			return fmt.Errorf("its braces stand for more than %d patterns", mostChoices)
		}
	}
	if strings.Count(pattern, "**") > 10 {
		return errors.New("it has more than ten \"**\"")
	}
	return nil
}
