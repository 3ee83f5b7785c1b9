package source_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// TestRealDataSets counts what real files hold: the numbers are those of the
// people who made them.
func TestRealDataSets(t *testing.T) {
	for _, c := range []struct {
		path    string
		opts    source.Options
		rows    int
		classes int
	}{
		{"banking77/train.csv", source.Options{Kind: sample.ClassLabel, Columns: source.Columns{Label: "category"}}, 10_003, 77},
		{"banking77/t*.csv", source.Options{Kind: sample.ClassLabel, Columns: source.Columns{Label: "category"}}, 13_083, 77},
		{"hate-offensive-davidson/labeled_data.csv", source.Options{Kind: sample.ClassLabel, Columns: source.Columns{Text: "tweet", Label: "class"}}, 24_783, 3},
		{"asap-zh-sample/train*.csv", source.Options{Kind: sample.ValueLabel, Columns: source.Columns{Text: "reviewbody", Label: "star"}}, 100, 0},
		{"goemotions/train.tsv", source.Options{Kind: sample.MultiLabel, Header: []string{"text", "labels", "id"}}, 43_410, 28},
		{"complex-lcp/test-labels/lcp_single_test.tsv", source.Options{Kind: sample.ValueLabel, Columns: source.Columns{Text: "sentence", Pair: "token", Label: "complexity"}}, 917, 0},
		{"blimp/*.jsonl", source.Options{Kind: sample.ClassLabel, Columns: source.Columns{Text: "sentence_good", Pair: "sentence_bad", Label: "linguistics_term"}}, 6000, -1},
		{"wnut17/wnut17train.conll", source.Options{Kind: sample.TagLabel}, 3394, 13},
		{"wnut17/emerging.test", source.Options{Kind: sample.TagLabel, Optional: true, Format: "conll"}, 1287, 0},
		{"sec-filings-ner/FIN5.train.txt", source.Options{Kind: sample.TagLabel, Format: "conll"}, 1164, -1},
		{"uner-zh-gsdsimp/zh_gsdsimp-ud-train.iob2", source.Options{Kind: sample.TagLabel}, 3997, 7},
		{"online-misogyny-hf-arrow/train", source.Options{Kind: sample.ClassLabel}, 5264, 2},
		{"online-misogyny-hf-arrow/validation", source.Options{Kind: sample.ClassLabel}, 1303, 2},
	} {
		t.Run(c.path, func(t *testing.T) {
			path := filepath.Join(pipetest.Shared(t, "data", filepath.Dir(c.path)), filepath.Base(c.path))
			c.opts.Memory = new(record.Allocator)
			set, err := source.Open(t.Context(), []string{path}, c.opts)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := drain(t, set.Rows())
			if err != nil || len(rows) != c.rows {
				t.Errorf("%d rows, want %d (%v)", len(rows), c.rows, err)
			}
			if n := len(set.Names()); c.classes >= 0 && n != c.classes || c.classes < 0 && n < 2 {
				t.Errorf("classes %v, want %d", set.Names(), c.classes)
			}
			checkParts(t, set, rows)
			if n := c.opts.Memory.Bytes(); n != 0 {
				t.Errorf("%d bytes are still counted", n)
			}
		})
	}
	set, err := source.Open(t.Context(), []string{pipetest.Shared(t, "data", "online-misogyny-hf-arrow", "train")}, source.Options{Kind: sample.ClassLabel})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(set.Names(), "|"); got != "Not Problematic|Problematic" {
		t.Errorf("declared classes %q", got)
	}
	if _, err := source.Open(t.Context(), []string{pipetest.Shared(t, "data", "online-misogyny-hf-arrow")}, source.Options{}); err == nil || !strings.Contains(err.Error(), "train, validation; choose one") {
		t.Errorf("a folder of splits: %v", err)
	}
}
