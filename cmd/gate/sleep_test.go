package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoneSleeps keeps the tests from waiting for a time, which is too long for most runs and too short on a busy machine:
// drifttest.Until waits for a condition.
func TestNoneSleeps(t *testing.T) {
	read := 0
	must(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		read++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
				if of, ok := s.X.(*ast.Ident); ok && of.Name == "time" {
					t.Errorf("%s: time.Sleep: wait for a condition, by drifttest.Until", set.Position(s.Pos()))
				}
			}
			return true
		})
		return nil
	}))
	if read < 100 {
		t.Errorf("only %d files were read", read)
	}
}
