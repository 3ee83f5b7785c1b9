package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"
)

const (
	prefixSize = 8 // the header's length, little-endian
	// maxHeader is the bound of the reference implementation; the header of a
	// model with 10,000 tensors takes about 1 MB.
	maxHeader   = 100_000_000
	maxRank     = 64
	metadataKey = "__metadata__"
)

// readHeader returns the tensors in the order of their bytes, which are checked
// to cover the file behind the header exactly.
func readHeader(r io.ReaderAt, size int64) (infos []Info, metadata map[string]string, err error) {
	var prefix [prefixSize]byte
	if size < prefixSize {
		return nil, nil, fmt.Errorf("%w: file of %d bytes; a header takes at least %d", ErrHeader, size, prefixSize+2)
	}
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > maxHeader || n > uint64(size-prefixSize) {
		return nil, nil, fmt.Errorf("%w: its length is given as %d; want at most %d, and the file has %d more bytes", ErrHeader, n, maxHeader, size-prefixSize)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, prefixSize); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrHeader, err)
	}
	if n == 0 || text[0] != '{' || !utf8.Valid(text) {
		return nil, nil, fmt.Errorf("%w: want a JSON object in UTF-8", ErrHeader)
	}
	p := parser{json.NewDecoder(bytes.NewReader(text))}
	p.UseNumber()
	infos, metadata, err = p.header()
	if err != nil {
		return nil, nil, err
	}
	return infos, metadata, place(infos, prefixSize+int64(n), size)
}

// place turns offsets into file positions and checks that they tile the data.
func place(infos []Info, start, size int64) error {
	slices.SortStableFunc(infos, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Size, b.Size))
	})
	end, before := int64(0), "the header"
	for i := range infos {
		t := &infos[i]
		switch {
		case t.Offset > size-start || t.Size > size-start-t.Offset:
			return fmt.Errorf("tensor %q: %w: bytes %d to %d of %d", t.Name, ErrRange, t.Offset, t.Offset+t.Size, size-start)
		case t.Offset < end:
			return fmt.Errorf("tensor %q: %w: starts at byte %d inside %q, which ends at %d", t.Name, ErrOverlap, t.Offset, before, end)
		case t.Offset > end:
			return fmt.Errorf("tensor %q: %w: %d bytes between it and %q", t.Name, ErrGap, t.Offset-end, before)
		}
		end, before = t.Offset+t.Size, t.Name
		t.Offset += start
	}
	if end != size-start {
		return fmt.Errorf("%w: %d bytes after the last tensor", ErrGap, size-start-end)
	}
	return nil
}

// parser reads the header token by token, because encoding/json's maps would
// hide duplicate keys.
type parser struct{ *json.Decoder }

// object calls member for each key, which must read the value.
func (p parser) object(member func(key string) error) error {
	if err := p.delim('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.More() {
		t, err := p.Token()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrHeader, err)
		}
		key, _ := t.(string)
		if seen[key] {
			return fmt.Errorf("%w: %q", ErrDuplicate, key)
		}
		seen[key] = true
		if err := member(key); err != nil {
			return err
		}
	}
	return p.delim('}')
}

func (p parser) delim(want json.Delim) error {
	t, err := p.Token()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrHeader, err)
	}
	if t != want {
		return fmt.Errorf("%w: found %v, want %v", ErrHeader, t, want)
	}
	return nil
}

func (p parser) str() (string, error) {
	t, err := p.Token()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrHeader, err)
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("%w: found %v, want a string", ErrHeader, t)
	}
	return s, nil
}

// numbers reads an array of at most limit whole numbers.
func (p parser) numbers(limit int) ([]int64, error) {
	if err := p.delim('['); err != nil {
		return nil, err
	}
	var list []int64
	for p.More() {
		t, err := p.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrHeader, err)
		}
		text, _ := t.(json.Number)
		n, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("%w: found %v, want a whole number", ErrHeader, t)
		}
		if len(list) == limit {
			return nil, fmt.Errorf("%w: more than %d numbers in a list", ErrHeader, limit)
		}
		list = append(list, n)
	}
	return list, p.delim(']')
}

func (p parser) header() (infos []Info, metadata map[string]string, err error) {
	err = p.object(func(key string) error {
		if key == metadataKey {
			metadata = map[string]string{}
			return p.object(func(key string) (err error) {
				metadata[key], err = p.str()
				return err
			})
		}
		info, err := p.tensor(key)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		infos = append(infos, info)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if _, err := p.Token(); err != io.EOF {
		return nil, nil, fmt.Errorf("%w: text after its closing brace", ErrHeader)
	}
	return infos, metadata, nil
}

func (p parser) tensor(name string) (Info, error) {
	info := Info{Name: name}
	var offsets []int64
	found := 0
	err := p.object(func(key string) (err error) {
		found++
		var s string
		switch key {
		case "dtype":
			s, err = p.str()
			info.DType = DType(s)
		case "shape":
			info.Shape, err = p.numbers(maxRank)
		case "data_offsets":
			offsets, err = p.numbers(2)
		default:
			err = fmt.Errorf("%w: unknown key %q", ErrHeader, key)
		}
		return err
	})
	if err != nil {
		return info, err
	}
	if found != 3 || len(offsets) != 2 {
		return info, fmt.Errorf("%w: want dtype, shape and two data_offsets", ErrHeader)
	}
	if info.DType.Bytes() == 0 {
		return info, fmt.Errorf("%w: %q is not one that ortrain reads; convert the weights to F32", ErrDType, info.DType)
	}
	if offsets[1] < offsets[0] {
		return info, fmt.Errorf("%w: bytes %d to %d", ErrRange, offsets[0], offsets[1])
	}
	info.Offset, info.Size = offsets[0], offsets[1]-offsets[0]
	if want, ok := byteSize(info.DType, info.Shape); !ok || want != info.Size {
		return info, fmt.Errorf("%w: %d bytes for %s %v", ErrSize, info.Size, info.DType, info.Shape)
	}
	return info, nil
}
