// Command ortrain fine-tunes BERT-family text encoders on a stock ONNX
// Runtime. Run it with --help.
package main

import (
	"os"

	"github.com/ortrain/ortrain/cmd/internal/cli"
)

func main() {
	os.Exit(cli.Main(cli.OS()))
}
