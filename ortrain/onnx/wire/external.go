package wire

import (
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// checkLocation refuses the places where external data must not lie. Symbolic
// links are looked at when a file is opened.
func checkLocation(location string) error {
	clean := path.Clean(strings.ReplaceAll(location, `\`, "/"))
	drive := len(clean) > 1 && clean[1] == ':'
	if location == "" || clean == "." || path.IsAbs(clean) || drive || clean == ".." || strings.HasPrefix(clean, "../") {
		return fmt.Errorf("external data at %q; a file in the model's own folder is expected", location)
	}
	return nil
}

// LoadExternal reads the data of all tensors of m that lie in other files into
// memory; dir is the folder of the model. Each file is read once, from the
// first to the last byte that a tensor needs, and the tensors are windows on
// that. After an error no tensor has changed.
//
// Errors wrap onnx.ErrInvalid when a file is outside dir (by "..", an absolute
// path or a symbolic link), is missing, is not a regular file or is too short
// for offset and size. Checksums are not looked at.
func LoadExternal(m *onnx.Model, dir string) error {
	byFile := make(map[string][]*onnx.Tensor)
	var locations []string
	eachTensor(m, func(t *onnx.Tensor) {
		if t.External == nil {
			return
		}
		if byFile[t.External.Location] == nil {
			locations = append(locations, t.External.Location)
		}
		byFile[t.External.Location] = append(byFile[t.External.Location], t)
	})
	var loads []load
	for _, location := range locations {
		l, err := readRegion(dir, location, byFile[location])
		if err != nil {
			return err
		}
		loads = append(loads, l)
	}
	for _, l := range loads {
		l.store()
	}
	return nil
}

// LoadTensor reads the data of one tensor whose External is not nil. Errors are
// those of LoadExternal.
func LoadTensor(t *onnx.Tensor, dir string) error {
	if t.External == nil {
		return nil
	}
	l, err := readRegion(dir, t.External.Location, []*onnx.Tensor{t})
	if err != nil {
		return err
	}
	l.store()
	return nil
}

// CheckExternal checks, without reading data, that all external data of m lies
// in regular files of dir that are long enough. Errors are those of
// LoadExternal. It is for models that a runtime opens by itself.
func CheckExternal(m *onnx.Model, dir string) error {
	sizes := make(map[string]int64)
	var fault error
	eachTensor(m, func(t *onnx.Tensor) {
		if t.External == nil || fault != nil {
			return
		}
		location := t.External.Location
		size, known := sizes[location]
		if !known {
			var f *os.File
			if f, size, fault = openExternal(dir, location); fault != nil {
				return
			}
			fault = f.Close()
			sizes[location] = size
		}
		if fault == nil {
			fault = fits(t, size)
		}
	})
	return fault
}

// load is a region of a file with the tensors that lie in it.
type load struct {
	tensors []*onnx.Tensor
	data    []byte
	lo      int64
}

func (l load) store() {
	for _, t := range l.tensors {
		if t.External == nil {
			continue // met before: two values share the tensor
		}
		from, size := t.External.Offset-l.lo, t.DType.Bytes(t.Len())
		t.Raw = l.data[from : from+size : from+size]
		t.External = nil
	}
}

// readRegion reads what tensors need of the file at location in dir.
func readRegion(dir, location string, tensors []*onnx.Tensor) (load, error) {
	f, size, err := openExternal(dir, location)
	if err != nil {
		return load{}, err
	}
	defer f.Close() // only read from
	lo, hi := size, int64(0)
	for _, t := range tensors {
		if err := fits(t, size); err != nil {
			return load{}, err
		}
		lo = min(lo, t.External.Offset)
		hi = max(hi, t.External.Offset+t.DType.Bytes(t.Len()))
	}
	data := make([]byte, hi-lo)
	if _, err := io.ReadFull(io.NewSectionReader(f, lo, hi-lo), data); err != nil {
		return load{}, fmt.Errorf("wire: external data %q: %w", location, err)
	}
	return load{tensors, data, lo}, nil
}

// fits checks that a tensor's data lies inside a file of size bytes.
func fits(t *onnx.Tensor, size int64) error {
	e := t.External
	want, err := t.Size()
	switch {
	case err != nil:
		return err
	case t.DType.Bits() == 0:
		return fmt.Errorf("wire: tensor %q of type %s has external data; only numbers can have: %w", t.Name, t.DType, onnx.ErrInvalid)
	case e.Length >= 0 && e.Length != want:
		return fmt.Errorf("wire: tensor %q %s has %d bytes of external data; %d are expected: %w", t.Name, t.Type(), e.Length, want, onnx.ErrInvalid)
	case e.Offset < 0 || e.Offset > size || want > size-e.Offset:
		return fmt.Errorf("wire: tensor %q lies at byte %d of %q and takes %d; the file has %d: it is cut short or belongs to another model: %w",
			t.Name, e.Offset, e.Location, want, size, onnx.ErrInvalid)
	}
	return nil
}

// openExternal opens a regular file below dir and returns its size.
func openExternal(dir, location string) (*os.File, int64, error) {
	fail := func(err error) (*os.File, int64, error) {
		return nil, 0, fmt.Errorf("wire: external data %q in the model's folder: %w: %w", location, onnx.ErrInvalid, err)
	}
	if err := checkLocation(location); err != nil {
		return fail(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fail(err)
	}
	defer root.Close()
	name := filepath.FromSlash(location)
	info, err := root.Stat(name)
	if err != nil {
		return fail(err)
	}
	if !info.Mode().IsRegular() {
		return fail(fmt.Errorf("it is no regular file"))
	}
	f, err := root.Open(name)
	if err != nil {
		return fail(err)
	}
	return f, info.Size(), nil
}

// eachTensor calls do with every tensor of the model.
func eachTensor(m *onnx.Model, do func(*onnx.Tensor)) {
	eachInGraph(m.Graph, do)
	for _, f := range m.Functions {
		eachInAttrs(f.Defaults, do)
		for _, n := range f.Nodes {
			eachInAttrs(n.Attrs, do)
		}
	}
}

func eachInGraph(g *onnx.Graph, do func(*onnx.Tensor)) {
	for _, v := range g.Initializers {
		do(v.Init)
	}
	for _, v := range g.Sparse {
		do(v.Sparse.Values)
		do(v.Sparse.Indices)
	}
	for _, n := range g.Nodes {
		eachInAttrs(n.Attrs, do)
	}
}

func eachInAttrs(attrs []onnx.Attr, do func(*onnx.Tensor)) {
	for _, a := range attrs {
		if a.Tensor != nil {
			do(a.Tensor)
		}
		for _, t := range a.Tensors {
			do(t)
		}
		for _, sp := range a.Sparse {
			do(sp.Values)
			do(sp.Indices)
		}
		for _, g := range a.Subgraphs() {
			eachInGraph(g, do)
		}
	}
}
