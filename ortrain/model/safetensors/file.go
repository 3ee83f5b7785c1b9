package safetensors

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// File is one safetensors file, open for reading.
type File struct {
	name     string
	r        io.ReaderAt
	closer   io.Closer
	infos    []Info
	index    map[string]int
	metadata map[string]string
}

// Open opens and checks the file at path. The caller closes it.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	info, err := f.Stat()
	if err == nil {
		var file *File
		if file, err = NewFile(path, f, info.Size()); err == nil {
			file.closer = f
			return file, nil
		}
	}
	return nil, errors.Join(err, f.Close())
}

// NewFile reads and checks the header of size bytes behind r. The name is for
// messages.
func NewFile(name string, r io.ReaderAt, size int64) (*File, error) {
	infos, metadata, err := readHeader(r, size)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", name, err)
	}
	f := &File{name: name, r: r, infos: infos, metadata: metadata, index: make(map[string]int, len(infos))}
	for i, info := range infos {
		f.index[info.Name] = i
	}
	return f, nil
}

// Close releases the file.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	err := f.closer.Close()
	f.closer = nil
	return err
}

// Name returns the path the file was opened under.
func (f *File) Name() string { return f.name }

// Metadata returns the header's free-form entries, nil if there are none. The
// caller must not change them.
func (f *File) Metadata() map[string]string { return f.metadata }

// Infos returns the tensors in the order of their bytes. The caller must not
// change them.
func (f *File) Infos() []Info { return f.infos }

// Lookup finds a tensor by name.
func (f *File) Lookup(name string) (Info, bool) {
	i, ok := f.index[name]
	if !ok {
		return Info{}, false
	}
	return f.infos[i], true
}

// Section returns a reader over the little-endian bytes of a tensor.
// Errors: ErrNotFound.
func (f *File) Section(name string) (*io.SectionReader, error) {
	info, ok := f.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("safetensors: %s: tensor %q: %w", f.name, name, ErrNotFound)
	}
	return io.NewSectionReader(f.r, info.Offset, info.Size), nil
}

// ReadFloat32 fills dst with the elements of an F32, F16, BF16 or F64 tensor.
// The half-width types widen exactly; F64 is rounded to nearest. len(dst) must
// be the number of elements.
// Errors: ErrNotFound, ErrDType, ErrSize.
func (f *File) ReadFloat32(name string, dst []float32) error {
	info, ok := f.Lookup(name)
	if !ok {
		return fmt.Errorf("safetensors: %s: tensor %q: %w", f.name, name, ErrNotFound)
	}
	if !info.DType.IsFloat() {
		return fmt.Errorf("safetensors: %s: tensor %q: %w: it is %s, want floating point", f.name, name, ErrDType, info.DType)
	}
	if info.Len() != int64(len(dst)) {
		return fmt.Errorf("safetensors: %s: tensor %q: %w: it has %d elements, want %d", f.name, name, ErrSize, info.Len(), len(dst))
	}
	if err := readFloats(f.r, info, dst); err != nil {
		return fmt.Errorf("safetensors: %s: tensor %q: %w", f.name, name, err)
	}
	return nil
}
