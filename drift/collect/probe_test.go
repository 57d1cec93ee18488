package collect

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/seed-313c021b/gate/drift"
)

// ask runs a request under a real shell on this machine, with the input ending after it.
func ask(t *testing.T, shell []string, r Request) []drift.Section {
	t.Helper()
	stdin, err := r.Stdin()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(shell[0], shell[1:]...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%q: %v: %s", shell, err, stderr.String())
	}
	sections, err := r.Read(bytes.NewReader(out), time.Now)
	if err != nil {
		t.Fatalf("%q: %v\n%s", shell, err, out)
	}
	return sections
}

func TestProbeReadsThisMachine(t *testing.T) {
	sections := ask(t, []string{"sh", "-s"}, Request{Word: NewWord(), Queries: []Query{{Collector: "deb"}, {Collector: "os"}}})
	for _, s := range sections {
		t.Logf("%s %s %s: %d facts", s.Collector, s.Status, s.Reason, len(s.Facts))
		if s.Collector == "os" {
			t.Log(s.Facts)
		}
	}
}
