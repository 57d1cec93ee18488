package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-313c021b/gate/gate/github"
	"github.com/spf13/cobra"
)

// place is somewhere in GitHub where a report can go, with the variables of a step's environment without which it cannot.
type place struct {
	name  string
	needs []string
}

var places = []place{
	{"annotations", nil},
	{"comment", []string{"GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_EVENT_PATH", "GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_TOKEN"}},
	{"deployments", []string{"GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_API_URL", "GITHUB_TOKEN"}},
	{"issue", []string{"GITHUB_REPOSITORY", "GITHUB_EVENT_NAME", "GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_TOKEN"}},
	{"outputs", []string{"GITHUB_OUTPUT", "RUNNER_TEMP"}},
	{"summary", []string{"GITHUB_STEP_SUMMARY"}},
}

// githubFlag is that of a subcommand that reports to GitHub, in some of the places.
func (a *app) githubFlag(cmd *cobra.Command, offered ...string) {
	cmd.Flags().Var(&placeNames{offered, &a.flags.github}, "github", "in GitHub Actions, report there as well: "+strings.Join(offered, ", "))
	_ = cmd.RegisterFlagCompletionFunc("github", cobra.FixedCompletions(offered, cobra.ShellCompDirectiveNoFileComp))
}

// placeNames is the value of a flag: names of places, with commas between them. A misspelt name, or none, is an error: nobody
// should wait for a report that does not come.
type placeNames struct {
	offered []string
	wanted  *[]string
}

func (p *placeNames) String() string {
	if p.wanted == nil { // of the zero value, which cobra compares with
		return ""
	}
	return strings.Join(*p.wanted, ",")
}

func (p *placeNames) Type() string { return "places" }

// Set adds names.
func (p *placeNames) Set(text string) error {
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		switch {
		case name == "":
			return errors.New("it names nothing; there are " + strings.Join(p.offered, ", "))
		case !slices.Contains(p.offered, name):
			return fmt.Errorf("there is no %q; there are %s", name, strings.Join(p.offered, ", "))
		case !slices.Contains(*p.wanted, name):
			*p.wanted = append(*p.wanted, name)
		}
	}
	return nil
}

// reportsTo reports whether --github names a place.
func (a *app) reportsTo(place string) bool { return slices.Contains(a.flags.github, place) }

// githubFits finds out, before anything is read, whether --github has what it needs of the environment.
func (a *app) githubFits() error {
	if len(a.flags.github) == 0 {
		return nil
	}
	if a.getenv("GITHUB_ACTIONS") != "true" {
		return &exitError{code: exitUsage, err: errors.New("--github reports to the step of GitHub Actions that gate runs in, and this is none: GITHUB_ACTIONS is not true"),
			hint: "without it the report is on standard output"}
	}
	for _, place := range places {
		if !a.reportsTo(place.name) {
			continue
		}
		for _, name := range place.needs {
			if strings.TrimSpace(a.getenv(name)) != "" {
				continue
			}
			hint := "GitHub sets it for each step: it must reach gate"
			if name == "GITHUB_TOKEN" {
				hint = "give it to the step: env: GITHUB_TOKEN: ${{ github.token }}"
			}
			return &exitError{code: exitUsage, err: fmt.Errorf("--github %s needs %s, which is empty", place.name, name), hint: hint}
		}
	}
	return nil
}

// githubClient returns who asks GitHub in the name of the step. A report may wait longer than what is only asked.
func (a *app) githubClient() (*github.Client, error) {
	c := a.hub().config
	c.Patience = a.github.Patience
	return github.New(c)
}
