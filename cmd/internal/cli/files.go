package cli

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
	"github.com/ortrain/ortrain/pipeline/source"
)

// labelTypes are the values of --label_type.
var labelTypes = map[string]sample.LabelKind{
	"none": sample.NoLabel, "class": sample.ClassLabel, "multi": sample.MultiLabel,
	"value": sample.ValueLabel, "tags": sample.TagLabel, "span": sample.SpanLabel,
}

// split cuts a list at its commas.
func split(list string) []string {
	var out []string
	for _, part := range strings.Split(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// left lists the columns of the input that are not carried over.
func left(set *source.Set) []string {
	c := set.Columns()
	taken := []string{c.Text, c.Pair, c.Label, c.Tokens, c.Tags, c.Start, c.End}
	return slices.DeleteFunc(set.Available(), func(name string) bool { return slices.Contains(taken, name) })
}

// beside is a name next to a file: data.parquet, .audit.json → data.audit.json.
func beside(path, ending string) string {
	return strings.TrimSuffix(path, filepath.Ext(path)) + ending
}

// bases are file names without their folders, for what is handed on.
func bases(paths []string) []string {
	out := make([]string, len(paths))
	for i, path := range paths {
		out[i] = filepath.Base(path)
	}
	return out
}

// plural is a number with a noun.
func plural(n int64, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("%s %s", thousands(n), one)
	}
	return fmt.Sprintf("%s %s", thousands(n), many)
}
