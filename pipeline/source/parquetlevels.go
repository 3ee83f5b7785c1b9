package source

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/apache/arrow/go/v15/parquet"
)

// The decoder waits forever for levels or values that a page declares and does
// not hold, so their numbers are checked before it gets the page.

// checkLevels looks at the definition levels of a data page, run-length encoded
// as in the format's Encodings.md: there must be one for each value.
func (p *pages) checkLevels(levels []byte, values int32) error {
	most := p.column.MaxDefinitionLevel()
	if most == 0 {
		return nil
	}
	if n := countRuns(levels, bits.Len16(uint16(most)), int64(values)); n < int64(values) {
		return fmt.Errorf("%d definition levels for %d values: %w", n, values, ErrFormat)
	}
	return nil
}

// countRuns counts the numbers of a run-length and bit-packed sequence, up to
// what is wanted.
func countRuns(b []byte, width int, want int64) (n int64) {
	for n < want && len(b) > 0 {
		head, size := binary.Uvarint(b)
		if size <= 0 {
			break
		}
		b = b[size:]
		bytes, count := uint64(width+7)/8, head>>1
		if packed := head&1 == 1; packed {
			bytes, count = count*uint64(width), count*8
			if bytes > uint64(len(b)) || count > 1<<40 {
				bytes, count = uint64(len(b)), uint64(len(b))*8/uint64(width)
			}
		} else if bytes > uint64(len(b)) {
			break
		}
		b = b[bytes:]
		n += int64(min(count, uint64(want)))
	}
	return n
}

// checkDelta looks at the header of a column without nulls in one of the delta
// encodings, all of which begin with a block size, a number of parts and the
// number of values.
func (p *pages) checkDelta(h *pageHeader, data []byte) error {
	switch parquet.Encoding(h.encoding) {
	case parquet.Encodings.DeltaBinaryPacked, parquet.Encodings.DeltaLengthByteArray, parquet.Encodings.DeltaByteArray:
	default:
		return nil
	}
	if p.column.MaxDefinitionLevel() > 0 {
		return nil
	}
	var count uint64
	for range 3 {
		v, size := binary.Uvarint(data)
		if size <= 0 {
			return fmt.Errorf("a page of delta encoding ends in its header: %w", ErrFormat)
		}
		count, data = v, data[size:]
	}
	if count < uint64(h.values) {
		return fmt.Errorf("%d values, %d are expected: %w", count, h.values, ErrFormat)
	}
	return nil
}
