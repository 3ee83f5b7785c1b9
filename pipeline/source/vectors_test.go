package source

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/pipetest"
)

// vectors are what pyarrow reads; interop/parquet_vectors.py writes them.
type vectors struct {
	Files map[string]struct {
		Error   string
		Columns []struct {
			Name   string
			Rows   int
			SHA256 string
		}
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "parquet.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// appendForm appends a cell in the form of the script's canonical().
func appendForm(b []byte, c cell) []byte {
	prefixed := func(kind byte, s string) []byte { return fmt.Appendf(b, "%c%d:%s", kind, len(s), s) }
	switch c.kind {
	case absent, null:
		return append(b, 'n')
	case text:
		if utf8.ValidString(c.s) {
			return prefixed('s', c.s)
		}
		return prefixed('x', hex.EncodeToString([]byte(c.s)))
	case integer:
		return fmt.Appendf(b, "i%d", c.i)
	case boolean:
		return fmt.Appendf(b, "b%d", c.i)
	case float:
		if math.IsNaN(c.f) {
			return append(b, "fnan"...)
		}
		var bits [8]byte
		binary.BigEndian.PutUint64(bits[:], math.Float64bits(c.f))
		return fmt.Appendf(b, "f%x", bits)
	case list:
		b = append(b, '[')
		for _, item := range c.items() {
			b = appendForm(b, item)
		}
		return append(b, ']')
	}
	if c.nested == nil {
		if digits, ok := strings.CutPrefix(c.s, "the bytes "); ok {
			return prefixed('h', digits)
		}
		if digits, ok := strings.CutPrefix(c.s, "the integer "); ok {
			return append(append(b, 'i'), digits...)
		}
		return fmt.Appendf(b, "t%d", c.i)
	}
	order := slices.Clone(c.nested.names)
	slices.Sort(order)
	b = append(b, '{')
	for _, name := range order {
		b = prefixed('k', name)
		b = appendForm(b, c.nested.items[slices.Index(c.nested.names, name)])
	}
	return append(b, '}')
}

func TestParquetFilesEqualTheVectors(t *testing.T) {
	root := pipetest.Shared(t, "data", "parquet-testing")
	v := readVectors(t)
	sound, equal := 0, 0
	for name, want := range v.Files {
		names, columns, err := readAll(t, filepath.Join(root, name), Options{})
		damaged := strings.HasPrefix(name, "bad_data") || strings.Contains(name, "corrupt") || strings.Contains(name, "malformed")
		if !damaged {
			sound++
		}
		if err != nil {
			if !strings.Contains(err.Error(), name) {
				t.Errorf("%s: the error does not name the file: %v", name, err)
			}
			t.Logf("%s (damaged: %v): refused: %v", name, damaged, err)
			continue
		}
		same := want.Error == "" && len(names) == len(want.Columns)
		for c := range names {
			if !same {
				break
			}
			digest := sha256.New()
			for _, value := range columns[c] {
				digest.Write(append(appendForm(nil, value), '\n'))
			}
			if got := hex.EncodeToString(digest.Sum(nil)); got != want.Columns[c].SHA256 || names[c] != want.Columns[c].Name || len(columns[c]) != want.Columns[c].Rows {
				same = false
				t.Errorf("%s: column %s differs: %d rows, want %d", name, names[c], len(columns[c]), want.Columns[c].Rows)
				for i := range min(3, len(columns[c])) {
					t.Logf("  row %d: %.200s", i, appendForm(nil, columns[c][i]))
				}
			}
		}
		switch {
		case !same:
			t.Errorf("%s (damaged: %v): rows that pyarrow does not read (it says %q)", name, damaged, want.Error)
		case !damaged:
			equal++
		default:
			t.Logf("%s: damaged, but read as pyarrow reads it", name)
		}
	}
	if equal < 33 || sound != 35 {
		t.Errorf("%d of %d sound files are equal, want at least 33 of 35", equal, sound)
	}
	t.Logf("%d of %d sound files are equal", equal, sound)
}
