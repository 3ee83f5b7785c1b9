package program

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ortrain/ortrain/ortrain/native"
	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/ort"
)

// Masks holds the dropout masks of one or several graphs over the same model,
// whose sites are in the same order. Masks that a run before has left with the
// same key and size are not drawn again, so that passes over one micro-batch
// share them. Close releases them.
type Masks struct {
	sites []maskSite
	given func(site int, dims []int64, dst []uint8) bool
}

// maskSite is the mask of one site, and what it was drawn for.
type maskSite struct {
	memory *ort.Tensor
	key    MaskKey
	dims   []int64
	ratio  float32
	drawn  bool
}

// Give lets f write masks instead of drawing them; it returns whether it did.
// It is for comparisons with other implementations.
func (m *Masks) Give(f func(site int, dims []int64, dst []uint8) bool) { m.given = f }

// Close releases the memory. Further calls do nothing.
func (m *Masks) Close() error {
	var errs []error
	for _, s := range m.sites {
		if s.memory != nil {
			errs = append(errs, s.memory.Close())
		}
	}
	m.sites = nil
	return errors.Join(errs...)
}

// fill makes the masks of a graph's sites those of a key.
func (m *Masks) fill(kernels native.Kernels, sites []Site, symbols map[string]int64, key MaskKey) error {
	var draw []native.Mask
	for i, s := range sites {
		dims, known := resolve(s.Shape, symbols)
		if !known {
			return fmt.Errorf("program: the size of dropout mask %q %s cannot be told from the inputs; declare its dimensions in the model", s.Mask, s.Shape)
		}
		for len(m.sites) <= i {
			m.sites = append(m.sites, maskSite{})
		}
		held := &m.sites[i]
		if held.drawn && held.key == key && held.ratio == s.Ratio && slices.Equal(held.dims, dims) && m.given == nil {
			continue
		}
		if err := held.size(s, dims); err != nil {
			return err
		}
		held.key, held.ratio, held.drawn = key, s.Ratio, false
		if m.given != nil && m.given(i, dims, held.memory.Uint8s()) {
			continue
		}
		draw = append(draw, native.Mask{
			Dst: held.memory.Uint8s(), Key: key.Seed, Site: uint16(i), MicroBatch: key.MicroBatch, Step: key.Step, P: float64(s.Ratio),
		})
	}
	if err := kernels.FillMasks(draw...); err != nil {
		return err
	}
	for i := range sites {
		m.sites[i].drawn = true
	}
	return nil
}

// size makes room for a mask of the given dimensions.
func (s *maskSite) size(site Site, dims []int64) error {
	s.dims = dims
	if s.memory != nil {
		if s.memory.Reshape(dims...) == nil {
			return nil
		}
		old := s.memory
		s.memory = nil
		if err := old.Close(); err != nil {
			return err
		}
	}
	t, err := ort.NewTensor(onnx.Uint8, roomy(dims)...)
	if err != nil {
		return fmt.Errorf("program: memory for dropout mask %q: %w", site.Mask, err)
	}
	s.memory = t
	return t.Reshape(dims...)
}
