package pii

import (
	"net/netip"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "ipv6", Type: "IP", Rank: 71, Starts: ":",
	Doc:    "address in full or with ::, also with an IPv4 tail; times and scopes such as std::min are left alone",
	Find:   findIPv6,
	Normal: normalIPv6,
	Samples: Samples{
		Find: []string{
			"from «2001:db8::8a2e:370:7334» today", "[«fe80::1ff:fe23:4567:890a»]:80", "«6e40:4041:c617:e898:c11:40d2:c669:2eb4»",
			"«::ffff:192.0.2.128».", "at «2001:db8::1»: no answer",
		},
		Miss: []string{"12:30:45", "std::min", "a::b", "::", "::1", "Bad::Cafe", "1:2:3:4:5:6:7:8", "00:1B:44:11:3A:B7", "10:20::", "x2001:db8::1", "dead::beef::1"},
	},
})

// maxIPv6 is the length of the longest written form.
const maxIPv6 = 45

// findIPv6 starts at the first colon of an address.
func findIPv6(t *Text, at int) (sample.Range, bool) {
	s := t.String
	start := runBack(s, at, 5, isHex)
	if before := byteAt(s, start-1); at-start > 4 || !free(s, start) || before == ':' || before == '.' {
		return sample.Range{}, false
	}
	end := run(s, at, maxIPv6+1, ipv6Byte)
	for end > at && (s[end-1] == '.' || s[end-1] == ':' && byteAt(s, end-2) != ':') {
		end--
	}
	if end-start < 5 || end-start > maxIPv6 || !ends(s, end) {
		return sample.Range{}, false
	}
	address, err := netip.ParseAddr(s[start:end])
	if err != nil || address.IsLoopback() || address.IsUnspecified() {
		return sample.Range{}, false
	}
	return sample.Range{Start: start, End: end}, ipv6Telling(s[start:end])
}

// ipv6Byte reports whether a byte may stand in an address.
func ipv6Byte(b byte) bool { return isHex(b) || b == ':' || b == '.' }

// ipv6Telling tells addresses from clock times and names in program code: some
// group has a digit and either a letter or three places, and there are three
// groups at least.
func ipv6Telling(address string) bool {
	groups, telling := 0, false
	for _, g := range strings.Split(address, ":") {
		if g == "" {
			continue
		}
		groups++
		hasDigit, hasLetter := strings.ContainsAny(g, digits), strings.ContainsAny(g, letters)
		telling = telling || hasDigit && (hasLetter || len(g) >= 3)
	}
	return telling && (groups >= 3 || len(address) >= 9)
}

func normalIPv6(value string) string {
	address, err := netip.ParseAddr(value)
	if err != nil {
		return value
	}
	return address.String()
}
