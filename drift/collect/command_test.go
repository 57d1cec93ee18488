package collect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
)

func commandQuery(run string, lines bool) Query {
	return Query{Collector: "command", Label: "x", Args: map[string]cty.Value{"run": cty.StringVal(run), "lines": cty.BoolVal(lines)}}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, run string
		lines     bool
		want      string
	}{
		{"a line", "echo 'OpenSSL 3.0.11'", false, "ok \ncommand[\"x\"].output = \"OpenSSL 3.0.11\"\n"},
		{"no line end", "printf x", false, "ok \ncommand[\"x\"].output = \"x\"\n"},
		{"nothing", ":", false, "ok \ncommand[\"x\"].output = \"\"\n"},
		{"lines", "echo a; echo; echo b; echo", true, "ok \ncommand[\"x\"].output = [\"a\",\"\",\"b\",\"\"]\n"},
		{"no lines", ":", true, "ok \ncommand[\"x\"].output = []\n"},
		{"several lines as one text", "echo a; echo b; echo", false, "ok \ncommand[\"x\"].output = \"a\\nb\\n\"\n"},
		{"shell syntax", "echo a | tr a b && echo \"it's $((1 + 1))\"", true, "ok \ncommand[\"x\"].output = [\"b\",\"it's 2\"]\n"},
		{"its folder and input", "pwd; cat", false, "ok \ncommand[\"x\"].output = \"/\"\n"},
		{"not UTF-8", `printf '\377\000'`, false, "ok \ncommand[\"x\"].output = \"\uFFFDff\\u0000\"\n"},
		{"what looks like a frame", "echo '=gate W end 0 0'", false, "ok \ncommand[\"x\"].output = \"=gate W end 0 0\"\n"},
		{"fails", "echo half; echo why >&2; exit 3", false, "failed exit status 3 why\n"},
		{"fails with the status for absent", "exit 66", false, "failed exit status 1 the command's exit status is 66\n"},
		{"fails with the status for denied", "exit 77", false, "failed exit status 1 the command's exit status is 77\n"},
		{"warns", "echo a; echo why >&2", false, "ok \ncommand[\"x\"].output = \"a\"\n"},
		{"is killed", "echo half; kill -KILL $$", false, "failed exit status 137"},
		{"is not there", "no-such-program", false, "failed exit status 127 "},
		{"no command line", "if", false, "failed exit status 2 "},
		{"too much", "head -c 65537 /dev/zero", false, "failed the command printed 65537 bytes, more than 64 KiB\n"},
		{"far too much", "head -c 20000000 /dev/zero", false, "truncated more than 16 MiB\n"},
		{"much", "head -c 65536 /dev/zero | tr '\\000' a", false, "ok \ncommand[\"x\"].output = \"" + strings.Repeat("a", 65536) + "\"\n"},
		{"goes on in the background", "echo a; sleep 100 >/dev/null 2>&1 &", false, "ok \ncommand[\"x\"].output = \"a\"\n"},
	}
	var queries []Query
	for _, test := range tests {
		queries = append(queries, commandQuery(test.run, test.lines))
	}
	for i, sections := range askEach(t, plainShell, "", queries) {
		got, want := text(sections), "section command[\"x\"]: "+tests[i].want
		if !strings.HasPrefix(got, want) || strings.HasSuffix(want, "\n") && got != want {
			t.Errorf("%s: %.300q, want %.300q", tests[i].name, got, want)
		}
	}
}

func TestCommandInATree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	canary := filepath.Join(t.TempDir(), "canary")
	got := text(askOne(t, dir, commandQuery("touch "+canary, false)))
	if diff := cmp.Diff("section command[\"x\"]: failed exit status 69 no command runs in a root tree\n", got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, err := os.Stat(canary); err == nil {
		t.Error("it ran")
	}
}

func TestCommandAsRootIsPrivate(t *testing.T) {
	q := commandQuery("x", false)
	for _, q.Become = range []bool{false, true} {
		sections := Frame{Query: q, Data: []byte("x\n")}.parse()
		if got := sections[0].Facts[0].Private; got != q.Become {
			t.Errorf("become is %t, private %t", q.Become, got)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add("a\nb\n")
	f.Fuzz(func(t *testing.T, data string) {
		fuzzParse(t, commandQuery("x", false), data)
		fuzzParse(t, commandQuery("x", true), data)
	})
}
