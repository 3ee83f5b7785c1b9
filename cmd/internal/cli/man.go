package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// manCommand prints what docs/ortrain.1 holds.
func manCommand(e Env) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "print the manual page, in roff",
		Description: "To read it: ortrain man > ortrain.1 && man ./ortrain.1",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usage("man takes no argument; %q is one too many", c.Args().First())
			}
			var page strings.Builder
			manPage(&page, c.App)
			_, err := io.WriteString(e.Stdout, page.String())
			return err
		},
	}
}

// manPage writes the page in the man macros.
func manPage(w io.Writer, app *cli.App) {
	commands := describe(app.Commands)
	fmt.Fprintf(w, ".TH ORTRAIN 1 \"\" \"ortrain %s\" \"User Commands\"\n", app.Version)
	fmt.Fprintf(w, ".SH NAME\nortrain \\- %s\n", roff(app.Usage))
	fmt.Fprint(w, ".SH SYNOPSIS\n.B ortrain\n.I command\n.RI [ options ]\n.RI [ arguments ]\n")
	fmt.Fprint(w, ".SH DESCRIPTION\n")
	text, codes, _ := strings.Cut(app.Description, "\n\nExit codes: ")
	manText(w, text)
	fmt.Fprint(w, ".SH COMMANDS\n")
	each(commands, "", func(path string, d described) { manCommandText(w, path, d) })
	fmt.Fprintf(w, "%s.SH EXIT STATUS\n%s\n", manTail, roff(codes))
}

// manCommandText writes what a command says of itself.
func manCommandText(w io.Writer, path string, d described) {
	fmt.Fprintf(w, ".SS %s\n%s\n", roff("ortrain "+path), roff(strings.ToUpper(d.text[:1])+d.text[1:]+"."))
	if len(d.commands) > 0 {
		return // those follow, each under its own head
	}
	fmt.Fprintf(w, ".PP\n.B %s\n.RI [ options ]\n", roff("ortrain "+path))
	if d.args != "" {
		fmt.Fprintf(w, ".I %s\n", roff(d.args))
	}
	if d.more != "" {
		fmt.Fprint(w, ".PP\n")
		manText(w, d.more)
	}
	for _, f := range d.flags {
		var names []string
		for _, name := range f.names {
			names = append(names, `\fB`+roff(name)+`\fR`)
		}
		value := ""
		if f.value != "" {
			value = ` \fI` + roff(f.value) + `\fR`
		}
		text := f.text
		if f.defaultText != "" {
			text += " (default: " + f.defaultText + ")"
		}
		fmt.Fprintf(w, ".TP\n%s%s\n%s\n", strings.Join(names, ", "), value, roff(text))
	}
}

// manText writes paragraphs; lines that are set in are examples.
func manText(w io.Writer, text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			fmt.Fprint(w, ".PP\n")
		}
		form, end := "", ""
		if strings.Contains(paragraph, "\n") || strings.HasPrefix(paragraph, " ") {
			form, end = ".nf\n", ".fi\n"
		}
		fmt.Fprint(w, form)
		for line := range strings.SplitSeq(paragraph, "\n") {
			fmt.Fprintln(w, roff(line))
		}
		fmt.Fprint(w, end)
	}
}

// roff escapes what roff would read as its own.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

const manTail = `.SH ENVIRONMENT
Every option is read from a variable too:
.B ORTRAIN_LEARNING_RATE
for
.BR \-\-learning_rate .
.TP
.B ORTRAIN_ONNXRUNTIME
file of the ONNX Runtime library, or a folder with one
.TP
.B ORTRAIN_DEPS
folder of native dependencies, weights and packs (default: ortrain in the user's cache folder)
`
