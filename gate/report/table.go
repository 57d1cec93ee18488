package report

import (
	"fmt"
	"strings"

	"github.com/seed-313c021b/gate/gate"
)

// items writes the first items of a finding as a table: what, and what each side has.
func (t *text) items(f gate.Finding, most int) {
	if len(f.Items) == 0 {
		return
	}
	shown := f.Items[:min(most, len(f.Items))]
	from, to := t.sideName(shown, fromSide), t.sideName(shown, toSide)
	rows := []row{{what: printable(f.Subject), from: heading(from), to: heading(to)}}
	if f.Subject == "" {
		rows[0].what = "what"
	}
	for _, item := range shown {
		rows = append(rows, row{
			what: "  " + printable(item.Label), from: t.side(item.From, from), to: t.side(item.To, to), note: printable(item.Note),
		})
	}
	t.table(rows)
	if n := len(f.Items) - len(shown); n > 0 {
		t.printf("     + %d more: gate explain %d\n", n, f.Number)
	}
}

// row is a row of a finding's table. The first one is the heading.
type row struct {
	what     string
	from, to []cell
	note     string
}

// cell is a value in a row, and the hosts that have it where the heading does not name them.
type cell struct{ value, hosts string }

func heading(text string) []cell {
	if text == "" {
		return nil
	}
	return []cell{{value: text}}
}

// fit writes a cell in n columns. The value is cut before the hosts are.
func (c cell) fit(n int) string {
	if c.hosts == "" {
		return clip(c.value, n)
	}
	hosts := " (" + c.hosts + ")"
	return clip(clip(c.value, max(8, n-columns(hosts)))+hosts, n)
}

const wide = 1 << 20 // columns: more than any value has

// maxLines is how many lines the values of one side take.
const maxLines = 4

// lines writes cells in n columns: beside each other where they fit, else below each other.
func lines(cells []cell, n int) []string {
	var list []string
	for _, c := range cells {
		list = append(list, c.fit(wide))
	}
	if whole := strings.Join(list, ", "); columns(whole) <= n {
		return []string{whole}
	}
	for i, c := range cells {
		list[i] = c.fit(n)
	}
	if len(list) > maxLines {
		list = append(list[:maxLines-1], fmt.Sprintf("and %d more", len(list)-maxLines+1))
	}
	return list
}

func (t *text) table(rows []row) {
	what, from, to := widths(rows)
	for i, r := range rows {
		head := ""
		if i == 0 && columns(r.what) > what { // the subject is never cut: it is what one pastes
			head, r.what = r.what, ""
		}
		if head != "" {
			t.printf("   %s\n", t.color("2", head))
		}
		left, right := lines(r.from, from), lines(r.to, to)
		for n := range max(len(left), len(right), 1) {
			line := "   " + padRight(clip(nth([]string{r.what}, n), what), what)
			if from > 0 {
				line += "  " + padRight(nth(left, n), from)
			}
			line = strings.TrimRight(line+"  "+nth(right, n), " ")
			if n == 0 && r.note != "" && columns(line)+2+columns(r.note) <= pageWidth {
				line += "  " + r.note
				r.note = ""
			}
			if i == 0 {
				line = t.color("2", line)
			}
			if line != "" {
				t.printf("%s\n", line)
			}
		}
		for _, l := range Wrap(r.note, pageWidth-7) {
			if l != "" {
				t.printf("       %s\n", l)
			}
		}
	}
}

// widths returns how many columns what is compared and the values of the two sides take, in pageWidth.
func widths(rows []row) (what, from, to int) {
	for i, r := range rows {
		if i > 0 || columns(r.what) <= pageWidth/2 {
			what = max(what, columns(r.what))
		}
		from, to = max(from, widest(r.from)), max(to, widest(r.to))
	}
	const margins = 3 + 2 + 2
	what = min(what, max(pageWidth/2-2, pageWidth-margins-from-to))
	rest := pageWidth - margins - what
	from = min(from, max(rest/2, rest-to))
	return what, from, rest - from
}

func widest(cells []cell) int {
	if len(cells) == 0 {
		return 0
	}
	return columns(lines(cells, wide)[0])
}

// nth returns the nth of some lines, "" where there is none.
func nth(lines []string, n int) string {
	if n < len(lines) {
		return lines[n]
	}
	return ""
}
