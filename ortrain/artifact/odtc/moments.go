package odtc

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/ortrain/ortrain/ortrain/model/safetensors"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// momentsHash is the string property that holds the SHA-256 of the moments
// file. It is ours: ONNX Runtime keeps it and pays no attention.
const momentsHash = "ortrain.moments.sha256"

// groupsKey is the metadata entry of the moments file that holds everything
// but the numbers, as JSON.
const groupsKey = "groups"

// asideGroup is an OptimizerGroup in that entry.
type asideGroup struct {
	Name                string       `json:"name"`
	Step                int64        `json:"step"`
	InitialLearningRate float32      `json:"initial_learning_rate"`
	States              []asideState `json:"states"`
}

type asideState struct {
	Parameter string   `json:"parameter"`
	Moments   []string `json:"moments"`
}

// asideName is what a moment is called in the moments file.
func asideName(group int, moment, parameter string) string {
	return fmt.Sprintf("%d/%s/%s", group, moment, parameter)
}

// placeholder is as long as a hash.
var placeholder = strings.Repeat("0", hex.EncodedLen(sha256.Size))

func withHash(p Properties, hash string) Properties {
	p.Strings = maps.Clone(p.Strings)
	if p.Strings == nil {
		p.Strings = map[string]string{}
	}
	p.Strings[momentsHash] = hash
	return p
}

// writeMoments writes the moments file and returns its hash.
func writeMoments(create Create, groups []OptimizerGroup) (hash string, err error) {
	tensors, structure, err := describeMoments(groups)
	if err != nil {
		return "", err
	}
	size := int64(len(structure)) // and the numbers; the header's other parts are small
	for _, t := range tensors {
		size += t.Bytes.(*io.SectionReader).Size()
	}
	sum := sha256.New()
	err = writeTo(create, MomentsSuffix, size, func(w io.Writer) error {
		return safetensors.Write(io.MultiWriter(w, sum), tensors, map[string]string{groupsKey: structure})
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

func describeMoments(groups []OptimizerGroup) (tensors []safetensors.Tensor, structure string, err error) {
	var aside []asideGroup
	for i, g := range groups {
		a := asideGroup{Name: g.Name, Step: g.Step, InitialLearningRate: g.InitialLearningRate}
		for _, s := range g.States {
			names := []string{}
			for _, m := range s.Moments {
				dtype, ok := storedAs[m.DType]
				if !ok || m.Data == nil {
					return nil, "", fmt.Errorf("%w: moment %q of %q is %s", ErrTensor, m.Name, s.Parameter, m.describe())
				}
				names = append(names, m.Name)
				tensors = append(tensors, safetensors.Tensor{
					Name: asideName(i, m.Name, s.Parameter), DType: dtype, Shape: m.Dims,
					Bytes: io.NewSectionReader(m.Data, 0, m.Data.Size()),
				})
			}
			a.States = append(a.States, asideState{s.Parameter, names})
		}
		aside = append(aside, a)
	}
	text, err := json.Marshal(aside)
	return tensors, string(text), err
}

// takeMoments reads the moments file if the checkpoint has one, and takes its
// hash out of the properties.
func takeMoments(c *Checkpoint, side func(suffix string) (Data, error)) error {
	want, ok := c.Properties.Strings[momentsHash]
	if !ok {
		return nil
	}
	delete(c.Properties.Strings, momentsHash)
	if len(c.Properties.Strings) == 0 {
		c.Properties.Strings = nil
	}
	data, err := side(MomentsSuffix)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if err := copyData(sum, data, make([]byte, chunkSize)); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		return fmt.Errorf("%w: %s has SHA-256 %s, the checkpoint was written with %s", ErrSideFile, MomentsSuffix, got, want)
	}
	file, err := safetensors.NewFile(MomentsSuffix, data, data.Size())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSideFile, err)
	}
	c.Groups, err = readMoments(file)
	return err
}

func readMoments(file *safetensors.File) (groups []OptimizerGroup, err error) {
	var aside []asideGroup
	if err := json.Unmarshal([]byte(file.Metadata()[groupsKey]), &aside); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSideFile, MomentsSuffix, err)
	}
	for i, a := range aside {
		g := OptimizerGroup{Name: a.Name, Step: a.Step, InitialLearningRate: a.InitialLearningRate}
		for _, s := range a.States {
			state := ParameterState{Parameter: s.Parameter}
			for _, name := range s.Moments {
				t, err := readMoment(file, asideName(i, name, s.Parameter))
				if err != nil {
					return nil, fmt.Errorf("%w: %s: %w", ErrSideFile, MomentsSuffix, err)
				}
				t.Name = name
				state.Moments = append(state.Moments, t)
			}
			g.States = append(g.States, state)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func readMoment(file *safetensors.File, name string) (Tensor, error) {
	section, err := file.Section(name)
	if err != nil {
		return Tensor{}, err
	}
	info, _ := file.Lookup(name)
	for dtype, stored := range storedAs {
		if stored == info.DType {
			return Tensor{DType: dtype, Dims: info.Shape, Data: section}, nil
		}
	}
	return Tensor{}, fmt.Errorf("tensor %q has type %s: %w", name, info.DType, ErrTensor)
}

// storedAs names the ONNX types in the moments file.
var storedAs = map[onnx.DType]safetensors.DType{
	onnx.Float: safetensors.F32, onnx.Double: safetensors.F64,
	onnx.Float16: safetensors.F16, onnx.BFloat16: safetensors.BF16,
	onnx.Int64: safetensors.I64, onnx.Int32: safetensors.I32, onnx.Int16: safetensors.I16, onnx.Int8: safetensors.I8,
	onnx.Uint64: safetensors.U64, onnx.Uint32: safetensors.U32, onnx.Uint16: safetensors.U16, onnx.Uint8: safetensors.U8,
	onnx.Bool: safetensors.Bool,
}
