package main

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/seed-313c021b/gate/drift/host"
)

// writeTools puts the demo's own Puppet, and what this machine does not have, into a folder that is the first in the hosts' PATH. The probe takes the programs
// of Linux; macOS has others of the same names.
func writeTools(folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	stat := exec.Command("stat", "-c", "%s", "/")
	stat.Env = host.Environment()
	_, missing := exec.LookPath("sha256sum")
	for name, needed := range map[string]bool{
		"puppet":    true,
		"stat":      stat.Run() != nil,
		"sha256sum": missing != nil,
	} {
		if !needed {
			continue
		}
		text, err := demoFiles.ReadFile("demo/bin/" + name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o755); err != nil {
			return err
		}
	}
	return nil
}
