package pii

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/sample"
)

var _ = register(Recogniser{
	Name: "street", Type: "ADDRESS", Rank: 120, Starts: digits,
	Doc:  "house number and a street by its usual words, before or behind (Street, Rua, -straße, …), with unit, city, US state and ZIP where they follow",
	Find: findStreet,
	Samples: Samples{
		Find: []string{
			"lives at «221B Baker Street», London", "«1600 Pennsylvania Avenue NW, Washington, DC 20500».", "at «12 Main St Apt. 4»", "in «Rua João Pessoa 1636» street",
			"«Hauptstraße 12a»", "«5 Place de Clichy»", "«Via Roma 10», Torino", "«12 rue de la Paix»", "«742 evergreen terrace» please", "«45 W. 5th Street, Suite 200»", "«Lange Voorhout 34»",
			"«230 ul. Narewska»", "«50066 Rooseveltlaan 110\n Apt. 949»", "«1 Heerengracht St, Suite 5»",
		},
		Miss: []string{
			"5 miles down the road", "12 people on the way", "in 2010 the drive", "3 days at court", "10 ways to place", "via 10 routers", "20 percent of street crime",
			"Interstate 95", "a 20 gig drive", "2064 Supreme Court hearing", "Super Bowl 50 take place", "had 5 chickens. No Way", "400 Meter von Trafalgar Square", "Section 295 C of the Penal Code", "chapter 12", "the 3 Way handshake",
		},
	},
})

// streetEnd are words that follow the name of a street.
var streetEnd = wordSet(`street st avenue ave road rd boulevard blvd lane ln drive dr court ct way place pl square sq terrace ter parkway pkwy highway hwy
	circle cir crescent close grove alley trail row walk mews plaza expressway turnpike quay`)

// streetStart are words that come before the name of a street.
var streetStart = wordSet(`rua via rue calle avenida avda av avenue viale corso piazza plaza praça largo travessa ul ulica carrer paseo allée chemin impasse
	boulevard strada calea place quai rruga`)

// smallOpening are those of them that are no words of English.
var smallOpening = wordSet(`rue ul calle`)

// notFirst are words that a street does not begin with, though it may end so.
var notFirst = wordSet(`way`)

// streetWord are words of streets that are rare in other senses, so that a
// street in small letters is known by them.
var streetWord = wordSet(`street avenue ave road boulevard blvd lane terrace parkway highway`)

// streetTail are endings of a street's name in one word.
var streetTail = []string{
	"straße", "strasse", "gasse", "allee", "platz", "gatan", "vägen", "gata", "vej", "gade", "veien", "vegen", "gaten", "straat", "laan", "plein", "gracht",
	"katu", "kuja", "vegur", "gránda", "voorhout", "stígur", "stræti", "stien",
}

// notInStreet are words of sentences that no street's name has.
var notInStreet = wordSet(`a an and are as at by down for from in into is it more of off on or out over people percent per since than that the this through times to
	up was were with years year days day hours hour minutes miles mile km months weeks men women ways
	meter meters metres supreme district appeals high every each some any other another no new same`)

func findStreet(t *Text, at int) (sample.Range, bool) {
	s := t.String
	if !free(s, at) {
		return sample.Range{}, false
	}
	number := run(s, at, 7, isDigit)
	if number-at > 6 {
		return sample.Range{}, false
	}
	if r, ok := streetBefore(s, at, houseEnd(s, number)); ok {
		return r, true
	}
	end, ok := streetAfter(s, houseEnd(s, number))
	if further, unit := unitAfter(s, houseEnd(s, number)); unit && (!ok || further > end) {
		end, ok = further, true
	}
	if !ok || chained(s, at) != 0 && chained(s, at) != ' ' {
		return sample.Range{}, false
	}
	return sample.Range{Start: at, End: cityEnd(s, unitEnd(s, end))}, true
}

// houseEnd moves over the letter or second number of a house.
func houseEnd(s string, at int) int {
	switch b := byteAt(s, at); {
	case classes[b] == letter && b != '_' && ends(s, at+1):
		return at + 1
	case (b == '-' || b == '/') && isDigit(byteAt(s, at+1)):
		if end := run(s, at+1, 4, isDigit); ends(s, end) {
			return end
		}
	}
	return at
}

// streetAfter reads the street behind a house number: up to five words of which
// the last is one that streets end with, or the first one that they begin with.
func streetAfter(s string, at int) (end int, ok bool) {
	if byteAt(s, at) == ',' {
		at++
	}
	if byteAt(s, at) != ' ' {
		return 0, false
	}
	at++
	if end, ok := streetOpened(s, at); ok {
		return end, true
	}
	capitals, smalls := 0, 0
	for i := range 6 {
		w, found := wordAt(s, at)
		if !found || w.is(s, notInStreet) || i == 0 && w.is(s, notFirst) {
			return 0, false
		}
		if end := streetLast(s, w, capitals, smalls); end > 0 {
			return end, true
		}
		if w.capital || isDigit(s[w.start]) {
			capitals++
		} else {
			smalls++
		}
		if at = next(s, w); at == w.end {
			return 0, false
		}
	}
	return 0, false
}

// unitAfter reads up to four words with a capital, and perhaps a number, before
// a unit: what stands between a house number and a flat is a street.
func unitAfter(s string, at int) (end int, ok bool) {
	for i := range 5 {
		if byteAt(s, at) != ' ' {
			return 0, false
		}
		w, found := wordAt(s, at+1)
		if !found || !w.capital && !isDigit(s[w.start]) || w.is(s, unitWord) {
			return 0, false
		}
		if unit := unitEnd(s, w.end); i > 0 && unit > w.end && s[skip(s, w.end, ", ")] != '#' {
			return unit, true
		}
		at = w.end
	}
	return 0, false
}

// streetLast is where a street ends with a word, 0 if it does not. capitals and
// smalls are how many words of it begin so.
func streetLast(s string, w word, capitals, smalls int) int {
	words := capitals + smalls
	switch {
	case words > 0 && smalls == 0 && w.capital && w.is(s, streetEnd) && !saint(s, w):
		return direction(s, w.end)
	case words > 0 && words < 4 && capitals == 0 && w.is(s, streetWord):
		return w.end
	case words < 2 && smalls == 0 && w.tailed(s):
		return w.end
	}
	return 0
}

// tailed reports whether a word is a street of its own.
func (w word) tailed(s string) bool {
	return w.capital && w.end-w.start > 6 && streetTailed(w.plain(s))
}

// saint tells St. Luke from Main St.
func saint(s string, w word) bool {
	if plain := w.plain(s); plain != "st" && plain != "dr" || byteAt(s, w.end) != '.' {
		return false
	}
	following, ok := wordAt(s, skip(s, w.end, ". "))
	return ok && following.capital && !following.is(s, unitWord)
}

// streetOpened reads a street that begins with its kind: rue de la Paix.
func streetOpened(s string, at int) (end int, ok bool) {
	w, found := wordAt(s, at)
	if !found || !opensStreet(s, w) && !w.is(s, smallOpening) {
		return 0, false
	}
	english := w.is(s, streetEnd)
	for i := range 4 {
		following := next(s, w)
		if following == w.end {
			break
		}
		w, found = wordAt(s, following)
		if !found || english && i == 0 && w.capital { // Place Cards is no Place de Clichy
			break
		}
		if w.capital {
			return moreCapitals(s, w.end), true
		}
	}
	return 0, false
}

// opensStreet reports whether a word is one that streets begin with.
func opensStreet(s string, w word) bool {
	if s[w.start:w.end] == "C/" {
		return true
	}
	return w.capital && w.is(s, streetStart)
}

// moreCapitals moves over further words of a street's name.
func moreCapitals(s string, end int) int {
	for range 3 {
		if byteAt(s, end) != ' ' {
			break
		}
		w, ok := wordAt(s, end+1)
		if !ok || !w.capital || isDigit(s[w.start]) {
			break
		}
		end = w.end
	}
	return end
}

// direction moves over the quarter of a city behind a street.
func direction(s string, end int) int {
	if byteAt(s, end) == '.' && byteAt(s, end+1) == ' ' && byteAt(s, end+2) != 0 {
		if w, ok := wordAt(s, end+2); ok && !w.capital {
			end++
		}
	}
	for _, d := range []string{" NW", " NE", " SW", " SE", " N", " S", " E", " W"} {
		if strings.HasPrefix(s[end:], d) && ends(s, end+len(d)) {
			return end + len(d)
		}
	}
	return end
}

func streetTailed(plain string) bool {
	for _, tail := range streetTail {
		if strings.HasSuffix(plain, tail) {
			return true
		}
	}
	return false
}

// streetBefore reads the street before a house number: one word with the tail
// of a street, or up to four behind a word that streets begin with.
func streetBefore(s string, at, end int) (sample.Range, bool) {
	if byteAt(s, at-1) != ' ' || !ends(s, end) {
		return sample.Range{}, false
	}
	capital := false
	for i, to := 0, at-1; i < 5; i++ {
		from := wordStart(s, to)
		w, ok := wordAt(s, from)
		if !ok || w.end < to {
			break
		}
		if i == 0 && w.tailed(s) {
			if w.plain(s) == "voorhout" { // a name in two words
				from = wordStart(s, from-1)
			}
			return sample.Range{Start: from, End: unitEnd(s, end)}, true
		}
		if i > 0 && capital && opensStreet(s, w) {
			return sample.Range{Start: from, End: unitEnd(s, end)}, true
		}
		capital = capital || w.capital
		if to = wordGap(s, from); to < 0 {
			break
		}
	}
	return sample.Range{}, false
}

// wordGap is where the word before another one ends, -1 if something other than
// a space and a full stop stands between them.
func wordGap(s string, from int) int {
	to := from - 1
	switch {
	case to < 1 || s[to] != ' ' && s[to] != '.':
		return -1
	case s[to-1] == '.':
		return to - 1
	}
	return to
}

// wordStart is where the word that ends at a place begins.
func wordStart(s string, end int) int {
	start := end
	for start > 0 && end-start < 40 {
		r, size := utf8.DecodeLastRuneInString(s[:start])
		if r == utf8.RuneError || !(unicode.IsLetter(r) && r < firstCJK || r == '\'' || r == '’' || r == '-' || r == '/' && start == end) {
			break
		}
		start -= size
	}
	return start
}

// unitEnd moves over what follows a street in a building: Apt. 4, Suite 200.
func unitEnd(s string, end int) int {
	for range 2 {
		at := end
		for i := 0; i < 6 && (byteAt(s, at) == ',' || byteAt(s, at) == ' ' || byteAt(s, at) == '\n'); i++ {
			at++
		}
		if byteAt(s, at) == '#' {
			at++
		} else if w, ok := wordAt(s, at); ok && w.is(s, unitWord) {
			at = next(s, w)
		} else {
			return end
		}
		w, ok := wordAt(s, at)
		if !ok || w.end-w.start > 6 || !strings.ContainsAny(s[w.start:w.end], digits) && w.end-w.start > 1 {
			return end
		}
		end = w.end
	}
	return end
}

var unitWord = wordSet(`apt apartment suite ste unit floor fl room rm flat`)

// cityEnd moves over city, US state and ZIP code if all three follow.
func cityEnd(s string, end int) int {
	at := end
	for range 5 {
		for i := 0; i < 6 && at < len(s) && strings.IndexByte(", \n", s[at]) >= 0; i++ {
			at++
		}
		w, ok := wordAt(s, at)
		if !ok {
			return end
		}
		if zip := stateAndZIP(s, w); zip > 0 {
			return zip
		}
		at = w.end
	}
	return end
}

// stateAndZIP reads two capitals and a ZIP code.
func stateAndZIP(s string, w word) (end int) {
	if w.end-w.start != 2 || !isUpper(s[w.start]) || !isUpper(s[w.start+1]) || byteAt(s, w.end) != ' ' {
		return 0
	}
	from := w.end + 1
	end = run(s, from, 6, isDigit)
	if end-from != 5 || !ends(s, end) {
		return 0
	}
	if byteAt(s, end) == '-' && end+5 <= len(s) && len(onlyDigits(s[end+1:end+5])) == 4 && ends(s, end+5) {
		return end + 5
	}
	return end
}
