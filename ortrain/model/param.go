package model

import (
	"hash/fnv"
	"math"

	"github.com/ortrain/ortrain/pipeline/random"
)

// Param is one tensor of weights, float32.
type Param struct {
	// Name is that of the Hugging Face task model, such as
	// "bert.encoder.layer.0.attention.self.query.weight".
	Name string
	// Shape is as stored: matrices of linear layers are [out,in].
	Shape []int64
	// Init is what the parameter holds before any training.
	Init Init
	// Decay says that weight decay applies: not to biases and norms.
	Decay bool
	// Head says that the parameter belongs to the task rather than to the
	// encoder, so that a pretrained folder may lack it.
	Head bool
	// Depth is the layer the parameter belongs to: 0 for embeddings, 1 … L for
	// encoder layers, L+1 for the head. Layer-wise learning rates use it.
	Depth int
}

// Len returns the number of elements.
func (p *Param) Len() int64 {
	n := int64(1)
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Init is a rule that fills a parameter.
type Init struct {
	// Mean and Std are those of the normal distribution to draw from; with Std 0
	// every element is Mean.
	Mean, Std float64
	// ZeroRow is a row to set to zero (the padding token of an embedding table),
	// -1 for none.
	ZeroRow int64
}

// constantInit fills with x.
func constantInit(x float64) Init { return Init{Mean: x, ZeroRow: -1} }

// normalInit draws from N(0, std²).
func normalInit(std float64) Init { return Init{Std: std, ZeroRow: -1} }

// Draw fills dst with the initial values of p. They depend on the seed and the
// parameter's name only, never on which other parameters there are. dst holds
// p.Len() elements.
func (p *Param) Draw(seed uint64, dst []float32) {
	if p.Init.Std == 0 {
		for i := range dst {
			dst[i] = float32(p.Init.Mean)
		}
	} else {
		normal(random.New(seed, random.Init, 0, nameHash(p.Name), 0), p.Init.Mean, p.Init.Std, dst)
	}
	if row := p.Init.ZeroRow; row >= 0 && row < p.Shape[0] {
		width := p.Len() / p.Shape[0]
		clear(dst[row*width : (row+1)*width])
	}
}

// normal fills dst with draws from N(mean, std²), two to a pair of words
// (Box–Muller): a hundred million weights are drawn in seconds, and no draw
// lies further out than 6.7·std.
func normal(s *random.Stream, mean, std float64, dst []float32) {
	for i := 0; i < len(dst); i += 2 {
		u, v := (float64(s.Uint32())+1)*0x1p-32, float64(s.Uint32())*0x1p-32
		radius := std * math.Sqrt(-2*math.Log(u))
		sin, cos := math.Sincos(2 * math.Pi * v)
		dst[i] = float32(mean + radius*cos)
		if i+1 < len(dst) {
			dst[i+1] = float32(mean + radius*sin)
		}
	}
}

func nameHash(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}
