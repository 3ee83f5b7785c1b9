package source

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/metadata"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// Bounds on pages. Units: bytes.
const (
	maxPage       = 1 << 30
	maxPageHeader = 16 << 20
)

// Kinds of page, as parquet.thrift numbers them.
const (
	dataPage       = 0
	dictionaryPage = 2
	dataPageV2     = 3
)

// pageHeader is what a page says of itself.
type pageHeader struct {
	kind                       int32
	uncompressed, compressed   int32
	crc                        uint32
	checked                    bool // crc is there
	values, nulls, rows        int32
	encoding, defEnc, repEnc   int32
	defBytes, repBytes         int32
	plain                      bool // of a V2 page: not compressed
	seenData, seenDict, seenV2 bool
}

// parsePageHeader reads a header at the beginning of b and returns its length.
func parsePageHeader(b []byte) (h pageHeader, n int, err error) {
	c := &compact{b: b}
	c.fields(func(id int16, typ byte) {
		switch {
		case id <= 4 && typ == thriftI32:
			h.number(id, c.int32())
		case id == 5 && typ == thriftStruct:
			h.seenData = true
			c.numbers(&h.values, &h.encoding, &h.defEnc, &h.repEnc)
		case id == 7 && typ == thriftStruct:
			h.seenDict = true
			c.numbers(&h.values, &h.encoding)
		case id == 8 && typ == thriftStruct:
			h.seenV2 = true
			h.plain = c.numbers(&h.values, &h.nulls, &h.rows, &h.encoding, &h.defBytes, &h.repBytes)
		default:
			c.skip(typ, 1)
		}
	})
	return h, c.at, c.err
}

// number takes one of the first fields.
func (h *pageHeader) number(id int16, v int32) {
	switch id {
	case 1:
		h.kind = v
	case 2:
		h.uncompressed = v
	case 3:
		h.compressed = v
	case 4:
		h.crc, h.checked = uint32(v), true
	}
}

// numbers reads a struct whose first fields are numbers; it reports whether
// field 7 says no.
func (c *compact) numbers(to ...*int32) (no bool) {
	c.fields(func(id int16, typ byte) {
		switch {
		case typ == thriftI32 && int(id) <= len(to) && id > 0:
			*to[id-1] = c.int32()
		case id == 7 && typ == thriftFalse:
			no = true
		default:
			c.skip(typ, 2)
		}
	})
	return no
}

// pages reads the pages of one column chunk for the decoder: it checks sizes
// and checksums, decompresses, and rewrites what the decoder does not know.
type pages struct {
	r      io.ReaderAt
	at     int64
	end    int64 // of the file: old writers' chunks are longer than they say
	left   int64 // values to come
	codec  int
	column *schema.Column

	page file.Page
	err  error
	// memory holds compressed bytes, and lends what a data page is decompressed
	// into, lent, unless rows may refer to pages for longer than until the next
	// ones are read.
	memory  *recycler
	lasting bool
	lent    []byte
}

// openPages returns the pages of a column chunk, whose rows may refer to memory
// until it is recycled.
func openPages(in *input, memory *recycler, chunk *metadata.ColumnChunkMetaData, column *schema.Column) (*pages, error) {
	if chunk.CryptoMetadata() != nil {
		return nil, fmt.Errorf("the column is encrypted, which is not read: %w", ErrFormat)
	}
	if chunk.FilePath() != "" {
		return nil, fmt.Errorf("the column lies in another file, %q, which is not read: %w", chunk.FilePath(), ErrFormat)
	}
	start := chunk.DataPageOffset()
	if chunk.HasDictionaryPage() && chunk.DictionaryPageOffset() > 0 && chunk.DictionaryPageOffset() < start {
		start = chunk.DictionaryPageOffset()
	}
	if start < 4 || start > in.size || chunk.NumValues() < 0 {
		return nil, fmt.Errorf("the column chunk has %d values at byte %d of %d: %w", chunk.NumValues(), start, in.size, ErrFormat)
	}
	return &pages{
		r: in.at, at: start, end: in.size, left: chunk.NumValues(), codec: int(chunk.Compression()), column: column,
		memory: memory, lasting: column.MaxRepetitionLevel() > 0, // values of the next row may wait in an old page
	}, nil
}

// Page implements file.PageReader.
func (p *pages) Page() file.Page { return p.page }

// Err implements file.PageReader.
func (p *pages) Err() error { return p.err }

// SetMaxPageHeaderSize implements file.PageReader: the bound is fixed.
func (p *pages) SetMaxPageHeaderSize(int) {}

// Reset implements file.PageReader; nothing here is used twice.
func (p *pages) Reset(parquet.BufferedReader, int64, compress.Compression, *file.CryptoContext) {
	p.err = errors.New("pages are not reset")
}

// Next implements file.PageReader.
func (p *pages) Next() bool {
	p.page = nil
	for p.err == nil && p.left > 0 && p.page == nil {
		p.page, p.err = p.read()
	}
	return p.err == nil && p.page != nil
}

// header reads the next page's header.
func (p *pages) header() (pageHeader, error) {
	for size := int64(4096); ; size *= 8 {
		b := make([]byte, min(size, p.end-p.at))
		if n, err := p.r.ReadAt(b, p.at); n < len(b) {
			return pageHeader{}, fmt.Errorf("byte %d: the file ends within a page: %w: %w", p.at, err, ErrFormat)
		}
		h, n, err := parsePageHeader(b)
		if err == nil {
			p.at += int64(n)
			return h, nil
		}
		if size >= maxPageHeader || int64(len(b)) < size {
			return pageHeader{}, fmt.Errorf("byte %d: no page begins here: %w", p.at, err)
		}
	}
}

// read reads the next page; nil for one of no interest.
func (p *pages) read() (file.Page, error) {
	h, err := p.header()
	if err != nil {
		return nil, err
	}
	if h.uncompressed > maxPage {
		return nil, fmt.Errorf("byte %d: a page of %d bytes; pages of at most %d MiB are read, write smaller ones: %w", p.at, h.uncompressed, maxPage>>20, ErrTooLarge)
	}
	if h.compressed < 0 || h.uncompressed < 0 || h.values < 0 || int64(h.compressed) > p.end-p.at {
		return nil, fmt.Errorf("byte %d: a page of %d bytes, %d decompressed, with %d values; %d bytes are left of the file: %w",
			p.at, h.compressed, h.uncompressed, h.values, p.end-p.at, ErrFormat)
	}
	stored := p.buffer(int(h.compressed))
	if n, err := p.r.ReadAt(stored, p.at); n < len(stored) {
		return nil, fmt.Errorf("byte %d: the file ends within a page: %w: %w", p.at, err, ErrFormat)
	}
	if sum := crc32.ChecksumIEEE(stored); h.checked && sum != h.crc {
		return nil, fmt.Errorf("byte %d: the page's checksum is %08x, %08x is expected; the file is damaged, fetch it again: %w", p.at, sum, h.crc, ErrFormat)
	}
	at := p.at
	p.at += int64(len(stored))
	page, err := p.assemble(h, stored)
	if err != nil {
		return nil, fmt.Errorf("page at byte %d: %w", at, err)
	}
	return page, nil
}

// buffer returns room for a stored page.
func (p *pages) buffer(size int) []byte {
	if p.codec == 0 {
		return make([]byte, size) // texts will lie in it
	}
	return p.memory.stored(size)
}

// room returns memory to decompress a data page into, whose stored form has that
// many bytes; nil where none is lent, or where the sizes are hard to believe.
func (p *pages) room(size, stored int) []byte {
	const believable = 64
	if p.lasting || size > believable*stored {
		return nil
	}
	p.memory.retire(p.lent)
	p.lent = p.memory.lend(size)
	return p.lent
}

func (p *pages) assemble(h pageHeader, stored []byte) (file.Page, error) {
	switch {
	case h.kind == dictionaryPage && h.seenDict:
		data, err := decompress(p.codec, stored, int(h.uncompressed), nil)
		if err != nil {
			return nil, err
		}
		if int(h.values) > len(data) {
			return nil, fmt.Errorf("a dictionary of %d values in %d bytes: %w", h.values, len(data), ErrFormat)
		}
		return file.NewDictionaryPage(memory.NewBufferBytes(data), h.values, parquet.Encoding(h.encoding)), nil
	case h.kind == dataPage && h.seenData:
		data, err := decompress(p.codec, stored, int(h.uncompressed), p.room(int(h.uncompressed), len(stored)))
		if err != nil {
			return nil, err
		}
		p.left -= int64(h.values)
		levels, definitions, err := p.levelBytes(data)
		if err != nil {
			return nil, err
		}
		if err := p.check(&h, data, definitions, levels); err != nil {
			return nil, err
		}
		if data, err = p.rewrite(&h, data, levels); err != nil {
			return nil, err
		}
		return file.NewDataPageV1(memory.NewBufferBytes(data), h.values, parquet.Encoding(h.encoding), parquet.Encoding(h.defEnc), parquet.Encoding(h.repEnc), int32(len(data))), nil
	case h.kind == dataPageV2 && h.seenV2:
		return p.assembleV2(h, stored)
	case h.kind == dataPage, h.kind == dictionaryPage, h.kind == dataPageV2:
		return nil, fmt.Errorf("a page of kind %d without its header: %w", h.kind, ErrFormat)
	}
	return nil, nil // an index, for instance
}

func (p *pages) assembleV2(h pageHeader, stored []byte) (file.Page, error) {
	levels := int64(h.defBytes) + int64(h.repBytes)
	if h.defBytes < 0 || h.repBytes < 0 || levels > int64(len(stored)) || levels > int64(h.uncompressed) {
		return nil, fmt.Errorf("levels of %d bytes in a page of %d: %w", levels, len(stored), ErrFormat)
	}
	data := stored
	if !h.plain && p.codec != 0 {
		values, err := decompress(p.codec, stored[levels:], int(h.uncompressed)-int(levels), nil)
		if err != nil {
			return nil, err
		}
		data = append(stored[:levels:levels], values...)
	} else if p.codec != 0 {
		data = bytes.Clone(stored) // it is not compressed, but lies in scratch
	}
	if len(data) != int(h.uncompressed) {
		return nil, fmt.Errorf("%d bytes; %d are expected: %w", len(data), h.uncompressed, ErrFormat)
	}
	p.left -= int64(h.values)
	h.defEnc = levelsRunLength
	if err := p.check(&h, data, [2]int{int(h.repBytes), int(levels)}, int(levels)); err != nil {
		return nil, err
	}
	data, err := p.rewrite(&h, data, int(levels))
	if err != nil {
		return nil, err
	}
	return file.NewDataPageV2(memory.NewBufferBytes(data), h.values, h.nulls, h.rows, parquet.Encoding(h.encoding), h.defBytes, h.repBytes, int32(len(data)), false), nil
}

// levelBytes returns how many bytes the levels of a V1 page take, where they
// are run-length encoded, and between which bytes the definition levels lie.
func (p *pages) levelBytes(data []byte) (n int, definitions [2]int, err error) {
	for _, most := range []int16{p.column.MaxRepetitionLevel(), p.column.MaxDefinitionLevel()} {
		if most == 0 {
			continue
		}
		if n+4 > len(data) {
			return 0, definitions, fmt.Errorf("a page of %d bytes has no room for levels: %w", len(data), ErrFormat)
		}
		size := int(uint32(data[n]) | uint32(data[n+1])<<8 | uint32(data[n+2])<<16 | uint32(data[n+3])<<24)
		definitions = [2]int{n + 4, n + 4 + size}
		n += 4 + size
	}
	return n, definitions, nil
}

// levelsRunLength is how levels are encoded but in very old files.
const levelsRunLength = 3

// check holds the numbers of levels and values against what the header says.
// Where the definition levels lie, and where the values begin, are places of
// data, if levels are run-length encoded.
func (p *pages) check(h *pageHeader, data []byte, definitions [2]int, values int) error {
	if h.defEnc != levelsRunLength && p.column.MaxDefinitionLevel() > 0 {
		return nil // the decoder knows the size of those
	}
	if definitions[1] > len(data) || values > len(data) {
		return fmt.Errorf("levels of %d bytes in a page of %d: %w", values, len(data), ErrFormat)
	}
	if err := p.checkLevels(data[definitions[0]:definitions[1]], h.values); err != nil {
		return err
	}
	return p.checkDelta(h, data[values:])
}

// rewrite turns BYTE_STREAM_SPLIT, which the decoder does not know, into PLAIN:
// byte k of every value lies together with the others' byte k.
func (p *pages) rewrite(h *pageHeader, data []byte, levels int) ([]byte, error) {
	const plain, byteStreamSplit = 0, 9
	if h.encoding != byteStreamSplit {
		return data, nil
	}
	width := p.column.TypeLength()
	switch p.column.PhysicalType() {
	case parquet.Types.Int32, parquet.Types.Float:
		width = 4
	case parquet.Types.Int64, parquet.Types.Double:
		width = 8
	}
	if levels > len(data) || width <= 0 || (len(data)-levels)%width != 0 {
		return nil, fmt.Errorf("%d bytes of values %d wide: %w", len(data)-levels, width, ErrFormat)
	}
	split := data[levels:]
	out := make([]byte, len(data))
	copy(out, data[:levels])
	n := len(split) / width
	for k := range width {
		for i := range n {
			out[levels+i*width+k] = split[k*n+i]
		}
	}
	h.encoding = plain
	return out, nil
}
