package pii

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "mac", Type: "MAC", Rank: 65, Starts: ":-.",
	Doc:    "hardware address of 48 bits: six pairs with : or -, or three fours with a full stop",
	Find:   findMAC,
	Normal: alnumUpper,
	Samples: Samples{
		Find: []string{"mac «00:1B:44:11:3A:B7»", "«00-1b-44-11-3a-b7»,", "«001b.4411.3ab7»", "地址«3c:22:fb:00:12:9a»。"},
		Miss: []string{
			"12-30-45-10-20-30", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "00:1B:44:11:3A", "00:1B:44:11:3A:B7:00", "1234.5678.9012", "00:1B-44:11:3A:B7",
			"a-00-1b-44-11-3a-b7", "12:30:45",
		},
	},
})

// findMAC starts at the first separator of an address.
func findMAC(t *Text, at int) (sample.Range, bool) {
	s, width := t.String, 2
	if s[at] == '.' {
		width = 4
	}
	start, end := at-width, at-width+12+(12/width-1)
	if start < 0 || end > len(s) || !free(s, start) || !ends(s, end) {
		return sample.Range{}, false
	}
	if byteAt(s, start-1) == s[at] || byteAt(s, end) == s[at] && isHex(byteAt(s, end+1)) {
		return sample.Range{}, false
	}
	value := alnumUpper(s[start:end])
	switch {
	case !paired(s[start:end], width, s[at]):
		return sample.Range{}, false
	case s[at] != ':' && strings.Trim(value, digits) == "": // dates and other numbers look like that
		return sample.Range{}, false
	}
	return sample.Range{Start: start, End: end}, strings.Trim(value, "0") != "" && strings.Trim(value, "F") != ""
}

// paired reports whether an address is groups of hexadecimal digits of one width
// with one separator.
func paired(address string, width int, separator byte) bool {
	for i := range len(address) {
		if i%(width+1) == width {
			if address[i] != separator {
				return false
			}
		} else if !isHex(address[i]) {
			return false
		}
	}
	return true
}
