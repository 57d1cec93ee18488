package collect

import (
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
)

// maxCommand is how many bytes a command may print: it is one fact.
const maxCommand = 64 << 10

var command = Collector{
	Name:    "command",
	Version: 1,
	Doc: `What a command of the policy's prints, as one fact. The command is run by sh -c in the folder /, with no input, ` +
		`and must exit with 0 and print at most 64 KiB; it must change nothing, which gate cannot check. What it prints on ` +
		`standard error is the reason when it fails.`,
	Args: []Arg{
		{Name: "run", Type: cty.String, Required: true, Doc: "The command line, for sh -c, without a line break."},
		{Name: "lines", Type: cty.Bool, Doc: "Whether the output is a list of lines instead of one text."},
	},
	Labelled: true,
	Schema: &Schema{
		Doc: "Commands that the policy names.", Key: "name",
		Elem: &Schema{
			Doc: "One command.",
			Attrs: map[string]*Schema{
				"output": {Type: "any", Doc: "What it printed, without the last line break; a list of lines with lines = true."},
			},
		},
	},
	// 66 and 77 are the command's own here, and say nothing of whether it is there.
	Script: `
read_command() {
	[ -z "$root" ] || { echo "no command runs in a root tree" >&2; return 69; }
	sh -c "$1"
	command_status=$?
	case $command_status in
	66 | 77)
		echo "the command's exit status is $command_status" >&2
		return 1
		;;
	esac
	return "$command_status"
}
`,
	Words:  func(q Query) []string { return []string{q.Text("run")} },
	Scopes: func(q Query) []Scope { return []Scope{{Name: q.Label}} },
	Settings: func(q Query, _ *drift.Section) map[string]any {
		return settings(q, "run", "lines", "become")
	},
	Parse: parseCommand,
}

// parseCommand takes the output as it is. Of a command that ran as root it is private.
func parseCommand(f Frame) ([]drift.Section, error) {
	if len(f.Data) > maxCommand {
		return nil, fmt.Errorf("the command printed %d bytes, more than %d KiB", len(f.Data), maxCommand>>10)
	}
	output := strings.TrimSuffix(string(f.Data), "\n")
	value := drift.String(output)
	if f.Query.Flag("lines") {
		value = drift.Strings()
		if output != "" {
			value = drift.Strings(strings.Split(output, "\n")...)
		}
	}
	section := drift.Section{Collector: "command", Scope: f.Query.Label, Status: drift.OK}
	section.Facts = []drift.Fact{{Address: section.Address().Attr("output"), Value: value, Private: f.Query.Become}}
	return []drift.Section{section}, nil
}
