package source

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Codecs of Parquet pages, as parquet.thrift numbers them.
var codecNames = []string{"UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"}

// decompress returns the size bytes that a page holds, in room if that is given
// and the codec can use it. What is allocated grows with what is really there,
// not with what is declared.
func decompress(codec int, stored []byte, size int, room []byte) (out []byte, err error) {
	if codec < 0 || codec >= len(codecNames) {
		return nil, fmt.Errorf("pages are compressed by an unknown codec, %d: %w", codec, ErrFormat)
	}
	if size == 0 {
		return nil, nil // some writers then store nothing, not even an empty frame
	}
	if out, err = unpack(codecNames[codec], stored, size, room); err != nil {
		return nil, fmt.Errorf("%s data: %w: %w", codecNames[codec], err, ErrFormat)
	}
	if len(out) != size {
		return nil, fmt.Errorf("%d bytes after decompression; %d are expected: %w", len(out), size, ErrFormat)
	}
	return out, nil
}

// unpack decompresses by the codec of that name.
func unpack(codec string, stored []byte, size int, room []byte) (out []byte, err error) {
	switch codec {
	case "UNCOMPRESSED":
		out = stored
	case "SNAPPY":
		if n, err := s2.DecodedLen(stored); err != nil || n != size {
			return nil, fmt.Errorf("%d bytes; %d are expected", n, size)
		}
		out, err = s2.Decode(room, stored) // which reads snappy, its ancestor, faster
	case "GZIP":
		var r *gzip.Reader
		if r, err = gzip.NewReader(bytes.NewReader(stored)); err == nil {
			out, err = inflate(r, len(stored), size)
		}
	case "BROTLI":
		out, err = inflate(brotli.NewReader(bytes.NewReader(stored)), len(stored), size)
	case "ZSTD":
		var r *zstd.Decoder
		if r, err = zstd.NewReader(bytes.NewReader(stored), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow)); err == nil {
			out, err = inflate(r, len(stored), size)
			r.Close()
		}
	case "LZ4_RAW":
		out, err = lz4Block(stored, size)
	case "LZ4":
		out, err = lz4Framed(stored, size)
	default:
		err = errors.New("this codec is not read; write the file with another one, such as SNAPPY")
	}
	return out, err
}

// inflate reads at most one byte more than size.
func inflate(r io.Reader, stored, size int) ([]byte, error) {
	out := bytes.NewBuffer(make([]byte, 0, min(size, 64*stored)+bytes.MinRead+1))
	_, err := out.ReadFrom(io.LimitReader(r, int64(size)+1))
	return out.Bytes(), err
}

// lz4Block reads one block. A byte of LZ4 gives 255 bytes at most.
func lz4Block(stored []byte, size int) ([]byte, error) {
	if size > 255*len(stored) {
		return nil, errors.New("too short for what it should hold")
	}
	out := make([]byte, size)
	n, err := lz4.UncompressBlock(stored, out)
	return out[:max(n, 0)], err
}

// lz4Framed reads what writers have called LZ4: Hadoop's frames, each with two
// big-endian sizes before its block, or one bare block.
func lz4Framed(stored []byte, size int) ([]byte, error) {
	var out []byte
	rest := stored
	for len(rest) >= 8 {
		whole, part := int(binary.BigEndian.Uint32(rest)), int(binary.BigEndian.Uint32(rest[4:]))
		if whole > size-len(out) || part > len(rest)-8 {
			break
		}
		block, err := lz4Block(rest[8:8+part], whole)
		if err != nil || len(block) != whole {
			break
		}
		out, rest = append(out, block...), rest[8+part:]
	}
	if len(rest) == 0 && len(out) == size {
		return out, nil
	}
	return lz4Block(stored, size)
}
