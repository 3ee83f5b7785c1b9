package artifact_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/artifact"
)

// official finds a folder of artifacts that others made: below $ORTRAIN_SHARED,
// or in shared/ beside the repository.
func official(t *testing.T, name ...string) string {
	t.Helper()
	root := os.Getenv("ORTRAIN_SHARED")
	for dir, _ := os.Getwd(); root == ""; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "shared", "testdata")); err == nil && info.IsDir() {
			root = filepath.Join(dir, "shared")
		} else if dir == filepath.Dir(dir) {
			t.Skip("no shared test data: put the folder shared/ beside the repository or set ORTRAIN_SHARED")
		}
	}
	path := filepath.Join(append([]string{root, "testdata", "ort-artifacts"}, name...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no shared test data at %s", filepath.Join(name...))
	}
	return path
}

// adamw is what generate_artifacts writes without being told otherwise.
var adamw = artifact.Optimizer{Kind: artifact.AdamW, Alpha: 0.9, Beta: 0.999, Epsilon: 1e-6, AdamMode: 1, CorrectBias: 1}

func TestOfficialSignatures(t *testing.T) {
	for _, c := range []struct {
		folder            []string
		files             artifact.Files
		inputs, labels    string
		trainable, frozen int
		settings          artifact.Optimizer
	}{
		{
			[]string{"tiny-bert-1.19.2"}, artifact.DefaultFiles(),
			"[input_ids: int64[batch,sequence] attention_mask: int64[batch,sequence] token_type_ids: int64[batch,sequence]]", "[labels: int64[batch]]",
			41, 0, adamw,
		}, {
			[]string{"seizureguard"}, artifact.DefaultFiles(),
			"[input: float[batch_size,18,1024]]", "[labels: int64[batch_size]]", 4, 6, adamw,
		}, {
			[]string{"microsoft-onnxruntime", "training_api"},
			artifact.Files{Training: "training_model.onnx", Eval: "eval_model.onnx", Optimizer: "adamw.onnx", Checkpoint: "checkpoint.ckpt"},
			"[input-0: float[input-0_dim0,input-0_dim1]]", "[labels: int32[output-0_dim0]]", 4, 0, adamw,
		}, {
			[]string{"microsoft-onnxruntime", "training_api"},
			artifact.Files{Training: "training_model.onnx", Eval: "eval_model.onnx", Checkpoint: "nominal_checkpoint"},
			"[input-0: float[input-0_dim0,input-0_dim1]]", "[labels: int32[output-0_dim0]]", 4, 0, artifact.Optimizer{},
		},
	} {
		t.Run(fmt.Sprint(c.folder, c.files.Checkpoint), func(t *testing.T) {
			f, err := artifact.Load(official(t, c.folder...), c.files)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s := f.Signature
			if got := fmt.Sprint(s.Inputs); got != c.inputs {
				t.Errorf("inputs %s", got)
			}
			if got := fmt.Sprint(s.Labels); got != c.labels {
				t.Errorf("labels %s", got)
			}
			if n := len(s.Trainable()); n != c.trainable || len(s.Params) != c.trainable+c.frozen {
				t.Errorf("%d parameters, %d trainable", len(s.Params), n)
			}
			if d := cmp.Diff(c.settings, f.Settings); d != "" {
				t.Error(d)
			}
			for _, p := range s.Params {
				if p.Len() == 0 {
					t.Errorf("%s is empty", p.Name)
				}
			}
		})
	}
}
