package clean

import "unicode/utf8"

// Beyond stands, in Op.Needs, for every character beyond ASCII.
const Beyond = "\x80"

// asciiMarks are the punctuation and symbols of ASCII.
const asciiMarks = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

// beyondASCII is the kind of the bytes of Beyond.
const beyondASCII = 1

// kindOf maps a byte to a bit: one for each kind that Op.Needs tells apart.
var kindOf = func() (all [256]uint64) {
	for i := range all {
		switch b := byte(i); {
		case b >= utf8.RuneSelf:
			all[i] = beyondASCII
		case classes[b]&space != 0:
			all[i] = 1 << 1
		case b < ' ' || b == 0x7F:
			all[i] = 1 << 2
		case b >= '0' && b <= '9':
			all[i] = 1 << 3
		case b >= 'A' && b <= 'Z':
			all[i] = 1 << 4
		case b >= 'a' && b <= 'z':
			all[i] = 1 << 5
		}
	}
	for i := range len(asciiMarks) {
		all[asciiMarks[i]] = 1 << (6 + i)
	}
	return all
}()

// kindsIn returns the kinds of the bytes of a text.
func kindsIn(text string) uint64 {
	var even, odd uint64 // two sums, so that one need not wait for the other
	i := 0
	for ; i+1 < len(text); i += 2 {
		even |= kindOf[text[i]]
		odd |= kindOf[text[i+1]]
	}
	if i < len(text) {
		even |= kindOf[text[i]]
	}
	return even | odd
}
