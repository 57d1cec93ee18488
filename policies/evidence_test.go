package policies

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
)

// What GitHub says of checks is asked for as the evidence blocks have it, wherever these stand.
func TestEvidence(t *testing.T) {
	const policy = `
environment "staging" {
  role "web" {
    hosts = ["staging-1"]
  }
}
environment "production" {
  role "web" {
    hosts = ["production-1"]
  }
  promotion {
    evidence "check:test / e2e (chrome, 1)" {
      workflow   = "e2e.yml"
      branch     = "release/1"
      repository = "octo/.github"
    }
    evidence "check:scan" {
      app = "octo-scanner"
    }
    from        = ["staging"]
    verified_by = ["smoke", "check:test / e2e (chrome, 1)", "check:scan", "workflow:deploy-staging.yml", "check:lint"]
  }
}
collect "deb" {}
`
	p, diags := Load(fstest.MapFS{"gate.hcl": {Data: []byte(policy)}}, "gate.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	promotion := p.Environment("production").Promotion
	want := []Check{
		{Name: "check:test / e2e (chrome, 1)", CheckRun: "test / e2e (chrome, 1)", Workflow: "e2e.yml", Branch: "release/1", App: "github-actions", Repository: "octo/.github"},
		{Name: "check:scan", CheckRun: "scan", App: "octo-scanner"},
		{Name: "workflow:deploy-staging.yml", Workflow: "deploy-staging.yml", App: "github-actions"},
		{Name: "check:lint", CheckRun: "lint", App: "github-actions"},
	}
	if diff := cmp.Diff(want, promotion.Checks, cmpopts.IgnoreTypes(hcl.Range{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, line := range map[string]int{"check:scan": 17, "check:lint": 21} {
		if c := promotion.Check(name); c.Range.Start.Line != line {
			t.Errorf("%s: got line %d, want %d", name, c.Range.Start.Line, line)
		}
	}
	if diff := cmp.Diff([]string{"smoke"}, promotion.Recorded()); diff != "" {
		t.Errorf("what is recorded (-want +got):\n%s", diff)
	}
	if promotion.Check("smoke") != nil || promotion.Check("check:scan").ByWorkflow() || !promotion.Check("check:lint").ByWorkflow() {
		t.Error("what GitHub is asked about, and of which App")
	}
}

// A signer need not be allowed what GitHub says.
func TestEvidenceNeedsNoSigner(t *testing.T) {
	promotion := Promotion{From: []string{"staging"}, VerifiedBy: []string{"check:e2e"}, Checks: []Check{{Name: "check:e2e"}}}
	want := []need{{"deployed", "staging"}, {"deploying", "production"}, {"deployed", "production"}}
	if diff := cmp.Diff(want, promotion.needs("production"), cmp.AllowUnexported(need{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
