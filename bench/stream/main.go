// Command stream writes synthetic Parquet shards of a given size, labelled by the
// topic that some of their words tell, and streams them through shuffling,
// tokenization and batching, printing how the memory of the process goes and how
// fast it is. Then it times how long a run that is resumed at random positions
// waits for its first batch.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ortrain/ortrain/pipeline/feed"
	"github.com/ortrain/ortrain/pipeline/random"
	"github.com/ortrain/ortrain/pipeline/record"
	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/sink"
	"github.com/ortrain/ortrain/pipeline/tokenize"
	"golang.org/x/sync/errgroup"
)

type options struct {
	dir, tokenizer                string
	megabytes, shard              int
	batch, length                 int
	workers, seeks, every, budget int
	seconds                       float64
	writeOnly                     bool
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "", "folder of the shards; written if it has none")
	flag.StringVar(&o.tokenizer, "tokenizer", "", "folder of an uncased tokenizer")
	flag.IntVar(&o.megabytes, "megabytes", 100, "text to write, in MB")
	flag.IntVar(&o.shard, "shard", 128, "text of one shard, in MB")
	flag.BoolVar(&o.writeOnly, "write_only", false, "end when the shards are written")
	flag.IntVar(&o.batch, "batch", 32, "rows of a batch")
	flag.IntVar(&o.length, "length", 128, "longest sequence in tokens")
	flag.IntVar(&o.workers, "workers", 2, "goroutines that tokenize")
	flag.IntVar(&o.budget, "budget", 0, "texts and tokens to hold in memory, in MB")
	flag.IntVar(&o.seeks, "seeks", 5, "positions to resume at")
	flag.IntVar(&o.every, "every", 5, "seconds between lines")
	flag.Float64Var(&o.seconds, "seconds", 0, "end streaming after this time; 0 goes through the whole epoch")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "stream:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	tok, err := tokenize.Open(o.tokenizer)
	if err != nil {
		return err
	}
	defer tok.Close()
	text, err := prepare(ctx, o, tok)
	if err != nil || o.writeOnly {
		return err
	}
	c := feed.DefaultConfig()
	c.Files, c.Tokenizer, c.MaxLength, c.BatchSize, c.Workers = []string{o.dir}, tok, o.length, o.batch, o.workers
	c.CacheBytes, c.Memory = int64(o.budget)<<20, new(record.Allocator)
	began := time.Now()
	f, err := feed.Open(ctx, c)
	if err != nil {
		return err
	}
	defer f.Close()
	took := time.Since(began).Seconds()
	fmt.Printf("opening pass: %d rows, %.0f MB of text in %.1f s, %.0f MB/s, RSS %d MB\n", f.Rows(), text/1e6, took, text/1e6/took, resident()>>20)
	if err := stream(ctx, o, f, text/float64(f.Rows())); err != nil {
		return err
	}
	if err := seek(ctx, o, f); err != nil {
		return err
	}
	if n := c.Memory.Bytes(); n != 0 {
		return fmt.Errorf("%d bytes of Arrow memory are still in use", n)
	}
	return nil
}

// stream goes through one epoch.
func stream(ctx context.Context, o options, f *feed.Feed, perRow float64) error {
	src, err := f.Epoch(sample.Cursor{})
	if err != nil {
		return err
	}
	began, shown := time.Now(), time.Now()
	var tokens, area int
	var last sample.Cursor
	least, most := int64(1)<<62, int64(0)
	for {
		b, err := src.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, src.Close())
		}
		tokens += b.Tokens()
		area += b.Sequences() * b.Longest()
		last = b.Cursor
		if time.Since(shown) < time.Duration(o.every)*time.Second {
			continue
		}
		shown = time.Now()
		seconds, rss := time.Since(began).Seconds(), resident()
		least, most = min(least, rss), max(most, rss)
		fmt.Printf("%6.0f s  %9d rows  %6.2f MB/s  %8.0f tokens/s  padding %.3f  RSS %d MB\n", seconds, last.Examples,
			float64(last.Examples)*perRow/1e6/seconds, float64(tokens)/seconds, 1-float64(tokens)/float64(area), rss>>20)
		if o.seconds > 0 && seconds > o.seconds {
			break
		}
	}
	if most > 0 {
		fmt.Printf("RSS while streaming: %d to %d MB\n", least>>20, most>>20)
	}
	return src.Close()
}

// seek resumes at random positions.
func seek(ctx context.Context, o options, f *feed.Feed) error {
	_, batches := f.Len()
	r := random.New(1, random.Generate, 0, 0, 0)
	for range o.seeks {
		at := r.IntN(batches)
		began := time.Now()
		src, err := f.Epoch(sample.Cursor{Epoch: 1, Batch: at, Examples: int64(at * o.batch)})
		if err != nil {
			return err
		}
		_, err = src.Next(ctx)
		took := time.Since(began)
		if err = errors.Join(err, src.Close()); err != nil {
			return err
		}
		fmt.Printf("resumed at batch %d of %d: first batch after %d ms\n", at, batches, took.Milliseconds())
	}
	return nil
}

// prepare writes the shards unless they are there, and returns the bytes of
// text in them.
func prepare(ctx context.Context, o options, tok *tokenize.Tokenizer) (float64, error) {
	note := filepath.Join(o.dir, ".text_bytes")
	if said, err := os.ReadFile(note); err == nil {
		return strconv.ParseFloat(strings.TrimSpace(string(said)), 64)
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return 0, err
	}
	var words []string
	for _, token := range tok.Tokens() {
		if len(token) > 1 && strings.IndexFunc(token, func(r rune) bool { return r < 'a' || r > 'z' }) < 0 {
			words = append(words, token)
		}
	}
	total, err := writeShards(ctx, o, words)
	if err != nil {
		return 0, err
	}
	return float64(total), os.WriteFile(note, fmt.Appendln(nil, total), 0o644)
}

// writeShards writes all shards, as many at once as there are cores, and returns
// the bytes of text in them.
func writeShards(ctx context.Context, o options, words []string) (int64, error) {
	want, full := int64(o.megabytes)*1e6, int64(o.shard)<<20
	shards := int((want + full - 1) / full)
	var total atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for shard := range shards {
		group.Go(func() error {
			n, err := writeShard(ctx, filepath.Join(o.dir, fmt.Sprintf("train-%05d.parquet", shard)), words, min(full, want-int64(shard)*full), uint64(shard)<<32)
			total.Add(n)
			return err
		})
	}
	err := group.Wait()
	return total.Load(), err
}

// topics are the classes. About one word in topicEvery is one of the topic's own
// topicWords, which are rare otherwise.
var topics = []string{"a", "b", "c"}

const topicEvery, topicWords = 8, 16

// writeShard writes rows of 1 to 40 words, the frequent ones more often; row is
// the number of the first.
func writeShard(ctx context.Context, path string, words []string, want int64, row uint64) (n int64, err error) {
	file, err := sink.Create(path, sink.Options{Names: topics})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	memory := new(record.Allocator)
	rows := make([]sample.Example, record.MaxRows)
	var text []byte
	for n < want {
		for i := range rows {
			r := random.New(7, random.Generate, 0, row, 0)
			topic := r.IntN(len(topics))
			text = prose(text[:0], r, words, topic)
			rows[i] = sample.Example{Row: row, Text: string(text), Label: sample.Class(int64(topic))}
			n += int64(len(text))
			row++
		}
		b, err := record.Of(memory, rows)
		if err != nil {
			return n, err
		}
		err = file.Write(ctx, b)
		b.Release()
		if err != nil {
			return n, err
		}
	}
	return n, file.Commit(ctx)
}

// prose appends a text about a topic; each word takes one draw: 8 bits say whether
// and which word of the topic it is, 24 which other word.
func prose(text []byte, r *random.Stream, words []string, topic int) []byte {
	for i := range 1 + r.IntN(40) {
		if i > 0 {
			text = append(text, ' ')
		}
		u := r.Uint32()
		x := float64(u>>8) / (1 << 24)
		at := int(x * x * x * float64(len(words)))
		if own := int(u & 0xff); own%topicEvery == 0 {
			at = len(words)/2 + topic*topicWords + own/topicEvery%topicWords
		}
		text = append(text, words[at]...)
	}
	return text
}

// resident is the memory of this process in bytes.
func resident() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(text), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
