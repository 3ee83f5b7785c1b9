package pii_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
)

// quiet are texts by people in which nothing sensitive is to be found: a data
// set, its file, and how many findings of the default types were looked at and
// are right all the same (addresses of restaurants and firms, well-known
// streets, dates of birth of famous people, telephone numbers in posts).
var quiet = []struct {
	file  string
	right pii.Counts
}{
	{"banking77/train.csv", nil},
	{"banking77/test.csv", nil},
	{"rotten-tomatoes-mr/rt-polarity.neg", nil},
	{"rotten-tomatoes-mr/rt-polarity.pos", nil},
	{"subj/plot.tok.gt9.5000", pii.Counts{"ADDRESS": 2}},
	{"subj/quote.tok.gt9.5000", nil},
	{"hatecheck-en/test_suite_cases.csv", nil},
	{"complex-lcp/train/lcp_single_train.tsv", nil},
	{"csl-zh/cls_ctg/train.tsv", nil},
	{"asap-zh-sample/train_sample.csv", pii.Counts{"ADDRESS": 1}},
	{"goemotions/train.tsv", pii.Counts{"ADDRESS": 2}},
	{"snli-parallel/s1.dev", nil},
	{"wnut17/wnut17train.conll", pii.Counts{"PHONE": 3}},
	{"sec-filings-ner/FIN5.train.txt", nil},
	{"uner-zh-gsdsimp/zh_gsdsimp-ud-train.iob2", pii.Counts{"ADDRESS": 4, "BIRTH_DATE": 1}},
}

// TestAlarmsOnRealTexts counts findings where there should be none; -v prints
// what is found.
func TestAlarmsOnRealTexts(t *testing.T) {
	s := scrubber(t, nil)
	seen := 0
	for _, q := range quiet {
		text, err := os.ReadFile(filepath.Join(shared, filepath.FromSlash(q.file)))
		if errors.Is(err, fs.ErrNotExist) {
			t.Log("not here: ", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		seen++
		found := pii.Counts{}
		for line := range bytes.Lines(text) {
			line := strings.TrimRight(string(line), "\r\n")
			for _, m := range s.Find(line) {
				found[m.Type]++
				t.Logf("%s: %s %q", q.file, m.Type, line[m.Start:m.End])
			}
		}
		t.Logf("%s: %.1f MB, found: %s", q.file, float64(len(text))/1e6, found)
		for typ, n := range found {
			if n > q.right[typ] {
				t.Errorf("%s: %d of type %s; at most %d are right", q.file, n, typ, q.right[typ])
			}
		}
	}
	if seen == 0 {
		t.Skip("none of the data sets is here")
	}
}
