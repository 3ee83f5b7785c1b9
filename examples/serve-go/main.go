// Command serve-go answers lines of standard input with a model that ortrain
// exported, without ortrain: label and probability, a line each.
//
//	go run . EXPORT_FOLDER < lines.txt
//
// ONNX Runtime is loaded from $ORTRAIN_ONNXRUNTIME, a library file, or from where
// the system's loader finds it.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/daulet/tokenizers"
	ort "github.com/yalue/onnxruntime_go"
)

// maxLength is ortrain's --max_seq_length unless you changed it. Units: tokens.
const maxLength = 128

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: serve-go EXPORT_FOLDER < lines.txt")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "serve-go:", err)
		os.Exit(1)
	}
}

// serve answers every line.
func serve(folder string, in io.Reader, out io.Writer) error {
	ort.SetSharedLibraryPath("libonnxruntime.so")
	if path := os.Getenv("ORTRAIN_ONNXRUNTIME"); path != "" {
		ort.SetSharedLibraryPath(path)
	}
	if err := ort.InitializeEnvironment(); err != nil {
		return err
	}
	defer ort.DestroyEnvironment()
	c, err := open(folder)
	if err != nil {
		return err
	}
	defer c.close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		label, p, err := c.classify(lines.Text())
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "%s\t%.6f\n", label, p); err != nil {
			return err
		}
	}
	return lines.Err()
}

// classifier is an export folder that has been opened.
type classifier struct {
	labels    []string
	tokenizer *tokenizers.Tokenizer
	session   *ort.DynamicAdvancedSession
	inputs    []string
}

func open(folder string) (*classifier, error) {
	var config struct {
		ID2Label              map[string]string `json:"id2label"`
		MaxPositionEmbeddings uint32            `json:"max_position_embeddings"`
	}
	text, err := os.ReadFile(filepath.Join(folder, "config.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, err
	}
	c := &classifier{}
	for i := range len(config.ID2Label) {
		c.labels = append(c.labels, config.ID2Label[strconv.Itoa(i)])
	}
	file, err := os.ReadFile(filepath.Join(folder, "tokenizer.json"))
	if err != nil {
		return nil, err
	}
	if c.tokenizer, err = tokenizers.FromBytesWithTruncation(file, min(maxLength, config.MaxPositionEmbeddings), tokenizers.TruncationDirectionRight); err != nil {
		return nil, err
	}
	graph := filepath.Join(folder, "model.onnx")
	inputs, _, err := ort.GetInputOutputInfo(graph)
	if err != nil {
		return nil, errors.Join(err, c.tokenizer.Close())
	}
	for _, input := range inputs {
		c.inputs = append(c.inputs, input.Name)
	}
	if c.session, err = ort.NewDynamicAdvancedSession(graph, c.inputs, []string{"logits"}, nil); err != nil {
		return nil, errors.Join(err, c.tokenizer.Close())
	}
	if _, err := os.Stat(filepath.Join(folder, "clean.yaml")); err == nil {
		fmt.Fprintln(os.Stderr, "serve-go: the model was trained on cleaned texts; clean the lines by clean.yaml first (README.md)")
	}
	return c, nil
}

func (c *classifier) close() {
	c.session.Destroy()
	c.tokenizer.Close()
}

// classify returns the likeliest label of a text and its probability.
func (c *classifier) classify(text string) (string, float64, error) {
	// The library reads a C string and changes what is no UTF-8: do it knowingly.
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	e := c.tokenizer.EncodeWithOptions(text, true, tokenizers.WithReturnTypeIDs(), tokenizers.WithReturnAttentionMask())
	columns := map[string][]uint32{"input_ids": e.IDs, "token_type_ids": e.TypeIDs, "attention_mask": e.AttentionMask}
	var feeds []ort.Value
	for _, name := range c.inputs {
		values := make([]int64, len(e.IDs))
		for i, v := range columns[name] {
			values[i] = int64(v)
		}
		t, err := ort.NewTensor(ort.NewShape(1, int64(len(values))), values)
		if err != nil {
			return "", 0, err
		}
		defer t.Destroy()
		feeds = append(feeds, t)
	}
	outputs := []ort.Value{nil} // made by the runtime
	if err := c.session.Run(feeds, outputs); err != nil {
		return "", 0, err
	}
	logits := outputs[0].(*ort.Tensor[float32])
	defer logits.Destroy()
	best, p := softmax(logits.GetData())
	return c.labels[best], p, nil
}

// softmax returns the place of the largest logit and its probability.
func softmax(logits []float32) (best int, p float64) {
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	sum := 0.0
	for _, v := range logits {
		sum += math.Exp(float64(v - logits[best]))
	}
	return best, 1 / sum
}
