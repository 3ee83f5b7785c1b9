package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ortrain/ortrain/ortrain/adversary"
)

func listAdversaries(e Env) *cli.Command {
	return listKind(e, "adversaries", "the methods of --adversary, their options and sources", writeAdversaries)
}

// writeAdversaries lists each method with its defaults, which are the options
// that it reads.
func writeAdversaries(t *tabwriter.Writer) error {
	fmt.Fprintln(t, "METHOD\tPASSES\tWHAT IT DOES")
	for _, name := range adversary.Names() {
		m, err := adversary.Lookup(name)
		if err != nil {
			return err
		}
		c, err := adversary.Defaults(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(t, "%s\t%.3g\t%s\n\t\t%s\n\t\t%s\n", name, m.Passes(c), m.Doc(), m.Source(), readOptions(c))
	}
	return nil
}

// readOptions shows the options of a method with their defaults.
func readOptions(c adversary.Config) string {
	run := DefaultRun()
	run.Training.Adversary = c
	var out []string
	for _, o := range options(&run) {
		if strings.HasPrefix(o.name, "adv_") && !o.value.IsZero() && !alwaysRead[o.name] {
			out = append(out, fmt.Sprintf("--%s %v", o.name, o.value))
		}
	}
	return strings.Join(out, " ")
}

// alwaysRead are options of every method.
var alwaysRead = map[string]bool{"adv_start_epoch": true, "adv_fraction": true}
