package drift

import (
	"slices"
	"strings"
)

// SecretVariables are the variables of the environment that gate takes its own secrets from.
func SecretVariables() []string {
	return []string{"GATE_DIGEST_KEY", "GATE_LEDGER_KEY", "GATE_SSH_KEY", "GATE_SSH_PASSPHRASE"}
}

// TokenVariable is the variable of GitHub's token. It is the user's, and a secret to most of what gate starts.
const TokenVariable = "GITHUB_TOKEN"

// WithoutVariables returns an environment, whose entries are as NAME=value, without some variables. The environment itself
// stays as it is.
func WithoutVariables(environ []string, names ...string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(names, name)
	})
}
