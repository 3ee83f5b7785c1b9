package report

import (
	"fmt"
	"html/template"
	"slices"
)

// view is a Report as the template shows it.
type view struct {
	Title, Made string
	Facts       []Fact
	Sections    []section
	Config      string
}

// section is a heading with figures and tables.
type section struct {
	ID, Title, Intro string
	Figures          []figure
	Tables           []table
	Pairs            []Pair
}

// figure is a drawing under its title. A large one has a row of the page for
// itself and keeps its size, scrolled where the page is narrower.
type figure struct {
	Title string
	SVG   template.HTML
	Large bool
}

// table is a sortable table; the cells of numeric columns sort as numbers.
type table struct {
	Caption string
	Head    []string
	Numeric []bool
	Rows    [][]string
}

func sortBy(order []int, key func(int) float64) {
	slices.SortStableFunc(order, func(a, b int) int {
		switch x, y := key(a), key(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
}

// svg is implemented by the figures of package chart.
type svg interface{ SVG() (string, error) }

func (s *section) figure(title string, f svg) error {
	text, err := f.SVG()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	s.Figures = append(s.Figures, figure{Title: title, SVG: template.HTML(text)}) //nolint:gosec // drawn by our own chart package, which escapes
	return nil
}

// build makes the view, part by part.
func build(r Report) (view, error) {
	v := view{Title: r.Title, Made: r.Made.UTC().Format("2006-01-02 15:04 UTC"), Facts: r.Facts, Config: r.Config}
	for _, part := range []func(Report) (*section, error){
		comparison, parts, curves, classes, calibration, robustness, errorsSection, cleaning, augmented,
	} {
		s, err := part(r)
		if err != nil {
			return view{}, err
		}
		if s != nil {
			v.Sections = append(v.Sections, *s)
		}
	}
	return v, nil
}

func percent(x float64) string { return fmt.Sprintf("%.1f", 100*x) }
