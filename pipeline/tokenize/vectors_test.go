package tokenize_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/pipetest"
	"github.com/ortrain/ortrain/pipeline/tokenize"
)

func uncased(t testing.TB) map[string]*tokenize.Tokenizer {
	t.Helper()
	all := map[string]*tokenize.Tokenizer{}
	for name, folder := range map[string]string{
		"bert-base-uncased": pipetest.Shared(t, "data", "tokenizers", "bert-base-uncased"),
		"all-minilm-l6-v2":  pipetest.Shared(t, "data", "tokenizers", "all-minilm-l6-v2"),
		"wheel":             pipetest.Model(t, "all-MiniLM-L6-v2"),
	} {
		tok, err := tokenize.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tok.Close() })
		all[name] = tok
	}
	vocab, err := os.ReadFile(pipetest.Shared(t, "data", "tokenizers", "bert-base-uncased", "vocab.txt"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := tokenize.DefaultWordPiece().File(vocab)
	if err != nil {
		t.Fatal(err)
	}
	all["vocab.txt"] = load(t, file)
	return all
}

// inner drops [CLS] and [SEP].
func inner(e tokenize.Encoding) []int32 { return e.IDs[1 : len(e.IDs)-1] }

func TestSquadQuestions(t *testing.T) {
	var questions []struct{ Original string }
	var ids [][]int32
	for name, into := range map[string]any{"question_tokens.json": &questions, "tokenized_questions.json": &ids} {
		raw, err := os.ReadFile(pipetest.Shared(t, "data", "tokenizer-vectors", "swift-coreml", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	for name, tok := range uncased(t) {
		wrong := 0
		for i, q := range questions {
			e, err := tok.Encode(q.Original, tokenize.Options{})
			if err != nil {
				t.Fatalf("%s: question %d: %v", name, i, err)
			}
			if !slices.Equal(inner(e), ids[i]) {
				if wrong++; wrong <= 3 {
					t.Errorf("%s: question %d %q: %v, want %v", name, i, q.Original, inner(e), ids[i])
				}
			}
		}
		t.Logf("%s: %d of %d questions as given", name, len(questions)-wrong, len(questions))
	}
}

func TestTribuoLines(t *testing.T) {
	raw, err := os.ReadFile(pipetest.Shared(t, "data", "tokenizer-vectors", "tribuo", "regression-text_bert-base-uncased.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for name, tok := range uncased(t) {
		tokens := tok.Tokens()
		lines, wrong := 0, 0
		for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\n"), "\n") {
			fields := strings.Split(strings.TrimSuffix(line, "\r"), "\t")
			lines++
			e, err := tok.Encode(fields[0], tokenize.Options{})
			if err != nil {
				t.Fatalf("%s: line %d: %v", name, lines, err)
			}
			var got []string
			for _, id := range inner(e) {
				got = append(got, tokens[id])
			}
			if !slices.Equal(got, fields[1:]) {
				if wrong++; wrong <= 3 {
					t.Errorf("%s: line %d: %q, want %q", name, lines, got, fields[1:])
				}
			}
		}
		t.Logf("%s: %d of %d lines as given", name, lines-wrong, lines)
	}
}

// TestSpansOfRealTexts: a span's own text, encoded alone, begins with the
// token that the span belongs to (or holds a ## piece of it).
func TestSpansOfRealTexts(t *testing.T) {
	raw, err := os.ReadFile(pipetest.Shared(t, "data", "tokenizer-vectors", "tribuo", "regression-text.txt"))
	if err != nil {
		t.Fatal(err)
	}
	tok := uncased(t)["bert-base-uncased"]
	tokens := tok.Tokens()
	checked := 0
	for n, line := range strings.Split(string(raw), "\n")[:2000] {
		e, err := tok.Encode(line, tokenize.Options{Spans: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range e.Spans {
			token := strings.TrimPrefix(tokens[e.IDs[i]], "##")
			if s.Text < 0 || token == "[UNK]" {
				continue
			}
			// Plain letters must be found as they are, but for their case.
			own := line[s.Start:s.End]
			if isPlain(own) && !strings.EqualFold(own, token) {
				t.Fatalf("line %d token %d %q points at %q", n, i, token, own)
			}
			checked++
		}
	}
	if checked < 20_000 {
		t.Errorf("only %d spans were checked", checked)
	}
}

func isPlain(s string) bool {
	for _, b := range []byte(s) {
		if b >= 0x80 || b < ' ' {
			return false
		}
	}
	return true
}

// BenchmarkEncode measures bytes of text a second on one goroutine and on all.
func BenchmarkEncode(b *testing.B) {
	raw, err := os.ReadFile(pipetest.Shared(b, "data", "banking77", "test.csv"))
	if err != nil {
		b.Fatal(err)
	}
	tok, err := tokenize.Open(pipetest.Shared(b, "data", "tokenizers", "bert-base-uncased"))
	if err != nil {
		b.Fatal(err)
	}
	defer tok.Close()
	texts := strings.Split(string(raw), "\n")[:1000]
	total := 0
	for _, text := range texts {
		total += len(text)
	}
	b.Run("one", func(b *testing.B) {
		b.SetBytes(int64(total))
		for b.Loop() {
			for _, text := range texts {
				_, _ = tok.Encode(text, tokenize.Options{MaxLength: 128})
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		b.SetBytes(int64(total / len(texts))) // a text at a time, so that all workers end together
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				_, _ = tok.Encode(texts[i%len(texts)], tokenize.Options{MaxLength: 128})
			}
		})
	})
}
