package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "cn_address", Type: "ADDRESS", Rank: 122, Starts: digits,
	Doc:  "Chinese address: place names with 省市区县镇村路街 and so on before a number with 号, 弄, 栋, 室",
	Find: findCNAddress,
	Samples: Samples{
		Find: []string{"我住在«北京市海淀区中关村大街27号»。", "地址：«上海市浦东新区世纪大道100号2单元301室»", "寄到«幸福路12弄5号»吧"},
		Miss: []string{"第27号决议", "1号线", "5月1号", "一路走了100号人", "2号楼", "兴平市069号观测井"},
	},
})

// cnParts end the names of places, cnUnits the numbers of houses.
const (
	cnParts = "省市区县旗镇乡村路街道巷弄里"
	cnUnits = "号弄栋幢楼室层單单元"
)

// findCNAddress starts at the number of a house.
func findCNAddress(t *Text, at int) (sample.Range, bool) {
	s := t.String
	if isDigit(byteAt(s, at-1)) {
		return sample.Range{}, false
	}
	end := cnNumbers(s, at)
	if end == at {
		return sample.Range{}, false
	}
	start, parts, last := at, 0, false
	for i := 0; start > 0 && i < 30; i++ {
		r, size := utf8.DecodeLastRuneInString(s[:start])
		if !unicode.Is(unicode.Han, r) {
			break
		}
		if strings.ContainsRune("在到至往于是寄去住址的了", r) && parts > 0 {
			break
		}
		part := strings.ContainsRune(cnParts, r)
		if i == 0 {
			last = strings.ContainsRune("路街巷弄村镇乡里", r) || strings.HasSuffix(s[:start], "大道")
		}
		if part {
			parts++
		}
		start -= size
	}
	long := utf8.RuneCountInString(s[start:at])
	return sample.Range{Start: start, End: end}, last && parts >= 1 && long >= 3
}

// cnNumbers moves over numbers with their units: 100号2单元301室.
func cnNumbers(s string, at int) int {
	end := at
	for range 4 {
		from := end
		for end < len(s) && isDigit(s[end]) && end-from < 6 {
			end++
		}
		digits := end
		for n := 0; n < 2; n++ {
			r, size := utf8.DecodeRuneInString(s[end:])
			if r == utf8.RuneError || !strings.ContainsRune(cnUnits, r) {
				break
			}
			end += size
		}
		if digits == from || end == digits {
			return from
		}
	}
	return end
}
