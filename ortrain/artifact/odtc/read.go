package odtc

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// The field ids of the schema, in its order.
const (
	checkpointVersion = iota
	checkpointModule
	checkpointGroups
	checkpointProperties
)
const (
	moduleTrainable = iota
	moduleFrozen
	moduleNominal
	moduleExternal
)
const (
	groupName = iota
	groupStep
	groupRate
	groupStates
)
const (
	stateParameter = iota
	stateMoments
)
const (
	bagInts = iota
	bagFloats
	bagStrings
)
const (
	propertyName = iota
	propertyValue
)
const (
	tensorName = iota
	tensorDoc
	tensorDims
	tensorDType
	tensorRaw
	tensorStrings
	tensorExternal
)

// Open opens the checkpoint at path with the files beside it, checks its
// structure and, if its moments lie aside, their hash. Tensor data is read when
// asked for, so the caller closes the checkpoint only after that.
// Errors: ErrFormat, ErrVersion, ErrSideFile, ErrTensor.
func Open(path string) (c *Checkpoint, err error) {
	var files []io.Closer
	defer func() {
		if err != nil {
			for _, f := range files {
				err = errors.Join(err, f.Close())
			}
			err = fmt.Errorf("odtc: %s: %w", path, err)
		}
	}()
	open := func(suffix string) (Data, error) {
		f, err := os.Open(path + suffix)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		return io.NewSectionReader(f, 0, info.Size()), nil
	}
	main, err := open("")
	if err != nil {
		return nil, err
	}
	c, err = Read(main, func(suffix string) (Data, error) {
		side, err := open(suffix)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: it needs %s%s beside it: %w", ErrSideFile, path, suffix, err)
		}
		return side, err
	})
	if err != nil {
		return nil, err
	}
	c.closers = files
	return c, nil
}

// Read reads a checkpoint from data that must stay readable as long as the
// tensors are used. side opens a file beside it, by suffix, when the
// checkpoint needs one; nil refuses those.
// Errors: as Open.
func Read(data Data, side func(suffix string) (Data, error)) (*Checkpoint, error) {
	if side == nil {
		side = func(suffix string) (Data, error) {
			return nil, fmt.Errorf("%w: %s is needed; open the checkpoint by its path", ErrSideFile, suffix)
		}
	}
	if data.Size() > maxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, data.Size())
	}
	d := &decoder{buffer: newBuffer(data, data.Size()), data: data}
	c, err := d.checkpoint(side)
	if err != nil {
		return nil, err
	}
	if err := takeMoments(c, side); err != nil {
		return nil, err
	}
	return c, c.Check()
}

type decoder struct {
	*buffer
	data     Data
	external Data // nil if the checkpoint says it has none
	nominal  bool
}

func (d *decoder) checkpoint(side func(string) (Data, error)) (*Checkpoint, error) {
	if magic := d.bytes(4, len(Identifier)); d.err != nil || string(magic) != Identifier {
		return nil, fmt.Errorf("%w: want the identifier %q at byte 4; is this a checkpoint of ONNX Runtime 1.15 or later?", ErrFormat, Identifier)
	}
	root := d.table(d.follow(0))
	if version := root.u32(checkpointVersion); d.err == nil && version != Version {
		return nil, fmt.Errorf("%w: it has version %d, want %d; write it again with ONNX Runtime 1.17 or later", ErrVersion, version, Version)
	}
	c := &Checkpoint{}
	if module, ok := root.sub(checkpointModule); ok {
		if module.bool(moduleExternal) {
			var err error
			if d.external, err = side(DataSuffix); err != nil {
				return nil, err
			}
		}
		d.nominal = module.bool(moduleNominal)
		c.Nominal = d.nominal
		module.tables(moduleTrainable, func(t table) { c.Trainable = append(c.Trainable, d.tensor(t)) })
		module.tables(moduleFrozen, func(t table) { c.Frozen = append(c.Frozen, d.tensor(t)) })
	}
	root.tables(checkpointGroups, func(t table) { c.Groups = append(c.Groups, d.group(t)) })
	if bag, ok := root.sub(checkpointProperties); ok {
		c.Properties = readProperties(bag)
	}
	return c, d.err
}

func (d *decoder) group(t table) OptimizerGroup {
	g := OptimizerGroup{
		Name: t.str(groupName), Step: t.i64(groupStep, 0),
		InitialLearningRate: math.Float32frombits(t.u32(groupRate)),
	}
	t.tables(groupStates, func(t table) {
		s := ParameterState{Parameter: t.str(stateParameter)}
		t.tables(stateMoments, func(t table) { s.Moments = append(s.Moments, d.tensor(t)) })
		g.States = append(g.States, s)
	})
	return g
}

func (d *decoder) tensor(t table) Tensor {
	out := Tensor{Name: t.str(tensorName), DType: onnx.DType(t.u32(tensorDType)), Dims: t.i64s(tensorDims)}
	if at := t.field(tensorStrings, 4); at != 0 {
		d.fail("tensor %q holds strings, which no parameter can", out.Name)
	}
	if offset := t.i64(tensorExternal, -1); offset >= 0 && d.err == nil {
		out.Data = d.outside(&out, offset)
		return out
	}
	at, n, ok := t.vector(tensorRaw, 1)
	if ok && !(d.nominal && n == 0) {
		out.Data = io.NewSectionReader(d.data, at, n)
	}
	return out
}

// outside returns the data of a tensor that lies in the data file.
func (d *decoder) outside(t *Tensor, offset int64) Data {
	n, err := t.byteSize()
	switch {
	case err != nil:
		d.err = err
	case d.external == nil:
		d.fail("tensor %q lies in a data file, but the checkpoint says it has none", t.Name)
	case offset > d.external.Size() || n > d.external.Size()-offset:
		d.err = fmt.Errorf("%w: tensor %q takes bytes %d to %d of %s, which has %d", ErrSideFile, t.Name, offset, offset+n, DataSuffix, d.external.Size())
	default:
		return io.NewSectionReader(d.external, offset, n)
	}
	return nil
}

func readProperties(bag table) (p Properties) {
	bag.tables(bagInts, func(t table) { put(&p.Ints, t, t.i64(propertyValue, 0)) })
	bag.tables(bagFloats, func(t table) { put(&p.Floats, t, math.Float32frombits(t.u32(propertyValue))) })
	bag.tables(bagStrings, func(t table) { put(&p.Strings, t, t.str(propertyValue)) })
	return p
}

// put adds a property; of two with one name the later one holds, as in ONNX
// Runtime.
func put[T any](m *map[string]T, t table, value T) {
	if *m == nil {
		*m = map[string]T{}
	}
	(*m)[t.str(propertyName)] = value
}
