package collect

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-313c021b/gate/drift"
)

// MaxSection is how many bytes of one section are read; a longer one is truncated.
const MaxSection = 16 << 20

// maxNoise is how much may stand before the head: banners, a message of the day, what a .bashrc prints.
const maxNoise = 1 << 20

// Head is what the probe says before the first section.
type Head struct {
	Time   time.Time     // the host's clock, in whole seconds
	Offset time.Duration // the host's clock less this machine's, to a second or so
	UID    int           // the user id that reads
	// Machine has what the host tells of its ID, Boot and Root.
	Machine drift.Machine
}

// ErrNoProbe is in the error of Read when the stream ended before the probe had said anything.
var ErrNoProbe = errors.New("the probe did not start")

// Read parses what the probe prints for a request and returns a section for everything that was asked, whatever
// happens: what could not be read is a section that says so. The error is the reason why the stream is not whole, or
// nil. now tells this machine's time.
//
// When ctx ends, a section that is still being parsed is given up, since nothing can end the parsing of one from outside;
// those before it count. That stream ends then too is the caller's part.
func (r Request) Read(ctx context.Context, stream io.Reader, now func() time.Time) ([]drift.Section, error) {
	p := parser{ctx: ctx, request: r, in: bufio.NewReaderSize(stream, 64<<10), now: now, answers: make([][]drift.Section, len(r.Queries)), began: make([]bool, len(r.Queries))}
	err := p.run()
	if late := p.settle(); err == nil {
		err = late
	}
	for i, q := range r.Queries {
		if p.answers[i] == nil {
			p.answers[i] = q.unread(p.missing(q, err))
		}
	}
	return r.combine(p.answers), err
}

// combine puts sections together, with what each was asked. Where two queries ask the same of a scope, the first that could
// tell most is kept. Where they ask otherwise, a pattern keeps an answer to each; see merge for anything else. A scope that
// reads as a pattern which was asked for too cannot be told apart from it: then the pattern has no answer.
func (r Request) combine(answers [][]drift.Section) []drift.Section {
	type scope struct {
		collector, name string
		question        bool
		asked           string // of a pattern
	}
	var sections []drift.Section
	at := map[scope]int{}
	known := map[scope]bool{}
	questions := NewQuestions(r.Queries, r.Root)
	for query, answer := range answers {
		for _, s := range answer {
			s.Asked = questions.text(&questions.asked[query], &s)
			key := scope{s.Collector, s.Scope, s.Question, ""}
			known[key] = true
			if s.Question {
				key.asked = s.Asked
			}
			if i, twice := at[key]; twice {
				sections[i] = merge(sections[i], s)
				continue
			}
			at[key] = len(sections)
			sections = append(sections, s)
		}
	}
	kept := sections[:0:0]
	for _, s := range sections {
		if !s.Question {
			s.Asked = questions.Asked(&s)
		}
		named, pattern := known[scope{s.Collector, s.Scope, false, ""}], known[scope{s.Collector, s.Scope, true, ""}]
		if named && pattern {
			if !s.Question {
				continue
			}
			s.Status, s.Reason = drift.Failed, `the host has something of this very name, which cannot be told apart from the pattern: write that otherwise, as with "?*" for "*"`
		}
		kept = append(kept, s)
	}
	return kept
}

// merge returns what two answers about one scope say: the first that could tell most. Where they are to different questions,
// both must be known, and what only the other one speaks of is added: the setting by which it does was asked for too.
func merge(a, b drift.Section) drift.Section {
	otherwise := a.Asked != b.Asked
	switch {
	case !a.Known() && otherwise:
		return a
	case !b.Known() && otherwise:
		return b
	case !a.Known(), b.Known() && unknownFacts(b) < unknownFacts(a):
		a, b = b, a
	}
	if !otherwise || a.Status != b.Status {
		return a
	}
	merged := a
	var more []drift.Fact
	for _, f := range b.Facts {
		at := f.Address
		if parent, ok := at.Parent(); ok && parent != a.Address() && f.Value.Kind != drift.Unknown {
			at = parent // of the same entries, or packages, one answer has all
		}
		i, has := slices.BinarySearchFunc(a.Facts, at, func(f drift.Fact, at drift.Address) int { return cmp.Compare(f.Address, at) })
		if !has && (i == len(a.Facts) || !a.Facts[i].Address.Below(at)) {
			more = append(more, f)
		}
	}
	merged.Facts = slices.Concat(a.Facts, more)
	slices.SortFunc(merged.Facts, func(x, y drift.Fact) int { return cmp.Compare(x.Address, y.Address) })
	return merged
}

// unknownFacts counts the facts of a section that could not be told.
func unknownFacts(s drift.Section) int {
	n := 0
	for _, f := range s.Facts {
		if f.Value.Kind == drift.Unknown {
			n++
		}
	}
	return n
}

type parser struct {
	ctx        context.Context
	request    Request
	in         *bufio.Reader
	now        func() time.Time
	head       Head
	answers    [][]drift.Section
	began      []bool                 // which sections the probe has begun
	parsing    int                    // the section that is being parsed
	parsed     <-chan []drift.Section // what comes of it; nil where none is
	rootBegan  bool                   // root's shell printed a section
	rootFailed string                 // how root's shell failed, or sudo before it
}

// missing tells the status of a query whose section never came.
func (p *parser) missing(q Query, err error) (drift.Status, string) {
	switch {
	case q.Become && p.rootFailed != "" && !p.rootBegan:
		return drift.Denied, p.rootFailed + "; become needs NOPASSWD in sudoers(5), for sh or the installed gate-probe"
	case q.Become && p.rootFailed != "":
		return drift.Truncated, p.rootFailed
	case errors.Is(err, ErrNoProbe):
		return drift.Failed, err.Error()
	case err != nil:
		return drift.Truncated, err.Error()
	}
	return drift.Truncated, "the host ended without it"
}

func (p *parser) run() error {
	if err := p.readHead(); err != nil {
		return err
	}
	for {
		kind, rest, err := p.frame()
		if err != nil {
			return err
		}
		switch kind {
		case "begin":
			if err := p.section(rest); err != nil {
				return err
			}
		case "root":
			p.rootEnded(rest)
		case "done":
			return nil
		default:
			return fmt.Errorf("the probe printed a frame that gate does not know: %q", kind)
		}
	}
}

// readHead skips what comes before the probe, and reads its first line.
func (p *parser) readHead() error {
	noise, line, _, err := p.until("=gate "+p.request.Word+" head ", maxNoise)
	if err != nil {
		return fmt.Errorf("%w: %w%s", ErrNoProbe, err, glimpse(noise))
	}
	if strings.HasSuffix(line, "\r") {
		return errors.New("there is a terminal between the probe and gate, which changes line ends (RequestTTY in ssh_config?)")
	}
	fields := strings.Fields(line)
	if len(fields) > 1 && fields[0] == "1" && fields[1] != digest() {
		return fmt.Errorf("the probe installed on the host is %s, this gate's is %s: install it anew (gate probe)", fields[1], digest())
	}
	if len(fields) != 7 || fields[0] != "1" {
		return fmt.Errorf("the probe's first line is not one of this version of gate: %q", line)
	}
	seconds, err1 := strconv.ParseInt(fields[2], 10, 64)
	uid, err2 := strconv.Atoi(fields[3])
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("the probe's first line: %w", err)
	}
	p.head = Head{Time: time.Unix(seconds, 0), UID: uid}
	p.head.Offset = p.head.Time.Sub(p.now().Truncate(time.Second))
	p.head.Machine = machine(fields[4], fields[5], fields[6])
	if p.request.Begun != nil {
		p.request.Begun(p.head)
	}
	return nil
}

// machine returns what a host says of its machine-id(5), its boot id and its folder /. What has not the form of one is not
// told: an image that has not started yet has "uninitialized" in the place of its id.
func machine(id, boot, root string) drift.Machine {
	var m drift.Machine
	if isMachineID.MatchString(id) && strings.Trim(id, "0") != "" {
		m.ID = identifier(id)
	}
	if isBootID.MatchString(boot) {
		m.Boot = identifier(boot)
	}
	if isPlace.MatchString(root) {
		m.Root = root
	}
	return m
}

var (
	isMachineID = regexp.MustCompile(`^[0-9a-f]{32}$`)
	isBootID    = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	isPlace     = regexp.MustCompile(`^[0-9]{1,20}:[0-9]{1,20}$`)
)

// identifier returns what stands for an identifier of a machine, which must not leave it as it is: a keyed digest of gate's
// own, as machine-id(5) wants it.
func identifier(id string) string {
	h := hmac.New(sha256.New, []byte(id))
	h.Write([]byte("gate"))
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// glimpse says what a host printed in place of the probe: the first line of it.
func glimpse(noise []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(noise), []byte("\n"))
	switch {
	case len(line) == 0:
		return ""
	case bytes.IndexByte(line, 0) >= 0 || !utf8.Valid(line):
		return "; it printed binary data"
	}
	return fmt.Sprintf("; it printed %.120q", line)
}

// frame reads the next line of the probe's own. Anything else between sections is an error: something on the host
// prints into the stream.
func (p *parser) frame() (kind, rest string, err error) {
	for {
		line, err := p.line()
		if err != nil {
			return "", "", err
		}
		if line == "" {
			continue
		}
		own, ok := strings.CutPrefix(line, "=gate "+p.request.Word+" ")
		if !ok {
			return "", "", fmt.Errorf("something printed between two sections: %q", line[:min(len(line), 200)])
		}
		kind, rest, _ = strings.Cut(own, " ")
		return kind, rest, nil
	}
}

// section reads the section that a "begin" line opened.
func (p *parser) section(number string) error {
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= len(p.began) || p.began[i] {
		return fmt.Errorf("the probe printed a section that was not asked for: %q", number)
	}
	p.began[i] = true
	q := p.request.Queries[i]
	p.rootBegan = p.rootBegan || q.Become
	data, line, truncated, err := p.until("=gate "+p.request.Word+" end "+number+" ", MaxSection)
	if err != nil {
		p.answers[i] = q.unread(drift.Truncated, err.Error())
		return err
	}
	status, message, _ := strings.Cut(strings.ToValidUTF8(line, "\uFFFD"), " ")
	switch {
	case truncated:
		p.answers[i] = q.unread(drift.Truncated, fmt.Sprintf("more than %d MiB", MaxSection>>20))
	case status == "0":
		// The next section is read meanwhile: one alone, so that no more than two are in memory.
		if err := p.settle(); err != nil {
			return err
		}
		p.parse(i, Frame{Query: q, Head: p.head, Data: data})
	case status == "66":
		p.answers[i] = q.unread(drift.Gone, "")
	case status == "77":
		p.answers[i] = q.unread(drift.Denied, message)
	default:
		p.answers[i] = q.unread(drift.Failed, strings.TrimSpace("exit status "+status+" "+message))
	}
	return nil
}

// parse begins to parse a section. Its result is handed over by settle, never by the goroutine itself: it may be at work
// still when nobody waits for it any more.
func (p *parser) parse(number int, f Frame) {
	result := make(chan []drift.Section, 1)
	p.parsing, p.parsed = number, result
	parse := p.request.parse
	if parse == nil {
		parse = Frame.parse
	}
	go func() { result <- parse(f) }()
}

// settle waits for the section that is being parsed, until the context ends.
func (p *parser) settle() error {
	result := p.parsed
	if p.parsed = nil; result == nil {
		return nil
	}
	select {
	case p.answers[p.parsing] = <-result:
		return nil
	case <-p.ctx.Done():
	}
	select {
	case p.answers[p.parsing] = <-result: // it has just come
		return nil
	default:
	}
	read := 0
	for _, answer := range p.answers {
		if answer != nil {
			read++
		}
	}
	err := fmt.Errorf("%w; gate was still parsing what it printed (sections read: %d of %d)", context.Cause(p.ctx), read, len(p.answers))
	p.answers[p.parsing] = p.request.Queries[p.parsing].unread(drift.Truncated, err.Error())
	return err
}

// rootEnded notes how root's shell ended: when it could not even start, sudo says why.
func (p *parser) rootEnded(rest string) {
	_, rest, _ = strings.Cut(strings.ToValidUTF8(rest, "\uFFFD"), " ")
	status, message, _ := strings.Cut(rest, " ")
	if status != "0" {
		p.rootFailed = strings.TrimSpace("sudo: exit status " + status + " " + strings.TrimPrefix(message, "sudo: "))
	}
}

// until reads to the line that begins with mark. It returns what came before, less the line break that the probe puts
// before its lines, and the rest of that line; of more than limit bytes it keeps none.
func (p *parser) until(mark string, limit int) (data []byte, rest string, truncated bool, err error) {
	start := true // at the start of a line
	for {
		chunk, err := p.in.ReadSlice('\n')
		if start && bytes.HasPrefix(chunk, []byte(mark)) && err == nil {
			return bytes.TrimSuffix(data, []byte("\n")), string(chunk[len(mark) : len(chunk)-1]), truncated, nil
		}
		if len(data)+len(chunk) > cap(data) { // append grows less, and would copy a long section more often
			data = slices.Grow(data, max(len(data), len(chunk)))
		}
		data = append(data, chunk...)
		if err != nil && err != bufio.ErrBufferFull {
			return data, "", truncated, streamError(err)
		}
		start = err == nil
		if len(data) > limit {
			data, truncated = data[:0], true
		}
	}
}

// line reads one line of the probe's own.
func (p *parser) line() (string, error) {
	chunk, err := p.in.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return "", errors.New("something printed between two sections")
	}
	if err != nil {
		return "", streamError(err)
	}
	return string(chunk[:len(chunk)-1]), nil
}

// streamError words the end of a stream that should have gone on.
func streamError(err error) error {
	if err == io.EOF {
		return errors.New("the host ended in the middle")
	}
	return err
}

// Unread returns the sections of a host that could not be asked at all.
func (r Request) Unread(err error) []drift.Section {
	var answers [][]drift.Section
	for _, q := range r.Queries {
		answers = append(answers, q.unread(drift.Failed, err.Error()))
	}
	return r.combine(answers)
}
