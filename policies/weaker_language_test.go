package policies

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/seed-313c021b/gate/drift/collect"
)

// language returns the attributes and blocks that the decoder reads, as its source has them: "promotion.soak", "freeze".
func language(t *testing.T) map[string]bool {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			block := snake(function.Name.Name)
			ast.Inspect(function, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) == 0 {
					return true
				}
				callee, _ := call.Fun.(*ast.Ident)
				literal, _ := call.Args[0].(*ast.BasicLit)
				if callee == nil || literal == nil {
					return true
				}
				name, _ := strconv.Unquote(literal.Value)
				switch callee.Name {
				case "attr", "required":
					found[block+"."+name] = true
				case "one", "many", "named", "labelled":
					found[name] = true
				}
				return true
			})
		}
	}
	for _, c := range collect.All() {
		for _, arg := range c.Args {
			found["collect."+c.Name+"."+arg.Name] = true
		}
	}
	return found
}

// snake is maxChanges as max_changes.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// TestWeakerHasTheLanguage: there is a change of each attribute and each block that a policy may have. One that is new needs
// a decision: what of it is weaker?
func TestWeakerHasTheLanguage(t *testing.T) {
	changed := map[string]bool{}
	names, _ := filepath.Glob("testdata/weaker/*.changes")
	for _, name := range names {
		for _, c := range readChanges(t, name) {
			of, _, _ := strings.Cut(c.name, ":")
			changed[of] = true
		}
	}
	all := language(t)
	if len(all) < 80 {
		t.Errorf("found only %d attributes and blocks", len(all))
	}
	for name := range all {
		if !changed[name] {
			t.Errorf("no change of %s in testdata/weaker", name)
		}
	}
	for name := range changed {
		if !all[name] {
			t.Errorf("testdata/weaker changes %s, and there is no such thing", name)
		}
	}
}
