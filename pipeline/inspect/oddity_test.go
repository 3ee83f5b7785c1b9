package inspect

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/ortrain/ortrain/pipeline/sample"
)

func TestOddities(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "empty",
		" \t\u3000\n":             "empty",
		"plain, with\ttab\r\nand": "",
		"a\x00b":                  "control",
		"a\x7f":                   "control",
		"a\u0091b":                "control",
		"a\u0085b":                "",
		"é":                       "",
		"a\ufffdb":                "replacement",
		"锟斤拷锟斤拷":                  "replacement",
		"a\u200bb":                "invisible",
		"\ufeffa":                 "invisible",
		"a\u202eb":                "invisible",
		"👨\u200d👩":                "",
		"CafÃ©":                   "mojibake",
		"\u00c2\u0091":            "", // would have been a control character
	} {
		var got []string
		ex := sample.Example{Text: text}
		for i, o := range oddities {
			if oddIn(&ex)>>i&1 == 1 {
				got = append(got, o.name)
			}
		}
		if text == "\u00c2\u0091" {
			got = nil
			if mojibake(text) >= 0 {
				got = []string{"mojibake"}
			}
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: %q, want %q", text, g, want)
		}
	}
	if odd := oddIn(&sample.Example{Text: "a", Pair: "", HasPair: true}); odd != 1 {
		t.Errorf("an empty second text: %b", odd)
	}
}

// A long text is shown where it is odd, and repaired there.
func TestOddPlacesAreShown(t *testing.T) {
	long := strings.Repeat("häufig ", 100)
	for name, c := range map[string]struct{ odd, repaired string }{
		"mojibake": {"CafÃ© dort", "Café dort"}, "control": {"weak \u0096 script", "weak – script"},
		"replacement": {"a\ufffdb", ""}, "invisible": {"a\u200bb", ""},
	} {
		at := slices.IndexFunc(oddities, func(o oddity) bool { return o.name == name })
		var row Row
		place{&row, at}.fill(&sample.Example{Text: long + c.odd + long}, nil)
		if !strings.Contains(row.Text, c.odd) || len(row.Text) > textLength+8 || !utf8.ValidString(row.Text) || !strings.Contains(row.Repaired, c.repaired) || (c.repaired == "") != (row.Repaired == "") {
			t.Errorf("%s: %+v", name, row)
		}
	}
	for size := range 400 {
		if !utf8.RuneStart(long[size]) {
			continue
		}
		for at := range size {
			text := excerptAt(long[:size], at)
			if !strings.Contains(text, "…") && size > textLength+2 || size <= textLength && text != long[:size] {
				t.Fatalf("%d bytes, %d: %q", size, at, text)
			}
		}
	}
}

// sound are texts in many languages with what could be taken for mojibake.
var sound = []string{
	"Der Saal war groß“, sagte sie. „Spaß“ – „heiß“.",
	"Elle a dit « café » et « été » à Orléans…",
	"un café…” dit-il, “naïveté”, “CAFÉ”, « DÉJÀ »",
	"Ele disse “MAÇÔ e “IRMÔ, não. Ação, coração, você",
	"Âge d'or. Ângela é âncora; Ãrea",
	"Příliš žluťoučký kůň úpěl ďábelské ódy. NÍŽ, PÍŠE, ŽIŠKA, Ýž",
	"Zażółć gęślą jaźń", "Ærø, Øl på Åland, så…”", "Þetta er íslenska, ðað var",
	"Я люблю кофе — «очень»", "Ελληνικά κείμενα", "שלום עולם", "مرحبا بالعالم",
	"一种基于平方和优化的飞行器大角度机动镇定控制器设计方法", "こんにちは“世界”…", "안녕하세요",
	"Price: £5 × 3 = €15 ± 2°, 5×£3, 2×², ½ × ¼, ©2020 Müller®", "Tiếng Việt: Ân, Ô, Ăn, Đâu, ÂM",
	"İstanbul’da ŞİŞLİ", "¿Qué? ¡Sí! José¿", "L·L col·lecció", "Ångström ≈ 10⁻¹⁰ m",
}

// What is sound is left alone; the same text read wrongly is found and repaired.
func TestMojibake(t *testing.T) {
	for _, text := range sound {
		if mojibake(text) >= 0 {
			t.Errorf("%q is taken for mojibake of %q", text, repair(text))
		}
	}
	for _, text := range []string{
		"café", "naïve", "It’s “quoted” – yes…", "Der Saal war groß, schön und für alle", "Příliš žluťoučký kůň", "Zażółć gęślą jaźń",
		"Я люблю кофе", "Ελληνικά κείμενα", "שלום עולם", "مرحبا بالعالم", "一种基于平方和优化的飞行器", "こんにちは世界", "안녕하세요", "Party 😀 tonight", "50 °C", "©2020", "£5", "İstanbul’da ŞİŞLİ",
	} {
		for name, wrong := range map[string]string{"Latin-1": asLatin1(text), "Windows-1252": asWindows1252(t, text)} {
			if mojibake(wrong) < 0 {
				t.Errorf("%q as %s: %q is taken for sound", text, name, wrong)
			}
			if got := repair(wrong); got != text {
				t.Errorf("%q as %s is repaired to %q", text, name, got)
			}
		}
	}
}

// asLatin1 reads the bytes of a text as characters.
func asLatin1(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteRune(rune(text[i]))
	}
	return b.String()
}

// asWindows1252 does so with the code page that most programs use; bytes without
// a character there are control characters, as in browsers.
func asWindows1252(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	for i := range len(text) {
		r := charmap.Windows1252.DecodeByte(text[i])
		if r == utf8.RuneError {
			r = rune(text[i])
		}
		if got, ok := byteOf(r); !ok || got != text[i] {
			t.Fatalf("the byte of %q is %x; %x is expected", r, got, text[i])
		}
		b.WriteRune(r)
	}
	return b.String()
}

func FuzzRepair(f *testing.F) {
	for _, text := range sound {
		f.Add(text)
		f.Add(asLatin1(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		if got := repair(text); !utf8.ValidString(got) || len(got) > len(text) {
			t.Errorf("%q is repaired to %q", text, got)
		}
		if at := mojibake(text); at >= 0 && !utf8.RuneStart(text[at]) {
			t.Errorf("%q: byte %d begins no character", text, at)
		}
	})
}
