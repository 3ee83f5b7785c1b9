package augment

import (
	"fmt"
	"strings"
)

// Markdown prints a table of operators as a page: what each does, its
// parameters, laws, languages, packs and the tasks that it harms.
func Markdown(t Table) string {
	var b strings.Builder
	b.WriteString("# Augmenters\n\nPrinted from the table of operators; `go test ./augment/ops -run TestDocs -update` writes it anew.\n\n")
	b.WriteString("| operator | what it does | languages | packs |\n|---|---|---|---|\n")
	for _, s := range t.Specs() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", s.Name, s.Name, s.Doc, strings.Join(s.Languages, ", "), strings.Join(s.Packs, ", "))
	}
	for _, s := range t.Specs() {
		fmt.Fprintf(&b, "\n## %s\n\n%s.", s.Name, strings.ToUpper(s.Doc[:1])+s.Doc[1:])
		if s.Paper != "" {
			fmt.Fprintf(&b, " Source: %s.", s.Paper)
		}
		fmt.Fprintf(&b, "\n\nLaws: %s.\n", s.Laws)
		for _, h := range s.Harms {
			fmt.Fprintf(&b, "\nRefused for %s: %s.\n", h.Task, h.Why)
		}
		if len(s.Params) > 0 {
			b.WriteString("\n| parameter | default | what it is |\n|---|---|---|\n")
		}
		for _, p := range s.Params {
			fmt.Fprintf(&b, "| `%s` | `%v` | %s |\n", p.Name, p.Default, p.Doc)
		}
	}
	b.WriteString("\n## Presets\n\n")
	for _, name := range Presets() {
		text, err := PresetText(name)
		if err != nil {
			continue
		}
		fmt.Fprintf(&b, "```yaml\n%s```\n\n", text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
