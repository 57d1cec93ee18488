package host

import (
	"os"
	"slices"
	"strings"
)

// secret reports whether a variable of the environment is one of gate's secrets.
func secret(name string) bool {
	return slices.Contains([]string{"GATE_DIGEST_KEY", "GATE_LEDGER_KEY", "GATE_SSH_KEY", "GATE_SSH_PASSPHRASE", "GITHUB_TOKEN"}, name)
}

// Environment returns the environment of the programs that gate starts: its own, without its secrets. ssh -G runs what an
// ssh_config says, which may be a file of the repository.
func Environment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return secret(name)
	})
}

// variable returns what a variable of the environment is, for a file name that a policy or an ssh_config gives; a secret is
// not set for these.
func variable(name string) (string, bool) {
	if secret(name) {
		return "", false
	}
	return os.LookupEnv(name)
}
