package pii

import (
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "phone_national", Type: "PHONE", Rank: 111, Starts: digits + "(",
	Doc: "telephone number in a form of its own (North American, or a trunk 0 in groups), or 7 to 13 digits after a word such as call; " +
		"dates, and numbers after words such as order, are left alone",
	Find:   findNational,
	Normal: onlyDigits,
	Samples: Samples{
		Find: []string{
			"«(555) 123-4567»", "«555-123-4567 ext. 12»", "at «0496 46 46 70»", "«020 7946 0958»", "«010-62345678»", "call «555 1234»",
			"phone: «5551234567»", "mobile\n«60-56-85-91»", "«001-518-640-0854»", "«781 1704» office", "«03.93.92.16.85»", "«1-800-555-0199»",
			"传真«62345678»。", "«0171/1234567»", "«(071) 123 4567»", "(«(555) 123-4567»)",
		},
		Miss: []string{
			"2000-04-16 11:34:35", "order 555-123-4567", "ISBN 978-3-16-148410-0", "12 345 678", "1984-1999", "call 911", "555-123-45678",
			"$555 123 4567", "zip 75534-030", "1.555.123.4567.8", "call me on 12/05/2021", "5551234567", "0012 3456", "invoice no. 020 7946 0958",
			"call 2021-05-12", "pages 123-456-7890", "10.1000/182.0123", "0.123 456 7890", "called 0.359375", "doc 06566/2007", "call 0515-0545",
		},
	},
})

// phoneCues are words near telephone numbers, and near numbers of other kinds.
var phoneCues = newCues(
	`phone phones telephone telefono teléfono telefon téléphone tel tél ph mobile mob mobil cell cellphone cellular handy fax call calls called
	 calling caller dial dialed dialled ring whatsapp viber wechat sms text texts texted contact reach hotline helpline desk office answering
	 answered answer message messages voicemail pager landline toll 电话 手机 热线 传真 联系方式 座机 联系 致电 拨打`,
	`order orders invoice invoices ticket tickets tracking isbn issn ean serial sku ref reference id account acct version case part item zip
	 postal postcode license licence licences vin imei model batch lot rfc pmid doi page pages price usd eur gbp card iban ssn section chapter
	 confirmation booking reservation policy member barcode upc article docket patent port size year years population since total views
	 订单 单号 快递 编号 邮编 账号 卡号 价格 流水号 版本`)

// Bounds of telephone numbers. Units: digits. ITU-T E.164 allows 15.
const (
	fewestDigits   = 7
	nationalDigits = 13
	mostDigits     = 15
)

// findNational starts at the first digit, or at the bracket before it.
func findNational(t *Text, at int) (sample.Range, bool) {
	s, start := t.String, at
	if s[at] == '(' {
		at++
	}
	if !nationalStart(s, start) {
		return sample.Range{}, false
	}
	n := t.numberAt(at)
	if n.total(n.n) < fewestDigits || n.dated(s) || span(s, n) || (start < at) != bracketed(n) {
		return sample.Range{}, false
	}
	says, distance := phoneCues.before(s, start, 9)
	if says < 0 {
		return sample.Range{}, false
	}
	tied := chained(s, start)
	for groups := n.n; groups > 0; groups-- {
		end, ok := nationalEnd(s, n, groups)
		if !ok {
			continue
		}
		if p := (national{s, n, groups, start < at}); p.shaped() || tied == 0 && p.plain() && p.spoken(says, distance, end) {
			return sample.Range{Start: start, End: end}, true
		}
	}
	return sample.Range{}, false
}

// nationalStart reports whether a number may begin at a place: a digit behind a
// bracket or a plus sign is another's, and one behind # or a currency no
// telephone's.
func nationalStart(s string, at int) bool {
	if tied := chained(s, at); tied != 0 && tied != ' ' || !free(s, at) {
		return false
	}
	switch byteAt(s, at-1) {
	case '(':
		return s[at] == '('
	case '+', '#':
		return false
	}
	return !money(s, at)
}

// nationalEnd is where a number of the first groups ends, with its extension,
// if it may end there.
func nationalEnd(s string, n *number, groups int) (end int, ok bool) {
	end = n.groups[groups-1].end
	if groups < n.n && n.groups[groups].sep != ' ' || continues(s, end) {
		return 0, false
	}
	end = extension(s, end)
	return end, ends(s, end)
}

// bracketed reports whether the first group ends with a bracket.
func bracketed(n *number) bool { return n.n > 1 && n.groups[1].sep == ')' }

// money reports whether a sign of a currency stands before a number.
func money(s string, at int) bool {
	if at > 0 && s[at-1] == ' ' {
		at--
	}
	switch byteAt(s, at-1) {
	case '$':
		return true
	case 0xac, 0xa3, 0xa5: // the last bytes of €, £ and ¥
		w := before(s, at, 3)
		return w == "€" || len(w) >= 2 && (w[len(w)-2:] == "£" || w[len(w)-2:] == "¥")
	}
	return false
}

// span reports whether a number is one of years or of clock times.
func span(s string, n *number) bool {
	if !n.sizes(4, 4) || n.groups[1].sep != '-' || n.n > 2 && n.groups[2].sep != ' ' {
		return false
	}
	from, to := atoi(s[n.groups[0].start:n.groups[0].end]), atoi(s[n.groups[1].start:n.groups[1].end])
	years := from >= 1900 && to < 2100
	return from <= to && (years || clock(from) && clock(to))
}

// clock reports whether a number is a time of 24 hours.
func clock(hhmm int) bool { return hhmm < 2400 && hhmm%100 < 60 }

// national is the first groups of a number, read as one of a country.
type national struct {
	s       string
	n       *number
	groups  int
	bracket bool
}

// shaped reports forms that need no word beside them.
func (p national) shaped() bool {
	return p.american() || p.trunk() || p.overseas()
}

// american is 3-3-4, with or without a 1, grouped by hyphens, full stops or an
// area in brackets; with spaces only where neither is about counting.
func (p national) american() bool {
	first := 0
	if p.n.groups[0].end-p.n.groups[0].start <= 3 && p.groups == 4 && !p.bracket {
		if prefix := p.s[p.n.groups[0].start:p.n.groups[0].end]; prefix != "1" && prefix != "001" {
			return false
		}
		first = 1
	}
	if p.groups != first+3 {
		return false
	}
	g := p.n.groups[first:p.groups]
	if g[0].len() != 3 || g[1].len() != 3 || g[2].len() != 4 || p.s[g[0].start] < '2' {
		return false
	}
	last := g[2].sep
	return last == '-' || last == '.' || last == ' ' && (g[1].sep == ')' || p.s[g[0].start] >= '2')
}

// trunk is a number of 9 to 12 digits that begins with one 0, in two groups at
// least.
func (p national) trunk() bool {
	first := p.n.groups[0]
	total := p.n.total(p.groups)
	if p.groups < 2 || first.len() < 2 || first.len() > 5 || p.s[first.start] != '0' || p.s[first.start+1] == '0' {
		return false
	}
	if last := p.n.groups[1]; p.groups == 2 && last.sep != ')' && last.len() < 5 { // 06566/2007 is a file number
		return false
	}
	return total >= 9 && total <= 12 && p.even()
}

// overseas is a number after 00 and a country's code, in groups.
func (p national) overseas() bool {
	first := p.n.groups[0]
	total := p.n.total(p.groups)
	return p.groups >= 3 && first.len() >= 2 && p.s[first.start:first.start+2] == "00" && total >= 11 && total <= mostDigits+2 && p.even()
}

// even reports whether one kind of separator is used after the first.
func (p national) even() bool {
	for _, g := range p.n.groups[min(2, p.groups):p.groups] {
		if g.sep != p.n.groups[p.groups-1].sep {
			return false
		}
	}
	return p.groups < 2 || p.n.groups[1].sep != '.' || p.n.groups[p.groups-1].sep == '.'
}

// plain reports whether groups may be a telephone number if words say so.
func (p national) plain() bool {
	total := p.n.total(p.groups)
	if total < fewestDigits || total > nationalDigits || !p.even() {
		return false
	}
	for _, g := range p.n.groups[:p.groups] {
		if p.groups > 1 && (g.len() > 8 || g.sep == '/' && p.groups != 2) {
			return false
		}
	}
	if p.groups == 2 && p.n.groups[1].sep == '.' { // a decimal fraction
		return false
	}
	return p.groups <= 6
}

// spoken weighs the words around a number: the nearest before it, then the one
// behind it. Digits in one piece need the word close by.
func (p national) spoken(says int8, distance, end int) bool {
	if says > 0 && (p.groups > 1 || distance <= 4) {
		return true
	}
	return p.groups > 1 && phoneCues.after(p.s, end) > 0
}

// extension is where a number that ends at a place ends with its extension.
func extension(s string, end int) int {
	at := skip(s, end, ", ")
	switch {
	case lower(byteAt(s, at)) == 'x':
		at++
	case strings.EqualFold(after(s, at, 3), "ext"):
		at += 3
	default:
		return end
	}
	from := skip(s, at, ". ")
	if at = run(s, from, 6, isDigit); at == from || at-from > 5 {
		return end
	}
	return at
}
