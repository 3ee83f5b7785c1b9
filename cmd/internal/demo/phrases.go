package demo

// intents lists every intent with wordings of its request as a verb phrase
// ("cancel my order"). Wordings of different intents share their verbs and
// nouns on purpose: what tells intents apart is which verb goes with which
// noun, and which request a sentence makes rather than merely mentions.
var intents = []struct {
	label   string
	phrases []string
}{
	{"cancel_order", []string{
		"cancel my order", "call off the purchase I made", "stop the parcel before it leaves", "undo what I bought this morning",
		"withdraw my order for good", "drop the purchase from yesterday", "take back the order I placed", "make sure the package is never sent",
	}},
	{"change_order", []string{
		"change my order", "swap an item in my purchase", "put another colour into the parcel", "alter what I bought this morning",
		"add one more thing to my order", "pick a different size for the purchase", "edit the order I placed", "replace something in the package before it is sent",
	}},
	{"track_order", []string{
		"find out where my order is", "see how far the parcel has come", "know when the package will be here", "follow the purchase I made",
		"check on what I bought this morning", "learn which day my order arrives", "locate the parcel that was sent", "get news about the delivery of my purchase",
	}},
	{"return_item", []string{
		"send back what I bought", "return an item from my order", "give the purchase back", "ship the parcel back to you",
		"hand in a package that I opened", "bring the wrong size back", "get rid of a broken item and have it collected", "return the order that arrived",
	}},
	{"cancel_subscription", []string{
		"cancel my subscription", "call off the monthly plan", "stop the plan before it renews", "end my membership for good",
		"drop the subscription from next month", "leave the monthly membership", "withdraw from the plan I signed up for", "make sure the membership is never renewed",
	}},
	{"change_subscription", []string{
		"change my subscription", "move to another monthly plan", "swap my plan for a bigger one", "alter the membership I signed up for",
		"add one more person to my plan", "pick a different membership", "edit what my subscription contains", "get a smaller plan from next month",
	}},
	{"renew_subscription", []string{
		"renew my subscription", "keep the monthly plan for another year", "extend my membership", "go on with the plan that ended",
		"start the membership again", "sign up for the same plan once more", "prolong the subscription before it ends", "pick my old membership up again",
	}},
	{"cancel_appointment", []string{
		"cancel my appointment", "call off the visit of the technician", "stop the engineer before he leaves", "undo the booking for this morning",
		"withdraw from the visit for good", "drop the appointment from next week", "take back the booking I made", "make sure nobody comes to my place",
	}},
	{"change_appointment", []string{
		"change my appointment", "move the visit to another day", "swap the morning booking for an evening one", "alter when the technician comes",
		"pick a different day for the engineer", "edit the booking I made", "get a later appointment", "have the visit one week earlier",
	}},
	{"pay_bill", []string{
		"pay my bill", "settle the invoice for my order", "send the money for last month", "pay what I owe for the plan",
		"clear the invoice by card", "transfer the money for the visit", "settle my account before next week", "pay for the purchase I made",
	}},
	{"dispute_bill", []string{
		"dispute my bill", "complain about the invoice for my order", "say that last month's bill is wrong", "question what I owe for the plan",
		"object to the money you took by card", "report that I was charged twice", "contest the invoice for the visit", "have the price of my purchase checked again",
	}},
	{"get_refund", []string{
		"get my money back", "have the purchase refunded", "ask for a refund of last month's bill", "receive back what I paid for the plan",
		"see the money for the order on my card again", "be paid back for the visit that never was", "get a refund for the parcel", "have what I was charged returned to my account",
	}},
	{"update_address", []string{
		"change my address", "tell you where I live now", "have the parcel sent to another place", "move my account to a new street",
		"edit where the bill goes", "give you the new house number", "swap the address of my order", "let the technician know my new place",
	}},
	{"reset_password", []string{
		"change my password", "get into my account again", "pick a new login", "undo the lock on my account",
		"have a code sent so that I can sign in", "recover the account I signed up for", "sign in after I forgot the code", "replace the login that stopped working",
	}},
}

// plain are ways to make one request; {a} is its verb phrase.
var plain = []string{
	"I would like to {a}", "please help me to {a}", "how can I {a}?", "can I {a} here?", "I need to {a} today",
	"what must I do to {a}?", "my wish is to {a}", "is it possible to {a}?", "{a}, please", "who can help me {a}?",
}

// contrast are ways to make the request {a} while mentioning another one, {b}.
// In half of them the mention comes first, so neither order nor the words alone
// give the request away.
var contrast = []string{
	"I do not want to {b}, I want to {a}", "I want to {a}, I do not want to {b}",
	"instead of helping me to {b}, let me {a}", "let me {a} instead of asking me to {b}",
	"yesterday I managed to {b}, today I need to {a}", "today I need to {a}, since yesterday I managed to {b}",
	"my friend wanted to {b} but I want to {a}", "I want to {a} though my friend wanted to {b}",
	"it is not that I wish to {b}; I wish to {a}", "I wish to {a}; it is not that I wish to {b}",
	"your page says how to {b}, not how to {a}, which I need", "how do I {a}? your page only says how to {b}",
	"no need to {b} any more, just {a}", "just {a}, no need to {b} any more",
}

// openings and closings carry no meaning.
var openings = []string{"", "", "", "hello, ", "hi there, ", "good morning, ", "sorry, ", "ok so ", "well, ", "hey team, "}

var closings = []string{"", "", "", " thanks", " thank you!", " as soon as possible", " it is urgent", " cheers", " when you have a minute", " please"}
