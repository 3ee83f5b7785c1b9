package export

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/ortrain/ortrain/ortrain/model"
)

// Card is what the model card says beyond the configuration.
type Card struct {
	// Title heads the card.
	Title string
	// Metrics are those of the evaluation, by name.
	Metrics map[string]float64
	// Settings are the options of the training that a reader wants to know.
	Settings map[string]string
	// MaxSeqLength is the longest sequence the model was trained on, in tokens.
	MaxSeqLength int
}

// shownLabels bounds the label list of a card.
const shownLabels = 200

func (c Card) render(config *model.Config) []byte {
	var b bytes.Buffer
	title := c.Title
	if title == "" {
		title = "Fine-tuned " + config.ModelType + " classifier"
	}
	b.WriteString("---\nlibrary_name: onnx\npipeline_tag: text-classification\ntags:\n- onnx\n- text-classification\n- ortrain\n---\n\n")
	fmt.Fprintf(&b, "# %s\n\nFine-tuned with ortrain on ONNX Runtime.\n\n", title)
	if len(c.Metrics) > 0 {
		b.WriteString("## Evaluation\n\n| metric | value |\n|---|---|\n")
		for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
			fmt.Fprintf(&b, "| %s | %.4f |\n", name, c.Metrics[name])
		}
		b.WriteByte('\n')
	}
	if len(c.Settings) > 0 {
		b.WriteString("## Training\n\n| setting | value |\n|---|---|\n")
		for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
			fmt.Fprintf(&b, "| %s | %s |\n", name, c.Settings[name])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "## Labels\n\n")
	for i, name := range config.Labels[:min(len(config.Labels), shownLabels)] {
		fmt.Fprintf(&b, "%d. `%s`\n", i, name)
	}
	if len(config.Labels) > shownLabels {
		fmt.Fprintf(&b, "\n%d labels in all; `config.json` lists them.\n", len(config.Labels))
	}
	fmt.Fprintf(&b, `
## Use

`+"`model.onnx`"+` takes int64 `+"`input_ids`, `attention_mask` and `token_type_ids`"+` of shape [batch, sequence] and returns float `+"`logits`"+` [batch, %d]. Tokenize with `+"`tokenizer.json`"+`, cut at %d tokens.

`+"```python"+`
import onnxruntime, tokenizers

tokenizer = tokenizers.Tokenizer.from_file("tokenizer.json")
tokenizer.no_padding()
encoded = tokenizer.encode("a text")
session = onnxruntime.InferenceSession("model.onnx")
logits = session.run(["logits"], {
    "input_ids": [encoded.ids],
    "attention_mask": [encoded.attention_mask],
    "token_type_ids": [encoded.type_ids],
})
`+"```"+`
`, config.NumLabels(), c.MaxSeqLength)
	return b.Bytes()
}
