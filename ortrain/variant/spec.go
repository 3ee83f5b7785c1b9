package variant

import "errors"

// ErrVariant is wrapped by errors about graphs that lack what a Spec needs.
var ErrVariant = errors.New("the graph does not allow this")

// Place is where in a text model a value is changed.
type Place string

// The places.
const (
	// Nowhere changes nothing.
	Nowhere Place = ""
	// Lookup is what the table of words gives, before other embeddings are added
	// and the sum is normalised: the inputs_embeds of Hugging Face's models.
	Lookup Place = "lookup"
	// EmbeddingSum is the sum of all embeddings, before it is normalised. A
	// perturbation there is the same as one at Lookup.
	EmbeddingSum Place = "embedding_sum"
	// EmbeddingOutput is what the first layer reads: sum, norm and dropout done.
	EmbeddingOutput Place = "embedding_output"
	// Hidden is what layer Spec.Layer (counted from 0) reads.
	Hidden Place = "hidden"
	// Pooled is what the last linear layer before the logits reads, before its
	// dropout.
	Pooled Place = "pooled"
)

// Spec says what a variant has. Specs are comparable.
type Spec struct {
	// Delta adds the input DeltaInput at a place (Lookup, EmbeddingSum or
	// EmbeddingOutput) and, unless Forward is set, its gradient as the output
	// DeltaGrad.
	Delta Place
	// Weights keeps the gradients of the trainable parameters. A variant without
	// them computes that of Delta only.
	Weights bool
	// Forward leaves out all gradients.
	Forward bool
	// Logits makes the logits an output called LogitsOut.
	Logits bool
	// Targets makes the loss, called Objective, CEWeight·loss plus divergences
	// to M given distributions.
	Targets bool
	// Twin adds TwinWeight times the divergence between each row and its Partner
	// to the loss, then called Objective.
	Twin bool
	// Mix mixes rows with their partners at a place.
	Mix Place
	// Layer is the layer that Hidden means.
	Layer int
	// Cut splits the model in front of layer 1.
	Cut Cut
}

// Cut says how a variant takes part in splitting a model behind its first
// layer.
type Cut uint8

// The cuts.
const (
	// Whole does not split.
	Whole Cut = iota
	// Upper is the whole model that also puts out the gradient of what layer 1
	// reads, as CutGrad.
	Upper
	// Lower computes no more than what layer 1 reads; its loss, called
	// Objective, is the inner product with the input CutGrad.
	Lower
)

// Names of the inputs and outputs that variants add.
const (
	DeltaInput = "embedding_delta"      // float, of the place's shape
	DeltaGrad  = "embedding_delta_grad" // likewise
	CEWeight   = "ce_weight"            // float scalar
	Targets    = "target_log_probs"     // float [M,B,C]
	KLWeights  = "kl_weights"           // float [M], of KL(target‖model)
	KLReverse  = "kl_reverse_weights"   // float [M], of KL(model‖target)
	TwinWeight = "twin_weight"          // float scalar
	Partner    = "partner"              // int64 [B]
	MixPartner = "mix_partner"          // int64, one index for each row of the mixed value
	MixOwn     = "mix_own"              // float, the row's own share; broadcast over the row
	MixOther   = "mix_other"            // float, its partner's share
	MixBias    = "mix_attention_bias"   // float [B,1,1,S], of the layers behind Hidden
	Objective  = "objective"            // float scalar output
	Divergence = "divergence"           // float scalar output: the unweighted mean of the divergences' sum
	CutGrad    = "cut_grad"             // float [T,H]
	LogitsOut  = "logits"               // float [B,C]
)
