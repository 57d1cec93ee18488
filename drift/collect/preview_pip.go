package collect

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/drift/pypa"
)

// pipReport is what is read of pip's installation report, version 1: see "Installation Report" in pip's documentation.
type pipReport struct {
	Version string `json:"version"`
	Install *[]struct {
		Metadata struct {
			Name    string `json:"name"`
			Version string `json:"version"`
		} `json:"metadata"`
	} `json:"install"`
}

// parsePip reads what pip install --dry-run --report - prints: without --quiet, the report stands among other lines. A JSON
// document shows by itself whether it is whole.
func parsePip(r dryRun) (previewItems, error) {
	if err := r.ended(); err != nil {
		return nil, err
	}
	start := strings.Index("\n"+r.output, "\n{")
	if start < 0 {
		return nil, errors.New("there is no report in the output: pip install needs --dry-run --report - --quiet")
	}
	var report pipReport
	if err := json.NewDecoder(strings.NewReader(r.output[start:])).Decode(&report); err != nil {
		return nil, fmt.Errorf("the report is not whole: %w", err)
	}
	if report.Version != "1" {
		return nil, fmt.Errorf("the report has the version %q, and gate reads version 1", clip(report.Version))
	}
	if report.Install == nil {
		return nil, errors.New("the report has no list of what it would install")
	}
	items := previewItems{}
	for _, p := range *report.Install {
		if p.Metadata.Name == "" || p.Metadata.Version == "" {
			return nil, errors.New("the report has a package without a name or a version")
		}
		items.add(clip(pypa.NormalizeName(p.Metadata.Name)), change("", "", p.Metadata.Version))
	}
	return items, nil
}
