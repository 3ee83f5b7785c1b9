package clean_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean"
)

type params = map[string]any

// cleaner compiles a recipe of one step.
func cleaner(t testing.TB, step string, p params) *clean.Cleaner {
	t.Helper()
	c, err := clean.New(clean.Config{Recipe: clean.Recipe{Steps: []clean.Use{{Step: step, Params: p}}}, Samples: 2})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// editCases say what every step that edits makes of a text.
var editCases = []struct {
	step     string
	params   params
	in, want string
}{
	{"unicode", nil, "e\u0301te\u0301 ﬁne Ａ", "été ﬁne Ａ"},
	{"unicode", params{"form": "NFKC"}, "ﬁne Ａ① ½ e\u0301", "fine A1 1⁄2 é"},
	{"unicode", params{"form": "NFD"}, "é", "e\u0301"},

	{"html", nil, "a <b>bold</b> word", "a bold word"},
	{"html", nil, "one<br/>two<p class='x>y'>three</p>", "one\ntwo\nthree\n"},
	{"html", nil, `<a href="x>y">link</a>`, "link"},
	{"html", nil, "x <script>if (a < b) {}</script >y<!-- a > b -->z", "x \nyz"},
	{"html", nil, "<STYLE>p{}</style>t", "\nt"},
	{"html", nil, "<!DOCTYPE html>t<?xml version='1.0'?>u", "tu"},
	{"html", nil, "3 < 4 and 5 > 4, i <3 you, a<b", "3 < 4 and 5 > 4, i <3 you, a<b"},
	{"html", nil, "<unclosed and <b>closed</b>", "<unclosed and closed"},
	{"html", nil, "<b", "<b"},
	{"html", nil, "</", "</"},
	{"html", nil, "<!-- open", "<!-- open"},
	{"html", nil, "x<script>never closed", "x\nnever closed"},
	{"html", nil, "AT&amp;T &lt;b&gt; &#65;&#x42; &nbsp;&bogus; a & b; &", "AT&T <b> AB \u00a0&bogus; a & b; &"},
	{"html", nil, "&amp;lt;", "&lt;"},
	{"html", params{"tags": "keep"}, "<b>&amp;</b>", "<b>&</b>"},
	{"html", params{"entities": "keep"}, "<b>&amp;</b>", "&amp;"},

	{"urls", nil, "see http://a.org/x?y=1&z=(2), or https://b.io.", "see , or ."},
	{"urls", nil, "www.example.com (www.example.com/a_(b)) WWW.X.DE!", " () !"},
	{"urls", params{"replace": "URL"}, "ftp://h/f 网址http://a.cn/b是", "URL 网址URL是"},
	{"urls", params{"replace": "URL"}, "<http://x.y> \"https://q\"", "<URL> \"URL\""},
	{"urls", nil, "no://  ://x http:// awww.b http:/x", "no://  ://x http:// awww.b http:/x"},
	{"urls", params{"replace": "u"}, "http://[::1]:80/x http://a www.b", "u u u"},

	{"emails", params{"replace": "E"}, "write to a.b+c@d-e.co.uk, or x@y.", "write to E, or x@y."},
	{"emails", nil, "@user a@b a@b.c.d.ee@f.gg", "@user a@b @f.gg"},

	{"mentions", nil, "@anna hi @bob_1! me@home @ x", " hi ! me@home @ x"},
	{"mentions", params{"action": "word"}, "@anna ＠李雷", "anna 李雷"},
	{"mentions", params{"action": "replace"}, "@anna @user", "@user @user"},

	{"hashtags", nil, "#Go is #1 a#b #话题# #x_y", "Go is #1 a#b 话题 x_y"},
	{"hashtags", params{"action": "remove"}, "x #话题# y", "x  y"},
	{"hashtags", params{"action": "replace", "replace": "T"}, "#a#b", "T#b"},

	{"controls", nil, "a\x00b\tc\nd\x7f\u200b\u202ee\ufeff\u00adf\u0085", "ab\tc\ndef\u0085"},
	{"controls", nil, "می\u200cخواهم 👩\u200d👧 \u0600", "می\u200cخواهم 👩\u200d👧 \u0600"},
	{"controls", params{"joiners": true}, "می\u200cخ", "میخ"},

	{"spaces", nil, " a\t b \n\u00a0\u3000c ", "a b c"},
	{"spaces", params{"newlines": "keep"}, "a \r\n b  c\n", "a\nb c"},
	{"spaces", nil, " \n ", ""},

	{"punctuation", nil, "Don't stop: it's 'ok' (really)... 5€+3", "Dont stop  its  ok   really  5 3"},
	{"punctuation", nil, "你好，世界！「引用」…l’été", "你好 世界 引用 lété"},
	{"punctuation", params{"keep": "!?", "symbols": false}, "a!b? c, $5", "a!b? c  $5"},
	{"punctuation", params{"replace": ""}, "a,b. c", "ab c"},
	{"punctuation", params{"action": "normalize"}, "你好，“世界”！（１２）…—Ａ。", "你好,\"世界\"!(１２)...-Ａ."},
	{"punctuation", params{"action": "normalize", "keep": "。"}, "是。否，", "是。否,"},

	{"width", nil, "ＡＢＣ　１２！～ｱ", "ABC 12!~ｱ"},

	{"repeats", nil, "sooooo goooood!!!!! 100000 啊啊啊啊啊", "sooo goood!!! 100000 啊啊啊"},
	{"repeats", params{"max": 1, "of": "marks"}, "aa!!??", "aa!?"},

	{"numbers", nil, "3 of 1,000.50 at 12:30 on 2024-01-02. covid19 1st 2020年 ٣", " of  at  on . covid19 1st 年 "},
	{"numbers", params{"replace": "0", "inside": true}, "covid19 1st a_1", "covid0 0st a_0"},

	{"case", nil, "ÄÖ ÇA Ⱥ ПРИВЕТ ΣΑΣ 𐐀 MiX", "äö ça ⱥ привет σασ 𐐨 mix"},
	{"case", params{"to": "upper"}, "straße ǆ", "STRAßE Ǆ"},

	{"accents", nil, "Été naïve Ångström e\u0301 ά й ø हिन्दी が", "Ete naive Angstrom e α и ø हिन्दी が"},

	{"stopwords", nil, "The card is not working, isn't it? Lost card", "card , ? Lost card"},
	{"stopwords", params{"keep": []any{"not", "isn't"}}, "it is not, isn't", "not, isn't"},
	{"stopwords", params{"language": "de"}, "Das ist ein Haus", "Haus"},
	{"stopwords", params{"language": "zh"}, "我们在北京的大学里学习中文。ok", "北京大学里学习中文。ok"},

	{"pii", nil, "mail me at jo.doe@example.com, card 4111 1111 1111 1111", "mail me at [EMAIL], card [CARD]"},
	{"pii", params{"types": "EMAIL", "action": "mask", "keep": 4}, "jo.doe@example.com 4111 1111 1111 1111", "**************.com 4111 1111 1111 1111"},
}

func TestEdits(t *testing.T) {
	for _, c := range editCases {
		got, err := cleaner(t, c.step, c.params).Text(c.in)
		if err != nil || got != c.want {
			t.Errorf("%s %v: %q becomes %q, %v; want %q", c.step, c.params, c.in, got, err, c.want)
		}
	}
}

// Every step that edits has a case, so that a new one cannot be forgotten.
func TestEveryStepHasACase(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range editCases {
		seen[c.step] = true
	}
	for _, c := range dropCases {
		seen[c.step] = true
	}
	for _, s := range clean.Steps() {
		if !seen[s.Name] {
			t.Errorf("step %s has no case", s.Name)
		}
	}
}

func TestStopWordsOfAFile(t *testing.T) {
	for name, content := range map[string]string{
		"words.txt":  "# mine\nFoo\nbar # twice\n",
		"words.json": `["foo", "bar"]`,
		"iso.json":   `{"en": ["foo", "bar"], "de": ["baz"]}`,
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := cleaner(t, "stopwords", params{"file": path}).Text("foo the Bar"); err != nil || got != "the " {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// Hostile markup takes linear time: each of these would be quadratic if every
// opening looked for its end anew.
func TestHTMLIsLinear(t *testing.T) {
	c := cleaner(t, "html", nil)
	for _, piece := range []string{"<a ", "<a '<b'", "<!--", "<!x", "<script>", "<script></", "&", "&amp", `<a x="`, `<a x="'<b x='"`} {
		text := strings.Repeat(piece, 1<<21/len(piece))
		if _, err := c.Text(text); err != nil {
			t.Error(err)
		}
	}
}

func ExampleCleaner_Text() {
	recipe, err := clean.ParseRecipe([]byte(`
steps:
  - html
  - urls: {replace: "[URL]"}
  - repeats: {max: 2}
  - spaces
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := clean.New(clean.Config{Recipe: recipe})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Text("<p>Sooooo   good &amp; cheap: https://shop.example/x!</p>"))
	// Output: Soo good & cheap: [URL]! <nil>
}
