package doctor

import "time"

// Settings is what GitHub says of the repository. An error says in one line what could not be asked, why, and which permission the
// token lacks.
type Settings interface {
	// DefaultBranch returns the name of the default branch.
	DefaultBranch() (string, error)
	// Environment returns an environment, nil where there is none of the name.
	Environment(name string) (*Environment, error)
	// Branch returns how a branch is protected.
	Branch(name string) (Branch, error)
	// Workflow returns a workflow by its file, as ".github/workflows/drift.yml", nil where GitHub knows none.
	Workflow(file string) (*WorkflowState, error)
	// Secrets returns the names of the repository's own secrets.
	Secrets() ([]string, error)
	// DefaultPermissions returns what a token may where a workflow does not say: "read" or "write".
	DefaultPermissions() (string, error)
}

// Environment is an environment on GitHub.
type Environment struct {
	Approval bool  // somebody, or an App, must let a job in
	Branches bool  // only some branches get in
	Bypass   *bool // whether administrators may start a job without that; nil where GitHub does not say
}

// Branch is how a branch is protected against whoever may write.
type Branch struct {
	Exists              bool
	NoRewrite, NoDelete bool
	Untold              string // what could not be told of it; empty for nothing
}

// WorkflowState is a workflow as GitHub has it.
type WorkflowState struct {
	State         string // "active", "disabled_inactivity" …
	Created       time.Time
	LastScheduled time.Time // when it ran last by its schedule; zero for never
	Conclusion    string    // of that run
	URL           string
}
