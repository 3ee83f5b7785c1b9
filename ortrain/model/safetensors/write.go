package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// headerAlign is what the header is padded to with spaces, so that the data
// starts aligned.
const headerAlign = 8

// Tensor is one to be written. Exactly one of Floats and Bytes holds its
// elements; both may be nil when the shape has no elements.
type Tensor struct {
	Name  string
	DType DType
	Shape []int64
	// Floats are the elements of an F32 tensor.
	Floats []float32
	// Bytes are the little-endian elements of a tensor of any type.
	Bytes io.Reader
}

// WriteFile writes the tensors to path, which is replaced when all is on disk
// and not touched before. See Write.
func WriteFile(fsys disk.FS, path string, tensors []Tensor, metadata map[string]string) error {
	header, size, err := makeHeader(tensors, metadata)
	if err == nil {
		err = disk.WriteFile(fsys, path, int64(len(header))+size, func(w io.Writer) error {
			return write(w, header, tensors)
		})
	}
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}

// Write writes the tensors in the order given; to keep each aligned to its
// width, give the wider types first. Metadata nil means {"format": "pt"}, which
// transformers asks for. The bytes depend on nothing but the arguments.
// Errors: ErrDuplicate, ErrDType, ErrSize, and those of w.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	header, _, err := makeHeader(tensors, metadata)
	if err == nil {
		err = write(w, header, tensors)
	}
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return nil
}

func write(w io.Writer, header []byte, tensors []Tensor) error {
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, t := range tensors {
		if err := t.write(w); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
	}
	return nil
}

func (t Tensor) write(w io.Writer) error {
	if t.Bytes == nil {
		return writeFloats(w, t.Floats)
	}
	want, _ := byteSize(t.DType, t.Shape)
	n, err := io.Copy(w, io.LimitReader(t.Bytes, want+1))
	if err == nil && n != want {
		err = fmt.Errorf("%w: the reader holds %d bytes or more, want %d", ErrSize, n, want)
	}
	return err
}

// makeHeader returns the length prefix and the padded header, and the number
// of data bytes.
func makeHeader(tensors []Tensor, metadata map[string]string) ([]byte, int64, error) {
	if metadata == nil {
		metadata = map[string]string{"format": "pt"}
	}
	var b bytes.Buffer
	b.Write(make([]byte, prefixSize))
	b.WriteString(`{`)
	if len(metadata) > 0 {
		b.WriteString(quote(metadataKey) + `:{`)
		for i, k := range slices.Sorted(maps.Keys(metadata)) {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quote(k) + `:` + quote(metadata[k]))
		}
		b.WriteByte('}')
	}
	at := int64(0)
	seen := map[string]bool{metadataKey: true}
	for i, t := range tensors {
		size, err := t.check(seen)
		if err != nil {
			return nil, 0, fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if i > 0 || len(metadata) > 0 {
			b.WriteByte(',')
		}
		shape, _ := json.Marshal(append([]int64{}, t.Shape...))
		fmt.Fprintf(&b, `%s:{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}`, quote(t.Name), t.DType, shape, at, at+size)
		at += size
	}
	b.WriteByte('}')
	for b.Len()%headerAlign != 0 {
		b.WriteByte(' ')
	}
	header := b.Bytes()
	if len(header)-prefixSize > maxHeader {
		return nil, 0, fmt.Errorf("%w: it takes %d bytes, more than readers accept", ErrHeader, len(header))
	}
	binary.LittleEndian.PutUint64(header, uint64(len(header)-prefixSize))
	return header, at, nil
}

// check returns the size in bytes of a tensor that can be written.
func (t Tensor) check(seen map[string]bool) (int64, error) {
	size, ok := byteSize(t.DType, t.Shape)
	switch {
	case seen[t.Name]:
		return 0, ErrDuplicate
	case !utf8.ValidString(t.Name):
		return 0, fmt.Errorf("%w: the name is not valid UTF-8", ErrHeader)
	case t.DType.Bytes() == 0, t.Floats != nil && t.DType != F32:
		return 0, fmt.Errorf("%w: %q", ErrDType, t.DType)
	case !ok || len(t.Shape) > maxRank:
		return 0, fmt.Errorf("%w: shape %v", ErrSize, t.Shape)
	case t.Floats != nil && t.Bytes != nil:
		return 0, fmt.Errorf("%w: both Floats and Bytes are given", ErrSize)
	case t.Bytes == nil && 4*int64(len(t.Floats)) != size:
		return 0, fmt.Errorf("%w: %d floats for %s %v", ErrSize, len(t.Floats), t.DType, t.Shape)
	}
	seen[t.Name] = true
	return size, nil
}

// quote returns s as a JSON string without HTML escapes.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // a string always encodes
	}
	return string(bytes.TrimRight(b.Bytes(), "\n"))
}
