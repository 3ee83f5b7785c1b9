package pii_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/clean/pii"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
)

var testKey = []byte("a key of 16 byte")

// Rows has the form of feed.Config.Rows.
var _ func(context.Context, *record.Batch) (*record.Batch, error) = new(pii.Scrubber).Rows

func TestReplacements(t *testing.T) {
	const text = "I'm ann@example.com, card 4111 1111 1111 1111"
	for _, c := range []struct {
		name   string
		change func(*pii.Config)
		want   string
	}{
		{"placeholder", nil, "I'm [EMAIL], card [CARD]"},
		{"mask", func(c *pii.Config) { c.Replace = pii.Mask }, "I'm ***************, card *******************"},
		{"mask and keep", func(c *pii.Config) { c.Replace, c.Keep = pii.Mask, 4 }, "I'm ***********.com, card ***************1111"},
		{"keep too much", func(c *pii.Config) { c.Replace, c.Keep = pii.Mask, 8 }, "I'm ***************, card ***********111 1111"},
		{"by type", func(c *pii.Config) { c.ByType = map[string]pii.Replacement{"CARD": pii.Mask} }, "I'm [EMAIL], card *******************"},
		{"one type", func(c *pii.Config) { c.Types = []string{"card"} }, "I'm ann@example.com, card [CARD]"},
		{"pseudonym", func(c *pii.Config) { c.Replace, c.Key = pii.Pseudonym, testKey }, ""},
	} {
		got := scrubber(t, c.change).Edits(text).Text(text)
		if c.name == "pseudonym" { // its digits are the business of TestPseudonyms
			c.want = fmt.Sprintf("I'm [EMAIL_%s], card [CARD_%s]", hmacHex("EMAIL", "ann@example.com"), hmacHex("CARD", "4111111111111111"))
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// One value has one pseudonym under one key, however it is written; another key
// or another value has another.
func TestPseudonyms(t *testing.T) {
	with := func(key string) *pii.Scrubber {
		return scrubber(t, func(c *pii.Config) { c.Replace, c.Key = pii.Pseudonym, []byte(key) })
	}
	s, other := with(string(testKey)), with("another key of 24 bytes.")
	for _, same := range [][]string{
		{"ann@example.com", "Ann@Example.COM"}, {"4111 1111 1111 1111", "4111111111111111", "4111-1111-1111-1111"},
		{"GB82 WEST 1234 5698 7654 32", "gb82west12345698765432"}, {"2001:db8::8a2e:370:7334", "2001:0db8:0:0:0:8a2e:0370:7334"},
		{"00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7", "001b.4411.3ab7"}, {"13800138000", "+86 138 0013 8000", "138-0013-8000"},
	} {
		first := s.Edits(same[0])[0].With
		for _, text := range same[1:] {
			if got := s.Edits(text)[0].With; got != first {
				t.Errorf("%q became %s, %q %s; they are one value", same[0], first, text, got)
			}
		}
		if got := other.Edits(same[0])[0].With; got == first {
			t.Errorf("%q has one pseudonym under two keys", same[0])
		}
	}
	if s.Edits("ann@example.com")[0].With == s.Edits("anna@example.com")[0].With {
		t.Error("two values have one pseudonym")
	}
}

func TestWordsAndSpansFollow(t *testing.T) {
	s := scrubber(t, nil)
	tagged := sample.Example{
		Row: 3, Text: "mail ann@example.com now", Words: []sample.Range{{Start: 0, End: 4}, {Start: 5, End: 20}, {Start: 21, End: 24}},
		Label: sample.Label{Kind: sample.TagLabel, Int: []int64{0, 1, 0}},
	}
	counts, err := s.Scrub(&tagged)
	if err != nil {
		t.Fatal(err)
	}
	want := sample.Example{
		Row: 3, Text: "mail [EMAIL] now", Words: []sample.Range{{Start: 0, End: 4}, {Start: 5, End: 12}, {Start: 13, End: 16}},
		Label: tagged.Label, Audit: "pii: EMAIL 1",
	}
	if diff := cmp.Diff(want, tagged); diff != "" || counts["EMAIL"] != 1 || counts.Total() != 1 {
		t.Errorf("counts %v\n%s", counts, diff)
	}
	answer := sample.Example{
		Text: "who is at 203.0.113.7?", HasPair: true, Pair: "host 203.0.113.7 is web1", Audit: "nfc",
		Label: sample.Label{Kind: sample.SpanLabel, Int: []int64{20, 24}},
	}
	if _, err := s.Scrub(&answer); err != nil {
		t.Fatal(err)
	}
	if got := answer.Pair[answer.Label.Int[0]:answer.Label.Int[1]]; got != "web1" || answer.Text != "who is at [IP]?" || answer.Audit != "nfc; pii: IP 2" {
		t.Errorf("answer %q in %+v", got, answer)
	}
}

func TestOverlaps(t *testing.T) {
	s := scrubber(t, nil)
	for text, want := range map[string]string{
		"https://ann:pw1@example.com/x":             "[url_credentials https://ann:pw1@example.com/x]", // not the e-mail address within
		"110105199001011233 was 13800138000":        "[cn_mobile 13800138000]",                         // no valid identity number
		"::ffff:192.0.2.128":                        "[ipv6 ::ffff:192.0.2.128]",                       // not the IPv4 address within
		"call 13800138000":                          "[cn_mobile 13800138000]",                         // as long as a national number
		"SSN 536-22-1234 tel 555-123-4567":          "[ssn 536-22-1234 | phone_national 555-123-4567]",
		"phone 4111 1111 1111 1111":                 "[card 4111 1111 1111 1111]",
		"password=ann@example.com1":                 "[secret ann@example.com1]",
		"born 14.07.1995, tel 0496 46 46 70 or 071": "[birth_date 14.07.1995 | phone_national 0496 46 46 70]",
	} {
		if got := show(text, s.Find(text)); got != want {
			t.Errorf("%q: found %s, want %s", text, got, want)
		}
	}
}

// batches makes record batches of texts, rows numbered from 100.
func batches(t testing.TB, memory *record.Allocator, texts []string, size int) []*record.Batch {
	t.Helper()
	var out []*record.Batch
	row := uint64(100)
	for chunk := range slices.Chunk(texts, size) {
		examples := make([]sample.Example, len(chunk))
		for i, text := range chunk {
			examples[i] = sample.Example{Row: row, Text: text, Label: sample.Class(int64(i % 3))}
			row++
		}
		b, err := record.Of(memory, examples)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// The whole labelled set through Rows: any number of workers gives the same
// texts and the same audit, memory goes back to zero, and no value that was
// found or labelled stands in what the audit and the rows' notes say.
func TestRowsAndAudit(t *testing.T) {
	all, names := presidio(t), sharedNames(t)
	var texts, values []string
	for _, l := range all {
		texts = append(texts, l.FullText)
		for _, sp := range l.bytes(t) {
			if len(ours[sp.typ]) > 0 {
				values = append(values, sp.value)
			}
		}
	}
	s := scrubber(t, func(c *pii.Config) { c.Names = names })
	for _, text := range texts {
		for _, m := range s.Find(text) {
			values = append(values, text[m.Start:m.End])
		}
	}
	out, audit, notes := scrubRows(t, names, texts, 1)
	for _, workers := range []int{2, 7} {
		if again, same, _ := scrubRows(t, names, texts, workers); again != out || same != audit {
			t.Errorf("%d workers give other texts or another audit", workers)
		}
	}
	said := audit + strings.Join(notes, "\n")
	for _, value := range values {
		if len(value) > 2 && strings.Contains(said, value) && !isRowID(value) {
			t.Errorf("the value %q stands in the audit", value)
		}
	}
	if len(values) < 2000 || len(audit) < 1000 {
		t.Fatalf("%d values against an audit of %d bytes prove little", len(values), len(audit))
	}
}

// scrubRows passes texts through Rows and returns them, the audit as JSON and
// the notes of the rows.
func scrubRows(t *testing.T, names pii.Names, texts []string, workers int) (scrubbed, auditJSON string, notes []string) {
	t.Helper()
	var memory record.Allocator
	s := scrubber(t, func(c *pii.Config) { c.Names, c.Memory = names, &memory })
	src := pipeline.Map(pipeline.FromSlice(batches(t, &memory, texts, 64)), workers, s.Rows)
	done, err := pipeline.Collect(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	row := uint64(100)
	for _, b := range done {
		for _, ex := range b.Examples() {
			if ex.Row != row || ex.Label.Kind != sample.ClassLabel {
				t.Fatalf("row %d came as %d with label %v", row, ex.Row, ex.Label)
			}
			row++
			out.WriteString(ex.Text + "\n")
			notes = append(notes, strings.Clone(ex.Audit))
		}
		b.Release()
	}
	if n := memory.Bytes(); n != 0 {
		t.Errorf("%d bytes leak", n)
	}
	audit, err := json.Marshal(s.Audit())
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), string(audit), notes
}

// isRowID reports whether a value is a number that a row may have: one such
// stands in the audit by right.
func isRowID(value string) bool {
	return len(value) <= 4 && strings.Trim(value, "0123456789") == ""
}

func TestRowsPassesCleanBatchesOn(t *testing.T) {
	var memory record.Allocator
	s := scrubber(t, nil)
	in := batches(t, &memory, []string{"nothing here", "nor here"}, 8)[0]
	out, err := s.Rows(t.Context(), in)
	if err != nil || out != in {
		t.Fatalf("got %v, %v; want the batch itself", out, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Rows(ctx, out); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context was cancelled", err)
	}
	if n := memory.Bytes(); n != 0 {
		t.Errorf("%d bytes leak", n)
	}
	if a := s.Audit(); a.Rows != 2 || a.Found != 0 || len(a.Groups) != 0 {
		t.Errorf("audit %+v", a)
	}
}

func TestAudit(t *testing.T) {
	s := scrubber(t, nil)
	texts := []string{"a@example.com", "", "b@example.com", "c@example.com 203.0.113.7", "nothing"}
	var wait sync.WaitGroup
	for i, text := range texts {
		wait.Go(func() {
			ex := sample.Example{Row: uint64(10 * i), Text: text}
			if _, err := s.Scrub(&ex); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	want := pii.Audit{Rows: 5, Found: 3, Matches: pii.Counts{"EMAIL": 3, "IP": 1}, Groups: []pii.AuditGroup{
		{Matches: pii.Counts{"EMAIL": 1}, Rows: []uint64{0, 20}}, {Matches: pii.Counts{"EMAIL": 1, "IP": 1}, Rows: []uint64{30}},
	}}
	if diff := cmp.Diff(want, s.Audit()); diff != "" {
		t.Error(diff)
	}
}
