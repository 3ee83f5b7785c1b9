package source

import (
	"context"

	"github.com/ortrain/ortrain/pipeline"
	"github.com/ortrain/ortrain/pipeline/record"
)

// Part is a run of rows of one file that can be read on its own: a row group of
// a Parquet file, a record batch of an Arrow file, at most record.MaxRows rows
// of a text file. It stays valid as long as the file does not change.
type Part struct {
	// Path is the file, File its number among Set.Paths.
	Path string `json:"path"`
	File int    `json:"file"`
	// Row is the id of the first row, counted over all files; Rows how many there
	// are.
	Row  uint64 `json:"row"`
	Rows int    `json:"rows"`
	// Group is the row group or record batch, from 1; 0 in text files.
	Group int `json:"group,omitempty"`
	// Offset and Bytes say where a text file holds the rows, Line on which line
	// they begin.
	Offset int64 `json:"offset,omitempty"`
	Bytes  int64 `json:"bytes,omitempty"`
	Line   int   `json:"line,omitempty"`
	// First is how many rows of the file come before.
	First uint64 `json:"first"`
	// Whole says that the file is one part because it can only be read from its
	// beginning: it is compressed.
	Whole bool `json:"whole,omitempty"`
}

// Parts returns the parts of the data in the order of the rows. Parquet and
// Arrow files say where their parts are; text files are read once.
func (s *Set) Parts(ctx context.Context) ([]Part, error) {
	var out []Part
	row := uint64(0)
	for i, path := range s.paths {
		t, err := s.openTable(path, s.have[i])
		if err != nil {
			return nil, err
		}
		found, err := t.parts(ctx)
		if closing := t.close(); err == nil {
			err = closing
		}
		if err != nil {
			return nil, at(err, path)
		}
		before := uint64(0)
		for _, p := range found {
			p.Path, p.File, p.Row, p.First = path, i, row, before
			row += uint64(p.Rows)
			before += uint64(p.Rows)
			out = append(out, p)
		}
	}
	if row == 0 {
		return nil, &Error{Path: s.describe(), Err: ErrEmpty}
	}
	return out, nil
}

// Read returns a pass over one of the parts, in batches of at most
// record.MaxRows. Rows have the ids that Rows gives them.
func (s *Set) Read(_ context.Context, part Part) pipeline.Source[*record.Batch] {
	p := &pass{set: s, part: &part, file: part.File, before: part.Row}
	return pipeline.New(p.next, p.close)
}
