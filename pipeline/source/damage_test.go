package source

import (
	"slices"
	"testing"

	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/sample"
)

// TestCutFilesAreRefused cuts files at every length: nothing of them may be
// taken for the whole.
func TestCutFilesAreRefused(t *testing.T) {
	for _, ext := range []string{".parquet", ".arrow"} {
		for _, kind := range []sample.LabelKind{sample.ClassLabel, sample.TagLabel} {
			whole := seed(t, ext, kind)
			if columns, err := readBytes(t, ext, whole, Options{}); err != nil || len(columns[0]) != 5 {
				t.Fatalf("%s: the whole file: %v", ext, err)
			}
			for n := range whole {
				if _, err := readBytes(t, ext, whole[:n:n], Options{}); err == nil {
					t.Fatalf("%s: %d of %d bytes are read as a whole file", ext, n, len(whole))
				}
			}
		}
	}
}

// TestDamagedFilesDoNotCrash changes bytes of files, the same ones every time.
func TestDamagedFilesDoNotCrash(t *testing.T) {
	for _, ext := range []string{".parquet", ".arrow", ".jsonl", ".csv"} {
		kind := sample.TagLabel
		if ext == ".csv" {
			kind = sample.ClassLabel
		}
		whole := seed(t, ext, kind)
		refused := 0
		for i := range 800 {
			r := random.New(7, random.Generate, 0, uint64(i), 0)
			data := slices.Clone(whole)
			for range 1 + r.IntN(3) {
				data[r.IntN(len(data))] = byte(r.IntN(256))
			}
			if _, err := readBytes(t, ext, data, Options{}); err != nil {
				refused++
			}
		}
		if refused == 0 {
			t.Errorf("%s: no damage is noticed", ext)
		}
		t.Logf("%s: %d of 800 damaged files are refused", ext, refused)
	}
}
