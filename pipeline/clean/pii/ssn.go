package pii

import "github.com/ortrain/ortrain/pipeline/sample"

var _ = register(Recogniser{
	Name: "ssn", Type: "SSN", Rank: 80, Starts: digits,
	Doc:    "US social security number in the ranges that are given out; without hyphens only after a word such as SSN",
	Find:   findSSN,
	Normal: onlyDigits,
	Samples: Samples{
		Find: []string{"my SSN: «536-22-1234»", "«536-22-1234».", "social security number is «536 22 1234»", "ssn «536221234»"},
		Miss: []string{
			"666-22-1234", "000-22-1234", "936-22-1234", "536-00-1234", "536-22-0000", "536221234", "536 22 1234", "1536-22-1234", "536-22-12345",
			"536-22-1234-5", "part no. 536-22-1234",
		},
	},
})

var ssnCues = newCues(`ssn ssns social security`, `order invoice ticket tracking isbn serial sku part item case ref reference version lot batch`)

func findSSN(t *Text, at int) (sample.Range, bool) {
	s := t.String
	n := t.numberAt(at)
	groups := 3
	if n.n > 0 && n.groups[0].len() == 9 {
		groups = 1
	} else if !n.sizes(3, 2, 4) {
		return sample.Range{}, false
	}
	sep, end := n.uniform(groups), n.groups[groups-1].end
	if groups == 3 && sep != '-' && sep != ' ' || !opened(s, at) || !closed(s, end) {
		return sample.Range{}, false
	}
	var buf [longest * 12]byte
	d := string(n.collect(s, groups, buf[:]))
	if !givenOut(d) {
		return sample.Range{}, false
	}
	says, _ := ssnCues.before(s, at, 5)
	return sample.Range{Start: at, End: end}, says > 0 || says == 0 && sep == '-'
}

// givenOut reports whether the Social Security Administration gives nine digits
// out: area, group and serial number are never all noughts.
func givenOut(d string) bool {
	return d[:3] != "000" && d[:3] != "666" && d[0] != '9' && d[3:5] != "00" && d[5:] != "0000"
}
