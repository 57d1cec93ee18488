package policies

import (
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Freeze is a freeze block: a time of each week, in the policy's zone, in which nothing is promoted. It may go over the
// end of the week.
type Freeze struct {
	Name        string
	From, Until WeekTime
	Range       hcl.Range
}

// WeekTime is a minute of the week.
type WeekTime struct {
	Day    time.Weekday
	Minute int // of the day
}

func (w WeekTime) String() string {
	return fmt.Sprintf("%s %02d:%02d", w.Day.String()[:3], w.Minute/60, w.Minute%60)
}

// ParseWeekTime reads a day of the week and a time of day: "Fri 16:00". "24:00" is the end of the day.
func ParseWeekTime(s string) (WeekTime, error) {
	bad := fmt.Errorf("%q is not a time of the week: write it as \"Fri 16:00\" (Mon, Tue, Wed, Thu, Fri, Sat, Sun; 24 hours)", s)
	name, clock, _ := strings.Cut(s, " ")
	for weekday := time.Sunday; weekday <= time.Saturday; weekday++ {
		if name != weekday.String()[:3] && name != weekday.String() {
			continue
		}
		if clock == "24:00" {
			return WeekTime{Day: (weekday + 1) % 7}, nil
		}
		t, err := time.Parse("15:04", clock)
		if err != nil || len(clock) != len("15:04") {
			return WeekTime{}, bad
		}
		return WeekTime{Day: weekday, Minute: t.Hour()*60 + t.Minute()}, nil
	}
	return WeekTime{}, bad
}

func (d *decoder) freeze(b *hclsyntax.Block) Freeze {
	f := Freeze{Name: b.Labels[0], Range: b.DefRange()}
	before := len(d.diags)
	d.block(b,
		required("from", d.weekTime(&f.From)),
		required("until", d.weekTime(&f.Until)),
	)
	if len(d.diags) == before && f.From == f.Until {
		d.error(b.DefRange(), "Empty freeze", "It ends when it begins. To stop promotions for good, take the promotion block away.")
	}
	return f
}

func (d *decoder) weekTime(to *WeekTime) func(*hclsyntax.Attribute) {
	return func(a *hclsyntax.Attribute) {
		w, ok := d.word(a)
		if !ok {
			return
		}
		t, err := ParseWeekTime(w.text)
		if err != nil {
			d.error(w.at, "Bad time of the week", sentence(err))
			return
		}
		*to = t
	}
}
