package tokenize_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

func TestTruncationRules(t *testing.T) {
	tok := fromWords(t, nil)
	for _, c := range []struct {
		rule       tokenize.Truncation
		text, pair string
		max        int
		want       string
	}{
		{"", "my card is lost", "my", 6, "[CLS]/0 my/0 card/0 [SEP]/0 my/1 [SEP]/1"},
		{tokenize.LongestFirst, "my card is lost", "my", 6, "[CLS]/0 my/0 card/0 [SEP]/0 my/1 [SEP]/1"},
		{tokenize.OnlyFirst, "my card is lost", "card is", 6, "[CLS]/0 my/0 [SEP]/0 card/1 is/1 [SEP]/1"},
		{tokenize.OnlySecond, "my card", "card is lost", 6, "[CLS]/0 my/0 card/0 [SEP]/0 card/1 [SEP]/1"},
		{tokenize.OnlySecond, "my card is", "card is", 20, "[CLS]/0 my/0 card/0 is/0 [SEP]/0 card/1 is/1 [SEP]/1"},
		{tokenize.OnlyFirst, "my card is", "card is lost", 6, "error second 3"},
		{tokenize.OnlySecond, "my card is", "card is lost", 6, "error first 3"},
		{"shortest", "my card is", "card is lost", 6, "error shortest"},
	} {
		e, err := tok.EncodePair(c.text, c.pair, tokenize.Options{MaxLength: c.max, Truncation: c.rule})
		if parts, isError := strings.CutPrefix(c.want, "error "); isError {
			for _, part := range strings.Fields(parts) {
				if !errors.Is(err, tokenize.ErrEncode) || !strings.Contains(err.Error(), part) {
					t.Errorf("%s of %q and %q: %v, want %q in it", c.rule, c.text, c.pair, err, part)
				}
			}
			continue
		}
		if err != nil {
			t.Errorf("%s of %q and %q: %v", c.rule, c.text, c.pair, err)
		} else if got := show(tok, e); got != c.want {
			t.Errorf("%s of %q and %q: got %s, want %s", c.rule, c.text, c.pair, got, c.want)
		}
	}
	// Every rule cuts a single text.
	for _, rule := range []tokenize.Truncation{tokenize.LongestFirst, tokenize.OnlyFirst, tokenize.OnlySecond} {
		if e, err := tok.Encode("my card is lost", tokenize.Options{MaxLength: 4, Truncation: rule}); err != nil || len(e.IDs) != 4 {
			t.Errorf("%s of one text: %v %v", rule, e.IDs, err)
		}
	}
}

func TestWindowsCoverTheText(t *testing.T) {
	tok := fromWords(t, nil)
	vocabulary := []string{"my", "card", "is", "lost", "cards"}
	for n := range 30 {
		var text []string
		for i := range n {
			text = append(text, vocabulary[i%len(vocabulary)])
		}
		long := strings.Join(text, " ")
		whole, err := tok.Encode(long, tokenize.Options{Spans: true})
		if err != nil {
			t.Fatal(err)
		}
		pieces := whole.Spans[1 : len(whole.Spans)-1]
		for _, c := range []struct {
			pair        bool
			rule        tokenize.Truncation
			max, stride int
		}{{false, "", 9, 2}, {false, "", 5, 0}, {true, tokenize.OnlySecond, 12, 3}, {true, tokenize.OnlyFirst, 12, 0}} {
			o := tokenize.Options{MaxLength: c.max, Stride: c.stride, Truncation: c.rule, Spans: true}
			first, second, moving := long, "", int8(0)
			switch {
			case c.rule == tokenize.OnlySecond:
				first, second, moving = "my card", long, 1
			case c.pair:
				second = "my card"
			}
			windows, err := tok.Windows(first, second, c.pair, o)
			if err != nil {
				t.Fatal(err)
			}
			if fault := covers(windows, pieces, moving, c.max, c.stride); fault != "" {
				t.Fatalf("%d words, %+v: %s", n, c, fault)
			}
		}
	}
}

// covers says what is wrong with windows over the pieces of a text.
func covers(windows []tokenize.Encoding, pieces []tokenize.Span, moving int8, most, stride int) string {
	at := 0
	for w, e := range windows {
		if len(e.IDs) > most {
			return fmt.Sprintf("window %d has %d tokens", w, len(e.IDs))
		}
		if len(e.IDs) < most && w < len(windows)-1 {
			return fmt.Sprintf("window %d has %d tokens, room for %d", w, len(e.IDs), most)
		}
		var mine []tokenize.Span
		for _, s := range e.Spans {
			if s.Text == moving {
				s.Text = 0
				mine = append(mine, s)
			}
		}
		if w > 0 {
			at -= stride
		}
		if !slices.Equal(mine, pieces[at:at+len(mine)]) {
			return fmt.Sprintf("window %d holds %v, want %v", w, mine, pieces[at:])
		}
		at += len(mine)
	}
	if at != len(pieces) {
		return fmt.Sprintf("%d windows cover %d of %d tokens", len(windows), at, len(pieces))
	}
	return ""
}

func TestWindowFaults(t *testing.T) {
	tok := fromWords(t, nil)
	for _, c := range []struct {
		pair bool
		o    tokenize.Options
		want string
	}{
		{false, tokenize.Options{MaxLength: 5, Stride: 3}, "stride of 3"},
		{false, tokenize.Options{MaxLength: 5, Stride: -1}, "stride of -1"},
		{false, tokenize.Options{MaxLength: 2}, "no room"},
		{true, tokenize.Options{MaxLength: 9}, "only_first or only_second"},
		{true, tokenize.Options{MaxLength: 9, Truncation: tokenize.OnlySecond}, "first text has 6 tokens"},
	} {
		if _, err := tok.Windows("my card is lost my card", "my card is lost", c.pair, c.o); !errors.Is(err, tokenize.ErrEncode) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c, err, c.want)
		}
	}
}

func TestTagsFollowWords(t *testing.T) {
	tok := fromWords(t, nil)
	text := "cards, lost 中国 my"
	words := []sample.Range{{Start: 0, End: 5}, {Start: 5, End: 6}, {Start: 7, End: 11}, {Start: 12, End: 18}}
	e, err := tok.Encode(text, tokenize.Options{Spans: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := show(tok, e), "[CLS]/0 card/0 ##s/0 ,/0 lost/0 中/0 国/0 my/0 [SEP]/0"; got != want {
		t.Fatalf("got %s", got)
	}
	if diff := cmp.Diff([]int{-1, 0, 0, 1, 2, 3, 3, -1, -1}, tokenize.WordIDs(e.Spans, 0, words)); diff != "" {
		t.Error(diff)
	}
	const none = sample.Ignore
	if diff := cmp.Diff([]int64{none, 4, none, 5, 6, 7, none, none, none}, tokenize.Tags(e.Spans, words, []int64{4, 5, 6, 7})); diff != "" {
		t.Error(diff)
	}
}

func TestAnswer(t *testing.T) {
	tok := fromWords(t, nil)
	e, err := tok.EncodePair("my card", "my cards is lost", tokenize.Options{Spans: true})
	if err != nil {
		t.Fatal(err)
	}
	// [CLS] my card [SEP] my card ##s is lost [SEP]
	for _, c := range []struct {
		from, to, first, last int
		whole                 bool
	}{
		{3, 8, 5, 6, true}, {0, 2, 4, 4, true}, {3, 7, 5, 5, true}, {4, 11, 5, 7, true}, {12, 16, 8, 8, true},
		{12, 17, 0, 0, false}, {-1, -1, 0, 0, false}, {5, 5, 0, 0, false}, {40, 50, 0, 0, false},
	} {
		first, last, whole := tokenize.Answer(e.Spans, 1, sample.Range{Start: c.from, End: c.to})
		if first != c.first || last != c.last || whole != c.whole {
			t.Errorf("bytes %d to %d: tokens %d to %d, %v", c.from, c.to, first, last, whole)
		}
	}
}
