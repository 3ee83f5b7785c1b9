// Package odtc reads and writes the training checkpoint of ONNX Runtime: a
// FlatBuffer with the identifier "ODTC", version 2, that holds parameters,
// optimizer moments and properties.
//
// Nouns: a Checkpoint is the whole; a Tensor is a parameter or a moment, whose
// Data is read when it is asked for; an OptimizerGroup holds the moments of its
// parameters and the step. Open is the path in; Write or WriteFile is the path
// out. A checkpoint that was opened can be written again without ever lying in
// memory as a whole.
//
// Up to three files make one checkpoint:
//
//	checkpoint          the FlatBuffer
//	checkpoint.data     parameters of models too large for it, as ONNX Runtime
//	                    writes them (Options.ExternalFrom)
//	checkpoint.moments  moments that do not fit under FlatBuffers' 2 GiB, which
//	                    ONNX Runtime cannot store at all: a safetensors file
//	                    whose SHA-256 is a property of the checkpoint
//
// Errors wrap one of the sentinels below. No bytes make the reader panic or
// take memory out of proportion to the file. An open Checkpoint may be read by
// several goroutines at once.
//
// It does not read version 1, gradients or random states (the format has none),
// and does not know what the properties mean.
//
// Source: onnxruntime/core/flatbuffers/schema/ort_training_checkpoint.fbs and
// ort.fbs of ONNX Runtime 1.19.2; FlatBuffers' internals document.
package odtc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Version is the only schema version that is read and written. Identifier
// stands at bytes 4 to 7 of the file.
const (
	Version    = 2
	Identifier = "ODTC"
)

// The suffixes of the files beside the checkpoint.
const (
	DataSuffix    = ".data"
	MomentsSuffix = ".moments"
)

// What a checkpoint can have wrong, tested with errors.Is.
var (
	// ErrFormat: the bytes are not a well-formed checkpoint.
	ErrFormat = errors.New("malformed checkpoint")
	// ErrVersion: the checkpoint has a version other than 2.
	ErrVersion = errors.New("unsupported checkpoint version")
	// ErrSideFile: a file beside the checkpoint is missing, too short, or not
	// the one the checkpoint was written with.
	ErrSideFile = errors.New("side file is missing or wrong")
	// ErrTooLarge: what must be inline exceeds FlatBuffers' 2 GiB.
	ErrTooLarge = errors.New("checkpoint exceeds the FlatBuffer limit")
	// ErrTensor: a tensor's data does not fit its shape and type, or a name is
	// used twice.
	ErrTensor = errors.New("inconsistent tensor")
)

// Checkpoint is the state of a training run.
type Checkpoint struct {
	// Trainable and Frozen are the parameters with and without a gradient.
	Trainable, Frozen []Tensor
	// Nominal means that tensors have names and types but neither shapes nor
	// data; those come from the training model and a parameter buffer.
	Nominal bool
	// Groups are the optimizer's parameter groups; none before training.
	Groups []OptimizerGroup
	// Properties are free-form values.
	Properties Properties

	closers []io.Closer
}

// Close releases the files behind a checkpoint that was opened; the tensors'
// data cannot be read any more.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, closer := range c.closers {
		errs = append(errs, closer.Close())
	}
	c.closers = nil
	return errors.Join(errs...)
}

// OptimizerGroup is a set of parameters that one optimizer updates.
type OptimizerGroup struct {
	Name string
	// Step counts the updates done.
	Step int64
	// InitialLearningRate is the rate that schedules start from. The current
	// rate is not part of the format.
	InitialLearningRate float32
	States              []ParameterState
}

// ParameterState holds the moments of one parameter: momentum0 and momentum1
// for AdamW, momentum0 for SGD.
type ParameterState struct {
	Parameter string
	Moments   []Tensor
}

// Properties are the three kinds of free-form values, by name.
type Properties struct {
	Ints    map[string]int64
	Floats  map[string]float32
	Strings map[string]string
}

// Tensor is a named array.
type Tensor struct {
	Name string
	// DType is an ONNX element type of fixed width; strings are not supported.
	DType onnx.DType
	// Dims is empty for a single number.
	Dims []int64
	// Data is the elements, row-major; nil in a nominal checkpoint.
	Data Data
}

// Data is little-endian elements that can be read from any place. Bytes,
// Floats, *io.SectionReader and *bytes.Reader are Data.
type Data interface {
	io.ReaderAt
	// Size is the number of bytes.
	Size() int64
}

// Bytes is Data in memory.
type Bytes []byte

// Size implements Data.
func (b Bytes) Size() int64 { return int64(len(b)) }

// ReadAt implements Data.
func (b Bytes) ReadAt(p []byte, at int64) (int, error) {
	if at < 0 || at > int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Floats is Data made of the elements of a FLOAT tensor, encoded when read, so
// that weights in foreign memory are written without a copy of the whole.
type Floats []float32

// Size implements Data.
func (f Floats) Size() int64 { return floatSize * int64(len(f)) }

const floatSize = 4

// ReadAt implements Data for whole elements: at and len(p) must be multiples
// of 4.
func (f Floats) ReadAt(p []byte, at int64) (int, error) {
	if at%floatSize != 0 || len(p)%floatSize != 0 || at < 0 {
		return 0, fmt.Errorf("odtc: read of %d bytes at %d cuts a float", len(p), at)
	}
	if at > f.Size() {
		return 0, io.EOF
	}
	src := f[at/floatSize:]
	src = src[:min(len(src), len(p)/floatSize)]
	for i, v := range src {
		binary.LittleEndian.PutUint32(p[floatSize*i:], math.Float32bits(v))
	}
	if n := floatSize * len(src); n < len(p) {
		return n, io.EOF
	}
	return len(p), nil
}

// chunkSize bounds the memory that copying takes; a multiple of every width.
const chunkSize = 1 << 18

// Float32 fills dst with the elements of a FLOAT tensor; len(dst) must be
// their number.
// Errors: ErrTensor.
func (t *Tensor) Float32(dst []float32) error {
	if t.DType != onnx.Float || t.Data == nil || t.Data.Size() != floatSize*int64(len(dst)) {
		return fmt.Errorf("odtc: tensor %q: %w: it is %s, want float with %d elements", t.Name, ErrTensor, t.describe(), len(dst))
	}
	buf := make([]byte, min(floatSize*len(dst), chunkSize))
	for at := int64(0); len(dst) > 0; {
		n := min(len(dst), len(buf)/floatSize)
		if err := readFull(t.Data, buf[:floatSize*n], at); err != nil {
			return fmt.Errorf("odtc: tensor %q: %w", t.Name, err)
		}
		for i := range dst[:n] {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(buf[floatSize*i:]))
		}
		dst = dst[n:]
		at += int64(floatSize * n)
	}
	return nil
}

// Bytes returns a copy of the elements as little-endian bytes, nil for a
// nominal tensor.
func (t *Tensor) Bytes() ([]byte, error) {
	if t.Data == nil {
		return nil, nil
	}
	b := make([]byte, t.Data.Size())
	if err := readFull(t.Data, b, 0); err != nil {
		return nil, fmt.Errorf("odtc: tensor %q: %w", t.Name, err)
	}
	return b, nil
}

func (t *Tensor) describe() string {
	if t.Data == nil {
		return fmt.Sprintf("%s without data", t.DType)
	}
	return fmt.Sprintf("%s %v of %d bytes", t.DType, t.Dims, t.Data.Size())
}

// readFull is ReadAt without the licence to report io.EOF on a full read.
func readFull(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// maxRank bounds the dimensions of a tensor.
const maxRank = 64

// byteSize returns how many bytes a tensor's data must have.
func (t *Tensor) byteSize() (int64, error) {
	width := uint64(t.DType.Bits() / 8)
	if width == 0 {
		return 0, fmt.Errorf("tensor %q: %w: element type %s has no fixed width in bytes", t.Name, ErrTensor, t.DType)
	}
	if len(t.Dims) > maxRank {
		return 0, fmt.Errorf("tensor %q: %w: %d dimensions", t.Name, ErrTensor, len(t.Dims))
	}
	total, overflow := width, uint64(0)
	for _, d := range t.Dims {
		if d < 0 {
			return 0, fmt.Errorf("tensor %q: %w: shape %v", t.Name, ErrTensor, t.Dims)
		}
		var hi uint64
		hi, total = bits.Mul64(total, uint64(d))
		overflow |= hi | total>>62
		if d == 0 {
			return 0, nil
		}
	}
	if overflow != 0 {
		return 0, fmt.Errorf("tensor %q: %w: shape %v is too large", t.Name, ErrTensor, t.Dims)
	}
	return int64(total), nil
}

// check verifies that data, shape and type agree.
func (t *Tensor) check(nominal bool) error {
	want, err := t.byteSize()
	switch {
	case err != nil:
		return err
	case nominal && t.Data == nil:
		return nil
	case t.Data == nil || t.Data.Size() != want:
		return fmt.Errorf("tensor %q: %w: %s, want %d bytes", t.Name, ErrTensor, t.describe(), want)
	}
	return nil
}

// Check reports the first name that is used twice and the first tensor whose
// data does not fit its shape and type.
// Errors: ErrTensor.
func (c *Checkpoint) Check() error {
	names := unique{}
	for _, list := range [][]Tensor{c.Trainable, c.Frozen} {
		if err := names.tensors(list, c.Nominal); err != nil {
			return fmt.Errorf("odtc: %w", err)
		}
	}
	groups := unique{}
	for _, g := range c.Groups {
		if err := groups.add("optimizer group", g.Name); err != nil {
			return fmt.Errorf("odtc: %w", err)
		}
		states := unique{}
		for _, s := range g.States {
			if err := states.add("optimizer state", s.Parameter); err != nil {
				return fmt.Errorf("odtc: group %q: %w", g.Name, err)
			}
			if err := (unique{}).tensors(s.Moments, c.Nominal); err != nil {
				return fmt.Errorf("odtc: group %q: moments of %q: %w", g.Name, s.Parameter, err)
			}
		}
	}
	return nil
}

type unique map[string]bool

func (u unique) add(what, name string) error {
	if u[name] {
		return fmt.Errorf("%s %q: %w: the name is used twice", what, name, ErrTensor)
	}
	u[name] = true
	return nil
}

func (u unique) tensors(list []Tensor, nominal bool) error {
	for i := range list {
		if err := u.add("tensor", list[i].Name); err != nil {
			return err
		}
		if err := list[i].check(nominal); err != nil {
			return err
		}
	}
	return nil
}

// Nominalize drops shapes and data of all parameters, and the optimizer
// groups, as ONNX Runtime's nominal checkpoints do.
func (c *Checkpoint) Nominalize() {
	c.Nominal, c.Groups = true, nil
	for _, list := range [][]Tensor{c.Trainable, c.Frozen} {
		for i := range list {
			list[i].Dims, list[i].Data = nil, nil
		}
	}
}
