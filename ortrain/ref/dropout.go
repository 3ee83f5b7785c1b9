package ref

import (
	"fmt"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/pipeline/random"
)

// Dropout draws the masks of Dropout nodes from Philox4x32-10, as ortrain's
// programs do: the site is the number of the node among those that drop
// something, in the order in which they run. See random.DropoutCounter.
type Dropout struct {
	Seed             uint64
	MicroBatch, Step uint32
}

// Dropout-7, -10 (attribute ratio; the identity, since they only infer) and
// -12, -13, -22 (inputs ratio, training_mode): in training mode element i is
// dropped with probability ratio and scaled by 1/(1 − ratio) otherwise. The
// second output is the mask of what was kept.
var _ = register("", "Dropout", "F float? bool?", func(c *Call) ([]*Tensor, error) {
	const maskIsBoolSince, trainingModeSince = 10, 12
	x := c.In(0)
	d := onnx.Bool
	if c.Opset < maskIsBoolSince {
		d = x.DType
	}
	mask, err := c.New(d, x.Dims)
	if err != nil {
		return nil, err
	}
	for k := range mask.Len() {
		if mask.F != nil {
			mask.F[k] = 1
		} else {
			mask.I[k] = 1
		}
	}
	ratio, err := c.scalar(1, 0.5)
	if err != nil {
		return nil, err
	}
	training, err := c.integer(2, 0)
	if err != nil {
		return nil, err
	}
	if c.Opset < trainingModeSince || training == 0 || ratio == 0 {
		return []*Tensor{x, mask}, nil
	}
	if ratio < 0 || ratio >= 1 {
		return nil, fmt.Errorf("ratio %g; a number in [0, 1) is expected: %w", ratio, ErrInput)
	}
	if err := c.draw(mask, ratio); err != nil {
		return nil, err
	}
	y, err := c.New(x.DType, x.Dims)
	if err != nil {
		return nil, err
	}
	for k, v := range x.F {
		y.F[k] = v * float64(mask.I[k]) / (1 - ratio)
	}
	return []*Tensor{y, mask}, nil
})

// draw clears the elements of a mask that the next dropout site drops.
func (c *Call) draw(mask *Tensor, ratio float64) error {
	from := c.run.opts.Dropout
	if from == nil {
		return fmt.Errorf("ratio %g in training mode; set Options.Dropout: %w", ratio, ErrRandom)
	}
	const words = 4
	site := uint16(c.run.sites)
	c.run.sites++
	threshold := uint32(ratio * (1 << 32))
	var block [words]uint32
	for k := range mask.I {
		if k%words == 0 {
			block = random.Philox(random.DropoutCounter(uint64(k/words), site, from.MicroBatch, from.Step), random.Key(from.Seed))
		}
		mask.I[k] = flag(block[k%words] >= threshold)
	}
	return nil
}
