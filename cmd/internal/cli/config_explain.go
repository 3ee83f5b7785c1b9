package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/cmd/internal/flow"
)

func configExplain(e Env) *cli.Command {
	run := DefaultRun()
	return &cli.Command{
		Name: "explain", Usage: "say what an option is, what value it has and where that comes from", ArgsUsage: "KEY [FILE]",
		Description: "FILE is a training configuration or a recipe; flags and environment variables count as they do for ortrain train.",
		Flags:       flagsFor(&run),
		Action: func(c *cli.Context) error {
			if n := c.Args().Len(); n < 1 || n > 2 {
				return usage("config explain takes an option and perhaps a file, as in: ortrain config explain learning_rate run.yaml")
			}
			key, file := strings.ReplaceAll(c.Args().First(), "-", "_"), c.Args().Get(1)
			x := &explanation{env: e, key: key, file: file}
			if err := x.find(); err != nil {
				return err
			}
			if err := x.settle(c, &run); err != nil {
				return err
			}
			return x.write(e.Stdout)
		},
	}
}

// explanation is what is known of an option.
type explanation struct {
	env       Env
	key, file string
	kind      string
	standard  string
	text      string
	commands  []string
	// values are the value and its source, or several in a recipe.
	values [][2]string
}

// find looks the option up in all commands.
func (x *explanation) find() error {
	var all []string
	for _, c := range newApp(x.env).Commands {
		for _, f := range c.Flags {
			name := f.Names()[0]
			if name == "help" {
				continue
			}
			all = append(all, name)
			if name != x.key {
				continue
			}
			x.commands = append(x.commands, c.Name)
			if x.kind == "" || c.Name == nameTrain {
				x.kind = typeOf(f)
				x.standard, x.text = flagTexts(f)
			}
		}
	}
	if x.commands != nil {
		return nil
	}
	if why, ok := refused[x.key]; ok {
		return usage("%s is not an option here: %s", x.key, why)
	}
	slices.Sort(all)
	return usage("there is no option %s; did you mean %s?", x.key, nearest(x.key, slices.Compact(all)))
}

// flagTexts returns default and description of a flag.
func flagTexts(f cli.Flag) (standard, text string) {
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return "", ""
	}
	if g, ok := f.(interface{ GetDefaultText() string }); ok {
		standard = strings.Trim(g.GetDefaultText(), `"`)
	}
	return standard, strings.ReplaceAll(d.GetUsage(), "`", "")
}

// typeOf names the type of a flag's value.
func typeOf(f cli.Flag) string {
	switch f := f.(type) {
	case switchFlag, *cli.BoolFlag:
		return "boolean"
	case *cli.IntFlag:
		return "integer"
	case *cli.Float64Flag:
		return "number"
	case *cli.StringSliceFlag:
		return "list"
	case *cli.GenericFlag:
		if field, ok := f.Value.(*fieldFlag); ok {
			return jsonType(field.field.Kind())
		}
	}
	return "text"
}

// settle finds value and source: flag over environment over file over default.
func (x *explanation) settle(c *cli.Context, run *Run) error {
	found := [2]string{x.standard, "default"}
	if x.file != "" {
		settings, recipe, err := x.inFile()
		if err != nil {
			return err
		}
		if recipe {
			x.values = settings
			return nil
		}
		if settings != nil {
			found = settings[0]
		}
	}
	name := variables + strings.ToUpper(x.key)
	if text := x.env.Getenv(name); text != "" {
		found = [2]string{text, "environment variable " + name}
	}
	for _, o := range options(run) {
		if o.name == x.key && isSet(c, x.key) {
			found = [2]string{show(o.value), "flag --" + x.key}
		}
	}
	x.values = [][2]string{found}
	return nil
}

// inFile finds the option in a file: once in a training configuration, perhaps
// under several stages of a recipe.
func (x *explanation) inFile() (found [][2]string, recipe bool, err error) {
	data, err := os.ReadFile(x.file)
	if err != nil {
		return nil, false, usage("%w", err)
	}
	if isRecipe(data) {
		s := newStager(x.env)
		r, err := flow.ParseRecipe(x.file, data, s.schema())
		if err != nil {
			return nil, true, err
		}
		return x.inRecipe(s, r), true, nil
	}
	run := DefaultRun()
	if err := readConfig(x.file, &run); err != nil {
		return nil, false, err
	}
	var keys map[string]yaml.Node
	if err := yaml.Unmarshal(data, &keys); err != nil {
		return nil, false, usage("%w", flow.Syntax(x.file, data, err))
	}
	if node, ok := keys[x.key]; ok {
		found = append(found, [2]string{node.Value, fmt.Sprintf("file %s, line %d", x.file, node.Line)})
	}
	return found, false, nil
}

// inRecipe lists the values that the stages of a recipe have.
func (x *explanation) inRecipe(s *stager, r *flow.Recipe) [][2]string {
	var out [][2]string
	for _, k := range stageKinds() {
		section, ok := r.Sections[k.name]
		if !ok || section.Skip || !slices.Contains(x.commands, k.commandName()) {
			continue
		}
		value := [2]string{x.standard, k.name + ": default"}
		var trained flow.Settings
		if k.takesOver(x.key) {
			trained = r.Sections[nameTrain].Settings
		}
		for _, from := range []struct {
			list  flow.Settings
			where string
		}{{r.Data, "data"}, {r.Shared, "all stages"}, {trained, "the section " + nameTrain}, {section.Settings, "its section"}} {
			for _, one := range from.list {
				if one.Key == x.key {
					value = [2]string{strings.Join(one.Values, ","), fmt.Sprintf("%s: %s, line %d", k.name, from.where, one.Line)}
				}
			}
		}
		if why, wired := k.wired[x.key]; wired {
			value = [2]string{"-", k.name + ": comes from " + why}
		}
		if text := s.env.Getenv(variables + strings.ToUpper(x.key)); text != "" && k.wired[x.key] == "" {
			value = [2]string{text, k.name + ": environment variable " + variables + strings.ToUpper(x.key)}
		}
		out = append(out, value)
	}
	return out
}

func (x *explanation) write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "option\t%s\ntype\t%s\ndefault\t%s\n", x.key, x.kind, orNothing(x.standard))
	for _, v := range x.values {
		fmt.Fprintf(t, "value\t%s\nsource\t%s\n", orNothing(v[0]), v[1])
	}
	fmt.Fprintf(t, "description\t%s\ncommands\t%s\n", x.text, strings.Join(x.commands, ", "))
	return t.Flush()
}

func orNothing(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
