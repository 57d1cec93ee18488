package collect

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
)

const previewName = "preview"

// maxItems is how many items a preview may list, and maxChanges how many changes of one. No host is that far behind: it is not
// what it seems to be.
const (
	maxItems   = 20_000
	maxChanges = 100
)

// PreviewFormats are the formats that a preview's output may have.
func PreviewFormats() []string { return slices.Sorted(maps.Keys(previewFormats)) }

var previewFormats = map[string]func(dryRun) (previewItems, error){
	"apt": parseApt, "lines": parseLines, "pip": parsePip, "puppet": parsePuppet,
}

// Preview is a dry run of a configuration manager's, which a policy asks for. What it would change becomes a section with
// a fact for each item, preview["puppet"].items["Package[libssl3]"]; see [Changes] for the values.
type Preview struct {
	Name     string
	Format   string // one of PreviewFormats
	Run      string // for sh -c, one line
	Report   string // of puppet: the path of the run's last_run_report.yaml, which is read in place of the output; may be empty
	Complete string // of lines: the last line of an output that is whole
	Become   bool   // run as root, by sudo -n
}

// Query returns what to ask a host for.
func (p Preview) Query() Query {
	return Query{Collector: previewName, Label: p.Name, Become: p.Become, Args: map[string]cty.Value{
		"format": cty.StringVal(p.Format), "run": cty.StringVal(p.Run), "report": cty.StringVal(p.Report), "complete": cty.StringVal(p.Complete),
	}}
}

// preview runs the dry runs of policies. It is not in [All]: its answers are not compared, and no rule sees them.
var preview = Collector{
	Name:    previewName,
	Version: 1,
	Doc: `What a configuration manager would change, by its own dry run. The command is run by sh -c in the folder /, with no ` +
		`input, and must change nothing. Without its tool's own word that the output is whole, nothing is known. Of a host that ` +
		`is a root tree, the command must name the tree as $GATE_ROOT, or it would tell of another system.`,
	Schema: &Schema{
		Doc: "Dry runs that the policy names.", Key: "name",
		Elem: &Schema{Doc: "One dry run.", Attrs: map[string]*Schema{
			"items": {Doc: "What would change.", Key: "item", Elem: &Schema{Type: "any", Doc: "The change, or a list of them."}},
		}},
	},
	Args: []Arg{
		{Name: "format", Type: cty.String, Required: true, Doc: "How the output is read."},
		{Name: "run", Type: cty.String, Required: true, Doc: "The command line, for sh -c."},
		{Name: "report", Type: cty.String, Doc: "The path of Puppet's last_run_report.yaml."},
		{Name: "complete", Type: cty.String, Doc: "The last line of an output that is whole."},
	},
	// Standard error and the report come behind the output, each line with a bar before it, so that they can be told from it
	// from the end on, whatever is in it.
	Script: `
read_preview() {
	if [ -n "$root" ]; then
		case $1 in
		*GATE_ROOT*) GATE_ROOT=$root && export GATE_ROOT ;;
		*) echo "a preview of a root tree says so by \$GATE_ROOT, and this one does not" >&2; return 69 ;;
		esac
	fi
	exec 5>&1
	preview_messages=$(sh -c "$1" 2>&1 >&5 5>&-)
	preview_status=$?
	exec 5>&-
	printf '\n'
	preview_report=0
	set -- "$1" "${2:+$root$2}"
	if [ -r "${2:-/}" ]; then
		[ -z "$2" ] || awk '{ print "|" $0 }' <"$2" || preview_report=$?
	elif [ -e "$2" ]; then
		preview_report=77
	else
		gate_missing "$2"
		preview_report=$?
	fi
	printf '=report %s\n' "$preview_report"
	printf '%s\n' "$preview_messages" | awk '{ print "|" $0 }'
	printf '=preview %s\n' "$preview_status"
}
`,
	Words:  func(q Query) []string { return []string{q.Text("run"), q.Text("report")} },
	Scopes: func(q Query) []Scope { return []Scope{{Name: q.Label}} },
	Settings: func(q Query, _ *drift.Section) map[string]any {
		return settings(q, "run", "format", "report", "complete", "become")
	},
	Parse: parsePreview,
}

// dryRun is what a command printed, and how it ended.
type dryRun struct {
	began        time.Time // by the host's clock, in whole seconds
	output       string
	messages     string // what it printed on standard error
	status       int
	wantReport   bool
	report       string
	reportStatus int // 0 when it could be read
	complete     string
}

// previewItems are the changes by the name of the item.
type previewItems map[string][]Change

func (items previewItems) add(name string, c Change) {
	// One more than there may be is kept, to be found by check.
	if len(items[name]) <= maxChanges && !slices.Contains(items[name], c) {
		items[name] = append(items[name], c)
	}
}

// check returns an error where there are too many.
func (items previewItems) check() error {
	if len(items) > maxItems {
		return fmt.Errorf("it lists more than %d items", maxItems)
	}
	for name, changes := range items {
		if len(changes) > maxChanges {
			return fmt.Errorf("it lists more than %d changes of %s", maxChanges, name)
		}
	}
	return nil
}

// Why a dry run could not be had. Their texts begin the reason of its section.
var (
	errBusy   = errors.New("already running")
	errDenied = errors.New("sudo refuses")
)

// Busy reports whether a section says that its tool was at work, so that asking again may help.
func Busy(s drift.Section) bool {
	return s.Collector == previewName && s.Status == drift.Failed && strings.HasPrefix(s.Reason, errBusy.Error())
}

func parsePreview(f Frame) ([]drift.Section, error) {
	run, err := f.dryRun()
	if err != nil {
		return nil, err
	}
	section := drift.Section{Collector: previewName, Scope: f.Query.Label, Status: drift.OK}
	items, err := run.items(f.Query.Text("format"))
	switch {
	case errors.Is(err, errDenied):
		section.Status, section.Reason = drift.Denied, err.Error()
	case err != nil:
		section.Status, section.Reason = drift.Failed, err.Error()
	default:
		section.Facts = items.facts(section.Address().Attr("items"))
	}
	return []drift.Section{section}, nil
}

// items returns what the tool would change.
func (r dryRun) items(format string) (previewItems, error) {
	parse := previewFormats[format]
	if parse == nil {
		return nil, fmt.Errorf("there is no format %q", format)
	}
	if r.status != 0 && strings.HasPrefix(r.messages, "sudo: ") {
		return nil, fmt.Errorf("%w: %s", errDenied, firstLine(strings.TrimPrefix(r.messages, "sudo: ")))
	}
	items, err := parse(r)
	if err == nil {
		err = items.check()
	}
	return items, err
}

// ended returns an error for an exit status that is not among those of a run that went well.
func (r dryRun) ended(well ...int) error {
	if r.status == 0 || slices.Contains(well, r.status) {
		return nil
	}
	text := fmt.Sprintf("exit status %d", r.status)
	if said := lastLine(r.messages); said != "" {
		text += ": " + said
	}
	return errors.New(text)
}

func (items previewItems) facts(at drift.Address) []drift.Fact {
	var facts []drift.Fact
	for _, name := range slices.Sorted(maps.Keys(items)) {
		texts := make([]string, len(items[name]))
		for i, c := range items[name] {
			texts[i] = c.String()
		}
		value := drift.Strings(texts...)
		if len(texts) == 1 {
			value = drift.String(texts[0])
		}
		facts = append(facts, drift.Fact{Address: at.Key(name), Value: value})
	}
	return facts
}

// dryRun takes apart what read_preview printed, from its end.
func (f Frame) dryRun() (dryRun, error) {
	r := dryRun{began: f.Head.Time, complete: f.Query.Text("complete"), wantReport: f.Query.Text("report") != ""}
	rest, err := cutStatus(strings.TrimSuffix(string(f.Data), "\n"), "=preview ", &r.status)
	if err != nil {
		return r, err
	}
	rest, r.messages = cutBarred(rest)
	if rest, err = cutStatus(rest, "=report ", &r.reportStatus); err != nil {
		return r, err
	}
	rest, r.report = cutBarred(rest)
	r.output = strings.TrimSuffix(rest, "\n")
	r.messages = strings.TrimSpace(plainText(r.messages))
	return r, nil
}

// cutStatus takes a last line that is a mark and a number off a text.
func cutStatus(text, mark string, to *int) (string, error) {
	i := strings.LastIndexByte(text, '\n') + 1
	number, ok := strings.CutPrefix(text[i:], mark)
	n, err := strconv.Atoi(number)
	if !ok || err != nil {
		return "", errors.New("what the host printed is cut off")
	}
	*to = n
	return text[:max(0, i-1)], nil
}

// cutBarred takes the last lines that begin with a bar off a text.
func cutBarred(text string) (rest, lines string) {
	var barred []string
	for strings.HasPrefix(text[strings.LastIndexByte(text, '\n')+1:], "|") {
		i := strings.LastIndexByte(text, '\n') + 1
		barred = append(barred, text[i+1:])
		text = text[:max(0, i-1)]
	}
	slices.Reverse(barred)
	return text, strings.Join(barred, "\n")
}

// parseLines reads an item a line. Blank lines are none.
func parseLines(r dryRun) (previewItems, error) {
	if err := r.ended(); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(plainText(r.output)), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if last != strings.TrimSpace(r.complete) {
		return nil, fmt.Errorf("the last line is %q and not %q: it is not whole", clip(last), r.complete)
	}
	items := previewItems{}
	for _, line := range lines[:len(lines)-1] {
		if line = strings.TrimSpace(line); line != "" {
			items.add(clip(line), Change{Property: "listed"})
		}
	}
	return items, nil
}
