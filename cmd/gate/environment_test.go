package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-313c021b/gate/drift/host"
	"github.com/seed-313c021b/gate/gate"
)

// environmentMakers are the functions that make the environment of a program, of which others test that no secret is in it.
// "[]string" is an environment that is written out.
var environmentMakers = []string{"host.Environment", "Environment", "environment", "b.environment", "[]string"}

// TestProgramsGetNoSecrets reads the code: every program that gate starts gets an environment of its own, from one of few
// functions. Without one it would get gate's, with all of its secrets.
func TestProgramsGetNoSecrets(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".." || entry.Name() == "drifttest" || entry.Name() == "githubtest"):
			return fs.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
				started, given := startsProgram(f.Body)
				found += started
				if started > given {
					t.Errorf("%s: %s starts %d programs, and gives %d of them an environment by one of %q", path, f.Name, started, given, environmentMakers)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 5 {
		t.Errorf("found %d places that start programs, want 5 or more", found)
	}
}

// startsProgram counts how many commands a function makes, and how many of them get an environment that may be.
func startsProgram(body *ast.BlockStmt) (started, given int) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if name := dotted(n.Fun); name == "exec.Command" || name == "exec.CommandContext" || name == "os.StartProcess" || name == "syscall.Exec" || name == "syscall.ForkExec" {
				started++
			}
		case *ast.CompositeLit:
			if dotted(n.Type) != "exec.Cmd" {
				break
			}
			started++
			for _, e := range n.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok && dotted(pair.Key) == "Env" && madeFor(pair.Value) {
					given++
				}
			}
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if s, ok := to.(*ast.SelectorExpr); ok && s.Sel.Name == "Env" && i < len(n.Rhs) && madeFor(n.Rhs[i]) {
					given++
				}
			}
		}
		return true
	})
	return started, min(given, started)
}

// madeFor reports whether an environment is made by one of environmentMakers, with something added or not.
func madeFor(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CallExpr:
		if dotted(e.Fun) == "append" || dotted(e.Fun) == "slices.Concat" {
			return madeFor(e.Args[0])
		}
		return slices.Contains(environmentMakers, dotted(e.Fun))
	case *ast.CompositeLit:
		_, list := e.Type.(*ast.ArrayType)
		return list
	}
	return false
}

// dotted returns a name as it stands in the code.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return dotted(e.X)
	}
	return ""
}

// The test above sees what it is there for.
func TestStartsProgram(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code           string
		started, given int
	}{
		{`cmd := exec.Command("x"); cmd.Run()`, 1, 0},
		{`cmd := exec.Command("x"); cmd.Env = os.Environ()`, 1, 0},
		{`cmd := exec.Command("x"); cmd.Env = append(os.Environ(), "A=b")`, 1, 0},
		{`cmd := exec.Command("x"); cmd.Env = append(host.Environment(), "A=b")`, 1, 1},
		{`cmd := exec.CommandContext(ctx, "x"); cmd.Env, cmd.Dir = environment(), "y"`, 1, 1},
		{`cmd := &exec.Cmd{Path: "x"}`, 1, 0},
		{`cmd := exec.Cmd{Path: "x", Env: b.environment()}`, 1, 1},
		{`cmd := exec.Command("x"); cmd.Env = []string{"A=b"}`, 1, 1},
		{`a, b := exec.Command("x"), exec.Command("y"); a.Env = host.Environment()`, 2, 1},
		{`os.StartProcess("x", nil, nil)`, 1, 0},
		{`run()`, 0, 0},
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() { "+c.code+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if started, given := startsProgram(f.Decls[0].(*ast.FuncDecl).Body); started != c.started || given != c.given {
			t.Errorf("%s: got %d, %d, want %d, %d", c.code, started, given, c.started, c.given)
		}
	}
}

// Those that make environments leave out gate's secrets. The user's own token is the deployment command's.
func TestEnvironments(t *testing.T) {
	for _, name := range []string{"GATE_DIGEST_KEY", "GATE_LEDGER_KEY", "GATE_SSH_KEY", "GATE_SSH_PASSPHRASE", "GITHUB_TOKEN", "GATE_TEST_OTHER"} {
		t.Setenv(name, "hunter2")
	}
	with := func(env []string) (names []string) {
		for _, entry := range env {
			if name, ok := strings.CutSuffix(entry, "=hunter2"); ok {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return names
	}
	if got, want := with(host.Environment()), []string{"GATE_TEST_OTHER"}; !slices.Equal(got, want) {
		t.Errorf("of programs: got %q, want %q", got, want)
	}
	b := &begun{answer: &answer{}}
	b.answer.input.Candidate, b.answer.verdict = &gate.Candidate{}, &gate.Verdict{}
	if got, want := with(b.environment()), []string{"GATE_TEST_OTHER", "GITHUB_TOKEN"}; !slices.Equal(got, want) {
		t.Errorf("of the command that deploys: got %q, want %q", got, want)
	}
}
