package ops

import "strings"

// function are the words of English that synonym operators leave alone: articles,
// pronouns, prepositions, conjunctions, auxiliaries and the like.
var function = set(`
	a an the this that these those some any no every each either neither both all half such what which whose
	i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers
	herself it its itself they them their theirs themselves one oneself who whom whoever someone somebody something
	anyone anybody anything everyone everybody everything nobody nothing none
	am is are was were be been being do does did done doing have has had having will would shall should can could may
	might must ought need dare used
	not never nor n't
	and or but so yet for if unless until while whereas although though because since than whether as
	of in on at by to from with without within about above across after against along among around before behind below
	beneath beside besides between beyond despite down during except inside into like near off onto out outside over
	past per through throughout toward towards under underneath up upon via
	here there where when why how then now thus hence again once ever also too very just only even still already almost
	quite rather more most less least much many few own same other another
	don won isn aren wasn weren doesn didn hasn haven hadn couldn wouldn shouldn mustn needn ain t s d ll m o re ve y`)

// negation are the words whose loss turns a sentence round.
var negation = set(`
	not no never nor none nobody nothing nowhere neither without hardly scarcely barely cannot cant wont dont doesnt didnt
	isnt arent wasnt werent hasnt havent hadnt couldnt wouldnt shouldnt mustnt aint n't
	不 没 没有 無 无 非 未 别 勿 莫 否 不是 不会 不能 不要 不再 从不 并非 毫无 并不`)

// negates reports whether a word in lower case is a negation.
func negates(w string) bool {
	return negation[w] || strings.HasSuffix(w, "n't") || strings.HasSuffix(w, "n’t")
}

// set makes a set of the words of a text.
func set(words string) map[string]bool {
	out := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		out[w] = true
	}
	return out
}
