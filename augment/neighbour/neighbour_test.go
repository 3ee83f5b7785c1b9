package neighbour_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/augment/neighbour"
	"github.com/ortrain/ortrain/pipeline/random"
)

// input draws words around a few centres.
func input(n, width int) neighbour.Input {
	in := neighbour.Input{Width: width}
	draw := random.New(3, random.Generate, 0, 0, 0)
	centres := make([]float64, 12*width)
	for i := range centres {
		centres[i] = draw.Normal()
	}
	for w := range n {
		name := string([]rune{'a' + rune(w/676), 'a' + rune(w/26%26), 'a' + rune(w%26)})
		switch w % 17 {
		case 5:
			name = "##" + name
		case 6:
			name = "[" + name + "]"
		}
		in.Vocabulary = append(in.Vocabulary, name)
		c := draw.IntN(12) * width
		for k := range width {
			in.Rows = append(in.Rows, float32(centres[c+k]+draw.Normal()))
		}
	}
	return in
}

// brute is the definition in float64.
func brute(in neighbour.Input, o neighbour.Options) map[string][]neighbour.Neighbour {
	unit := func(i int) []float64 {
		row, sum := make([]float64, in.Width), 0.0
		for k := range row {
			row[k] = float64(in.Rows[i*in.Width+k])
			sum += row[k] * row[k]
		}
		for k := range row {
			row[k] /= math.Sqrt(sum)
		}
		return row
	}
	out := make(map[string][]neighbour.Neighbour)
	for i, a := range in.Vocabulary {
		for j, b := range in.Vocabulary {
			if i == j || strings.ContainsAny(a+b, "#[") {
				continue
			}
			x, y, dot := unit(i), unit(j), 0.0
			for k := range x {
				dot += x[k] * y[k]
			}
			if dot >= o.Least {
				out[a] = append(out[a], neighbour.Neighbour{Word: b, Cosine: float32(dot)})
			}
		}
		slices.SortStableFunc(out[a], func(x, y neighbour.Neighbour) int { return cmp.Compare(y.Cosine, x.Cosine) })
		out[a] = out[a][:min(len(out[a]), o.Most)]
	}
	return out
}

func TestBuildIsExact(t *testing.T) {
	for _, width := range []int{1, 7, 129, 131, 300} {
		in := input(301, width)
		o := neighbour.Options{Most: 7, Least: 0.3}
		want := brute(in, o)
		var files []string
		for _, workers := range []int{1, 2, 7} {
			o.Workers = workers
			table, err := neighbour.Build(t.Context(), in, o)
			if err != nil {
				t.Fatal(err)
			}
			for word, list := range want {
				got := table.Lookup(word)
				if len(got) != len(list) {
					t.Fatalf("width %d: %s has %d neighbours, want %d", width, word, len(got), len(list))
				}
				for i := range list {
					if d := got[i].Cosine - list[i].Cosine; d > 1e-5 || d < -1e-5 {
						t.Fatalf("width %d: neighbour %d of %s is %v, want %v", width, i, word, got[i], list[i])
					}
				}
			}
			var b bytes.Buffer
			if err := table.Write(&b, "h"); err != nil {
				t.Fatal(err)
			}
			files = append(files, b.String())
		}
		if files[0] != files[1] || files[0] != files[2] {
			t.Errorf("width %d: the number of workers changes the table", width)
		}
	}
}

func TestCached(t *testing.T) {
	in, o := input(60, 9), neighbour.DefaultOptions()
	path := filepath.Join(t.TempDir(), "table")
	first, err := neighbour.Cached(t.Context(), path, in, o)
	if err != nil || first.Len() == 0 {
		t.Fatal(first, err)
	}
	other, err := os.Create(path + ".other")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if a, b := mode(t, path), mode(t, other.Name()); a != b {
		t.Errorf("the table has mode %v, other new files have %v", a, b)
	}
	second, err := neighbour.Cached(t.Context(), path, in, o)
	if err != nil || second.Len() != first.Len() {
		t.Fatalf("read back: %v, %v", second, err)
	}
	before := neighbour.Hash(in, o)
	in.Rows[0]++
	if neighbour.Hash(in, o) == before {
		t.Error("another matrix has the same hash")
	}
	third, err := neighbour.Cached(t.Context(), path, in, o)
	if err != nil || third.Len() == 0 {
		t.Fatal(third, err)
	}
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

func TestFaults(t *testing.T) {
	_, err := neighbour.Build(t.Context(), neighbour.Input{Rows: make([]float32, 5), Width: 2, Vocabulary: []string{"ab", "cd"}}, neighbour.DefaultOptions())
	if !errors.Is(err, neighbour.ErrInput) {
		t.Errorf("got %v", err)
	}
	if _, _, err := neighbour.Read(strings.NewReader("ortrain neighbours 1 h\nword\tx\n"), "f"); !errors.Is(err, neighbour.ErrFile) || !strings.Contains(err.Error(), "f, line 2") {
		t.Errorf("got %v", err)
	}
}

// The size of a MiniLM vocabulary, whose squared length lies by two thirds in a
// third of its principal axes.
func BenchmarkBuild(b *testing.B) {
	const v, h = 22_000, 384
	in := neighbour.Input{Width: h, Rows: make([]float32, v*h)}
	draw := random.New(3, random.Generate, 0, 0, 0)
	for i := range in.Rows {
		in.Rows[i] = float32(draw.Normal() * math.Exp(-float64(i%h)/230))
	}
	for w := range v {
		in.Vocabulary = append(in.Vocabulary, string([]rune{'a' + rune(w/17576), 'a' + rune(w/676%26), 'a' + rune(w/26%26), 'a' + rune(w%26)}))
	}
	for b.Loop() {
		if _, err := neighbour.Build(b.Context(), in, neighbour.DefaultOptions()); err != nil {
			b.Fatal(err)
		}
	}
}

func Example() {
	in := neighbour.Input{
		Vocabulary: []string{"[CLS]", "good", "great", "##ness", "bad"}, Width: 2,
		Rows: []float32{1, 1, 3, 1, 2, 1, 1, 0, -1, 3},
	}
	table, err := neighbour.Build(context.Background(), in, neighbour.DefaultOptions())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range table.Lookup("good") {
		fmt.Printf("%s %.3f\n", n.Word, n.Cosine)
	}
	// Output: great 0.990
}
