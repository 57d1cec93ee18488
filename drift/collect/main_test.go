package collect

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// modelDir is where models are.
var modelDir string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if modelDir, err = os.MkdirTemp("", "gate-test-models-"); err == nil {
			err = os.Chmod(modelDir, 0o755)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(modelDir)
		return m.Run()
	}())
}

// model is a folder that the first test which needs it makes, and that tests copy.
type model struct {
	once    sync.Once
	dir     string
	made    bool
	skipped bool
}

func (m *model) get(t testing.TB, make func(t testing.TB, dir string)) string {
	t.Helper()
	m.once.Do(func() {
		defer func() { m.skipped = t.Skipped() }()
		var err error
		m.dir, err = os.MkdirTemp(modelDir, "")
		must(t, err)
		must(t, os.Chmod(m.dir, 0o755))
		make(t, m.dir)
		m.made = true
	})
	switch {
	case m.skipped:
		t.Skip("the test that tried to make what it copies was skipped")
	case !m.made:
		t.Fatal("what it copies could not be made: see the test that tried")
	}
	return m.dir
}
