package odtc

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Options are the sizes at which data moves out of the FlatBuffer. The zero
// value is right outside tests.
type Options struct {
	// ExternalFrom is the total size of all parameters, in bytes, from which
	// their data goes to the .data file; 0 means 1800 MiB, as in ONNX Runtime.
	ExternalFrom int64
	// Limit is the size the FlatBuffer must not exceed; 0 means 2 GiB - 1.
	Limit int64
}

const (
	defaultExternalFrom = 1800 << 20
	// minExternal is the size below which a parameter stays inline in any case.
	minExternal = 64
)

func (o Options) withDefaults() Options {
	if o.ExternalFrom == 0 {
		o.ExternalFrom = defaultExternalFrom
	}
	if o.Limit == 0 {
		o.Limit = maxSize
	}
	return o
}

// Create opens one of the files of a checkpoint for writing: the one whose
// name ends with the suffix, "" for the checkpoint itself, which comes last.
// size is how many bytes will be written.
type Create func(suffix string, size int64) (io.WriteCloser, error)

// WriteFile writes the checkpoint to path and to the files beside it that it
// needs. Each is replaced when all are written, the checkpoint last. A crash
// between two of these renames leaves a mixture; package checkpoint, which
// renames a whole folder, does not.
// Errors: as Write.
func WriteFile(fsys disk.FS, path string, c *Checkpoint, o Options) error {
	var paths []string
	err := Write(func(suffix string, size int64) (io.WriteCloser, error) {
		paths = append(paths, path+suffix)
		return disk.Create(fsys, disk.Partial(path+suffix), size)
	}, c, o)
	for i, p := range paths {
		if err == nil {
			err = disk.Replace(fsys, disk.Partial(p), p)
		}
		if err != nil {
			for _, p := range paths[i:] {
				_ = fsys.RemoveAll(disk.Partial(p)) // the first error is what counts
			}
			return err
		}
	}
	return err
}

// Write writes the checkpoint in the order of its lists. The bytes depend on
// nothing but the arguments.
// Errors: ErrTensor, ErrTooLarge, and those of the files.
func Write(create Create, c *Checkpoint, o Options) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := write(create, c, o.withDefaults()); err != nil {
		return fmt.Errorf("odtc: %w", err)
	}
	return nil
}

func write(create Create, c *Checkpoint, o Options) error {
	l := layout{c: c, properties: c.Properties, external: parameterBytes(c) >= o.ExternalFrom}
	b, size := l.build()
	if size > o.Limit && len(c.Groups) > 0 {
		l.aside = true
		// Room for the hash, which is known only when the moments are written.
		l.properties = withHash(c.Properties, placeholder)
		b, size = l.build()
	}
	if size > o.Limit && !l.external {
		l.external = true
		b, size = l.build()
	}
	if size > o.Limit {
		return fmt.Errorf("%w: it takes %d bytes, at most %d can be addressed; use fewer or smaller frozen parameters", ErrTooLarge, size, o.Limit)
	}
	if l.external {
		if err := l.writeData(create); err != nil {
			return err
		}
	}
	if l.aside {
		hash, err := writeMoments(create, c.Groups)
		if err != nil {
			return err
		}
		l.properties = withHash(c.Properties, hash)
		b, _ = l.build()
	}
	return writeTo(create, "", size, func(w io.Writer) error { return b.write(w) })
}

// writeTo opens a file, writes and closes it.
func writeTo(create Create, suffix string, size int64, write func(io.Writer) error) error {
	w, err := create(suffix, size)
	if err != nil {
		return err
	}
	return errors.Join(write(w), w.Close())
}

func parameterBytes(c *Checkpoint) (total int64) {
	for _, list := range [][]Tensor{c.Trainable, c.Frozen} {
		for _, t := range list {
			if t.Data != nil {
				total += t.Data.Size()
			}
		}
	}
	return total
}

// layout says where the parts of a checkpoint go.
type layout struct {
	c          *Checkpoint
	properties Properties
	external   bool // parameters go to the data file
	aside      bool // moments go to the moments file

	outside []placed
	end     int64 // of the data file
}

// placed is data at a position of the data file.
type placed struct {
	at   int64
	data Data
}

func (l *layout) build() (*builder, int64) {
	l.outside, l.end = nil, 0
	fields := []field{scalar(checkpointVersion, 4, Version), reference(checkpointModule, l.module())}
	if len(l.c.Groups) > 0 && !l.aside {
		fields = append(fields, reference(checkpointGroups, listOf(l.c.Groups, group)))
	}
	if p := l.properties; len(p.Ints)+len(p.Floats)+len(p.Strings) > 0 {
		fields = append(fields, reference(checkpointProperties, bag(p)))
	}
	return build(tableOf(fields...))
}

func (l *layout) module() object {
	// ONNX Runtime requires both lists, even when empty.
	fields := []field{
		reference(moduleTrainable, listOf(l.c.Trainable, l.parameter)),
		reference(moduleFrozen, listOf(l.c.Frozen, l.parameter)),
	}
	if l.c.Nominal {
		fields = append(fields, scalar(moduleNominal, 1, 1))
	}
	if l.external {
		fields = append(fields, scalar(moduleExternal, 1, 1))
	}
	return tableOf(fields...)
}

func (l *layout) parameter(t *Tensor) object {
	if !l.external || t.Data == nil || t.Data.Size() < minExternal {
		return inline(t)
	}
	align := int64(4)
	if t.DType == onnx.Int64 || t.DType == onnx.Double {
		align = wide
	}
	at := (l.end + align - 1) / align * align
	l.outside = append(l.outside, placed{at, t.Data})
	l.end = at + t.Data.Size()
	return tableOf(append(head(t), scalar(tensorExternal, 8, uint64(at)))...)
}

func inline(t *Tensor) object {
	data := t.Data
	if data == nil {
		data = Bytes(nil)
	}
	return tableOf(append(head(t), reference(tensorRaw, later(data)))...)
}

func head(t *Tensor) []field {
	return []field{
		reference(tensorName, text(t.Name)),
		reference(tensorDims, integers(t.Dims)),
		scalar(tensorDType, 4, uint64(t.DType)),
	}
}

func group(g *OptimizerGroup) object {
	fields := []field{
		reference(groupName, text(g.Name)),
		reference(groupStates, listOf(g.States, func(s *ParameterState) object {
			return tableOf(reference(stateParameter, text(s.Parameter)), reference(stateMoments, listOf(s.Moments, inline)))
		})),
	}
	if g.Step != 0 {
		fields = append(fields, scalar(groupStep, 8, uint64(g.Step)))
	}
	if bits := math.Float32bits(g.InitialLearningRate); bits != 0 {
		fields = append(fields, scalar(groupRate, 4, uint64(bits)))
	}
	return tableOf(fields...)
}

func bag(p Properties) object {
	var fields []field
	if len(p.Ints) > 0 {
		fields = append(fields, properties(bagInts, p.Ints, func(v int64) field { return scalar(propertyValue, 8, uint64(v)) }))
	}
	if len(p.Floats) > 0 {
		fields = append(fields, properties(bagFloats, p.Floats, func(v float32) field {
			return scalar(propertyValue, 4, uint64(math.Float32bits(v)))
		}))
	}
	if len(p.Strings) > 0 {
		fields = append(fields, properties(bagStrings, p.Strings, func(v string) field { return reference(propertyValue, text(v)) }))
	}
	return tableOf(fields...)
}

// properties is one list of the bag, sorted by name. A zero is left out, as
// every default is.
func properties[T comparable](id int, m map[string]T, value func(T) field) field {
	return reference(id, listOf(slices.Sorted(maps.Keys(m)), func(name *string) object {
		fields := []field{reference(propertyName, text(*name))}
		if v := value(m[*name]); v.bits != 0 || v.child != nil {
			fields = append(fields, v)
		}
		return tableOf(fields...)
	}))
}

// write writes the tables and behind them the data.
func (b *builder) write(w io.Writer) error {
	if _, err := w.Write(b.buf); err != nil {
		return err
	}
	buf := make([]byte, chunkSize)
	for _, blob := range b.blobs {
		n := blob.data.Size()
		prefix := []byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}
		if _, err := w.Write(prefix); err != nil {
			return err
		}
		if err := copyData(w, blob.data, buf); err != nil {
			return err
		}
		if _, err := w.Write(zeros[:blobSize(blob.data)-4-n]); err != nil {
			return err
		}
	}
	return nil
}

func (l *layout) writeData(create Create) error {
	return writeTo(create, DataSuffix, l.end, func(w io.Writer) error {
		buf := make([]byte, chunkSize)
		end := int64(0)
		for _, p := range l.outside {
			if _, err := w.Write(zeros[:p.at-end]); err != nil {
				return err
			}
			if err := copyData(w, p.data, buf); err != nil {
				return err
			}
			end = p.at + p.data.Size()
		}
		return nil
	})
}

// copyData writes all of d by way of buf.
func copyData(w io.Writer, d Data, buf []byte) error {
	for at, size := int64(0), d.Size(); at < size; {
		n := min(size-at, int64(len(buf)))
		if err := readFull(d, buf[:n], at); err != nil {
			return err
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return err
		}
		at += n
	}
	return nil
}
