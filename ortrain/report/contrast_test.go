package report_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// colour is one of sRGB, each part from 0 to 1.
type colour [3]float64

func parseColour(t *testing.T, text string) colour {
	t.Helper()
	digits := strings.TrimPrefix(text, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 6 {
		t.Fatalf("%q is no colour", text)
	}
	return colour{float64(n>>16) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}
}

// over is the colour that shows when this one lies over another.
func (c colour) over(below colour, opacity float64) (out colour) {
	for i := range c {
		out[i] = opacity*c[i] + (1-opacity)*below[i]
	}
	return out
}

// luminance is the relative luminance of WCAG 2.2.
func (c colour) luminance() float64 {
	var linear colour
	for i, v := range c {
		if linear[i] = v / 12.92; v > 0.04045 {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// contrast is the contrast ratio of WCAG 2.2.
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// schemes reads the colours of the page by scheme and name.
func schemes(t *testing.T, page string) map[string]map[string]colour {
	t.Helper()
	style := elements(t, page, "style")[0].FirstChild.Data
	blocks := regexp.MustCompile(`(?s):root \{([^}]*)\}`).FindAllStringSubmatchIndex(style, -1)
	if len(blocks) != 2 || !strings.Contains(style[:blocks[1][0]], "@media (prefers-color-scheme: dark)") {
		t.Fatalf("%d blocks of colours; one and a dark one are expected", len(blocks))
	}
	out, rest := make(map[string]map[string]colour), style
	for i, name := range []string{"light", "dark"} {
		out[name] = make(map[string]colour)
		text := style[blocks[i][2]:blocks[i][3]]
		rest = strings.Replace(rest, text, "", 1)
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-fA-F]{3,6})`).FindAllStringSubmatch(text, -1) {
			out[name][m[1]] = parseColour(t, m[2])
		}
	}
	if literal := regexp.MustCompile(`(?i)#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(`).FindString(rest); literal != "" {
		t.Errorf("the style sheet has the colour %s outside the two schemes", literal)
	}
	return out
}

// Text has 4.5:1 with what is behind it, marks of figures 3:1, in light and dark
// (WCAG 2.2, 1.4.3 and 1.4.11, level AA).
func TestContrast(t *testing.T) {
	if got := contrast(colour{0, 0, 0}, colour{1, 1, 1}); math.Abs(got-21) > 1e-9 {
		t.Fatalf("black on white has %g:1, want 21:1", got)
	}
	page := write(t, whole())
	cells := regexp.MustCompile(`fill:(#[0-9A-F]{6});fill-opacity:([0-9.]+)`).FindAllStringSubmatch(page, -1)
	if len(cells) < 5 {
		t.Fatalf("%d coloured cells", len(cells))
	}
	for scheme, of := range schemes(t, page) {
		need := func(what string, got, least float64) {
			t.Helper()
			if got < least {
				t.Errorf("%s: %s has %.2f:1; %g:1 is expected", scheme, what, got, least)
			}
		}
		for _, pair := range [][2]string{
			{"ink", "paper"}, {"soft", "paper"}, {"link", "paper"}, {"add", "paper"}, {"cut", "paper"}, {"ink", "band"},
		} {
			need(pair[0]+" on "+pair[1], contrast(of[pair[0]], of[pair[1]]), 4.5)
		}
		for i := 1; i <= 6; i++ {
			name := fmt.Sprintf("series-%d", i)
			if _, ok := of[name]; !ok {
				t.Errorf("%s: no colour %s", scheme, name)
			}
			need(name+" on paper", contrast(of[name], of["paper"]), 3)
		}
		for _, cell := range cells {
			opacity, err := strconv.ParseFloat(cell[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			need("a number on "+cell[0], contrast(of["ink"], parseColour(t, cell[1]).over(of["paper"], opacity)), 4.5)
		}
	}
}
