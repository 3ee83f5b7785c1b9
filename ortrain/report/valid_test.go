package report_test

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// void elements have no end.
var void = []string{"meta", "link", "br", "hr", "img", "input"}

// within says which elements may be the parent of some others.
var within = map[string][]string{
	"li": {"ul"}, "dt": {"dl"}, "dd": {"dl"}, "caption": {"table"}, "thead": {"table"}, "tbody": {"table"}, "tr": {"thead", "tbody"},
	"th": {"tr"}, "td": {"tr"}, "figcaption": {"figure"}, "title": {"head", "svg"}, "desc": {"svg"}, "style": {"head"}, "main": {"body"}, "meta": {"head"}, "link": {"head"},
}

// phrasing elements hold text and what may stand in a line, and no blocks.
var phrasing = []string{"p", "h1", "h2", "button", "a", "span", "ins", "del", "caption", "figcaption", "dt", "title", "desc", "text"}

var blocks = []string{"p", "div", "table", "ul", "dl", "section", "figure", "h1", "h2", "pre", "main", "nav", "header"}

// attributes are those that elements have here; "svg *" stands for all that is
// drawn.
var attributes = map[string][]string{
	"html": {"lang"}, "meta": {"charset", "name", "content", "http-equiv"}, "link": {"rel", "href"}, "nav": {"aria-label"}, "a": {"href"},
	"section": {"id", "aria-labelledby"}, "h2": {"id"}, "div": {"class", "tabindex", "role", "aria-label"}, "figure": {"class"},
	"th": {"scope", "class"}, "td": {"class"}, "button": {"type"}, "p": {"class"}, "span": {"class"}, "pre": {"tabindex"},
	"svg": {"xmlns", "viewBox", "width", "height", "role", "aria-label", "class", "fill"}, "svg *": {"d", "style", "x", "y", "transform", "points", "width", "height"},
}

// valid checks a page against the rules of HTML, as far as pages of this package
// can break them: nesting, content models, attributes, names that are referred
// to, and that a parser finds nothing to repair.
func valid(t *testing.T, page string) {
	t.Helper()
	if !strings.HasPrefix(page, "<!DOCTYPE html>\n") {
		t.Errorf("the page begins with %.30q", page)
	}
	if at := strings.Index(page, `<meta charset="utf-8">`); at < 0 || at > 1024 {
		t.Errorf("the character set is named at byte %d; the first 1024 are expected to", at)
	}
	source := balanced(t, page)
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{T: t, count: make(map[string]int), ids: make(map[string]bool)}
	c.walk(root, "", false)
	if !slices.Equal(source, c.elements) {
		at := 0
		for at < min(len(source), len(c.elements)) && source[at] == c.elements[at] {
			at++
		}
		t.Errorf("a parser repairs the page: element %d of %d and %d; %v, and %v after it", at, len(source), len(c.elements), source[at:min(at+3, len(source))], c.elements[at:min(at+3, len(c.elements))])
	}
	for _, one := range []string{"html", "head", "body", "h1", "main"} {
		if c.count[one] != 1 {
			t.Errorf("%d elements %s; one is expected", c.count[one], one)
		}
	}
	for _, id := range c.referred {
		if !c.ids[id] {
			t.Errorf("nothing has the id %q that is referred to", id)
		}
	}
}

// balanced checks that every element that is opened is closed in order, and
// returns their names.
func balanced(t *testing.T, page string) (names []string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Error(z.Err())
			}
			if len(open) != 0 {
				t.Errorf("not closed: %v", open)
			}
			return names
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			if !slices.Contains(open, "svg") {
				t.Errorf("<%s/> closes itself, which only drawings may", name)
			}
			names = append(names, string(name))
		case html.StartTagToken:
			name, _ := z.TagName()
			names = append(names, string(name))
			if !slices.Contains(void, string(name)) {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				t.Fatalf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
		}
	}
}

// checker goes through a parsed page.
type checker struct {
	*testing.T
	elements []string
	count    map[string]int
	ids      map[string]bool
	referred []string
}

func (c *checker) walk(n *html.Node, parent string, drawn bool) {
	if n.Type == html.ElementNode {
		c.element(n, parent, drawn)
		parent = n.Data
		drawn = drawn || n.Data == "svg"
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		c.walk(child, parent, drawn)
	}
}

func (c *checker) element(n *html.Node, parent string, drawn bool) {
	c.elements = append(c.elements, strings.ToLower(n.Data))
	c.count[n.Data]++
	if parents, ok := within[n.Data]; ok && !slices.Contains(parents, parent) {
		c.Errorf("%s stands in %s; %v is expected", n.Data, parent, parents)
	}
	if slices.Contains(phrasing, parent) && slices.Contains(blocks, n.Data) {
		c.Errorf("%s stands in %s, which holds no blocks", n.Data, parent)
	}
	allowed := attributes[n.Data]
	if drawn {
		allowed = attributes["svg *"]
	}
	seen := make(map[string]bool)
	for _, a := range n.Attr {
		if !slices.Contains(allowed, a.Key) || seen[a.Key] {
			c.Errorf("%s has the attribute %s=%q", n.Data, a.Key, a.Val)
		}
		seen[a.Key] = true
		switch a.Key {
		case "id":
			if c.ids[a.Val] || strings.ContainsAny(a.Val, " \t\n") || a.Val == "" {
				c.Errorf("the id %q is there twice or is none", a.Val)
			}
			c.ids[a.Val] = true
		case "href":
			if name, ok := strings.CutPrefix(a.Val, "#"); ok {
				c.referred = append(c.referred, name)
			}
		case "aria-labelledby":
			c.referred = append(c.referred, a.Val)
		}
	}
}

// elements returns those of a name in a page, in order.
func elements(t *testing.T, page, name string) []*html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return descendants(root, name)
}

func descendants(n *html.Node, name string) (out []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == name {
			out = append(out, d)
		}
	}
	return out
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// Every figure is named and described, has a caption, and shows data: something
// is drawn in a colour of the palette or as a coloured cell.
func TestEveryFigureHasData(t *testing.T) {
	page := write(t, whole())
	data := regexp.MustCompile(`(?:fill|stroke):(?:var\(--series-\d|#[0-9A-F]{6};fill-opacity)`)
	figures := elements(t, page, "figure")
	if len(figures) != 11 {
		t.Fatalf("%d figures", len(figures))
	}
	for _, f := range figures {
		captions, drawings := descendants(f, "figcaption"), descendants(f, "svg")
		if len(captions) != 1 || len(drawings) != 1 || captions[0].FirstChild == nil {
			t.Errorf("a figure has %d captions and %d drawings", len(captions), len(drawings))
			continue
		}
		name := captions[0].FirstChild.Data
		if attribute(drawings[0], "role") != "img" || attribute(drawings[0], "aria-label") == "" || len(descendants(drawings[0], "desc")) != 1 {
			t.Errorf("%s: a screen reader is not told what it shows", name)
		}
		marks := 0
		for _, p := range descendants(drawings[0], "path") {
			if data.MatchString(attribute(p, "style")) {
				marks++
			}
		}
		if marks == 0 {
			t.Errorf("%s: no data are drawn", name)
		}
	}
}

// Nothing on the page leads elsewhere, and a browser is told to load nothing.
func TestNothingIsLoaded(t *testing.T) {
	page := write(t, whole())
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			switch a.Key {
			case "src", "srcset", "action", "data", "poster", "background", "ping":
				t.Errorf("%s loads %s=%q", n.Data, a.Key, a.Val)
			case "href":
				if !strings.HasPrefix(a.Val, "#") && a.Val != "data:," {
					t.Errorf("%s leads to %q", n.Data, a.Val)
				}
			case "style":
				if strings.Contains(a.Val, "url(") {
					t.Errorf("%s: %q", n.Data, a.Val)
				}
			}
		}
	}
	for _, style := range elements(t, page, "style") {
		if text := style.FirstChild.Data; strings.Contains(text, "url(") || strings.Contains(text, "@import") {
			t.Error("the style sheet loads something")
		}
	}
	if !strings.Contains(page, `http-equiv="Content-Security-Policy" content="default-src 'none';`) {
		t.Error("the page does not forbid loading")
	}
}
