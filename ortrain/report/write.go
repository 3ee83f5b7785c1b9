package report

import (
	_ "embed" // the page's template
	"fmt"
	"html/template"
	"io"
)

//go:embed page.gohtml
var page string

var parsed = template.Must(template.New("page").Funcs(template.FuncMap{"marked": marked}).Parse(page))

// Write writes the page.
func Write(w io.Writer, r Report) error {
	v, err := build(r)
	if err != nil {
		return err
	}
	if err := parsed.Execute(w, v); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}
