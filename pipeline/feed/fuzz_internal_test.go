package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// sealed gives damaged content a right hash, so that what lies behind it is
// reached.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(body[:len(body):len(body)], sum[:]...)
}

func FuzzIndex(f *testing.F) {
	h := indexHeader{Key: "k", Names: []string{"a"}, Parts: [][]source.Part{{{Path: "p", Rows: 70}}}, TextBytes: 9, Longest: []int{5, 3}}
	for _, m := range []marks{{}, {held: bitset{2}}, {bare: bitset{4}}, {held: bitset{2}, bare: bitset{4, 1}}} {
		m.kept = bitset{7, 1}
		text, err := h.encode(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text[:len(text)-sha256.Size])
	}
	f.Add([]byte(indexMagic))
	f.Add(binary.LittleEndian.AppendUint32([]byte(indexMagic), 1<<31))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, _, err := decodeIndex(body); err == nil && len(body) < sha256.Size {
			t.Error("an index without a hash was read")
		}
		h, m, err := decodeIndex(sealed(body))
		if err != nil {
			return
		}
		// What is accepted can be used: the parts hold the rows.
		starts := []uint64{0}
		for _, set := range h.Parts {
			for _, p := range set {
				starts = append(starts, starts[len(starts)-1]+uint64(p.Rows))
			}
		}
		rows := newSubset(m.kept, starts)
		if n := m.kept.count(0, uint64(len(m.kept))*64); rows.len() != n || n == 0 {
			t.Errorf("%d of %d kept rows lie in parts", rows.len(), n)
		}
		for _, set := range []bitset{m.held, m.bare} {
			if newSubset(m.kept.and(set), starts).len() != set.count(0, uint64(len(set))*64) {
				t.Error("rows that were not kept")
			}
		}
		again, err := h.encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if h2, m2, err := decodeIndex(again); err != nil || !cmp.Equal(h, h2) || !cmp.Equal(m, m2, cmp.AllowUnexported(marks{})) {
			t.Errorf("written and read again: %v", err)
		}
	})
}

// A cursor from outside is refused or leads to what follows it.
func FuzzCursor(f *testing.F) {
	cfg := testConfig(f)
	cfg.CacheBytes, cfg.Prefetch, cfg.Workers = 0, 0, 1
	feed := openSource(f, cfg, newGenerated(1, 30, 20, 11))
	for _, c := range []sample.Cursor{{}, {Batch: 3, Examples: 12}, {Epoch: 2, Batch: 16, Examples: 61}, {Epoch: -1}, {Batch: 1 << 40}, {Batch: 2, Examples: 9}} {
		f.Add(c.Epoch, c.Batch, c.Examples)
	}
	f.Fuzz(func(t *testing.T, epoch, batch int, examples int64) {
		from := sample.Cursor{Epoch: epoch, Batch: batch, Examples: examples}
		src, err := feed.Epoch(from)
		if err != nil {
			if !errors.Is(err, ErrCursor) {
				t.Errorf("%+v: %v", from, err)
			}
			return
		}
		defer src.Close()
		b, err := src.Next(t.Context())
		_, batches := feed.Len()
		switch {
		case errors.Is(err, io.EOF) && batch == batches:
		case err != nil:
			t.Errorf("%+v: %v", from, err)
		case b.Cursor.Batch != batch+1 || b.Cursor.Epoch != epoch || b.Check() != nil:
			t.Errorf("%+v leads to %+v", from, b.Cursor)
		}
	})
}
