package clean

import (
	"testing"

	"github.com/ortrain/ortrain/pipeline/random"
)

// Eight bytes at a time must pass over nothing that one at a time would find.
func TestUntilLetter(t *testing.T) {
	r := random.New(1, random.Generate, 0, 0, 0)
	for range 200_000 {
		b := make([]byte, 1+r.IntN(20))
		for i := range b {
			b[i] = byte(r.IntN(256))
			if r.IntN(4) > 0 { // mostly words
				b[i] = "abcxyzABCXYZ0189 @[`{/:'"[r.IntN(24)]
			}
		}
		text, from := string(b), r.IntN(len(b))
		for _, first := range []byte("Aa") {
			found := func(i int) bool { return text[i] >= 0x80 || text[i] >= first && text[i] < first+26 }
			got := untilLetter(text, from, first)
			for i := from; i < got; i++ {
				if found(i) {
					t.Fatalf("%q from %d: %d is passed over", text, from, i)
				}
			}
			if got+8 <= len(text) && !found(got) {
				t.Fatalf("%q from %d: nothing is at %d", text, from, got)
			}
		}
	}
}
