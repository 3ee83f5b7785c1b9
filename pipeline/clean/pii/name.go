package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// nameStarts are capitals, and the first bytes of letters above ASCII that are
// written with a case.
const nameStarts = upper + "\xc3\xc4\xc5\xc6\xc7\xc8\xcd\xce\xcf\xd0\xd1\xd2\xe1"

var _ = register(Recogniser{
	Name: "person", Type: "PERSON", Rank: 130, Starts: nameStarts,
	Doc: "given name of a list with a family name, an introduction or a verb of people beside it; any name behind a title such as Dr.; " +
		"active only with name lists",
	Find:   findPerson,
	Normal: normalName,
	Samples: Samples{
		Find: []string{
			"Ask «Mary Jones» today", "Dr. «Okonkwo» agreed", "my name is «Mary»", "Dear «John»,", "«John F. Kennedy» spoke", "«Mary» said so", "with «John van der Berg».", "Mr «O'Neil»'s car",
		},
		Miss: []string{"Virginia Beach is nice", "the Jones Act", "mary had a lamb", "IBM said so", "Dr. 5", "In May Day parades", "Hello World", "Marysville Road"},
	},
})

// titles come before any name, introductions before a given name alone.
var (
	titles        = wordSet(`mr mrs ms miss mx dr prof professor sir madam herr frau señor señora monsieur madame mme`)
	introductions = wordSet(`is dear hi hello hey regards sincerely thanks cheers signed name named called am im from with ask tell told by met meet
		son daughter brother sister wife husband friend colleague`)
	verbs = wordSet(`said says told tells asked asks wrote writes lives lived works worked thinks thought wants wanted likes loves and has had is was
		answered replied added explained joined called calls married went came`)
	particles = wordSet(`van von de der den da dos das del della di du la le bin ibn al el ben ter ten zu`)
	// ambiguous are given names that are words, places, days or months too.
	ambiguous = wordSet(`april august may june will mark grant rose hope joy grace faith art bill bob chance chase christian dean drew earl frank gay
		jack king lane major miles page paris parker penny pat peg ray rich rob rod roman ruby sandy sky summer sunny tiffany trip victor virginia
		georgia florence israel jordan sydney chelsea austin dallas houston lincoln madison washington brook carol crystal dawn earnest guy heath holly iris ivy
		jasmine jean jewel kelvin lily max olive pearl pierce rusty sage sterling stone violet wade ward west winter china india asia america london
		the in on at it he she we you they this that and but or so my our your his her its as is are was to of for an if no not hello world beach day`)
)

// lists are name lists, in lower case.
type lists struct{ given, family map[string]struct{} }

func has(set map[string]struct{}, name string) bool {
	_, ok := set[name]
	return ok
}

// findPerson starts at a capital letter.
func findPerson(t *Text, at int) (sample.Range, bool) {
	s := t.String
	if t.names == nil || !free(s, at) {
		return sample.Range{}, false
	}
	first, ok := nameWord(s, at)
	if !ok {
		return sample.Range{}, false
	}
	plain := strings.ToLower(s[first.start:first.end])
	given := t.names.isGiven(plain)
	before, _, _ := lastWord(before(s, at, 24), make([]byte, 0, 24))
	if titles[string(before)] && followsTitle(s, at) {
		end, _ := t.names.following(s, first.end)
		return sample.Range{Start: at, End: end}, !ambiguous[plain] || given
	}
	if !given {
		return sample.Range{}, false
	}
	end, family := t.names.following(s, first.end)
	unclear := ambiguous[plain]
	switch {
	case end > first.end && (family || !unclear):
		return sample.Range{Start: at, End: end}, true
	case unclear:
		return sample.Range{}, false
	case introductions[string(before)] || verbs[nextWord(s, first.end)]:
		return sample.Range{Start: at, End: first.end}, true
	}
	return sample.Range{}, false
}

// isGiven looks a name up, or the first half of a name with a hyphen.
func (l *lists) isGiven(name string) bool {
	if has(l.given, name) {
		return true
	}
	first, _, double := strings.Cut(name, "-")
	return double && has(l.given, first)
}

// isFamily looks a name up; without a list every name is one.
func (l *lists) isFamily(name string) bool { return len(l.family) == 0 || has(l.family, name) }

// following moves over the initials, particles and family names behind a given
// name and says whether one of them is in the list of family names; without
// such a list every one is.
func (l *lists) following(s string, end int) (last int, family bool) {
	last = end
	for i := 0; i < 4 && byteAt(s, end) == ' '; i++ {
		w, ok := wordAt(s, end+1)
		if !ok {
			break
		}
		plain := w.plain(s)
		if w.end-w.start == 1 && w.capital && byteAt(s, w.end) == '.' { // an initial
			end = w.end + 1
			continue
		}
		if particles[plain] && !w.capital {
			end = w.end
			continue
		}
		name, ok := nameWord(s, w.start)
		if !ok || (ambiguous[plain] || streetEnd[plain]) && !has(l.family, plain) {
			break
		}
		last, end = name.end, name.end
		family = family || l.isFamily(strings.ToLower(s[name.start:name.end]))
	}
	return last, family
}

// nameWord reads a capitalised word of two letters at least, without the 's of
// a genitive. Words in capitals alone are no names unless they are long.
func nameWord(s string, at int) (word, bool) {
	w, ok := wordAt(s, at)
	if !ok || !w.capital {
		return w, false
	}
	for _, genitive := range []string{"'s", "’s", "'", "’", "-"} {
		if strings.HasSuffix(s[w.start:w.end], genitive) {
			w.end -= len(genitive)
			break
		}
	}
	lowers, runes := 0, 0
	for _, r := range s[w.start:w.end] {
		if unicode.IsDigit(r) {
			return w, false
		}
		if runes++; unicode.IsLower(r) {
			lowers++
		}
	}
	return w, runes >= 2 && (lowers > 0 || runes >= 4) && ends(s, w.end)
}

// followsTitle reports whether nothing but a full stop and a space stand
// between a title and a name.
func followsTitle(s string, at int) bool {
	if byteAt(s, at-1) != ' ' {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(s[:at-1])
	return r == '.' || unicode.IsLetter(r)
}

// nextWord is the word behind a space, in lower case.
func nextWord(s string, at int) string {
	if byteAt(s, at) != ' ' {
		return ""
	}
	w, _ := wordAt(s, at+1)
	return w.plain(s)
}

// normalName makes one form of a name's spellings.
func normalName(value string) string {
	return strings.ToLower(strings.Join(strings.Fields(value), " "))
}
