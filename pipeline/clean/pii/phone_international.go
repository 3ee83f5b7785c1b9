package pii

import (
	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "phone_international", Type: "PHONE", Rank: 110, Starts: "+",
	Doc:    "telephone number after + and a country's code, or 00 in groups (E.164: up to 15 digits), with extension",
	Find:   findInternational,
	Normal: onlyDigits,
	Samples: Samples{
		Find: []string{
			"«+41 (0)71 526 99 04» fax", "«+1-604-696-5272x565»", "«+442079460958».", "«+49 30 901820»", "电话«+81 3-1234-5678»。", "(«+33 1 70 18 99 00»)",
		},
		Miss: []string{"+1", "a+442079460958", "+12345", "2+2", "+1234567890123456", "+0123456789", "GMT+08:00", "+10 000 000", "C++11 2014 2017"},
	},
})

// findInternational starts at a plus sign.
func findInternational(t *Text, at int) (sample.Range, bool) {
	s, none := t.String, sample.Range{}
	if first := byteAt(s, at+1); first < '1' || first > '9' || !free(s, at) || byteAt(s, at-1) == '+' {
		return none, false
	}
	n := t.numberAt(at + 1)
	for groups := n.n; groups > 0; groups-- {
		end := n.groups[groups-1].end
		total := n.total(groups)
		if total > mostDigits || groups > 1 && n.groups[groups-1].sep == '/' || hanging(n, groups) {
			continue
		}
		if total < 8 || continues(s, end) && byteAt(s, end) != ',' || roundSum(s, n, groups) {
			return none, false
		}
		end = extension(s, end)
		return sample.Range{Start: at, End: end}, ends(s, end)
	}
	return none, false
}

// hanging reports whether a number would end at a bracket that belongs to what
// follows.
func hanging(n *number, groups int) bool {
	return groups < n.n && n.groups[groups].sep == ')'
}

// roundSum reports whether groups are a sum of money or a count: thousands that
// are all noughts.
func roundSum(s string, n *number, groups int) bool {
	if groups < 2 {
		return false
	}
	for _, g := range n.groups[1:groups] {
		if s[g.start:g.end] != "000" {
			return false
		}
	}
	return true
}
