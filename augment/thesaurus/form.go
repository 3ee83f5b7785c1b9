package thesaurus

import "strings"

// Form is a regular inflection of English.
type Form uint8

// The forms.
const (
	Base Form = iota
	S         // plural, third person
	Ed
	Ing
	Er
	Est
)

// inflections are the forms with the parts of speech that have them.
var inflections = []struct {
	form     Form
	from, to Part
}{{S, Noun, Verb}, {Ed, Verb, Verb}, {Ing, Verb, Verb}, {Er, Adjective, Adjective}, {Est, Adjective, Adjective}}

// irregular are words whose inflection in a form no rule gives.
var irregular = map[Form]map[string]bool{
	S: words(`be have do man woman child foot tooth goose mouse louse ox person die sheep deer fish series species aircraft
		wolf knife wife life leaf half shelf self loaf thief calf elf hoof scarf quiz gas`),
	Ed: words(`
		be have do go say get make know think take see come give find tell become leave feel put bring begin keep hold
		write stand hear let mean set meet run pay sit speak lie lead read grow lose fall send build understand draw
		break spend cut rise drive buy wear choose seek throw catch deal win forget sing fight teach eat sell strike
		hide hit fly tear shoot shake blow ride swim sink swing hang spread bind blend breed burst cast cling creep dig
		feed flee fling forbid forgive freeze grind hurt kneel knit lay leap lend light mow overcome prove quit rend rid
		ring saw sew shed shine shrink shut slay sleep slide sling slit smite sow speed spin spit split spring steal
		stick sting stink stride string strive swear sweep swell thrive thrust tread undergo undo upset wake weave wed
		weep wet wind withdraw withhold wring bear beat bend bet bid bite bleed drink dream forsake foresee mistake
		show cost fit arise awake abide undertake overtake overthrow outdo rewrite rebuild repay retell redo rerun`),
	Ing: words("be"),
	Er:  words("good bad well ill little far much many old"),
	Est: words("good bad well ill little far much many old"),
}

// words makes a set.
func words(text string) map[string]bool {
	set := make(map[string]bool)
	for w := range strings.FieldsSeq(text) {
		set[w] = true
	}
	return set
}

// Of inflects a synonym; ok is false if no rule is known to give the form. A
// phrase is inflected in its last word if it is a noun's plural, else not at
// all.
func (f Form) Of(word string) (inflected string, ok bool) {
	if f == Base {
		return word, true
	}
	head, last := "", word
	if at := strings.LastIndexByte(word, ' '); at >= 0 {
		if f != S {
			return "", false
		}
		head, last = word[:at+1], word[at+1:]
	}
	if len(last) < 2 || irregular[f][last] || !plain(last) {
		return "", false
	}
	switch f {
	case S:
		if n := len(last); last[n-1] == 'o' && !vowel(last[n-2]) {
			return "", false // heroes, but pianos
		}
		return head + plural(last), true
	case Ed:
		return suffixed(last, "ed"), true
	case Ing:
		return suffixed(last, "ing"), true
	}
	if syllables(last) > 2 || syllables(last) == 2 && last[len(last)-1] != 'y' {
		return "", false // more …, most …
	}
	if f == Er {
		return suffixed(last, "er"), true
	}
	return suffixed(last, "est"), true
}

// plain reports whether a word is of small letters only.
func plain(w string) bool {
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return true
}

func vowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }

func plural(w string) string {
	n := len(w)
	switch {
	case w[n-1] == 'y' && !vowel(w[n-2]):
		return w[:n-1] + "ies"
	case w[n-1] == 's' || w[n-1] == 'x' || w[n-1] == 'z' || strings.HasSuffix(w, "ch") || strings.HasSuffix(w, "sh"):
		return w + "es"
	}
	return w + "s"
}

// suffixed appends an ending that begins with a vowel.
func suffixed(w, ending string) string {
	n := len(w)
	last := w[n-1]
	switch {
	case last == 'e' && ending == "ing":
		if w[n-2] == 'e' || w[n-2] == 'y' || w[n-2] == 'o' { // seeing, dyeing, hoeing
			return w + ending
		}
		if w[n-2] == 'i' { // tying
			return w[:n-2] + "y" + ending
		}
		return w[:n-1] + ending
	case last == 'e':
		return w[:n-1] + ending
	case last == 'y' && !vowel(w[n-2]) && ending != "ing":
		return w[:n-1] + "i" + ending
	case syllables(w) == 1 && n >= 3 && !vowel(last) && strings.IndexByte("wxy", last) < 0 && vowel(w[n-2]) && !vowel(w[n-3]):
		return w + string(last) + ending
	}
	return w + ending
}

// syllables counts groups of vowels, a last mute e aside.
func syllables(w string) int {
	n, in := 0, false
	for i := range len(w) {
		v := vowel(w[i]) || w[i] == 'y' && i > 0
		if v && !in {
			n++
		}
		in = v
	}
	if n > 1 && w[len(w)-1] == 'e' && !vowel(w[len(w)-2]) && w[len(w)-2] != 'l' {
		n--
	}
	return max(n, 1)
}
