package host

import (
	"os"
	"slices"

	"github.com/seed-313c021b/gate/drift"
)

// secrets are the variables of the environment that no program gets that gate starts.
func secrets() []string { return append(drift.SecretVariables(), drift.TokenVariable) }

// Environment returns the environment of the programs that gate starts: its own, without its secrets. ssh -G runs what an
// ssh_config says, which may be a file of the repository.
func Environment() []string {
	return drift.WithoutVariables(os.Environ(), secrets()...)
}

// variable returns what a variable of the environment is, for a file name that a policy or an ssh_config gives; a secret is
// not set for these.
func variable(name string) (string, bool) {
	if slices.Contains(secrets(), name) {
		return "", false
	}
	return os.LookupEnv(name)
}
