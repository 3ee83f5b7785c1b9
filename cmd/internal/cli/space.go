package cli

import (
	"github.com/ortrain/ortrain/ortrain"
	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// checkSpace refuses a run whose folder has no room for what the run is going
// to write. It is cheaper to hear of that before the first step than after the
// last one.
func (s *session) checkSpace(plan ortrain.Plan) error {
	return disk.CheckFree(s.run.OutputDir, s.space(plan))
}

// space is what a run is going to write. Units: bytes.
func (s *session) space(plan ortrain.Plan) int64 {
	weights := 4 * s.net.Parameters()
	state := weights
	for _, m := range s.net.Optimizer().State().Moments {
		state += 4 * int64(len(m.Data))
	}
	for _, file := range s.folder.files {
		state += int64(len(file))
	}
	need := int64(checkpoints(s.run.Training, plan)+1) * state // and the artifacts
	if !s.run.NoExport {
		need += exportCopies * weights
	}
	return need
}

// exportCopies is how often an export folder holds the weights: in the graph
// (onnx/ has a link to it) and as safetensors.
const exportCopies = 2

// checkpoints is how many the folder holds at most at a time beside those that
// are there already.
func checkpoints(c ortrain.Config, plan ortrain.Plan) int {
	steps, n := plan.Steps-plan.First, 0
	switch c.SaveStrategy {
	case ortrain.EverySome:
		n = steps/c.SaveSteps + 1 // the last step is saved in any case
	case ortrain.EachEpoch:
		n = (steps+plan.StepsPerEpoch-1)/plan.StepsPerEpoch + 1
	default:
		return 0
	}
	if limit := c.SaveTotalLimit; limit > 0 {
		// Best and last are kept beyond the limit, and the next is written before
		// an old one goes.
		n = min(n, max(limit, 2)+1)
	}
	return n
}
