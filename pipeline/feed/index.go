package feed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// An index is what the opening pass found, on disk, so that a run that is
// resumed does not read large data twice:
//
//	"ORTFEED1"
//	uint32         length of the header
//	header         JSON
//	uint64 …       kept rows, one bit each
//	uint64 …       held-out rows, as many words; none without a split
//	32 bytes       SHA-256 of all before
//
// Numbers are little-endian. It serves only data, options and a tokenizer that
// are what they were; anything else, and any damage, makes Open read the data.
const indexMagic = "ORTFEED1"

// indexHeader is everything but the bits.
type indexHeader struct {
	// Key is a hash of what the index was made from.
	Key   string           `json:"key"`
	Kind  sample.LabelKind `json:"kind"`
	Names []string         `json:"names"`
	// Parts of each data set, in the order of the rows.
	Parts     [][]source.Part `json:"parts"`
	TextBytes int64           `json:"text_bytes"`
	Longest   []int           `json:"longest"`
	Words     int             `json:"words"`
	Held      bool            `json:"held"`
}

var errIndex = errors.New("unusable index")

// encode renders an index.
func (h indexHeader) encode(kept, held bitset) ([]byte, error) {
	h.Words, h.Held = len(kept), held != nil
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("feed: index: %w", err)
	}
	out := make([]byte, 0, len(indexMagic)+4+len(text)+16*len(kept)+sha256.Size)
	out = binary.LittleEndian.AppendUint32(append(out, indexMagic...), uint32(len(text)))
	out = append(out, text...)
	for _, w := range kept {
		out = binary.LittleEndian.AppendUint64(out, w)
	}
	if h.Held {
		for i := range kept {
			out = binary.LittleEndian.AppendUint64(out, held.word(i, 0, uint64(len(kept))*64))
		}
	}
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}

// decodeIndex reads what encode rendered, and checks that it is consistent.
func decodeIndex(text []byte) (h indexHeader, kept, held bitset, err error) {
	body := len(text) - sha256.Size
	if body < len(indexMagic)+4 || string(text[:len(indexMagic)]) != indexMagic {
		return h, nil, nil, errIndex
	}
	if sum := sha256.Sum256(text[:body]); !bytes.Equal(sum[:], text[body:]) {
		return h, nil, nil, errIndex
	}
	rest := text[len(indexMagic):body]
	n := int(binary.LittleEndian.Uint32(rest))
	if rest = rest[4:]; n > len(rest) || json.Unmarshal(rest[:n], &h) != nil {
		return h, nil, nil, errIndex
	}
	rest = rest[n:]
	sets := 1
	if h.Held {
		sets = 2
	}
	if h.Words < 0 || len(rest)%8 != 0 || len(rest)/8/sets != h.Words || len(rest) != 8*sets*h.Words {
		return h, nil, nil, errIndex
	}
	words := make(bitset, len(rest)/8)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(rest[8*i:])
	}
	kept = words[:h.Words:h.Words]
	if h.Held {
		held = words[h.Words:]
	}
	return h, kept, held, h.check(kept, held)
}

// check reports a header that does not go with the bits.
func (h indexHeader) check(kept, held bitset) error {
	rows, ok := h.rows()
	if !ok || h.TextBytes < 0 || len(h.Longest) == 0 {
		return errIndex
	}
	end := uint64(len(kept)) * 64
	if kept.count(0, end) == 0 || kept.count(min(rows, end), end) > 0 {
		return errIndex
	}
	if kept.and(held).count(0, end) != held.count(0, end) {
		return errIndex
	}
	for i, n := range h.Longest {
		if n < 1 || i > 0 && n > h.Longest[i-1] {
			return errIndex
		}
	}
	return nil
}

// rows counts those of all parts, which must follow one another.
func (h indexHeader) rows() (rows uint64, ok bool) {
	for _, set := range h.Parts {
		in := uint64(0)
		for _, p := range set {
			if p.Rows < 0 || p.Row != in || uint64(p.Rows) > 1<<62-rows {
				return 0, false
			}
			in += uint64(p.Rows)
			rows += uint64(p.Rows)
		}
	}
	return rows, len(h.Parts) > 0
}

// index is where an index lies, and what it must have been made from.
type index struct{ path, key string }

// findIndex names the index of a configuration; nil if it has none.
func findIndex(ctx context.Context, cfg Config) (*index, error) {
	if cfg.IndexDir == "" || cfg.Rows != nil {
		return nil, nil
	}
	paths, err := indexed(ctx, cfg)
	if err != nil || paths == nil {
		return nil, err
	}
	options, err := json.Marshal(struct {
		Paths                                []string
		Columns                              source.Columns
		Kind                                 sample.LabelKind
		Names                                []string
		Optional                             bool
		HeldOut                              float64
		MaxLength, Stride, BatchSize         int
		Truncation, Clean, Tokenizer, Format string
	}{
		paths, cfg.Columns, cfg.Kind, cfg.Names, cfg.Optional, cfg.HeldOut, cfg.MaxLength, cfg.Stride, cfg.BatchSize,
		string(cfg.Truncation), cfg.CleanID, hashed(cfg.Tokenizer.File()), indexMagic,
	})
	if err != nil {
		return nil, fmt.Errorf("feed: index: %w", err)
	}
	key := sha256.New()
	key.Write(options)
	for _, path := range paths {
		if err := sampleFile(key, path); err != nil {
			return nil, err
		}
	}
	return &index{filepath.Join(cfg.IndexDir, "rows-"+hashed(options)[:16]+".index"), hex.EncodeToString(key.Sum(nil))}, nil
}

// indexed lists the files of a configuration, with "" after each data set; nil
// if they cannot be read twice.
func indexed(ctx context.Context, cfg Config) (paths []string, err error) {
	names := cfg.Names
	if names == nil {
		names = []string{""} // with classes given nothing is read but the columns
	}
	for _, d := range cfg.sets() {
		if slices.Contains(d.Files, source.Stdin) {
			return nil, nil
		}
		path, err := source.FindPrepared(d.Files, source.Options{Memory: cfg.Memory})
		if err != nil {
			return nil, err
		}
		if path != "" {
			paths = append(paths, path, "")
			continue
		}
		set, err := source.Open(ctx, d.Files, source.Options{
			Columns: cfg.Columns, Kind: cfg.Kind, Names: names, Optional: cfg.Optional, Memory: cfg.Memory,
		})
		if err != nil {
			return nil, err
		}
		paths = append(append(paths, set.Paths()...), "")
	}
	return paths, nil
}

func hashed(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// What of a file is hashed: its ends, where a Parquet or Arrow file has its
// footer, and pieces between. Units: bytes.
const (
	sampledEnd    = 64 << 10
	sampledPiece  = 4 << 10
	sampledPieces = 16
)

// sampleFile writes what tells a file from another: size, modification time and
// samples of its content. "" stands for the end of a data set.
func sampleFile(w io.Writer, path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("feed: index: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("feed: index: %w", err)
	}
	size := info.Size()
	fmt.Fprintf(w, "%d %d ", size, info.ModTime().UnixNano())
	at := []int64{0, max(size-sampledEnd, 0)}
	for i := range int64(sampledPieces) {
		at = append(at, size/sampledPieces*i)
	}
	for i, from := range at {
		n := int64(sampledPiece)
		if i < 2 {
			n = sampledEnd
		}
		if _, err := io.Copy(w, io.NewSectionReader(file, from, n)); err != nil {
			return fmt.Errorf("feed: index: %w", err)
		}
	}
	return nil
}

// load returns the index if it was made from what there is.
func (x *index) load() (h indexHeader, kept, held bitset, ok bool) {
	if x == nil {
		return h, nil, nil, false
	}
	text, err := os.ReadFile(x.path)
	if err != nil {
		return h, nil, nil, false
	}
	h, kept, held, err = decodeIndex(text)
	return h, kept, held, err == nil && h.Key == x.key
}

// save puts an index in its place, whole or not at all.
func (x *index) save(h indexHeader, kept, held bitset) error {
	h.Key = x.key
	text, err := h.encode(kept, held)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(x.path), 0o755); err != nil {
		return fmt.Errorf("feed: index: %w", err)
	}
	file, err := os.CreateTemp(filepath.Dir(x.path), ".rows-*.partial")
	if err != nil {
		return fmt.Errorf("feed: index: %w", err)
	}
	_, err = file.Write(text)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(file.Name(), x.path)
	}
	if err == nil {
		return nil
	}
	if gone := os.Remove(file.Name()); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return fmt.Errorf("feed: index: %w", err)
}
