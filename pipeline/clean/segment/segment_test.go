package segment_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean/segment"
)

func cut(s *segment.Segmenter, text string) string {
	var words []string
	for _, w := range s.Cut(nil, text) {
		words = append(words, text[w.Start:w.End])
	}
	return strings.Join(words, "|")
}

// The words cover the text, whatever it is, on any number of goroutines.
func TestWordsCoverTheText(t *testing.T) {
	s, err := segment.Chinese()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, text := range []string{"", "的", "我们在北京大学学习", "ABC大学123ÀÉ", "\x00\ufffd𠀀𠀁", "繁體中文", "a b  c"} {
				if got := strings.ReplaceAll(cut(s, text), "|", ""); !strings.EqualFold(got, text) {
					t.Errorf("%q became %q", text, got)
				}
			}
		})
	}
	wg.Wait()
}

func TestLoadRefuses(t *testing.T) {
	for _, bad := range []string{"", "word\n", "word x\n", "\xff 3\n"} {
		if _, err := segment.Load(strings.NewReader(bad)); !errors.Is(err, segment.ErrDictionary) {
			t.Errorf("%q: got %v, want ErrDictionary", bad, err)
		}
	}
}

func Example() {
	s, err := segment.Load(strings.NewReader("北京 100\n大学 100\n北京大学 90\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	const text = "北京大学很大"
	for _, w := range s.Cut(nil, text) {
		fmt.Print(text[w.Start:w.End], " ")
	}
	// Output: 北京大学 很 大
}
