package tokenize_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

// words is a vocabulary small enough to read.
const words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nmy\ncard\nis\nlost\n##s\n,\ncafe\ncafé\nMy\n中\n国\n\uFFFD\n"

func fromWords(t testing.TB, change func(*tokenize.WordPiece)) *tokenize.Tokenizer {
	t.Helper()
	w := tokenize.DefaultWordPiece()
	if change != nil {
		change(&w)
	}
	file, err := w.File([]byte(words))
	if err != nil {
		t.Fatal(err)
	}
	return load(t, file)
}

func load(t testing.TB, file []byte) *tokenize.Tokenizer {
	t.Helper()
	tok, err := tokenize.New(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tok.Close() })
	return tok
}

// show writes an encoding as text: tokens with their type ids.
func show(tok *tokenize.Tokenizer, e tokenize.Encoding) string {
	tokens := tok.Tokens()
	var b strings.Builder
	for i, id := range e.IDs {
		fmt.Fprintf(&b, "%s/%d ", tokens[id], e.TypeIDs[i])
	}
	return strings.TrimSpace(b.String())
}

func TestEncode(t *testing.T) {
	tok := fromWords(t, nil)
	for _, c := range []struct {
		text string
		max  int
		want string
	}{
		{"My cards, lost", 0, "[CLS]/0 my/0 card/0 ##s/0 ,/0 lost/0 [SEP]/0"},
		{"my cards, lost", 4, "[CLS]/0 my/0 card/0 [SEP]/0"},
		{"my cards, lost", 7, "[CLS]/0 my/0 card/0 ##s/0 ,/0 lost/0 [SEP]/0"},
		{"", 0, "[CLS]/0 [SEP]/0"},
		{" \t\n", 0, "[CLS]/0 [SEP]/0"},
		{"café 中国", 0, "[CLS]/0 cafe/0 中/0 国/0 [SEP]/0"},
		{"xyz", 0, "[CLS]/0 [UNK]/0 [SEP]/0"},
		{"my\x00 card", 0, "[CLS]/0 my/0 card/0 [SEP]/0"},
		{"\x00", 0, "[CLS]/0 [SEP]/0"},
		{"my [SEP] card", 0, "[CLS]/0 my/0 [SEP]/0 card/0 [SEP]/0"},
	} {
		e, err := tok.Encode(c.text, tokenize.Options{MaxLength: c.max})
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
		} else if got := show(tok, e); got != c.want {
			t.Errorf("%q up to %d: got %s, want %s", c.text, c.max, got, c.want)
		}
	}
}

func TestWordPieceOptions(t *testing.T) {
	no := false
	for want, change := range map[string]func(*tokenize.WordPiece){
		"my/0 cafe/0":    nil,
		"My/0 café/0":    func(w *tokenize.WordPiece) { w.DoLowerCase = false },
		"my/0 café/0":    func(w *tokenize.WordPiece) { w.StripAccents = &no },
		"my/0 cafe/0 \t": func(w *tokenize.WordPiece) { w.TokenizeChineseChars = false },
	} {
		tok := fromWords(t, change)
		e, err := tok.Encode("My café", tokenize.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := show(tok, e); got != "[CLS]/0 "+strings.TrimSpace(want)+" [SEP]/0" {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestOpenVocab(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := tokenize.Open(folder); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "vocab.txt") {
		t.Errorf("empty folder: %v", err)
	}
	write("vocab.txt", strings.ReplaceAll(words, "\n", "\r\n"))
	write("tokenizer_config.json", `{"do_lower_case": false, "mask_token": {"content": "[MASK]", "lstrip": false}, "model_max_length": 512}`)
	tok, err := tokenize.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer tok.Close()
	e, err := tok.Encode("My", tokenize.Options{})
	if err != nil || show(tok, e) != "[CLS]/0 My/0 [SEP]/0" {
		t.Errorf("got %s and %v", show(tok, e), err)
	}
	if id, ok := tok.Special()["[MASK]"]; !ok || id != 4 || tok.Size() != 17 {
		t.Errorf("special %v, size %d", tok.Special(), tok.Size())
	}
	again := load(t, tok.File())
	if diff := cmp.Diff(tok.Tokens(), again.Tokens()); diff != "" {
		t.Errorf("the file made of the vocabulary gives another: %s", diff)
	}
	write("tokenizer_config.json", `{"cls_token": "<s>"}`)
	if _, err := tokenize.Open(folder); !errors.Is(err, tokenize.ErrFile) || !strings.Contains(err.Error(), `"<s>"`) {
		t.Errorf("missing special token: %v", err)
	}
	write("tokenizer_config.json", `{"cls_token": 7}`)
	if _, err := tokenize.Open(folder); !errors.Is(err, tokenize.ErrFile) {
		t.Errorf("a number as token: %v", err)
	}
}

func TestEncodePair(t *testing.T) {
	bert := fromWords(t, nil)
	roberta := withProcessor(t, bert, `{"type":"RobertaProcessing","sep":["[SEP]",3],"cls":["[CLS]",2],"trim_offsets":true,"add_prefix_space":false}`)
	old := withProcessor(t, bert, `{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}`)
	for _, c := range []struct {
		tok  *tokenize.Tokenizer
		max  int
		want string
	}{
		{bert, 0, "[CLS]/0 my/0 card/0 ##s/0 [SEP]/0 lost/1 [SEP]/1"},
		{old, 0, "[CLS]/0 my/0 card/0 ##s/0 [SEP]/0 lost/1 [SEP]/1"},
		{roberta, 0, "[CLS]/0 my/0 card/0 ##s/0 [SEP]/0 [SEP]/0 lost/0 [SEP]/0"},
		{bert, 6, "[CLS]/0 my/0 card/0 [SEP]/0 lost/1 [SEP]/1"},
		{bert, 5, "[CLS]/0 my/0 [SEP]/0 lost/1 [SEP]/1"},
		{roberta, 6, "[CLS]/0 my/0 [SEP]/0 [SEP]/0 lost/0 [SEP]/0"},
	} {
		e, err := c.tok.EncodePair("my cards", "lost", tokenize.Options{MaxLength: c.max})
		if err != nil {
			t.Error(err)
		} else if got := show(c.tok, e); got != c.want {
			t.Errorf("up to %d: got %s, want %s", c.max, got, c.want)
		}
	}
	empty, err := bert.EncodePair("", "", tokenize.Options{})
	if err != nil || show(bert, empty) != "[CLS]/0 [SEP]/0 [SEP]/1" {
		t.Errorf("two empty texts: %s, %v", show(bert, empty), err)
	}
}

// withProcessor swaps the post_processor of a tokenizer made of words.
func withProcessor(t testing.TB, tok *tokenize.Tokenizer, processor string) *tokenize.Tokenizer {
	t.Helper()
	return load(t, swapProcessor(t, tok.File(), processor))
}

// longestFirst is the rule as the slow tokenizers run it: take tokens off the
// longer text one by one.
func longestFirst(n, m, room int) (int, int) {
	for n+m > room {
		if n > m {
			n--
		} else {
			m--
		}
	}
	return n, m
}

func TestPairTruncationIsLongestFirst(t *testing.T) {
	tok := fromWords(t, nil)
	for n := range 9 {
		for m := range 9 {
			for room := 2; room < 18; room++ {
				text, pair := strings.Repeat("my ", n), strings.Repeat("lost ", m)
				e, err := tok.EncodePair(text, pair, tokenize.Options{MaxLength: room + 3})
				if err != nil {
					t.Fatal(err)
				}
				count := map[int32]int{}
				for _, id := range e.IDs {
					count[id]++
				}
				wantN, wantM := longestFirst(n, m, room)
				gotN, gotM := count[5], count[8]
				// An odd token may fall to either text: the fast and the slow rule
				// differ there.
				if gotN+gotM != wantN+wantM || max(gotN-wantN, wantN-gotN) > 1 || len(e.IDs) > room+3 {
					t.Errorf("%d and %d tokens into %d: kept %d and %d, want %d and %d", n, m, room, gotN, gotM, wantN, wantM)
				}
			}
		}
	}
}

func TestSpansPointAtTheText(t *testing.T) {
	tok := fromWords(t, nil)
	e, err := tok.EncodePair("My\x00cards  é中", "lost,", tokenize.Options{Spans: true})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"My\x00cards  é中", "lost,"}
	var got []string
	for _, s := range e.Spans {
		if s.Text < 0 {
			got = append(got, "-")
			continue
		}
		got = append(got, texts[s.Text][s.Start:s.End])
	}
	// clean_text drops the NUL, so "Mycards" is one unknown word.
	if diff := cmp.Diff([]string{"-", "My\x00cards", "é", "中", "-", "lost", ",", "-"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestErrors(t *testing.T) {
	tok := fromWords(t, nil)
	if _, err := tok.Encode("a\xffb", tokenize.Options{}); !errors.Is(err, tokenize.ErrUTF8) {
		t.Errorf("invalid UTF-8: %v", err)
	}
	if _, err := tok.EncodePair("a", "\xc3", tokenize.Options{}); !errors.Is(err, tokenize.ErrUTF8) {
		t.Errorf("invalid UTF-8 in the pair: %v", err)
	}
	if _, err := tok.Encode("my", tokenize.Options{MaxLength: 2}); !errors.Is(err, tokenize.ErrEncode) || !strings.Contains(err.Error(), "at least 3") {
		t.Errorf("no room: %v", err)
	}
	if _, err := tok.EncodePair("my", "my", tokenize.Options{MaxLength: 4}); !errors.Is(err, tokenize.ErrEncode) {
		t.Errorf("no room for a pair: %v", err)
	}
	for range 2 {
		if err := tok.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := tok.Encode("my", tokenize.Options{}); !errors.Is(err, tokenize.ErrEncode) || !strings.Contains(err.Error(), "closed") {
		t.Errorf("after Close: %v", err)
	}
}

func TestManyGoroutinesGiveTheSame(t *testing.T) {
	tok := fromWords(t, nil)
	texts := []string{"my card is lost", "cafe, my cards", "", "中国 xyz", strings.Repeat("lost ", 300)}
	want := make([]tokenize.Encoding, len(texts))
	for i, text := range texts {
		want[i], _ = tok.Encode(text, tokenize.Options{MaxLength: 64, Spans: true})
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				for i, text := range texts {
					got, err := tok.Encode(text, tokenize.Options{MaxLength: 64, Spans: true})
					if err != nil || !slices.Equal(got.IDs, want[i].IDs) || !slices.Equal(got.Spans, want[i].Spans) {
						t.Errorf("%q: %v differs (%v)", text, got.IDs, err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestPaddingAndTruncationOfTheFileAreOff(t *testing.T) {
	for _, path := range []string{
		pipetest.Shared(t, "data", "tokenizers", "all-minilm-l6-v2"),
		pipetest.Model(t, "all-MiniLM-L6-v2"),
	} {
		tok, err := tokenize.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		e, err := tok.Encode("hello world", tokenize.Options{})
		if err != nil || !slices.Equal(e.IDs, []int32{101, 7592, 2088, 102}) {
			t.Errorf("%s: ids %v, %v", path, e.IDs, err)
		}
		e, err = tok.Encode(strings.Repeat("hello ", 600), tokenize.Options{})
		if err != nil || len(e.IDs) != 602 {
			t.Errorf("%s: %d tokens, want 602 (%v)", path, len(e.IDs), err)
		}
		raw, err := os.ReadFile(filepath.Join(path, "tokenizer.json"))
		if err != nil || string(raw) != string(tok.File()) {
			t.Errorf("%s: File is not the file (%v)", path, err)
		}
		if tok.Size() != 30522 {
			t.Errorf("%s: size %d", path, tok.Size())
		}
		tok.Close()
	}
}

func Example() {
	vocab := "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nlost\ncard\n##s\n"
	file, err := tokenize.DefaultWordPiece().File([]byte(vocab))
	if err != nil {
		fmt.Println(err)
		return
	}
	tok, err := tokenize.New(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tok.Close()
	e, err := tok.Encode("Lost cards", tokenize.Options{MaxLength: 128})
	fmt.Println(e.IDs, err)
	pair, err := tok.EncodePair("Lost", "cards", tokenize.Options{})
	fmt.Println(pair.IDs, pair.TypeIDs, err)
	// Output:
	// [2 5 6 7 3] <nil>
	// [2 5 3 6 7 3] [0 0 0 1 1 1] <nil>
}
