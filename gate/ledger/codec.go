package ledger

import (
	"encoding/binary"
	"hash/crc32"
	"maps"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// each shows a codec the fields of a link, in the order in which they are written.
func (l *link) each(c codec) {
	c.text(&l.ID)
	c.text(&l.Parent)
	c.text(&l.Broken)
	c.text(&l.Key)
	c.text(&l.Unsigned)
	e := &l.Event
	c.text((*string)(&e.Kind))
	c.time(&e.At)
	c.text(&e.By)
	c.text(&e.Repository)
	c.text(&e.Environment)
	c.text(&e.Key)
	c.text(&e.Run)
	c.text(&e.Of)
	c.contents(&e.Contents)
	c.contents(&e.Seen)
	c.table(&e.Snapshots)
	c.text(&e.Name)
	c.text(&e.Reason)
	c.time(&e.Until)
	c.texts(&e.Codes)
	c.texts(&e.Hosts)
	c.texts(&e.Artifacts)
	c.text((*string)(&e.Outcome))
	c.text(&e.Policy)
	c.flag(&e.Rollback)
	c.flag(&e.Adopted)
}

// codec writes the fields that it is shown, or reads them.
type codec interface {
	text(*string)
	texts(*[]string)
	time(*time.Time)
	flag(*bool)
	contents(*[]gate.Content)
	table(*map[string]string)
}

// A part of the file of the links is the length of its body and the CRC-32C of that, in 4 bytes each with the highest
// first, and the body: how many texts and how many links there are, and the links, with numbers as in encoding/binary's
// varints. A text is there once: as 0, its length and its bytes; and from then on as its number among the texts so far,
// the first of which is 1.
const frameBytes = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encodeLinks writes links as a part.
func encodeLinks(links []*link) []byte {
	w := linkWriter{numbers: map[string]int{}}
	for _, l := range links {
		l.each(&w)
	}
	body := binary.AppendUvarint(nil, uint64(len(w.numbers)))
	body = binary.AppendUvarint(body, uint64(len(links)))
	body = append(body, w.out...)
	part := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	part = binary.BigEndian.AppendUint32(part, crc32.Checksum(body, castagnoli))
	return append(part, body...)
}

// decodeLinks reads the links of the part that data begins with, and returns what follows it. It returns false where they
// are not as they were written.
func decodeLinks(data []byte) (links []*link, rest []byte, ok bool) {
	if len(data) < frameBytes {
		return nil, nil, false
	}
	size, sum, data := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:]), data[frameBytes:]
	if uint64(size) > uint64(len(data)) || crc32.Checksum(data[:size], castagnoli) != sum {
		return nil, nil, false
	}
	links, ok = readBody(data[:size])
	return links, data[size:], ok
}

func readBody(body []byte) (links []*link, ok bool) {
	r := linkReader{data: body, whole: string(body)}
	r.known = make([]string, 0, r.length())
	all := make([]link, r.length())
	for i := range all {
		if r.failed {
			return nil, false
		}
		all[i].each(&r)
		links = append(links, &all[i])
	}
	return links, !r.failed && r.at == len(body)
}

// linkWriter is the codec that writes.
type linkWriter struct {
	out     []byte
	numbers map[string]int // of the texts so far
}

func (w *linkWriter) number(n int) { w.out = binary.AppendUvarint(w.out, uint64(n)) }

func (w *linkWriter) text(s *string) {
	n := w.numbers[*s]
	if w.number(n); n > 0 {
		return
	}
	w.numbers[*s] = len(w.numbers) + 1
	w.number(len(*s))
	w.out = append(w.out, *s...)
}

func (w *linkWriter) texts(list *[]string) {
	w.number(len(*list))
	for i := range *list {
		w.text(&(*list)[i])
	}
}

func (w *linkWriter) time(t *time.Time) {
	_, offset := t.Zone()
	w.out = binary.AppendVarint(w.out, t.Unix())
	w.number(t.Nanosecond())
	w.out = binary.AppendVarint(w.out, int64(offset))
}

func (w *linkWriter) flag(b *bool) {
	n := 0
	if *b {
		n = 1
	}
	w.number(n)
}

func (w *linkWriter) contents(list *[]gate.Content) {
	w.number(len(*list))
	for i := range *list {
		c := &(*list)[i]
		w.text(&c.Component)
		w.text(&c.ID)
		w.text(&c.Commit)
	}
}

func (w *linkWriter) table(m *map[string]string) {
	w.number(len(*m))
	for _, key := range slices.Sorted(maps.Keys(*m)) {
		value := (*m)[key]
		w.text(&key)
		w.text(&value)
	}
}

// linkReader is the codec that reads. Once it has failed, what it reads means nothing.
type linkReader struct {
	data   []byte
	whole  string // data again: texts are parts of it
	at     int
	known  []string // the texts so far
	free   []gate.Content
	failed bool
}

func (r *linkReader) number() int {
	n, size := binary.Uvarint(r.data[r.at:])
	if size <= 0 || n > 1<<31 {
		r.failed = true
		return 0
	}
	r.at += size
	return int(n)
}

func (r *linkReader) signed() int64 {
	n, size := binary.Varint(r.data[r.at:])
	if size <= 0 {
		r.failed = true
		return 0
	}
	r.at += size
	return n
}

// length reads how many things follow, each of a byte or more.
func (r *linkReader) length() int {
	n := r.number()
	if n > len(r.data)-r.at {
		r.failed = true
		return 0
	}
	return n
}

func (r *linkReader) text(s *string) {
	n := r.number()
	switch {
	case r.failed || n > len(r.known):
		r.failed = true
	case n > 0:
		*s = r.known[n-1]
	default:
		n = r.length()
		*s = r.whole[r.at : r.at+n]
		r.at += n
		r.known = append(r.known, *s)
	}
}

func (r *linkReader) texts(list *[]string) {
	if n := r.length(); n > 0 {
		*list = make([]string, n)
		for i := range *list {
			r.text(&(*list)[i])
		}
	}
}

func (r *linkReader) time(t *time.Time) {
	seconds, nanoseconds, offset := r.signed(), r.number(), r.signed()
	if *t = time.Unix(seconds, int64(nanoseconds)).UTC(); offset != 0 {
		*t = t.In(time.FixedZone("", int(offset)))
	}
}

func (r *linkReader) flag(b *bool) { *b = r.number() > 0 }

func (r *linkReader) contents(list *[]gate.Content) {
	if n := r.length(); n > 0 {
		if n > len(r.free) {
			r.free = make([]gate.Content, max(n, 256)) // one by one they would cost more than all else
		}
		*list, r.free = r.free[:n:n], r.free[n:]
		for i := range *list {
			c := &(*list)[i]
			r.text(&c.Component)
			r.text(&c.ID)
			r.text(&c.Commit)
		}
	}
}

func (r *linkReader) table(m *map[string]string) {
	if n := r.length(); n > 0 {
		*m = make(map[string]string, n)
		for range n {
			var key, value string
			r.text(&key)
			r.text(&value)
			(*m)[key] = value
		}
	}
}
