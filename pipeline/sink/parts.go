package sink

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
)

// ErrParts means that kept parts cannot be gone on from.
var ErrParts = errors.New("parts do not fit")

// Parts keeps finished batches in a folder, part by part, so that work which is
// killed goes on after the last whole part: OpenParts → Rows, to have again what
// there is → Write for every further batch → Remove when all is done, or Close to
// keep the whole parts. A journal lists them with their hashes; what is not in
// it does not count.
//
// A Parts serves one goroutine.
type Parts struct {
	dir     string
	opts    PartsOptions
	journal journal
	out     *output // of the part being written
	w       *ipc.Writer
	sum     hash.Hash
	open    part
	mem     *record.Lease
}

// PartsOptions say how parts are kept.
type PartsOptions struct {
	// Identity says in words what the batches depend on.
	Identity string
	// Resume goes on with the parts that are there, which must be of the same
	// Identity; without it they are removed.
	Resume bool
	// Batches is the number of batches of a part; 0 stands for 64.
	Batches int
	// Memory counts the Arrow memory in use; nil counts nowhere.
	Memory *record.Allocator
}

const (
	defaultPart = 64
	journalFile = "journal.json"
	partPattern = "part-*.arrows"
)

// journal is what the folder says about itself.
type journal struct {
	Identity string `json:"identity"`
	Parts    []part `json:"parts"`
}

// part is one file of the folder.
type part struct {
	File    string `json:"file"`
	Batches int    `json:"batches"`
	Rows    int64  `json:"rows"`
	SHA256  string `json:"sha256"`
}

// OpenParts opens the folder, which need not exist; only the one above must.
func OpenParts(dir string, o PartsOptions) (*Parts, error) {
	if o.Batches == 0 {
		o.Batches = defaultPart
	}
	if o.Memory == nil {
		o.Memory = new(record.Allocator)
	}
	p := &Parts{dir: dir, opts: o, mem: record.NewLease(o.Memory, 0), journal: journal{Identity: o.Identity}}
	if o.Resume {
		return p, p.load()
	}
	return p, p.clear()
}

// load reads the journal and checks that its parts are whole.
func (p *Parts) load() error {
	path := filepath.Join(p.dir, journalFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return p.clear()
	}
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	var j journal
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("sink: %s: %w: %w", path, err, ErrParts)
	}
	if j.Identity != p.opts.Identity {
		return fmt.Errorf("sink: %s holds parts of other work: input, options or resources have changed since: %w", p.dir, ErrParts)
	}
	for _, part := range j.Parts {
		if err := p.verify(part); err != nil {
			return err
		}
	}
	p.journal = j
	return nil
}

func (p *Parts) verify(part part) (err error) {
	path := filepath.Join(p.dir, filepath.Base(part.File))
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sink: a part is missing: %w: %w", err, ErrParts)
	}
	defer f.Close() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("sink: %s: %w", path, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != part.SHA256 {
		return fmt.Errorf("sink: %s has the SHA-256 %s, the journal says %s: it is damaged: %w", path, got, part.SHA256, ErrParts)
	}
	return nil
}

// Batches is how many batches the whole parts have.
func (p *Parts) Batches() int {
	n := 0
	for _, part := range p.journal.Parts {
		n += part.Batches
	}
	return n
}

// Len is how many rows the whole parts have.
func (p *Parts) Len() int64 {
	var n int64
	for _, part := range p.journal.Parts {
		n += part.Rows
	}
	return n
}

// Write adds a batch, which the caller keeps.
func (p *Parts) Write(ctx context.Context, b *record.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.w == nil {
		if err := p.begin(b); err != nil {
			return err
		}
	}
	if err := guard(func() error { return p.w.Write(b.Record()) }); err != nil {
		return fmt.Errorf("sink: %s: %w", p.out.path, err)
	}
	p.open.Batches++
	p.open.Rows += int64(b.Len())
	if p.open.Batches < p.opts.Batches {
		return nil
	}
	return p.finish()
}

// begin opens the next part.
func (p *Parts) begin(b *record.Batch) (err error) {
	if err := os.MkdirAll(p.dir, 0o777); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	p.open = part{File: strings.Replace(partPattern, "*", fmt.Sprintf("%06d", len(p.journal.Parts)+1), 1)}
	if p.out, err = openOutput(filepath.Join(p.dir, p.open.File), nil); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	p.sum = sha256.New()
	p.w = ipc.NewWriter(io.MultiWriter(p.out, p.sum), ipc.WithSchema(b.Record().Schema()), ipc.WithAllocator(p.mem))
	return nil
}

// finish gives the part its name, and then puts it into the journal.
func (p *Parts) finish() error {
	w := p.w
	p.w = nil
	err := guard(w.Close)
	if err == nil {
		err = p.out.commit()
	}
	if err != nil {
		return fmt.Errorf("sink: %s: %w", p.out.path, err)
	}
	p.open.SHA256 = hex.EncodeToString(p.sum.Sum(nil))
	p.journal.Parts = append(p.journal.Parts, p.open)
	text, err := json.MarshalIndent(p.journal, "", "  ")
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	out, err := openOutput(filepath.Join(p.dir, journalFile), nil)
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	if _, err = out.Write(text); err == nil {
		err = out.commit()
	}
	return errors.Join(err, out.close())
}

// Rows gives the batches of the whole parts, as they were written.
func (p *Parts) Rows() pipeline.Source[*record.Batch] {
	r := &partReader{dir: p.dir, parts: p.journal.Parts, memory: p.opts.Memory}
	return pipeline.New(r.next, r.close)
}

// partReader reads one part after another.
type partReader struct {
	dir    string
	parts  []part
	memory *record.Allocator
	file   *os.File
	r      *ipc.Reader
}

func (r *partReader) next(context.Context) (*record.Batch, error) {
	for {
		if r.r == nil {
			if len(r.parts) == 0 {
				return nil, io.EOF
			}
			if err := r.begin(); err != nil {
				return nil, err
			}
		}
		if r.r.Next() {
			rec := r.r.Record()
			rec.Retain()
			return record.Wrap(rec)
		}
		err := r.r.Err()
		if err := errors.Join(err, r.close()); err != nil {
			return nil, fmt.Errorf("sink: a part in %s: %w", r.dir, err)
		}
	}
}

func (r *partReader) begin() (err error) {
	if r.file, err = os.Open(filepath.Join(r.dir, filepath.Base(r.parts[0].File))); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	r.parts = r.parts[1:]
	if r.r, err = ipc.NewReader(r.file, ipc.WithAllocator(r.memory)); err != nil {
		return fmt.Errorf("sink: %s: %w", r.file.Name(), err)
	}
	return nil
}

func (r *partReader) close() error {
	if r.r != nil {
		r.r.Release()
		r.r = nil
	}
	if r.file == nil {
		return nil
	}
	f := r.file
	r.file = nil
	return f.Close()
}

// Close keeps the whole parts and removes the one that is not finished. It may be
// repeated.
func (p *Parts) Close() error {
	if p.w != nil {
		_ = guard(p.w.Close) // what it writes is removed
		p.w = nil
	}
	p.mem.Close()
	var err error
	if p.out != nil {
		err = p.out.close()
		p.out = nil
	}
	if len(p.journal.Parts) == 0 {
		err = errors.Join(err, p.clear())
	}
	return err
}

// Remove closes and removes all parts.
func (p *Parts) Remove() error {
	p.journal.Parts = nil
	return p.Close()
}

// clear removes what Parts has written, and the folder if nothing else is in it.
func (p *Parts) clear() error {
	names := []string{journalFile, "." + journalFile + ".partial"}
	for _, pattern := range []string{partPattern, "." + partPattern + ".partial"} {
		found, err := filepath.Glob(filepath.Join(escapeGlob(p.dir), pattern))
		if err != nil {
			return fmt.Errorf("sink: %w", err)
		}
		for _, path := range found {
			names = append(names, filepath.Base(path))
		}
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(p.dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("sink: %w", err)
		}
	}
	if err := os.Remove(p.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("sink: the folder of parts holds other files: %w", err)
	}
	return nil
}

// escapeGlob makes a path stand for itself in a pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}

// HasParts reports whether a folder holds whole parts.
func HasParts(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, journalFile))
	return err == nil
}
