package cli

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
	"gopkg.in/yaml.v3"

	"github.com/ortrain/ortrain/cmd/internal/flow"
)

// object is a node of a JSON schema.
type object = map[string]any

func configSchema(e Env) *cli.Command {
	return &cli.Command{
		Name: "schema", Usage: "print the JSON schema of training configurations and recipes, for editors", ArgsUsage: " ",
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 0 {
				return usage("config schema takes no argument")
			}
			w := json.NewEncoder(e.Stdout)
			w.SetIndent("", "  ")
			w.SetEscapeHTML(false)
			return w.Encode(object{
				"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ortrain " + Version,
				"anyOf": []object{{"$ref": "#/$defs/run"}, {"$ref": "#/$defs/recipe"}},
				"$defs": object{"run": runSchema(), "recipe": recipeSchema(newStager(e))},
			})
		},
	}
}

// closed is an object that has these properties and no others.
func closed(title string, properties object) object {
	return object{"title": title, "type": "object", "additionalProperties": false, "properties": properties}
}

// runSchema describes the files that ortrain train takes.
func runSchema() object {
	run := DefaultRun()
	properties := make(object)
	for _, o := range options(&run) {
		properties[o.name] = object{"type": jsonName(jsonType(o.value.Kind())), "default": o.value.Interface(), "description": strings.ReplaceAll(usages[o.name], "`", "")}
	}
	return closed("configuration of ortrain train", properties)
}

// recipeSchema describes the files that ortrain run takes.
func recipeSchema(s *stager) object {
	one := func(text string) object { return object{"type": "string", "description": text} }
	train := runSchema()["properties"].(object)
	schema := s.schema()
	data := make(object)
	for _, key := range schema.Data {
		data[key] = object{"type": []string{"string", "array"}, "description": describeKey(s, key)}
	}
	properties := object{
		"name": one("title of the report"), "output_dir": one("folder for the stages"),
		"data": object{"anyOf": []object{{"type": "string"}, {"type": "array", "items": object{"type": "string"}}, closed("where the rows are", data)}},
	}
	for _, key := range schema.Shared {
		properties[key] = one("what is to be learnt")
		if p, ok := train[key]; ok {
			properties[key] = p
		}
	}
	for _, k := range schema.Stages {
		stage := object{"skip": object{"type": "boolean", "description": "leave the stage out"}}
		for _, name := range k.Options {
			stage[name] = flagSchema(s.flag(commandOfStage(k.Name), name))
		}
		section := closed("stage "+k.Name, stage)
		section["type"] = []string{"object", "null"}
		if !k.Built {
			section["description"] = "not built into this version"
			section["additionalProperties"] = true
		}
		properties[k.Name] = section
	}
	return closed("recipe of ortrain run", properties)
}

// commandOfStage is the name of the command that a stage runs.
func commandOfStage(name string) string {
	for _, k := range stageKinds() {
		if k.name == name {
			return k.commandName()
		}
	}
	return name
}

// flag finds a flag of a command.
func (s *stager) flag(command, name string) cli.Flag {
	flags := s.commands[command].Flags
	return flags[slices.IndexFunc(flags, func(f cli.Flag) bool { return f.Names()[0] == name })]
}

// describeKey is the help text of a key of the data.
func describeKey(s *stager, key string) string {
	text := usages[key]
	if text == "" {
		text = conversionUsages[key]
	}
	if key == "file" {
		text = "`FILE` with all rows, or several"
	}
	return strings.ReplaceAll(text, "`", "")
}

func flagSchema(f cli.Flag) object {
	standard, text := flagTexts(f)
	kind := typeOf(f)
	out := object{"type": jsonName(kind), "description": text}
	if kind == "text" {
		out["type"] = []string{"string", "number", "boolean", "array"} // written without quotes, and lists for commas
	}
	var value any
	if standard != "" && json.Unmarshal([]byte(standard), &value) == nil && kind != "text" {
		out["default"] = value
	} else if standard != "" && kind == "text" {
		out["default"] = standard
	}
	return out
}

// jsonType names the type of a field, for people; jsonName for schemas.
func jsonType(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "integer"
	case reflect.Float64:
		return "number"
	}
	return "text"
}

func jsonName(kind string) string {
	switch kind {
	case "text":
		return "string"
	case "list":
		return "array"
	}
	return kind
}

// isRecipe tells a recipe from a training configuration: it has data, or a
// section.
func isRecipe(text []byte) bool {
	var top map[string]yaml.Node
	if yaml.Unmarshal(text, &top) != nil {
		return false
	}
	for key, node := range top {
		stage := slices.ContainsFunc(stageKinds(), func(k stageKind) bool { return k.name == key })
		if key == "data" || stage && (node.Kind == yaml.MappingNode || node.Tag == "!!null") {
			return true
		}
	}
	return false
}

func configRender(e Env) *cli.Command {
	run := DefaultRun()
	return &cli.Command{
		Name: "render", Usage: "print a configuration as ortrain resolves it: flags over environment over file over defaults", ArgsUsage: "[FILE]",
		Description: "FILE is a training configuration, of which every default is filled in, or a recipe, of which the options\n" +
			"that are set are shown with those of the environment; what is not there has its default: config explain KEY FILE.",
		Flags: flagsFor(&run),
		Action: func(c *cli.Context) error {
			if c.Args().Len() > 1 {
				return usage("config render takes one file; %q is one too many", c.Args().Get(1))
			}
			if file := c.Args().First(); file != "" {
				data, err := os.ReadFile(file)
				if err != nil {
					return usage("%w", err)
				}
				if isRecipe(data) {
					return renderRecipe(e, file, data)
				}
			}
			out, err := resolve(c, e, &run, DefaultRun())
			if err != nil {
				return err
			}
			text, err := resolved(out)
			if err != nil {
				return err
			}
			_, err = e.Stdout.Write(text)
			return err
		},
	}
}

func renderRecipe(e Env, file string, data []byte) error {
	s := newStager(e)
	schema := s.schema()
	r, err := flow.ParseRecipe(file, data, schema)
	if err != nil {
		return err
	}
	s.recipe = r
	s.environment(schema)
	text, err := r.YAML(s.table().Names())
	if err != nil {
		return err
	}
	_, err = e.Stdout.Write(text)
	return err
}
