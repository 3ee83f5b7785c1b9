package ops

import (
	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

var _ = register(augment.Spec{
	Name: "identity", Doc: "leaves the text as it is",
	Languages: all, Laws: respells,
	Samples: []augment.Sample{{Text: "the film is good"}},
	New: func(augment.Settings) (augment.Augmenter, error) {
		return augment.Func(func(*augment.Text, *random.Stream) {}), nil
	},
})
