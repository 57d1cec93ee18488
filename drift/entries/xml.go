package entries

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/seed-313c021b/gate/drift"
)

// parseXML reads elements as a path from the root element down. Names keep the prefix that they are written with; the
// declarations of prefixes are attributes like others.
func parseXML(text string, to *collection) error {
	if err := errNotUTF8(text); err != nil {
		return err
	}
	r := xmlReader{decoder: xml.NewDecoder(strings.NewReader(text)), to: to}
	root := element{}
	r.open = []*element{&root}
	for {
		token, err := r.decoder.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r.errorf("not XML")
		}
		if err := r.take(token); err != nil {
			return err
		}
	}
	if len(r.open) > 1 {
		return r.errorf("an element that is not closed")
	}
	if len(root.children) != 1 || root.value() != "" {
		return r.errorf("wants exactly one root element")
	}
	return to.addElement("", &root)
}

// element is one element with what it holds.
type element struct {
	name     string
	attrs    []xml.Attr
	text     []byte // of itself, with a space where a child stands
	children []*element
	line     int
}

// value returns the text of the element itself. White space in it counts only where there is nothing but text.
func (e *element) value() string {
	if len(e.children) == 0 {
		return strings.TrimSpace(string(e.text))
	}
	return strings.Join(strings.Fields(string(e.text)), " ")
}

type xmlReader struct {
	decoder *xml.Decoder
	open    []*element // from the document down to the element that is being read
	to      *collection
	leaves  int // elements without elements in them: each becomes an entry at least
}

func (r *xmlReader) take(token xml.Token) error {
	current := r.open[len(r.open)-1]
	switch token := token.(type) {
	case xml.StartElement:
		if len(r.open) > MaxDepth {
			return r.errorf("%w", errTooDeep)
		}
		line, _ := r.decoder.InputPos()
		child := &element{name: qualified(token.Name), attrs: token.Copy().Attr, line: line}
		current.children = append(current.children, child)
		current.text = append(current.text, ' ')
		r.open = append(r.open, child)
	case xml.EndElement:
		if len(r.open) == 1 || current.name != qualified(token.Name) {
			return r.errorf("an element that is closed by another's name")
		}
		r.open = r.open[:len(r.open)-1]
		if len(current.children) == 0 {
			r.leaves++
		}
		if r.leaves > MaxEntries {
			return r.errorf("%w", errTooMany)
		}
	case xml.CharData:
		current.text = append(current.text, token...)
	case xml.Directive:
		return r.directive(string(token))
	case xml.ProcInst:
		return r.instruction(token)
	}
	return nil
}

// directive takes a document type, and refuses one that declares entities.
func (r *xmlReader) directive(text string) error {
	words := strings.Fields(text)
	if len(words) < 2 || words[0] != "DOCTYPE" || strings.Contains(text, "<!") {
		return r.errorf("a declaration other than a plain document type")
	}
	line, _ := r.decoder.InputPos()
	return r.to.add("!DOCTYPE", drift.String(strings.Join(words[1:], " ")), line)
}

func (r *xmlReader) instruction(token xml.ProcInst) error {
	if token.Target == "xml" {
		if !xmlDeclaration.Match(token.Inst) {
			return r.errorf("an XML declaration that is none")
		}
		return nil // that the encoding is UTF-8 was seen to by the decoder
	}
	line, _ := r.decoder.InputPos()
	return r.to.add("?"+token.Target, drift.String(strings.TrimSpace(string(token.Inst))), line)
}

func (r *xmlReader) errorf(format string, args ...any) error {
	line, _ := r.decoder.InputPos()
	return errorAt(line, format, args...)
}

func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

var (
	xmlDeclaration = regexp.MustCompile(`^version\s*=\s*["']1\.[0-9]+["'](?:\s+encoding\s*=\s*["'][A-Za-z][A-Za-z0-9._-]*["'])?(?:\s+standalone\s*=\s*["'](?:yes|no)["'])?\s*$`)

	// attributeBlanks normalises an attribute's value (XML 1.0, 3.3.3).
	attributeBlanks = strings.NewReplacer("\t", " ", "\n", " ", "\r", " ")
)

// addElement adds what an element holds. An element that holds nothing but text is that text.
func (c *collection) addElement(path string, e *element) error {
	seen := map[string]bool{}
	for _, attr := range e.attrs {
		name := qualified(attr.Name)
		if seen[name] {
			return errorAt(e.line, "an attribute for the second time")
		}
		seen[name] = true
		value := attributeBlanks.Replace(attr.Value)
		if err := c.add(join(path, "@"+escape(name)), drift.String(value), e.line); err != nil {
			return err
		}
	}
	if text := e.value(); text != "" || len(e.attrs)+len(e.children) == 0 {
		if err := c.add(path, drift.String(text), e.line); err != nil {
			return err
		}
	}
	total := map[string]int{}
	for _, child := range e.children {
		total[child.name]++
	}
	next := map[string]int{}
	for _, child := range e.children {
		name := join(path, escape(child.name))
		if total[child.name] > 1 {
			name += "." + strconv.Itoa(next[child.name])
			next[child.name]++
		}
		if err := c.addElement(name, child); err != nil {
			return err
		}
	}
	return nil
}
