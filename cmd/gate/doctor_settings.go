package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-313c021b/gate/gate/doctor"
	"github.com/seed-313c021b/gate/gate/github"
)

// settings asks GitHub for a repository's settings, each thing once.
type settings struct {
	ctx        context.Context
	client     *github.Client
	repository github.Repository
	answers    map[string]answered
}

type answered struct {
	value any
	err   error
}

// once returns what an earlier question of that name was answered, or asks. A refusal says which permission the token
// lacks, if one is named.
func once[T any](s *settings, question, permission string, ask func() (T, error)) (T, error) {
	a, known := s.answers[question]
	if !known {
		value, err := ask()
		if permission != "" {
			err = because(err, "the token needs the permission "+permission, github.Forbidden, github.NotFound)
		}
		a = answered{value, err}
		s.answers[question] = a
	}
	return a.value.(T), a.err
}

func (s *settings) DefaultBranch() (string, error) {
	return once(s, "repository", "metadata: read", func() (string, error) { return s.client.DefaultBranch(s.ctx, s.repository) })
}

func (s *settings) Environment(name string) (*doctor.Environment, error) {
	return once(s, "environment "+name, "actions: read", func() (*doctor.Environment, error) {
		e, err := s.client.EnvironmentOf(s.ctx, s.repository, name)
		if e == nil || err != nil {
			return nil, err
		}
		return environmentOf(e), nil
	})
}

// environmentOf reads the rules of an environment. Those that GitHub does not have itself are an App's, which decides.
func environmentOf(e *github.Environment) *doctor.Environment {
	found := &doctor.Environment{Branches: e.BranchPolicy != nil, Bypass: e.CanAdminsBypass}
	for _, rule := range e.Rules {
		switch rule.Type {
		case "required_reviewers":
			found.Approval = found.Approval || len(rule.Reviewers) > 0
		case "wait_timer", "branch_policy":
		default:
			found.Approval = true
		}
	}
	return found
}

// Branch asks for rulesets, which every token may, and where these do not hold for the protection of the branch by itself.
func (s *settings) Branch(name string) (doctor.Branch, error) {
	return once(s, "branch "+name, "contents: read", func() (doctor.Branch, error) {
		rules, err := s.client.BranchRules(s.ctx, s.repository, name)
		if err != nil {
			return doctor.Branch{}, err
		}
		exists, protected, err := s.client.BranchProtected(s.ctx, s.repository, name)
		if err != nil {
			return doctor.Branch{}, err
		}
		b := doctor.Branch{Exists: exists, NoRewrite: slices.Contains(rules, "non_fast_forward"), NoDelete: slices.Contains(rules, "deletion")}
		if !protected || b.NoRewrite && b.NoDelete {
			return b, nil
		}
		p, err := s.client.BranchProtection(s.ctx, s.repository, name)
		if err != nil {
			b.Untold = fmt.Sprintf("it is protected, and how is not told: %s (the token needs the permission administration: read)", err)
			return b, nil
		}
		b.NoRewrite, b.NoDelete = b.NoRewrite || !p.AllowForcePushes, b.NoDelete || !p.AllowDeletions
		return b, nil
	})
}

func (s *settings) Workflow(file string) (*doctor.WorkflowState, error) {
	return once(s, "workflow "+file, "actions: read", func() (*doctor.WorkflowState, error) {
		list, err := once(s, "workflows", "", func() ([]github.Workflow, error) { return s.client.Workflows(s.ctx, s.repository) })
		i := slices.IndexFunc(list, func(w github.Workflow) bool { return w.Path == file })
		if err != nil || i < 0 {
			return nil, err
		}
		state := &doctor.WorkflowState{State: list[i].State, Created: list[i].Created}
		run, err := s.client.LastScheduledRun(s.ctx, s.repository, file)
		if run != nil {
			state.LastScheduled, state.Conclusion, state.URL = run.Created, run.Conclusion, run.URL
		}
		return state, err
	})
}

func (s *settings) Secrets() ([]string, error) {
	return once(s, "secrets", "secrets: read, which the token of a workflow never has", func() ([]string, error) { return s.client.Secrets(s.ctx, s.repository) })
}

func (s *settings) DefaultPermissions() (string, error) {
	return once(s, "permissions", "administration: read, which the token of a workflow never has", func() (string, error) {
		return s.client.DefaultPermissions(s.ctx, s.repository)
	})
}
