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
	"strconv"

	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// An index is what the opening pass found, on disk, so that a run that is
// resumed does not read large data twice:
//
//	"ORTFEED2"
//	uint32         length of the header
//	header         JSON
//	uint64 …       kept rows, one bit each
//	uint64 …       rows not to train on, as many words; none without a split
//	uint64 …       rows without a label, as many words; none if all have one
//	32 bytes       SHA-256 of all before
//
// Numbers are little-endian. It serves only data, options and a tokenizer that
// are what they were; anything else, and any damage, makes Open read the data.
const indexMagic = "ORTFEED2"

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
	Bare      bool            `json:"bare,omitempty"`
}

// marks are the sets of rows that an index holds: those kept, and those of them
// that are not to be trained on, and that have no label; nil where there are none.
type marks struct{ kept, held, bare bitset }

var errIndex = errors.New("unusable index")

// encode renders an index.
func (h indexHeader) encode(m marks) ([]byte, error) {
	h.Words, h.Held, h.Bare = len(m.kept), m.held != nil, m.bare != nil
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("feed: index: %w", err)
	}
	out := make([]byte, 0, len(indexMagic)+4+len(text)+24*len(m.kept)+sha256.Size)
	out = binary.LittleEndian.AppendUint32(append(out, indexMagic...), uint32(len(text)))
	out = append(out, text...)
	for _, set := range []bitset{m.kept, m.held, m.bare} {
		for i := range m.kept {
			if set != nil {
				out = binary.LittleEndian.AppendUint64(out, set.word(i, 0, uint64(len(m.kept))*64))
			}
		}
	}
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}

// decodeIndex reads what encode rendered, and checks that it is consistent.
func decodeIndex(text []byte) (h indexHeader, m marks, err error) {
	body := len(text) - sha256.Size
	if body < len(indexMagic)+4 || string(text[:len(indexMagic)]) != indexMagic {
		return h, m, errIndex
	}
	if sum := sha256.Sum256(text[:body]); !bytes.Equal(sum[:], text[body:]) {
		return h, m, errIndex
	}
	rest := text[len(indexMagic):body]
	n := int(binary.LittleEndian.Uint32(rest))
	if rest = rest[4:]; n > len(rest) || json.Unmarshal(rest[:n], &h) != nil {
		return h, m, errIndex
	}
	rest = rest[n:]
	sets := []*bitset{&m.kept}
	if h.Held {
		sets = append(sets, &m.held)
	}
	if h.Bare {
		sets = append(sets, &m.bare)
	}
	if h.Words < 0 || len(rest)%8 != 0 || len(rest)/8/len(sets) != h.Words || len(rest) != 8*len(sets)*h.Words {
		return h, m, errIndex
	}
	for _, set := range sets {
		*set = make(bitset, h.Words)
		for i := range *set {
			(*set)[i] = binary.LittleEndian.Uint64(rest[8*i:])
		}
		rest = rest[8*h.Words:]
	}
	return h, m, h.check(m)
}

// check reports a header that does not go with the bits.
func (h indexHeader) check(m marks) error {
	rows, ok := h.rows()
	if !ok || h.TextBytes < 0 || len(h.Longest) == 0 {
		return errIndex
	}
	end := uint64(len(m.kept)) * 64
	if m.kept.count(0, end) == 0 || m.kept.count(min(rows, end), end) > 0 {
		return errIndex
	}
	for _, set := range []bitset{m.held, m.bare} {
		if m.kept.and(set).count(0, end) != set.count(0, end) {
			return errIndex
		}
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

// findIndex names the index of a configuration; nil if it has none. ready are the
// data sets that are prepared files.
func findIndex(ctx context.Context, cfg Config, ready []*source.Prepared) (*index, error) {
	if cfg.IndexDir == "" || cfg.Rows != nil {
		return nil, nil
	}
	paths, err := indexed(ctx, cfg, ready)
	if err != nil || paths == nil {
		return nil, err
	}
	marked := slices.Clone(paths)
	for _, d := range cfg.sets() {
		marked = append(marked, strconv.FormatBool(d.Unlabelled))
	}
	options, err := json.Marshal(struct {
		Paths                                []string
		Columns                              source.Columns
		Kind                                 sample.LabelKind
		Names                                []string
		Optional, MinusOne, Taught           bool
		HeldOut                              float64
		MaxLength, Stride, BatchSize         int
		Truncation, Clean, Tokenizer, Format string
	}{
		marked, cfg.Columns, cfg.Kind, cfg.Names, cfg.Optional, cfg.MinusOne, cfg.Taught, cfg.HeldOut, cfg.MaxLength, cfg.Stride, cfg.BatchSize,
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
func indexed(ctx context.Context, cfg Config, ready []*source.Prepared) (paths []string, err error) {
	names := cfg.Names
	if names == nil {
		names = []string{""} // with classes given nothing is read but the columns
	}
	for i, d := range cfg.sets() {
		cfg := cfg.of(d)
		if slices.Contains(d.Files, source.Stdin) {
			return nil, nil
		}
		if ready[i] != nil {
			paths = append(paths, ready[i].Path(), "")
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
func (x *index) load() (h indexHeader, m marks, ok bool) {
	if x == nil {
		return h, m, false
	}
	text, err := os.ReadFile(x.path)
	if err != nil {
		return h, m, false
	}
	h, m, err = decodeIndex(text)
	return h, m, err == nil && h.Key == x.key
}

// save puts an index in its place, whole or not at all.
func (x *index) save(h indexHeader, m marks) error {
	h.Key = x.key
	text, err := h.encode(m)
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
