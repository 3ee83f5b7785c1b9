package pii

import "github.com/ortrain/ortrain/pipeline/sample"

var _ = register(Recogniser{
	Name: "cn_mobile", Type: "CN_MOBILE", Rank: 90, Starts: digits,
	Doc:    "Chinese mobile number: 11 digits from 13 to 19, in one piece or 3-4-4, with or without +86",
	Find:   findCNMobile,
	Normal: normalCNMobile,
	Samples: Samples{
		Find: []string{"手机«13800138000»。", "tel «139-1234-5678»", "«+86 138 0013 8000»", "call «+8613800138000»", "联系：«159 0000 1111»"},
		Miss: []string{"12345678901", "订单13800138000", "order 13800138000", "138001380001", "13800138", "1.13800138000", "13800138000.5", "ISBN 13800138000", "13800-138000"},
	},
})

var mobileCues = newCues(`phone mobile tel call cell whatsapp wechat sms 手机 电话 联系 热线 微信`,
	`order invoice ticket tracking isbn serial sku ref reference id version item barcode qq 订单 单号 快递 编号 流水号 账号`)

func findCNMobile(t *Text, at int) (sample.Range, bool) {
	s := t.String
	n := t.numberAt(at)
	if n.n == 0 || !opened(s, at) {
		return sample.Range{}, false
	}
	start, groups := at, 0
	if byteAt(s, at-1) == '+' {
		start--
		groups = abroad(s, n)
	} else if isMobile(s[at:]) {
		groups = atHome(n)
	}
	if groups == 0 || !free(s, start) {
		return sample.Range{}, false
	}
	end := n.groups[groups-1].end
	if !closed(s, end) {
		return sample.Range{}, false
	}
	says, _ := mobileCues.before(s, start, 5)
	return sample.Range{Start: start, End: end}, says >= 0
}

// atHome is how many groups a number in the form of the country has, 0 if it
// has another form.
func atHome(n *number) int {
	switch {
	case n.groups[0].len() == 11:
		return 1
	case n.sizes(3, 4, 4) && (n.uniform(3) == ' ' || n.uniform(3) == '-'):
		return 3
	}
	return 0
}

// abroad is how many groups a number after +86 has, 0 if it has another form.
func abroad(s string, n *number) int {
	first := n.groups[0]
	if first.len() == 13 && s[first.start:first.start+2] == "86" && isMobile(s[first.start+2:]) {
		return 1
	}
	if n.n < 2 || s[first.start:first.end] != "86" || !isMobile(s[n.groups[1].start:]) {
		return 0
	}
	switch {
	case n.groups[1].len() == 11:
		return 2
	case n.sizes(2, 3, 4, 4):
		return 4
	}
	return 0
}

// isMobile reports whether digits begin as mobile numbers do.
func isMobile(s string) bool { return len(s) > 1 && s[0] == '1' && s[1] >= '3' && s[1] <= '9' }

func normalCNMobile(value string) string {
	value = onlyDigits(value)
	return value[max(0, len(value)-11):]
}
