package cli

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Lines are far enough apart, say how far the work is, and end with the end.
func TestPace(t *testing.T) {
	clock := time.Unix(0, 0)
	var lines []string
	p := newPace(func() time.Time { return clock }, func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }, "preparing", 4000)
	for rows := int64(100); rows <= 4000; rows += 100 {
		clock = clock.Add(250 * time.Millisecond)
		p.at(rows)
	}
	if len(lines) != 5 {
		t.Fatalf("%d lines in ten seconds: %q", len(lines), lines)
	}
	for i, want := range []string{"preparing: 800 of 4,000 rows (20%)  400 rows/s", "1,600 of 4,000 rows (40%)", "2,400", "3,200 of 4,000 rows (80%)", "4,000 of 4,000 rows (100%)"} {
		if !strings.Contains(lines[i], want) || strings.Contains(lines[i], "eta") != (i < 4) {
			t.Errorf("line %d is %q, want %q", i+1, lines[i], want)
		}
	}
	if !strings.HasSuffix(lines[0], "eta 8s") {
		t.Errorf("the first line is %q; 8 s are left", lines[0])
	}
	// Before the first row there is nothing to reckon with.
	lines = nil
	p = newPace(func() time.Time { return clock }, p.say, "preparing", 0)
	clock = clock.Add(time.Minute)
	p.at(0)
	if len(lines) != 1 || !strings.Contains(lines[0], "0 of 0 rows (0%)") {
		t.Errorf("%q", lines)
	}
}
