package collect

import (
	"errors"
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/seed-313c021b/gate/drift/entries"
)

// puppetReport returns what the report of the run says. It must be of this run, of a dry run, and of one that came to its
// end.
func (r dryRun) puppetReport() (previewItems, error) {
	switch r.reportStatus {
	case 0:
	case 66:
		return nil, errors.New("the report is not there")
	case 77:
		return nil, errors.New("the report may not be read: say become = true, or let the account read it")
	default:
		return nil, fmt.Errorf("the report could not be read: exit status %d", r.reportStatus)
	}
	report, err := readReport(r.report)
	if err != nil {
		return nil, err
	}
	began, err := time.Parse(time.RFC3339Nano, report.fields["time"])
	if err != nil {
		return nil, errors.New("the report has no time")
	}
	switch f := report.fields; {
	case began.Before(r.began):
		return nil, fmt.Errorf("the report is of %s, before this run: puppet wrote none", began.UTC().Format(time.RFC3339))
	case f["noop"] != "true":
		return nil, errors.New("the report is not one of a dry run: run puppet with --noop")
	case f["transaction_completed"] != "true":
		return nil, errors.New("the report says that the run did not come to its end")
	case f["status"] != "changed" && f["status"] != "unchanged":
		return nil, fmt.Errorf("the report has the status %q", clip(f["status"]))
	case f["cached_catalog_status"] == "on_failure":
		return nil, errors.New("puppet could not get its catalog, and took an old one")
	}
	for _, e := range report.logs {
		if err := e.stopped(); err != nil {
			return nil, err
		}
	}
	return puppetItems(report.logs)
}

// report is what is read of Puppet's last_run_report.yaml, formats 10 (Puppet 5) to 12 (Puppet 8): the scalars at its top,
// and the log. Refreshes stand in the log alone.
type report struct {
	fields map[string]string
	logs   []puppetEntry
}

// maxReportValues is how many values a report may have, each of which takes two hundred bytes: that of ten thousand resources has
// half of that.
const maxReportValues = 1_000_000

// readReport reads the nodes of the document, so that its tags make no objects and its aliases are not followed.
func readReport(text string) (report, error) {
	r := report{fields: map[string]string{}}
	if entries.YAMLValues(text) > maxReportValues {
		return r, fmt.Errorf("the report has more than %d values, as its punctuation has it", maxReportValues)
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil || len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return r, errors.New("the report is not YAML, or not whole")
	}
	top := document.Content[0].Content
	logged := false
	for i := 0; i+1 < len(top); i += 2 {
		name, value := top[i].Value, top[i+1]
		if value.Kind == yaml.ScalarNode {
			if _, twice := r.fields[name]; twice {
				return r, fmt.Errorf("the report says %q twice", clip(name))
			}
			r.fields[name] = value.Value
		}
		if name != "logs" || value.Kind != yaml.SequenceNode {
			continue
		}
		logged = true
		for _, item := range value.Content {
			e, err := reportEntry(item)
			if err != nil {
				return r, err
			}
			r.logs = append(r.logs, e)
		}
	}
	if !logged {
		return r, errors.New("the report has no log")
	}
	return r, nil
}

// reportLevels are the levels of a log as Puppet prints them.
var reportLevels = map[string]string{
	"debug": "Debug", "info": "Info", "notice": "Notice", "warning": "Warning", "err": "Error", "alert": "Alert", "emerg": "Emergency", "crit": "Critical",
}

func reportEntry(item *yaml.Node) (puppetEntry, error) {
	fields := map[string]string{}
	if item.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(item.Content); i += 2 {
			if item.Content[i+1].Kind == yaml.ScalarNode {
				fields[item.Content[i].Value] = item.Content[i+1].Value
			}
		}
	}
	level, ok := reportLevels[fields["level"]]
	if _, hasText := fields["message"]; !ok || !hasText {
		return puppetEntry{}, errors.New("the report has an entry of its log that gate does not know")
	}
	e := puppetEntry{level: level, text: fields["message"]}
	if source := fields["source"]; len(source) > 0 && source[0] == '/' {
		e.source = source
	}
	return e, nil
}
