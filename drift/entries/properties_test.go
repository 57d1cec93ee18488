package entries

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// TestPropertiesLikeJava reads generated files with our reader and with java.util.Properties.
func TestPropertiesLikeJava(t *testing.T) {
	drifttest.Slow(t)
	t.Parallel()
	java := drifttest.Program(t, "java")
	texts := handMade(t, "properties")
	var input strings.Builder
	for seed := range uint64(500) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 11))}
		texts = append(texts, g.properties())
	}
	for _, text := range texts {
		input.WriteString(base64.StdEncoding.EncodeToString([]byte(text)) + "\n")
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(java, "-Xshare:auto", "testdata/Reference.java")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input.String()), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if strings.Contains(stderr.String(), "jdk.compiler") {
			drifttest.Skip(t, "needs a Java that compiles: %s", stderr.Bytes())
		}
		t.Fatalf("Reference.java: %v\n%s", err, stderr.Bytes())
	}
	answers := strings.Split(strings.TrimSuffix(stdout.String(), "\n"), "\n")
	if len(answers) != len(texts) {
		t.Fatalf("Reference.java answers %d of %d texts", len(answers), len(texts))
	}
	for i, text := range texts {
		list, err := Parse("properties", []byte(text))
		if (err != nil) != (answers[i] == "refused") {
			t.Errorf("Parse: %v; Java: %s\n%q", err, answers[i], text)
			continue
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(lastValues(t, list), decodePairs(t, answers[i])); diff != "" {
			t.Errorf("got -, Java +:\n%s\n%q", diff, text)
		}
	}
}

// lastValues returns what Java takes of entries: of a repeated key the last value.
func lastValues(t *testing.T, list []Entry) map[string]string {
	values := map[string]string{}
	for key, v := range asMap(t, list) {
		if items, ok := v.([]any); ok {
			v = items[len(items)-1]
		}
		values[key] = v.(string)
	}
	return values
}

func decodePairs(t *testing.T, answer string) map[string]string {
	t.Helper()
	values := map[string]string{}
	words := strings.Fields(answer)
	for i := 0; i+1 < len(words); i += 2 {
		var pair [2]string
		for j := range pair {
			data, err := base64.StdEncoding.DecodeString(words[i+j][1:])
			if err != nil {
				t.Fatal(err)
			}
			pair[j] = string(data)
		}
		values[pair[0]] = pair[1]
	}
	return values
}

func (g *generator) properties() string {
	var b strings.Builder
	for range 1 + g.IntN(12) {
		switch g.IntN(8) {
		case 0:
			b.WriteString(g.pick("# comment\n", "! comment \\\n", "\n", " \t\n", "\\\n", "\f# c\n", " \\\n  \\\n"))
		default:
			for range 1 + g.IntN(4) {
				b.WriteString(g.pick("a", "key", "b.c", "é", `\ `, `\:`, `\=`, `\\`, `\u00e9`, `\t`, `\n`, `\q`, "\\\n   ", "\\\n#", "\\\n\n", `\uD83D\uDE00`, `\u12`, "#", "!"))
			}
			b.WriteString(g.pick("=", ":", " ", " = ", "\t:\t", "", "==", " : =", "\f"))
			for range g.IntN(4) {
				b.WriteString(g.pick("v", "two words", `\ `, "=", ":", `\\`, "\\\n\t ", "\\\n\\\n", `\u00E9`, "#", `\r`, " "))
			}
			b.WriteString(g.pick("\n", "\n", "\n", " \n", fmt.Sprintf("%d\n", g.IntN(9)), "\\\n"))
		}
	}
	return b.String()
}
