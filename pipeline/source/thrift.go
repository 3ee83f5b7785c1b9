package source

import (
	"fmt"
	"math"
)

// Types of the compact protocol of Thrift.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// Bounds on what the metadata of a Parquet file may declare.
const (
	maxFooter         = 256 << 20 // bytes
	maxThriftItems    = 1 << 20   // of one list
	maxThriftStructs  = 5 << 20   // of the whole footer
	maxSchemaElements = 100_000
)

// errThrift says that metadata end early or hold what they cannot.
var errThrift = fmt.Errorf("the metadata are damaged: %w", ErrFormat)

// compact reads Thrift's compact protocol. After the first fault it reads
// zeros; err says what was wrong.
type compact struct {
	b       []byte
	at      int
	err     error
	structs int
}

func (c *compact) fail() {
	if c.err == nil {
		c.err = errThrift
	}
	c.at = len(c.b)
}

func (c *compact) byte() byte {
	if c.at >= len(c.b) {
		c.fail()
		return 0
	}
	c.at++
	return c.b[c.at-1]
}

func (c *compact) unsigned() uint64 {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		b := c.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	c.fail()
	return 0
}

// integer reads a zigzag number.
func (c *compact) integer() int64 {
	v := c.unsigned()
	return int64(v>>1) ^ -int64(v&1)
}

// int32 reads a number that must fit.
func (c *compact) int32() int32 {
	v := c.integer()
	if v < math.MinInt32 || v > math.MaxInt32 {
		c.fail()
		return 0
	}
	return int32(v)
}

// fields calls field for every field of a struct; field must read the value, or
// skip it.
func (c *compact) fields(field func(id int16, typ byte)) {
	if c.structs++; c.structs > maxThriftStructs {
		c.fail()
	}
	id := int64(0)
	for c.err == nil {
		head := c.byte()
		if head == 0 {
			return
		}
		if delta := head >> 4; delta > 0 {
			id += int64(delta)
		} else {
			id = c.integer()
		}
		if id < 0 || id > math.MaxInt16 {
			c.fail()
			return
		}
		field(int16(id), head&0x0f)
	}
}

// skip passes over a value.
func (c *compact) skip(typ byte, depth int) {
	if depth > maxDepth {
		c.fail()
		return
	}
	switch typ {
	case thriftTrue, thriftFalse: // the type is the value
	case thriftByte:
		c.byte()
	case thriftI16, thriftI32, thriftI64:
		c.unsigned()
	case thriftDouble:
		c.pass(8)
	case thriftBinary:
		c.pass(c.unsigned())
	case thriftList, thriftSet:
		c.list(func(typ byte) { c.skip(typ, depth+1) })
	case thriftMap:
		if n := c.size(c.unsigned()); n > 0 {
			types := c.byte()
			for i := 0; i < n && c.err == nil; i++ {
				c.item(types>>4, depth+1)
				c.item(types&0x0f, depth+1)
			}
		}
	case thriftStruct:
		c.fields(func(_ int16, typ byte) { c.skip(typ, depth+1) })
	default:
		c.fail()
	}
}

// item passes over a value of a list or map, where truth values take a byte.
func (c *compact) item(typ byte, depth int) {
	if typ == thriftTrue || typ == thriftFalse {
		c.byte()
		return
	}
	c.skip(typ, depth)
}

func (c *compact) pass(n uint64) {
	if n > uint64(len(c.b)-c.at) {
		c.fail()
		return
	}
	c.at += int(n)
}

// size checks a declared number of items: each takes a byte at least.
func (c *compact) size(n uint64) int {
	if n > uint64(len(c.b)-c.at) || n > maxThriftItems {
		c.fail()
		return 0
	}
	return int(n)
}

// list calls item for every item of a list, which must read it.
func (c *compact) list(item func(typ byte)) int {
	head := c.byte()
	size := uint64(head >> 4)
	if size == 15 {
		size = c.unsigned()
	}
	n := c.size(size)
	for i := 0; i < n && c.err == nil; i++ {
		if typ := head & 0x0f; typ == thriftTrue || typ == thriftFalse {
			c.byte()
		} else {
			item(typ)
		}
	}
	return n
}

// checkFooter walks through the metadata of a Parquet file, so that the decoder
// allocates nothing that is only declared.
func checkFooter(b []byte) error {
	const schemaField = 2
	c := &compact{b: b}
	c.fields(func(id int16, typ byte) {
		if id == schemaField && typ == thriftList {
			if n := c.list(func(typ byte) { c.skip(typ, 2) }); n > maxSchemaElements {
				c.fail()
			}
			return
		}
		c.skip(typ, 1)
	})
	return c.err
}
