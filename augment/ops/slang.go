package ops

import "github.com/ortrain/ortrain/augment"

// shorthand lists what people write for what they mean.
var shorthand = pairs(`
	abt:about|acct:account|asap:as soon as possible|b4:before|bc:because|btw:by the way|cuz:because|dunno:do not know
	fyi:for your information|gimme:give me|gonna:going to|gotta:got to|gr8:great|idk:i do not know|imo:in my opinion
	imho:in my humble opinion|kinda:kind of|l8r:later|lemme:let me|msg:message|nvm:never mind|omg:oh my god
	outta:out of|pls:please|plz:please|ppl:people|pic:picture|rly:really|sorta:sort of|thx:thanks|tho:though
	tmrw:tomorrow|tbh:to be honest|u:you|ur:your|wanna:want to|w/o:without|xmas:christmas|yr:year|mins:minutes
	hrs:hours|info:information|app:application|approx:approximately|dept:department|est:established|govt:government
	max:maximum|min:minimum|vs:versus|fav:favourite|diff:different|prob:probably|def:definitely|convo:conversation`)

var _ = register(augment.Spec{
	Name: "slang", Doc: "writes slang and abbreviations for words, or the words for these",
	Params: []augment.Param{often,
		{Name: "direction", Doc: "shorten: words to slang; expand: slang to words", Default: "shorten", Choices: []string{"shorten", "expand"}}},
	Languages: english, Laws: respells &^ augment.KeepsWords,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "please tell me about the message before tomorrow", Params: map[string]any{"rate": 1.0}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		return phrasewise(s.Float("rate"), newPhrases(shorthand, s.Text("direction") == "shorten")), nil
	},
})
