// Package tfevents writes the event files that TensorBoard shows.
//
// Nouns: an event is a record of a file with a time and a step; a scalar is a
// tagged number in it. Path: New over a file that is new or ends with a whole
// record, Scalars per step. TensorBoard takes every file whose name has
// "tfevents" in it.
//
// Format: TFRecord framing (length, masked CRC-32C of the length, data, masked
// CRC-32C of the data; all little-endian) around Event messages of
// tensorflow/core/util/event.proto, version "brain.Event:2".
//
// Errors are the writer's. A Writer serves one goroutine. Not here: images,
// histograms, graphs, reading.
package tfevents

import (
	"encoding/binary"
	"hash/crc32"
	"io"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of the messages Event, Summary and Summary.Value.
const (
	eventWallTime, eventStep, eventVersion, eventSummary = 1, 2, 3, 5
	summaryValue                                         = 1
	valueTag, valueSimple                                = 1, 2
)

// Scalar is a number under a tag; tags with a common part before "/" are shown
// together.
type Scalar struct {
	Tag   string
	Value float64
}

// Writer appends events to a file.
type Writer struct{ w io.Writer }

// New begins a file with the version event, dated now.
func New(w io.Writer, now time.Time) (*Writer, error) {
	out := &Writer{w}
	event := protowire.AppendString(protowire.AppendTag(begin(now), eventVersion, protowire.BytesType), "brain.Event:2")
	return out, out.record(event)
}

// Scalars appends one event with all values of a step. Values are kept as
// float32, which is all that the format has.
func (w *Writer) Scalars(now time.Time, step int64, values ...Scalar) error {
	var summary []byte
	for _, v := range values {
		one := protowire.AppendString(protowire.AppendTag(nil, valueTag, protowire.BytesType), v.Tag)
		one = protowire.AppendFixed32(protowire.AppendTag(one, valueSimple, protowire.Fixed32Type), math.Float32bits(float32(v.Value)))
		summary = protowire.AppendBytes(protowire.AppendTag(summary, summaryValue, protowire.BytesType), one)
	}
	event := protowire.AppendVarint(protowire.AppendTag(begin(now), eventStep, protowire.VarintType), uint64(step))
	event = protowire.AppendBytes(protowire.AppendTag(event, eventSummary, protowire.BytesType), summary)
	return w.record(event)
}

func begin(now time.Time) []byte {
	seconds := float64(now.UnixNano()) / 1e9
	return protowire.AppendFixed64(protowire.AppendTag(nil, eventWallTime, protowire.Fixed64Type), math.Float64bits(seconds))
}

// record writes one framed record in one call, so that a reader which follows
// the file sees it whole.
func (w *Writer) record(data []byte) error {
	frame := binary.LittleEndian.AppendUint64(make([]byte, 0, len(data)+16), uint64(len(data)))
	frame = binary.LittleEndian.AppendUint32(frame, masked(frame))
	frame = append(frame, data...)
	frame = binary.LittleEndian.AppendUint32(frame, masked(data))
	_, err := w.w.Write(frame)
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is the checksum that TFRecord stores: rotated and offset, so that a
// record of records has no trivial checksum.
func masked(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}
