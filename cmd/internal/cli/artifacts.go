package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
)

func artifactsCommand(e Env) *cli.Command {
	list := names(modelOptions, []string{"config_name", "train_file", "label_column", "text_column", "output_dir", "form", "opset", "optim", "adam_beta1", "adam_beta2", "adam_epsilon", "weight_decay", "seed"}, runtimeOptions)
	return command(e, "artifacts", "write ONNX Runtime's four training files for a model", "", list, interruptible(func(ctx context.Context, e Env, run Run) error {
		if err := must("output_dir", run.OutputDir); err != nil {
			return err
		}
		f, err := openFolder(ctx, e, run)
		if err != nil {
			return err
		}
		labels := f.config.Labels
		if run.TrainFile != "" {
			if labels, err = labelsOf(ctx, run); err != nil {
				return err
			}
		}
		if labels == nil {
			return usage("the model has no labels of its own; give --train_file to take them from")
		}
		if err := f.config.SetLabels(labels); err != nil {
			return err
		}
		if err := writeArtifacts(ctx, f, run); err != nil {
			return err
		}
		if !run.Quiet {
			fmt.Fprintf(e.Stderr, "training artifacts (%s form, %d labels) in %s\n", run.Form, len(labels), run.OutputDir)
		}
		return nil
	}))
}

// writeArtifacts loads the model's weights, in memory that the runtime sees as
// well, and writes all four files.
func writeArtifacts(ctx context.Context, f *folder, run Run) (err error) {
	env, err := openRuntime(run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, env.Close()) }()
	net, _, err := f.network(env, run, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, net.Close()) }()
	return saveArtifacts(ctx, run.OutputDir, f, net, run)
}

// identityModel is a graph of one node, to try a provider with.
func identityModel() []byte {
	float := onnx.TensorOf(onnx.Float, onnx.NewShape(1))
	x, y := &onnx.Value{Name: "x", Type: float}, &onnx.Value{Name: "y", Type: float}
	n := onnx.NewNode(onnx.DomainDefault, "Neg", []*onnx.Value{x}, []*onnx.Value{y})
	n.Name = "n"
	data, err := wire.Encode(&onnx.Model{
		IRVersion: 8, Opsets: onnx.Opsets{onnx.DomainDefault: 17},
		Graph: &onnx.Graph{Name: "doctor", Inputs: []*onnx.Value{x}, Outputs: []*onnx.Value{y}, Nodes: []*onnx.Node{n}},
	})
	if err != nil {
		panic(err) // a constant of the program
	}
	return data
}
