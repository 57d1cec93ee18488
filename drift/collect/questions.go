package collect

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/seed-313c021b/gate/drift"
)

// Questions are what the queries of one host ask of each section, as drift.Section.Asked has it. What was kept can be judged
// in place of the host only where it answers the same.
type Questions struct {
	root  string
	asked []asking
	texts map[string]string // each once in memory
}

// asking is a query with what is worked out of it once.
type asking struct {
	Query
	reader  *Collector
	scopes  []Scope
	exclude []string
}

// NewQuestions returns what queries ask of a host, below a root: see Request.Root.
func NewQuestions(queries []Query, root string) *Questions {
	q := &Questions{root: root, texts: map[string]string{}}
	for _, query := range queries {
		q.asked = append(q.asked, asking{query, reader(query.Collector), query.Asked(), query.Strings("exclude")})
	}
	return q
}

// Asks reports whether a scope of a collector's is asked for, by its name or by a pattern.
func (q *Questions) Asks(collector, scope string) bool {
	return slices.ContainsFunc(q.asked, func(a asking) bool {
		return a.finds(&drift.Section{Collector: collector, Scope: scope}) || a.finds(&drift.Section{Collector: collector, Scope: scope, Question: true})
	})
}

// Has reports whether what a section was asked is one of the questions.
func (q *Questions) Has(s *drift.Section) bool {
	return s.Question && slices.Contains(q.of(s), s.Asked) || !s.Question && q.Asked(s) == s.Asked
}

// Asked returns what is asked of a section: "" where that is not asked for. Of a pattern that several queries ask for, it is
// what the first of them does.
func (q *Questions) Asked(s *drift.Section) string {
	list := q.of(s)
	switch {
	case len(list) == 0:
		return ""
	case len(list) == 1 || s.Question:
		return list[0]
	}
	return q.once("[" + strings.Join(list, ",") + "]")
}

// of returns what each query asks of a section that it asks for, each text once.
func (q *Questions) of(s *drift.Section) []string {
	var list []string
	for i := range q.asked {
		if a := &q.asked[i]; a.finds(s) {
			if text := q.text(a, s); !slices.Contains(list, text) {
				list = append(list, text)
			}
		}
	}
	return list
}

// finds reports whether a query asks for a section.
func (a *asking) finds(s *drift.Section) bool {
	return a.Collector == s.Collector && slices.ContainsFunc(a.scopes, func(scope Scope) bool {
		if scope.Name == s.Scope {
			return scope.Question == s.Question
		}
		return scope.Question && !s.Question && drift.ScopeMatches(scope.Name, s.Scope) && !drift.Excluded(s.Scope, scope.Name, a.exclude)
	})
}

// text returns what a query asks of a section.
func (q *Questions) text(a *asking, s *drift.Section) string {
	settings := map[string]any{}
	if a.reader.Settings != nil {
		maps.Copy(settings, a.reader.Settings(a.Query, s))
	}
	for name, value := range settings {
		if text, ok := value.(string); ok && drift.HoldsSecret(text) {
			settings[name] = hidden(text)
		}
	}
	settings["version"] = a.reader.Version
	if q.root != "" {
		settings["root"] = q.root
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(settings); err != nil {
		panic(err) // they are texts, booleans and lists of texts
	}
	return q.once(strings.TrimSuffix(b.String(), "\n"))
}

// hides are what stands for texts that hold a secret.
var hides sync.Map

// hidden returns what stands for a command line that holds a secret: it is kept where the policy is not, and is to be told from
// another one without the key of digests. Guessing takes long, by PBKDF2 (RFC 8018).
func hidden(text string) string {
	if known, ok := hides.Load(text); ok {
		return known.(string)
	}
	key, err := pbkdf2.Key(sha256.New, text, []byte("gate question"), 100_000, 16)
	if err != nil {
		panic(err) // such a length is possible
	}
	hides.Store(text, fmt.Sprintf("(of a secret's form, %x)", key))
	return hidden(text)
}

func (q *Questions) once(text string) string {
	if known, ok := q.texts[text]; ok {
		return known
	}
	q.texts[text] = text
	return text
}

// settings returns those of some arguments of a query that are set; "become" stands for Query.Become.
func settings(q Query, names ...string) map[string]any {
	set := map[string]any{}
	for _, name := range names {
		switch v, ok := q.Args[name]; {
		case name == "become" && q.Become, ok && v.Type() == cty.Bool && q.Flag(name):
			set[name] = true
		case ok && v.Type() == cty.String && q.Text(name) != "":
			set[name] = q.Text(name)
		}
	}
	return set
}

// Answers returns what the kept sections of a host answer of the questions, in the order of a drift.Host. What answers another
// question is not collected: there is a section that says so, so that nothing takes it for absent. What is not asked for is
// left out.
//
// What was kept without a record of its question is not collected either, unless it is history: an older gate recorded that,
// and nothing would be known of the past any more. It counts as what is asked now.
func (q *Questions) Answers(kept []drift.Section, history bool) []drift.Section {
	var list []drift.Section
	for _, s := range kept {
		asked := q.of(&s)
		if !s.Question && len(asked) > 0 {
			asked = []string{q.Asked(&s)}
		}
		switch {
		case slices.Contains(asked, s.Asked):
			list = append(list, s)
		case s.Asked == "" && history:
			for _, s.Asked = range asked {
				list = append(list, s)
			}
		case !s.Question && len(asked) > 0:
			list = append(list, notCollected(s, asked[0]))
		}
	}
	list = append(list, q.unanswered(kept, list)...)
	slices.SortFunc(list, drift.Section.Compare)
	return list
}

// unanswered returns sections for the patterns that are asked for, and to which only other questions are answered.
func (q *Questions) unanswered(kept, answers []drift.Section) []drift.Section {
	var list []drift.Section
	for _, s := range kept {
		if !s.Question {
			continue
		}
		for _, text := range q.of(&s) {
			same := func(other drift.Section) bool {
				return other.Collector == s.Collector && other.Scope == s.Scope && other.Question && other.Asked == text
			}
			if !slices.ContainsFunc(answers, same) && !slices.ContainsFunc(list, same) {
				list = append(list, notCollected(s, text))
			}
		}
	}
	return list
}

// notCollected returns the section that stands for one which answers another question than is asked now.
func notCollected(s drift.Section, asked string) drift.Section {
	then, now := inWords(s.Asked, asked), inWords(asked, s.Asked)
	var why string
	switch {
	case s.Asked == "":
		why = "an older gate collected it, and did not record what it was asked"
	case then == now:
		why = "another version of gate collected it, and reads it otherwise"
	case now == "":
		why = fmt.Sprintf("it was collected with %s; the policy asks without it now", then)
	case then == "":
		why = fmt.Sprintf("it was collected without %s; the policy asks with it now", now)
	default:
		why = fmt.Sprintf("it was collected with %s; the policy asks with %s now", then, now)
	}
	return drift.Section{Collector: s.Collector, Scope: s.Scope, Question: s.Question, Status: drift.NotCollected, Reason: shorten(why), Asked: asked}
}

// inWords writes what was asked as a policy does, less the collector's version, and less what another question asks as well
// where both are one question.
func inWords(asked, other string) string {
	list, others := settingsOf(asked), settingsOf(other)
	var words []string
	for _, settings := range list {
		var set []string
		for _, name := range slices.Sorted(maps.Keys(settings)) {
			value := string(settings[name])
			same := len(list) == 1 && len(others) == 1 && string(others[0][name]) == value
			if name != "version" && !same {
				set = append(set, name+" = "+value)
			}
		}
		if len(set) == 0 && len(list)+len(others) > 2 {
			set = []string{"no settings"}
		}
		words = append(words, strings.Join(set, ", "))
	}
	return strings.Join(words, ", and with ")
}

// settingsOf takes a text of drift.Section.Asked apart; nil where it is none.
func settingsOf(asked string) (list []map[string]json.RawMessage) {
	if !strings.HasPrefix(asked, "[") {
		asked = "[" + asked + "]"
	}
	if err := json.Unmarshal([]byte(asked), &list); err != nil {
		return nil
	}
	return list
}
