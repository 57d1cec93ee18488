package collect

import (
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/zclconf/go-cty/cty"
)

//go:embed revision.sh
var revisionScript string

var revision = Collector{
	Name:    "revision",
	Version: 2,
	Doc: `What is deployed, as the host itself says: the commit and branch of a git checkout, and whether its tracked files ` +
		`were changed; or the first line of a marker file. A checkout may belong to another user, and nothing that its ` +
		`configuration names is run: no hook, filter or monitor. So where a filter other than that of Git LFS converts ` +
		`its files, or where the host has no git, "dirty" may be unknown. Files that git was told to pass over ` +
		`(skip-worktree, assume-unchanged) and those of submodules count; files that are not tracked do not.`,
	Args: []Arg{
		{Name: "checkout", Type: cty.String, Check: checkOnePath, Doc: "The folder of a git checkout, a worktree or a bare repository."},
		{Name: "marker", Type: cty.String, Check: checkOnePath, Doc: "A file whose first line says what is deployed."},
	},
	Schema: &Schema{
		Doc: "What is deployed.", Key: "path",
		Elem: &Schema{
			Doc: "A checkout or a marker file.",
			Attrs: map[string]*Schema{
				"commit":  {Type: "string", Doc: "The full id of the commit that is checked out."},
				"branch":  {Type: "string", Doc: "The branch that is checked out; absent for a detached one."},
				"dirty":   {Type: "bool", Doc: "Whether tracked files, or submodules, differ from the commit; absent for a bare repository."},
				"value":   {Type: "string", Doc: "The first line of the marker file, without the spaces around it."},
				"changed": {Type: "string", Doc: "When the commit or the marker file changed last on this host, or a symbolic link on the way to it: RFC 3339, in UTC."},
			},
		},
	},
	Script: revisionScript,
	Words:  func(q Query) []string { return []string{q.Text("checkout"), q.Text("marker")} },
	Scopes: revisionScopes,
	Settings: func(q Query, s *drift.Section) map[string]any {
		if q.Text("checkout") == s.Scope {
			return map[string]any{"as": "checkout"}
		}
		return map[string]any{"as": "marker"}
	},
	Parse: parseRevision,
}

func revisionScopes(q Query) []Scope {
	var scopes []Scope
	for _, name := range []string{"checkout", "marker"} {
		if path := q.Text(name); path != "" {
			scopes = append(scopes, Scope{Name: path})
		}
	}
	return scopes
}

// parseRevision reads lines of key=value below a line "=checkout" or "=marker", which stand for the paths that were asked
// for; then "end".
func parseRevision(f Frame) ([]drift.Section, error) {
	body, err := f.Body()
	if err != nil {
		return nil, err
	}
	var sections []drift.Section
	for _, name := range []string{"checkout", "marker"} {
		path := f.Query.Text(name)
		if path == "" {
			continue
		}
		part, rest, ok := cutPart(body, name)
		if !ok {
			return nil, fmt.Errorf("the host does not tell of %s", path)
		}
		body = rest
		section := drift.Section{Collector: "revision", Scope: path, Status: drift.OK}
		status, reason, _ := strings.Cut(part.first("status"), " ")
		switch status {
		case "66":
			section.Status = drift.Gone
		case "77":
			section.Status, section.Reason = drift.Denied, reason
		case "0":
			if name == "marker" {
				section.Facts, err = markerFacts(section.Address(), part)
			} else {
				section.Facts, err = checkoutFacts(section.Address(), part)
			}
			if err != nil {
				section.Status, section.Reason, section.Facts = drift.Failed, err.Error(), nil
			}
		default:
			section.Status, section.Reason = drift.Failed, strings.TrimSpace(reason)
		}
		sections = append(sections, section)
	}
	if len(sections) == 0 {
		return nil, errors.New("neither a checkout nor a marker is asked for")
	}
	return sections, nil
}

// linePart is a part of what a function printed: lines of key=value, where a key may come again.
type linePart []string

// cutPart takes the part that the line "=name" begins off the front of body.
func cutPart(body, name string) (part linePart, rest string, ok bool) {
	body, ok = strings.CutPrefix(body, "="+name+"\n")
	if !ok {
		return nil, "", false
	}
	for body != "" && body[0] != '=' {
		line, after, _ := strings.Cut(body, "\n")
		part = append(part, line)
		body = after
	}
	return part, body, true
}

// first returns the value of the first line with a key, "" where there is none.
func (p linePart) first(key string) string {
	if all := p.all(key); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (p linePart) all(key string) []string {
	var values []string
	for _, line := range p {
		if value, ok := strings.CutPrefix(line, key+"="); ok {
			values = append(values, value)
		}
	}
	return values
}

func markerFacts(at drift.Address, part linePart) ([]drift.Fact, error) {
	value := strings.TrimSpace(strings.TrimPrefix(part.first("value"), "\uFEFF"))
	switch {
	case len(part.all("value")) == 0 || value == "":
		return nil, errors.New("the first line of the marker is empty")
	case len(value) >= maxMarker:
		return nil, fmt.Errorf("the first line of the marker has %d bytes or more", maxMarker)
	}
	return []drift.Fact{{Address: at.Attr("value"), Value: drift.String(value)}, {Address: at.Attr("changed"), Value: changed(part)}}, nil
}

// changed tells when something changed last: the latest of the times that the host prints, in seconds.
func changed(part linePart) drift.Value {
	latest := int64(-1)
	for _, text := range part.all("changed") {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds < 0 || seconds > maxTime {
			return drift.UnknownValue("the host cannot tell when it changed")
		}
		latest = max(latest, seconds)
	}
	if latest < 0 {
		return drift.UnknownValue("the host does not tell when it changed")
	}
	return moment(time.Unix(latest, 0))
}

// maxTime is the last second that RFC 3339 can write.
const maxTime = 253402300799

// moment returns the value of a time.
func moment(t time.Time) drift.Value { return drift.String(t.UTC().Format(time.RFC3339)) }

// maxMarker is how many bytes of a marker are read.
const maxMarker = 4096

func checkoutFacts(at drift.Address, part linePart) ([]drift.Fact, error) {
	commit := part.first("commit")
	facts := []drift.Fact{{Address: at.Attr("commit"), Value: drift.String(commit)}}
	if !isObjectID(commit) {
		facts[0].Value = drift.UnknownValue("the checkout's HEAD leads to no commit")
	}
	facts = append(facts, drift.Fact{Address: at.Attr("changed"), Value: changed(part)})
	if branch := part.first("branch"); branch != "" {
		facts = append(facts, drift.Fact{Address: at.Attr("branch"), Value: drift.String(branch)})
	}
	if part.first("bare") == "" {
		facts = append(facts, drift.Fact{Address: at.Attr("dirty"), Value: dirty(part)})
	}
	return facts, nil
}

// isObjectID reports whether s is the full id of a git object: SHA-1 or SHA-256, hexadecimal.
func isObjectID(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}
