package pii

import "github.com/ortrain/ortrain/pipeline/sample"

var _ = register(Recogniser{
	Name: "card", Type: "CARD", Rank: 50, Starts: digits,
	Doc:    "payment card: prefix and length of an issuer and the Luhn digit; rare lengths only after a word such as card",
	Find:   findCard,
	Normal: onlyDigits,
	Samples: Samples{
		Find: []string{
			"card «4111 1111 1111 1111» expired", "«4111-1111-1111-1111»", "«378282246310005»", "«3782 822463 10005»", "«5555555555554444»,",
			"卡号«6011111111111117»。", "my card 12 «30569309025904»", "card «501800000009»",
		},
		Miss: []string{
			"4111 1111 1111 1112", "order 501800000009", "0.4111111111111111", "4111111111111111.5", "978-3-16-148410-0", "IMEI 490154203237518",
			"4111 11111111 1111", "x4111111111111111", "1700000000000", "order number 4111111111111111",
		},
	},
})

// cardCues decide about lengths that are rare, and about numbers that are not
// of payment.
var cardCues = newCues(
	`card cards creditcard debitcard credit debit cc visa mastercard maestro amex diners discover jcb unionpay pan 卡号 信用卡 银行卡 储蓄卡`,
	`order invoice ticket tracking isbn ean imei serial sku reference ref case part item barcode gtin parcel shipment hash batch lot 订单 单号 快递 编号 流水号`)

// Bounds of card numbers. Units: digits.
const (
	fewestCard = 12
	mostCard   = 19
)

func findCard(t *Text, at int) (sample.Range, bool) {
	s := t.String
	n := t.numberAt(at)
	if n.total(n.n) < fewestCard || !free(s, at) {
		return sample.Range{}, false
	}
	if c := chained(s, at); c != 0 && c != ' ' {
		return sample.Range{}, false
	}
	var buf [longest * 12]byte
	for groups := cardGroups(n); groups > 0; groups-- {
		end := n.groups[groups-1].end
		if total := n.total(groups); total < fewestCard || total > mostCard || !closed(s, end) || !cardSizes(n, groups) {
			continue
		}
		number := n.collect(s, groups, buf[:])
		if !luhn(number) {
			continue
		}
		if says, _ := cardCues.before(s, at, 6); says > 0 || says == 0 && issued(number) {
			return sample.Range{Start: at, End: end}, true
		}
	}
	return sample.Range{}, false
}

// cardGroups is how many groups from the first may be one card: those tied by
// the same space or hyphen.
func cardGroups(n *number) int {
	groups := min(n.n, 1)
	for groups < n.n && n.groups[groups].sep == n.groups[1].sep && (n.groups[1].sep == ' ' || n.groups[1].sep == '-') {
		groups++
	}
	return groups
}

// cardSizes reports whether groups have the lengths that are printed on cards:
// fours with a shorter rest, or 4-6-4 and 4-6-5.
func cardSizes(n *number, groups int) bool {
	if groups == 1 {
		return true
	}
	if groups == 3 && n.groups[0].len() == 4 && n.groups[1].len() == 6 {
		return n.groups[2].len() == 4 || n.groups[2].len() == 5
	}
	for _, g := range n.groups[:groups-1] {
		if g.len() != 4 {
			return false
		}
	}
	return n.groups[groups-1].len() <= 4
}

// luhn checks the last digit of ISO/IEC 7812-1, annex B. A row of equal digits
// is no card.
func luhn(number []byte) bool {
	sum, equal := 0, true
	for i := range number {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		equal = equal && number[i] == number[0]
	}
	return sum%10 == 0 && !equal
}

// issuer is a range of first digits and the lengths of its cards.
type issuer struct{ from, to, width, shortest, longest int }

// issuers are the ranges of ISO/IEC 7812-1 in use whose lengths are telling.
var issuers = []issuer{
	{4, 4, 1, 16, 16}, {4, 4, 1, 19, 19}, // Visa
	{51, 55, 2, 16, 16}, {2221, 2720, 4, 16, 16}, // Mastercard
	{34, 34, 2, 15, 15}, {37, 37, 2, 15, 15}, // American Express
	{300, 305, 3, 14, 14}, {309, 309, 3, 14, 14}, {36, 36, 2, 14, 14}, {38, 39, 2, 14, 14}, // Diners Club
	{6011, 6011, 4, 16, 19}, {644, 649, 3, 16, 19}, {65, 65, 2, 16, 19}, // Discover
	{3528, 3589, 4, 16, 19}, {2131, 2131, 4, 15, 15}, {1800, 1800, 4, 15, 15}, // JCB
	{62, 62, 2, 16, 19}, {81, 81, 2, 16, 19}, // UnionPay
	{2200, 2204, 4, 16, 19},                    // Mir
	{60, 60, 2, 16, 16}, {508, 508, 3, 16, 16}, // RuPay
	{5018, 5018, 4, 16, 19}, {5020, 5020, 4, 16, 19}, {5038, 5038, 4, 16, 19}, // Maestro
	{5893, 5893, 4, 16, 19}, {6304, 6304, 4, 16, 19}, {6759, 6763, 4, 16, 19},
}

// issued reports whether a number begins and is as long as an issuer's.
func issued(number []byte) bool {
	for _, i := range issuers {
		prefix := 0
		for _, b := range number[:i.width] {
			prefix = prefix*10 + int(b-'0')
		}
		if prefix >= i.from && prefix <= i.to && len(number) >= i.shortest && len(number) <= i.longest {
			return true
		}
	}
	return false
}
