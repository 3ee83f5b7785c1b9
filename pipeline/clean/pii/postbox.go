package pii

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "post_box", Type: "ADDRESS", Rank: 121, Starts: digits,
	Doc:  "post office box, and the box of a US military unit with its state and ZIP",
	Find: findBox,
	Samples: Samples{
		Find: []string{"to «P.O. Box 1234»", "«PO Box 77», Springfield", "«PSC 5217, Box 4854\nAPO AP 43617».", "«Unit 5022 Box 1225\nDPO AE 44085»", "«Postfach 10 20»"},
		Miss: []string{"box 12", "mailbox 3", "xbox 360", "Unit 5022", "dropbox 20"},
	},
})

// boxEnds are the last letters of what stands before the number of a box.
const boxEnds = "xXhoaCRtc"

// findBox starts at the number of a box, or of a military unit.
func findBox(t *Text, at int) (sample.Range, bool) {
	s := t.String
	if byteAt(s, at-1) != ' ' || strings.IndexByte(boxEnds, byteAt(s, at-2)) < 0 {
		return sample.Range{}, false
	}
	end := run(s, at, 8, isDigit)
	if !ends(s, end) {
		return sample.Range{}, false
	}
	if start := led(s, at, boxLeads); start >= 0 {
		if more := run(s, end+1, 3, isDigit); byteAt(s, end) == ' ' && more == end+3 && strings.HasPrefix(s[start:], "Postfach") && ends(s, more) {
			end = more
		}
		return sample.Range{Start: start, End: end}, true
	}
	if start := led(s, at, unitLeads); start >= 0 {
		end, ok := militaryEnd(s, end)
		return sample.Range{Start: start, End: end}, ok
	}
	return sample.Range{}, false
}

// boxLeads and unitLeads are what stands before the number of a box, and of a
// military unit.
var (
	boxLeads = []string{
		"P.O. Box ", "P.O.Box ", "PO Box ", "P.O. box ", "p.o. box ", "po box ", "PO BOX ", "P.O. BOX ", "Post Office Box ", "Postfach ", "Apartado ", "Casilla ",
	}
	unitLeads = []string{"PSC ", "CMR ", "Unit ", "unit ", "psc "}
)

// led is where one of some leads that ends at a place begins, -1 if none does.
func led(s string, at int, leads []string) int {
	for _, lead := range leads {
		if start := at - len(lead); start >= 0 && s[start:at] == lead && free(s, start) {
			return start
		}
	}
	return -1
}

// militaryEnd reads ", Box 4854\nAPO AP 43617".
func militaryEnd(s string, at int) (int, bool) {
	at = skip(s, at, ", ")
	if w, ok := wordAt(s, at); !ok || w.plain(s) != "box" {
		return 0, false
	}
	at = skip(s, at+len("box"), " ")
	at = run(s, at, 8, isDigit)
	at = skip(s, at, ",\n ")
	w, ok := wordAt(s, at)
	if plain := w.plain(s); !ok || plain != "apo" && plain != "fpo" && plain != "dpo" {
		return 0, false
	}
	at = skip(s, w.end, " ")
	w, ok = wordAt(s, at)
	if !ok {
		return 0, false
	}
	end := stateAndZIP(s, w)
	return end, end > 0
}
