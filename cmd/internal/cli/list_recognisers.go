package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
)

func listRecognisers(e Env) *cli.Command {
	return listKind(e, "recognisers", "what ortrain scrub finds, by the types of --types", writeRecognisers)
}

// writeRecognisers lists each recogniser with its type.
func writeRecognisers(t *tabwriter.Writer) error {
	fmt.Fprintln(t, "TYPE\tRECOGNISER\tWHAT IT FINDS")
	for _, r := range pii.Standard() {
		fmt.Fprintf(t, "%s\t%s\t%s\n", r.Type, r.Name, r.Doc)
	}
	return nil
}
