package safetensors

import (
	"encoding/binary"
	"io"
	"math"
)

// chunkSize is a multiple of every element width; it bounds the memory that
// reading and writing take beside the caller's own.
const chunkSize = 1 << 18

// readFloats fills dst from info's bytes, chunk by chunk.
func readFloats(r io.ReaderAt, info Info, dst []float32) error {
	width := int(info.DType.Bytes())
	buf := make([]byte, min(info.Size, chunkSize))
	for at := info.Offset; len(dst) > 0; {
		n := min(len(dst), len(buf)/width)
		if _, err := r.ReadAt(buf[:n*width], at); err != nil {
			return err
		}
		decode(info.DType, buf[:n*width], dst[:n])
		dst = dst[n:]
		at += int64(n * width)
	}
	return nil
}

func decode(d DType, src []byte, dst []float32) {
	switch d {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
		}
	case F16:
		for i := range dst {
			dst[i] = halfToFloat(binary.LittleEndian.Uint16(src[2*i:]))
		}
	case BF16:
		// bfloat16 is the upper half of a float32.
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
		}
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	}
}

// halfToFloat widens IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15),
// 10 fraction bits.
func halfToFloat(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent := uint32(h>>10) & 0x1f
	fraction := uint32(h) & 0x3ff
	switch exponent {
	case 0: // zero and subnormals: fraction · 2^-24, exact in a float32
		v := math.Float32bits(float32(fraction) * (1.0 / (1 << 24)))
		return math.Float32frombits(sign | v)
	case 0x1f: // infinity, and NaN with its payload
		return math.Float32frombits(sign | 0x7f800000 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// writeFloats writes src as little-endian F32.
func writeFloats(w io.Writer, src []float32) error {
	buf := make([]byte, min(4*len(src), chunkSize))
	for len(src) > 0 {
		n := min(len(src), len(buf)/4)
		for i, v := range src[:n] {
			binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(v))
		}
		if _, err := w.Write(buf[:4*n]); err != nil {
			return err
		}
		src = src[n:]
	}
	return nil
}
