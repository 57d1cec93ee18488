package entries

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/seed-313c021b/gate/drift"
)

func parseJSON(text string, to *collection) error {
	if err := errNotUTF8(text); err != nil {
		return err
	}
	r := jsonReader{text: text, Decoder: json.NewDecoder(strings.NewReader(text)), line: 1}
	r.UseNumber()
	root, err := r.value(0)
	if err != nil {
		return err
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return r.errorf("more than one value")
	}
	return to.addTree("", root, 0)
}

type jsonReader struct {
	*json.Decoder
	text    string
	line    int // the line that counted is on
	counted int
}

// next returns the token that comes next.
func (r *jsonReader) next() (json.Token, error) {
	start := r.InputOffset()
	token, err := r.Token()
	if err != nil {
		return nil, r.errorf("not JSON")
	}
	s, ok := token.(string)
	if ok && strings.ContainsRune(s, utf8.RuneError) && r.lossy(r.text[start:r.InputOffset()]) {
		return nil, r.errorf("half of a surrogate pair")
	}
	return token, nil
}

// lossy reports whether a string that holds U+FFFD does so because of an escape that names no character.
func (r *jsonReader) lossy(literal string) bool {
	return !strings.ContainsRune(literal, utf8.RuneError) && !strings.Contains(strings.ToLower(literal), `\ufffd`)
}

func (r *jsonReader) value(depth int) (node, error) {
	token, err := r.next()
	if err != nil {
		return node{}, err
	}
	n := node{line: int32(r.here())}
	switch token := token.(type) {
	case json.Delim:
		if depth == MaxDepth {
			return node{}, r.errorf("%w", errTooDeep)
		}
		n.kind = list
		if token == '{' {
			n.kind = mapping
		}
		return n, r.fill(&n, depth+1)
	case string:
		n.text = drift.String(token).Text
	case json.Number:
		n.text = drift.Number(token.String()).Text
	case bool:
		n.text = drift.Bool(token).Text
	case nil:
		n.text = drift.Null().Text
	}
	return n, nil
}

// fill reads the items of a list or mapping, and its closing bracket.
func (r *jsonReader) fill(n *node, depth int) error {
	seen := map[string]bool{}
	for r.More() {
		if n.kind == mapping {
			token, err := r.next()
			if err != nil {
				return err
			}
			name := token.(string) // the decoder takes nothing else for a key
			if seen[name] {
				return r.errorf("a key for the second time")
			}
			seen[name] = true
			n.names = append(n.names, name)
		}
		item, err := r.value(depth)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.next()
	return err
}

// here returns the line of the last token.
func (r *jsonReader) here() int {
	end := int(r.InputOffset())
	r.line += strings.Count(r.text[r.counted:end], "\n")
	r.counted = end
	return r.line
}

func (r *jsonReader) errorf(format string, args ...any) error {
	return errorAt(r.here(), "%w", fmt.Errorf(format, args...))
}
