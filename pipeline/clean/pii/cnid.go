package pii

import "github.com/ortrain/ortrain/pipeline/sample"

var _ = register(Recogniser{
	Name: "cn_id", Type: "CN_ID", Rank: 40, Starts: digits,
	Doc:    "Chinese resident identity number: region, date of birth and check digit of GB 11643; the old 15 digits only after 身份证",
	Find:   findCNID,
	Normal: alnumUpper,
	Samples: Samples{
		Find: []string{"身份证号«11010519491231002X»。", "id «440308199901010012»", "身份证：«110105491231002»", "号码«11010519491231002x»吗"},
		Miss: []string{"110105194912310021", "990105194912310020", "110105194913310028", "110105491231002", "1101051949123100", "11010519491231002XY", "订单号110105194912310020"},
	},
})

var cnIDCues = newCues(`id identity 身份证 证件号 身份号`, `订单 单号 流水号`)

func findCNID(t *Text, at int) (sample.Range, bool) {
	s := t.String
	n := t.numberAt(at)
	if n.n == 0 || n.groups[0].len() < 15 || !opened(s, at) || byteAt(s, at-1) == '-' {
		return sample.Range{}, false
	}
	end := n.groups[0].end
	switch n.groups[0].len() {
	case 15:
		says, _ := cnIDCues.before(s, at, 4)
		ok := says > 0 && cnRegion(s[at:]) && cnBirth("19"+s[at+6:at+12])
		return sample.Range{Start: at, End: end}, ok && closed(s, end)
	case 17:
		if lower(byteAt(s, end)) != 'x' {
			return sample.Range{}, false
		}
		end++
	case 18:
	default:
		return sample.Range{}, false
	}
	ok := cnRegion(s[at:]) && cnBirth(s[at+6:at+14]) && cnCheck(s[at:end])
	return sample.Range{Start: at, End: end}, ok && closed(s, end)
}

// cnRegion checks the first two digits against the provinces of GB/T 2260.
func cnRegion(id string) bool {
	n := int(id[0]-'0')*10 + int(id[1]-'0')
	for _, r := range [...][2]int{{11, 15}, {21, 23}, {31, 37}, {41, 46}, {50, 54}, {61, 65}, {71, 71}, {81, 83}} {
		if n >= r[0] && n <= r[1] {
			return true
		}
	}
	return false
}

func cnBirth(yyyymmdd string) bool {
	return isDate(atoi(yyyymmdd[:4]), atoi(yyyymmdd[4:6]), atoi(yyyymmdd[6:]))
}

// cnCheck verifies the last character by ISO 7064 MOD 11-2.
func cnCheck(id string) bool {
	sum := 0
	for i := range 17 {
		weight := 1
		for range 17 - i {
			weight = weight * 2 % 11
		}
		sum += int(id[i]-'0') * weight
	}
	want := byte('0' + (12-sum%11)%11)
	if (12-sum%11)%11 == 10 {
		want = 'x'
	}
	return lower(id[17]) == want
}
