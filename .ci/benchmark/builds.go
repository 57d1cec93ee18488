package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/seed-313c021b/gate/drift/drifttest"
)

// workload is what two builds of gate do in turn. This build does it twice: how far both of its times are from each other is
// what the machine makes of equal programs.
type workload struct {
	name                string
	before, this, again *rival
}

// hardFiles are files that were slow once, by the names that say how they are read.
var hardFiles = map[string]string{
	"a.toml": "tables", "b.properties": "a continued value", "c.service": "a continued value of a section", "d.env": "quoted values of lines",
	"e.xml": "XML comments in text", "sshd_config": "Includes", "requirements.txt": "hashes",
}

// hardSize is small enough for a build that takes the square of it.
const hardSize = 128 << 10

// beforeAndAfter measures this build of gate beside another one.
func beforeAndAfter(ctx context.Context, s *site, before string, rounds int) error {
	if err := s.writeHardFiles(); err != nil {
		return err
	}
	work := []workload{
		s.workload("gate snapshot, one host", before, "snapshot", "--to", "one"),
		s.workload("gate check, one host against one", before, "check", "--to", "production"),
		s.workload("gate snapshot, hard files", before, "snapshot", "--to", "one", "--policy", s.file("hard.hcl")),
	}
	var all []*rival
	for _, w := range work {
		all = append(all, w.before, w.this, w.again)
	}
	if err := measure(ctx, all, rounds); err != nil {
		return err
	}
	printTable(os.Stdout, all)
	printBuilds(os.Stdout, work)
	return nil
}

func (s *site) workload(name, before string, args ...string) workload {
	run := func(gate, build string) *rival {
		return &rival{name: name + ", " + build, every: 1, allowed: []int{blocked, undecided}, commands: []func() *exec.Cmd{func() *exec.Cmd {
			return s.command(gate, append(args, "--output", s.file("build-output"))...)
		}}}
	}
	return workload{name, run(before, "before"), run(s.gate, "this"), run(s.gate, "this again")}
}

// writeHardFiles makes the hard files, and a policy that reads them.
func (s *site) writeHardFiles() error {
	folder := s.file("hard")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	texts := map[string]func(size int) string{}
	for _, shape := range drifttest.Shapes() {
		texts[shape.Name] = shape.Text
	}
	for name, shape := range hardFiles {
		if texts[shape] == nil {
			return fmt.Errorf("there is no shape %q", shape)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(texts[shape](hardSize)), 0o644); err != nil {
			return err
		}
	}
	policy := fmt.Sprintf("environment \"one\" {\n  ssh {\n    config = %q\n  }\n  role \"web\" {\n    hosts = [%q]\n  }\n}\n\ncollect \"file\" {\n  paths = [%q]\n}\n",
		s.file("ssh_config"), "one-"+s.servers[0].name, folder+"/*")
	return os.WriteFile(s.file("hard.hcl"), []byte(policy), 0o600)
}

// printBuilds prints how the builds compare, and how one compares with itself.
func printBuilds(w io.Writer, work []workload) {
	fmt.Fprintln(w)
	for _, x := range work {
		fmt.Fprintf(w, "%6.2f  %s: this build / the one before (this / this again: %.2f)\n", seconds(x.this)/seconds(x.before), x.name, seconds(x.this)/seconds(x.again))
	}
}
