package cli

import (
	"fmt"
	"time"
)

// pace says how far a command has come through a known number of rows, in lines
// that are an interval apart at least.
type pace struct {
	now         func() time.Time
	say         func(format string, args ...any)
	what        string
	total       int64
	began, last time.Time
}

// between is the interval of a pace, shorter than that after which a watchdog
// speaks.
const between = 2 * time.Second

func newPace(now func() time.Time, say func(format string, args ...any), what string, total int64) *pace {
	p := &pace{now: now, say: say, what: what, total: total, began: now()}
	p.last = p.began
	return p
}

// at says that so many rows are done, if it is time for a line.
func (p *pace) at(rows int64) {
	now := p.now()
	if now.Sub(p.last) < between {
		return
	}
	p.last = now
	took := now.Sub(p.began)
	left := ""
	if rows > 0 && rows < p.total {
		left = fmt.Sprintf("  eta %s", (time.Duration(float64(took) / float64(rows) * float64(p.total-rows))).Round(time.Second))
	}
	p.say("%s: %s of %s rows (%.0f%%)  %s rows/s  RSS %s%s", p.what, thousands(rows), thousands(p.total),
		100*float64(rows)/float64(max(p.total, 1)), short(rate(int(rows), took)), bytesText(residentBytes()), left)
}
