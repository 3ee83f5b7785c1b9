package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
)

func listRecognisers(e Env) *cli.Command {
	return &cli.Command{
		Name: "recognisers", Usage: "what ortrain scrub finds, by the types of --types",
		Action: func(*cli.Context) error { return writeRecognisers(e.Stdout) },
	}
}

// writeRecognisers lists each recogniser with its type.
func writeRecognisers(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TYPE\tRECOGNISER\tWHAT IT FINDS")
	for _, r := range pii.Standard() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", r.Type, r.Name, r.Doc)
	}
	return t.Flush()
}
