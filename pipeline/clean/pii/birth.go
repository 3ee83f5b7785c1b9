package pii

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "birth_date", Type: "BIRTH_DATE", Rank: 100, Starts: digits,
	Doc:    "complete date near a word such as born, DOB or 出生; other dates are left alone",
	Find:   findBirth,
	Normal: strings.ToLower,
	Samples: Samples{
		Find: []string{
			"born on «7/14/1995».", "DOB: «1995-07-14»", "date of birth is «14 July 1995»", "birthday «July 14, 1995»", "出生日期：«1995年7月14日»", "«1995年7月14日»出生",
			"geboren am «14.07.1995»", "born «14th of July 1995»", "My birthday? It's «8/12/1991»",
		},
		Miss: []string{
			"since 9/19/1963", "born in 1995", "born 13/32/1995", "meeting on July 14, 1995", "DOB: 1995-13-40", "born after 12 hours", "发布日期：1995年7月14日", "战斗发生于1931年9月15日",
			"version 1.2.2003 was born", "born 7/14/19951",
		},
	},
})

var birthCues = newCues(
	`born birth birthday birthdate birthdays dob bday geboren geburtsdatum geburtstag né née nacido nacida nacimiento naissance nato nata 出生 生日 生于 诞生`,
	`expires expiry expiration valid due issued published 发布 有效 发生于 产生于`)

// months are the names of the months and how they are shortened.
var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

func findBirth(t *Text, at int) (sample.Range, bool) {
	s := t.String
	if !free(s, at) || chained(s, at) != 0 {
		return sample.Range{}, false
	}
	n := t.numberAt(at)
	if n.n == 0 || n.groups[0].len() > 4 {
		return sample.Range{}, false
	}
	r, ok := dateAround(s, n, at)
	if !ok || !closed(s, r.End) {
		return sample.Range{}, false
	}
	if strings.HasPrefix(s[r.End:], "出生") || strings.HasPrefix(s[r.End:], "生") {
		return r, true
	}
	says, _ := birthCues.before(s, r.Start, 7)
	return r, says > 0
}

// dateAround finds the date whose first number, or whose day after a month's
// name, stands at a place.
func dateAround(s string, n *number, at int) (sample.Range, bool) {
	if n.dated(s) {
		switch n.groups[1].sep {
		case '-', '.', '/', ' ':
			return sample.Range{Start: at, End: n.groups[2].end}, true
		}
	}
	if end, ok := hanDate(s, at); ok {
		return sample.Range{Start: at, End: end}, true
	}
	first := n.groups[0]
	if first.len() > 2 {
		return sample.Range{}, false
	}
	day := atoi(s[first.start:first.end])
	next := ordinal(s, first.end)
	if month, from := monthBefore(s, at); month > 0 { // July 14, 1995
		year, end := yearAt(s, skip(s, next, ", "))
		return sample.Range{Start: from, End: end}, isDate(year, month, day)
	}
	next = skip(s, next, " -.")
	if strings.HasPrefix(s[next:], "of ") {
		next += len("of ")
	}
	month, end := monthAt(s, next) // 14 July 1995
	year, end := yearAt(s, skip(s, end, " -.,"))
	return sample.Range{Start: at, End: end}, isDate(year, month, day)
}

// skip moves over up to two of some bytes.
func skip(s string, at int, set string) int {
	for i := 0; i < 2 && at < len(s) && strings.IndexByte(set, s[at]) >= 0; i++ {
		at++
	}
	return at
}

// ordinal moves over the ending of 1st, 2nd, 3rd and 14th.
func ordinal(s string, at int) int {
	switch after(s, at, 2) {
	case "st", "nd", "rd", "th":
		return at + 2
	}
	return at
}

// yearAt reads four digits.
func yearAt(s string, at int) (year, end int) {
	for end = at; end < len(s) && isDigit(s[end]); end++ {
		if end-at == 4 {
			return 0, at
		}
	}
	if end-at != 4 {
		return 0, at
	}
	return atoi(s[at:end]), end
}

// monthAt reads a month's name, in full or shortened to three letters at least.
func monthAt(s string, at int) (month, end int) {
	for end = at; end < len(s) && end-at < 10 && classes[s[end]] == letter; end++ {
	}
	return monthNamed(s[at:end]), end
}

// monthBefore reads the month's name before a day.
func monthBefore(s string, at int) (month, from int) {
	end := at
	for i := 0; i < 2 && end > 0 && (s[end-1] == ' ' || s[end-1] == '.'); i++ {
		end--
	}
	for from = end; from > 0 && end-from < 10 && classes[s[from-1]] == letter; {
		from--
	}
	if end == at || !free(s, from) {
		return 0, at
	}
	return monthNamed(s[from:end]), from
}

func monthNamed(word string) int {
	if len(word) < 3 {
		return 0
	}
	for i, m := range months {
		if len(word) <= len(m) && strings.EqualFold(word, m[:len(word)]) {
			return i + 1
		}
	}
	return 0
}

// hanDate reads 1995年7月14日.
func hanDate(s string, at int) (end int, ok bool) {
	var parts [3]int
	for i, unit := range []string{"年", "月", "日"} {
		from := at
		for at < len(s) && isDigit(s[at]) && at-from < 4 {
			at++
		}
		if at == from || !strings.HasPrefix(s[at:], unit) && !(unit == "日" && strings.HasPrefix(s[at:], "号")) {
			return 0, false
		}
		parts[i] = atoi(s[from:at])
		at += len(unit)
	}
	return at, isDate(parts[0], parts[1], parts[2])
}
