package collect

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// aptSummary is the line that counts what apt-get would do, before it lists it: see apt-private/private-output.cc of apt.
var aptSummary = regexp.MustCompile(`^([0-9]+) upgraded, ([0-9]+) newly installed, (?:([0-9]+) reinstalled, )?(?:([0-9]+) downgraded, )?([0-9]+) to remove and ([0-9]+) not upgraded\.$`)

// aptAction is a line of a simulation: Inst NAME [OLD] (NEW …), Remv NAME [OLD], Purg NAME [OLD]. Conf repeats an Inst.
var aptAction = regexp.MustCompile(`^(Inst|Remv|Purg) (\S+)(?: \[([^\]\s]+)\])?(?: \((\S+)[^)]*\))?`)

// parseApt reads what apt-get -s prints. It is whole when there are as many packages as the summary counts.
func parseApt(r dryRun) (previewItems, error) {
	if strings.Contains(r.messages, "Could not get lock") || strings.Contains(r.messages, "Unable to acquire the dpkg frontend lock") {
		return nil, fmt.Errorf("%w: %s", errBusy, firstLine(r.messages))
	}
	if err := r.ended(); err != nil {
		return nil, err
	}
	a := aptRun{items: previewItems{}, installed: map[string]bool{}, removed: map[string]string{}}
	for line := range strings.Lines(plainText(r.output)) {
		if err := a.line(strings.TrimRight(line, "\r\n")); err != nil {
			return nil, err
		}
	}
	return a.finish()
}

type aptRun struct {
	items     previewItems
	installed map[string]bool
	removed   map[string]string // the version that goes, by package
	summaries int
	toInstall int
	toRemove  int
}

func (a *aptRun) line(line string) error {
	if m := aptSummary.FindStringSubmatch(line); m != nil {
		a.summaries++
		a.toRemove = number(m[5])
		for _, text := range m[1:5] {
			a.toInstall += number(text)
		}
		return nil
	}
	if !strings.HasPrefix(line, "Inst ") && !strings.HasPrefix(line, "Remv ") && !strings.HasPrefix(line, "Purg ") {
		return nil
	}
	m := aptAction.FindStringSubmatch(line)
	if m == nil || m[1] == "Inst" && m[4] == "" {
		return fmt.Errorf("not a line of apt-get -s: %q", clip(line))
	}
	name, from := m[2], m[3]
	if from == "" {
		from = "absent"
	}
	if m[1] != "Inst" {
		a.removed[name] = from
		return nil
	}
	a.installed[name] = true
	a.items.add(name, change("", from, m[4]))
	return nil
}

// finish adds what is removed for good: some packages go only to come back in another version.
func (a *aptRun) finish() (previewItems, error) {
	gone := 0
	for name, from := range a.removed {
		if !a.installed[name] {
			gone++
			a.items.add(name, change("", from, "absent"))
		}
	}
	switch {
	case a.summaries == 0:
		return nil, errors.New("there is no line that counts the packages: it is not whole, or not the output of apt-get -s")
	case a.summaries > 1:
		return nil, errors.New("it is the output of more than one apt-get")
	case len(a.installed) != a.toInstall || gone != a.toRemove:
		return nil, fmt.Errorf("apt-get counts %d packages to install and %d to remove, and lists %d and %d: it is not whole",
			a.toInstall, a.toRemove, len(a.installed), gone)
	}
	return a.items, nil
}

// number reads digits; more than an int can hold are no number of packages.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}
