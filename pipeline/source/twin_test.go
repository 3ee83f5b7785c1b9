package source

import (
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline/pipetest"
)

// twin is Arrow's integration format: the columns of a file as JSON.
type twin struct {
	Schema       struct{ Fields []twinField } `json:"schema"`
	Batches      []twinBatch                  `json:"batches"`
	Dictionaries []struct {
		ID   int
		Data twinBatch
	} `json:"dictionaries"`
}

type twinField struct {
	Name string
	Type struct {
		Name, Unit, Precision string
		BitWidth              int
		IsSigned              bool
		Scale                 int32
		ListSize              int
	}
	Children   []twinField
	Dictionary *struct {
		ID        int
		IndexType struct {
			BitWidth int
			IsSigned bool
		}
	}
}

type twinBatch struct {
	Count   int
	Columns []twinColumn
}

type twinColumn struct {
	Name     string
	Count    int
	Validity []int             `json:"VALIDITY"`
	Offset   []json.Number     `json:"OFFSET"`
	Size     []json.Number     `json:"SIZE"`
	Data     []json.RawMessage `json:"DATA"`
	Views    []struct {
		SIZE, BUFFER_INDEX, OFFSET int
		INLINED                    string
	} `json:"VIEWS"`
	Buffers  []string `json:"VARIADIC_DATA_BUFFERS"`
	Children []twinColumn
}

func offset(n json.Number) int {
	i, _ := strconv.Atoi(strings.Trim(n.String(), `"`))
	return i
}

// value returns row i of a column in the canonical form.
func (w *twin) value(t testing.TB, f twinField, c twinColumn, i int) any {
	if c.Validity != nil && c.Validity[i] == 0 {
		return nil
	}
	if f.Dictionary != nil {
		for _, d := range w.Dictionaries {
			if d.ID == f.Dictionary.ID {
				index, _ := strconv.Atoi(strings.Trim(string(c.Data[i]), `"`))
				plain := f
				plain.Dictionary = nil
				return w.value(t, plain, d.Data.Columns[0], index)
			}
		}
		t.Fatalf("no dictionary %d", f.Dictionary.ID)
	}
	items := func(from, to int) []any {
		out := []any{}
		for k := from; k < to; k++ {
			out = append(out, w.value(t, f.Children[0], c.Children[0], k))
		}
		return out
	}
	switch f.Type.Name {
	case "null":
		return nil
	case "list", "largelist", "map":
		return items(offset(c.Offset[i]), offset(c.Offset[i+1]))
	case "listview", "largelistview":
		return items(offset(c.Offset[i]), offset(c.Offset[i])+offset(c.Size[i]))
	case "fixedsizelist":
		return items(i*f.Type.ListSize, (i+1)*f.Type.ListSize)
	case "struct":
		out := map[string]any{}
		for k, child := range f.Children {
			out[child.Name] = w.value(t, child, c.Children[k], i)
		}
		return out
	case "runendencoded":
		for k, end := range c.Children[0].Data {
			if n, _ := strconv.Atoi(strings.Trim(string(end), `"`)); i < n {
				return w.value(t, f.Children[1], c.Children[1], k)
			}
		}
		t.Fatalf("row %d lies beyond the runs", i)
	case "utf8view", "binaryview":
		return view(f, c, i)
	}
	return flatTwin(t, f, c.Data[i])
}

func view(f twinField, c twinColumn, i int) any {
	v := c.Views[i]
	s := v.INLINED
	if v.SIZE > 12 {
		b, _ := hex.DecodeString(c.Buffers[v.BUFFER_INDEX])
		s = string(b[v.OFFSET : v.OFFSET+v.SIZE])
	} else if f.Type.Name == "binaryview" {
		b, _ := hex.DecodeString(s)
		s = string(b)
	}
	return canonical(cell{kind: text, s: s})
}

func flatTwin(t testing.TB, f twinField, raw json.RawMessage) any {
	s := strings.Trim(string(raw), `"`)
	bytes := func() string { b, _ := hex.DecodeString(s); return string(b) }
	switch f.Type.Name {
	case "int":
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return canonical(cell{kind: integer, i: n})
		}
		return "o:the integer " + s
	case "floatingpoint":
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return float32Or64(f, v)
	case "utf8", "largeutf8":
		var decoded string
		if err := json.Unmarshal(raw, &decoded); err != nil {
			t.Fatal(err)
		}
		return canonical(cell{kind: text, s: decoded})
	case "binary", "largebinary":
		return canonical(cell{kind: text, s: bytes()})
	case "fixedsizebinary":
		return "o:the bytes " + strings.ToLower(s)
	case "bool":
		return "b:" + strconv.FormatBool(s == "1" || s == "true")
	case "decimal":
		n, ok := new(big.Int).SetString(s, 10)
		if !ok {
			t.Fatalf("decimal %s", s)
		}
		return canonical(decimal(n, f.Type.Scale))
	}
	return "time:" + strings.NewReplacer(" ", "", `"`, "").Replace(string(raw))
}

func float32Or64(f twinField, v float64) any {
	switch f.Type.Precision {
	case "HALF", "SINGLE":
		return fmt.Sprintf("~%.3f", float32(v)) // the twins have three digits
	}
	return fmt.Sprintf("~%.3f", v)
}

// like puts the canonical form of a cell beside what its twin can hold.
func like(got cell, want any) any {
	switch w := want.(type) {
	case string:
		switch {
		case strings.HasPrefix(w, "time:{"):
			_, value, _ := strings.Cut(got.s, " ")
			return "time:" + strings.NewReplacer(" ", "", `"`, "").Replace(value)
		case strings.HasPrefix(w, "time:"):
			return "time:" + strconv.FormatInt(got.i, 10)
		case strings.HasPrefix(w, "~"):
			return fmt.Sprintf("~%.3f", got.f)
		}
	case []any:
		out := []any{}
		for i, item := range got.items() {
			if i < len(w) {
				out = append(out, like(item, w[i]))
			} else {
				out = append(out, canonical(item))
			}
		}
		return out
	case map[string]any:
		out := map[string]any{}
		if got.nested != nil {
			for i, name := range got.nested.names {
				out[name] = like(got.nested.items[i], w[name])
			}
		}
		return out
	}
	return canonical(got)
}

func TestArrowFilesEqualTheirTwins(t *testing.T) {
	root := pipetest.Shared(t, "data", "arrow-testing")
	twins, err := filepath.Glob(filepath.Join(root, "*", "*.json.gz"))
	if err != nil || len(twins) < 27 {
		t.Fatalf("%d cases, want 27 (%v)", len(twins), err)
	}
	for _, path := range twins {
		base := strings.TrimSuffix(path, ".json.gz")
		t.Run(base[len(root)+1:], func(t *testing.T) {
			w := readTwin(t, path)
			for _, ext := range []string{".arrow_file", ".stream"} {
				compareTwin(t, w, base+ext)
			}
		})
	}
}

func readTwin(t *testing.T, path string) *twin {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var w twin
	if err := json.NewDecoder(r).Decode(&w); err != nil {
		t.Fatal(err)
	}
	return &w
}

func compareTwin(t *testing.T, w *twin, path string) {
	t.Helper()
	s := &Set{opts: Options{Format: ".arrow"}}
	columns := readArrow(t, s, path)
	if len(columns) != len(w.Schema.Fields) {
		t.Fatalf("%s: %d columns, want %d", path, len(columns), len(w.Schema.Fields))
	}
	for c, f := range w.Schema.Fields {
		row := 0
		for _, b := range w.Batches {
			for i := range b.Count {
				want := w.value(t, f, b.Columns[c], i)
				if row >= len(columns[c]) {
					t.Fatalf("%s: column %s has %d rows, more are expected", path, f.Name, len(columns[c]))
				}
				if diff := cmp.Diff(want, like(columns[c][row], want)); diff != "" {
					t.Fatalf("%s: column %s row %d: %s", path, f.Name, row, diff)
				}
				row++
			}
		}
		if row != len(columns[c]) {
			t.Fatalf("%s: column %s has %d rows, want %d", path, f.Name, len(columns[c]), row)
		}
	}
}

// readArrow reads all columns by place, since names may come twice.
func readArrow(t *testing.T, s *Set, path string) [][]cell {
	t.Helper()
	tab, columns, err := openArrowByPlace(s, path)
	if err != nil {
		t.Fatal(err)
	}
	defer tab.close()
	for {
		c, err := tab.read(t.Context(), 100)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return columns
			}
			t.Fatalf("%s: %v", path, err)
		}
		for i := range columns {
			columns[i] = append(columns[i], c.cells[i]...)
		}
	}
}

func openArrowByPlace(s *Set, path string) (table, [][]cell, error) {
	if s.opts.Memory == nil {
		s.opts = Options{Format: s.opts.Format, Memory: newAllocator()}
	}
	tab, err := s.openTable(path, nil)
	if err != nil {
		return nil, nil, err
	}
	a := tab.(*opened).table.(*arrowTable)
	for i := range a.columns() {
		a.chosen = append(a.chosen, i)
	}
	a.out.cells = make([][]cell, len(a.chosen))
	return tab, make([][]cell, len(a.chosen)), nil
}
