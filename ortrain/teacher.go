package ortrain

import (
	"context"
	"fmt"

	"github.com/ortrain/ortrain/ortrain/adversary"
)

func (p *passes) Teacher(context.Context, float64) (adversary.Result, error) {
	return adversary.Result{}, fmt.Errorf("ortrain: a moving average of the weights: %w", ErrConfig)
}
