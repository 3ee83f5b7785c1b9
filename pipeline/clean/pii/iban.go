package pii

import "github.com/ortrain/ortrain/pipeline/sample"

var _ = register(Recogniser{
	Name: "iban", Type: "IBAN", Rank: 60, Starts: letters,
	Doc:    "account number of ISO 13616: length of its country, remainder 1 by 97; in one piece or in groups of four",
	Find:   findIBAN,
	Normal: alnumUpper,
	Samples: Samples{
		Find: []string{
			"pay to «GB82 WEST 1234 5698 7654 32» please", "«DE89370400440532013000»", "iban:«nl91abna0417164300».",
			"«FR14 2004 1010 0505 0001 3M02 606»", "账号«NO9386011117947»。",
		},
		Miss: []string{
			"GB82 WEST 1234 5698 7654 33", "DE8937040044053201300", "US12345678901234567890", "DE89 3704 0044 0532 0130 00 00 12",
			"XX89370400440532013000", "de89", "AB12CD34EF56GH78",
		},
	},
})

// ibanLength is the length of an account number by country, from the IBAN
// registry of ISO 13616.
var ibanLength = map[string]int{
	"AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29, "BY": 28,
	"CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
	"FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
	"IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
	"LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28,
	"NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
	"SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26,
	"UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}

func findIBAN(t *Text, at int) (sample.Range, bool) {
	s := t.String
	if at+15 > len(s) || classes[s[at+1]] != letter || !isDigit(s[at+2]) || !isDigit(s[at+3]) || !free(s, at) {
		return sample.Range{}, false
	}
	country := [2]byte{lower(s[at]) - 'a' + 'A', lower(s[at+1]) - 'a' + 'A'}
	length := ibanLength[string(country[:])]
	if length == 0 {
		return sample.Range{}, false
	}
	end, ok := ibanEnd(s, at, length)
	if !ok || !closed(s, end) || ibanGoesOn(s, at, end) {
		return sample.Range{}, false
	}
	return sample.Range{Start: at, End: end}, mod97(s[at:end]) == 1
}

// ibanEnd walks over the characters of a number, one by one or in groups of
// four with one separator.
func ibanEnd(s string, at, length int) (int, bool) {
	var sep byte
	for n := 0; n < length; n++ {
		if b := byteAt(s, at); n > 0 && n%4 == 0 && (b == ' ' || b == '-') && (sep == b || n == 4) {
			sep = b
			at++
		} else if n > 0 && n%4 == 0 && sep != 0 {
			return 0, false
		}
		if at >= len(s) || !isAlnum(s[at]) {
			return 0, false
		}
		at++
	}
	return at, true
}

// ibanGoesOn reports whether more groups of digits follow a grouped number, so
// that it is no account number of this length.
func ibanGoesOn(s string, at, end int) bool {
	return byteAt(s, at+4) == ' ' && byteAt(s, end) == ' ' && isDigit(byteAt(s, end+1)) && isDigit(byteAt(s, end+2))
}

// mod97 is the remainder of ISO 7064 MOD 97-10 with the first four characters
// moved to the end.
func mod97(iban string) int {
	rest, n := 0, 0
	var head [4]byte
	add := func(b byte) {
		if isDigit(b) {
			rest = (rest*10 + int(b-'0')) % 97
			return
		}
		rest = (rest*100 + int(lower(b)-'a') + 10) % 97
	}
	for i := range len(iban) {
		b := iban[i]
		if !isAlnum(b) {
			continue
		}
		if n < len(head) {
			head[n] = b
		} else {
			add(b)
		}
		n++
	}
	for _, b := range head {
		add(b)
	}
	return rest
}
