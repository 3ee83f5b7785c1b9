package clean

import (
	"html"
	"strings"

	"github.com/ortrain/ortrain/pipeline/edit"
)

// Entities are decoded once: what an encoded entity stands for is text.
// The longest growth is that of entities without a second use of their letters,
// such as &ngt; with two characters of three bytes each.
var _ = register(Step{
	Name: "html",
	Doc:  "removes tags, comments, scripts and styles and decodes entities",
	Params: []Param{
		{Name: "tags", Default: "strip", Choices: []string{"strip", "keep"}, Doc: "what to do with tags"},
		{Name: "entities", Default: "decode", Choices: []string{"decode", "keep"}, Doc: "what to do with entities"},
	},
	Laws: Laws{Growth: 2},
	New: func(a Args) (Op, error) {
		tags, entities := a.String("tags") == "strip", a.String("entities") == "decode"
		return Op{Needs: "<&", Edit: func(list edit.List, in Input) edit.List {
			if (!tags || strings.IndexByte(in.Text, '<') < 0) && (!entities || strings.IndexByte(in.Text, '&') < 0) {
				return list
			}
			s := htmlScanner{text: in.Text, budget: 4*len(in.Text) + 1<<12}
			for i := 0; i < len(s.text); {
				end, with := i, ""
				switch b := s.text[i]; {
				case b == '<' && tags:
					end, with = s.tag(i)
				case b == '&' && entities:
					end, with = entity(s.text, i)
				}
				if end > i {
					list = cut(list, i, end, with)
					i = end
					continue
				}
				i++
			}
			return list
		}}, nil
	},
})

// longestEntity is the length of the longest name, with its two signs.
const longestEntity = 33

// entity decodes the entity at i; end is i where there is none.
func entity(text string, i int) (end int, with string) {
	window := text[i:min(len(text), i+longestEntity)]
	semicolon := strings.IndexByte(window, ';')
	if semicolon < 0 {
		return i, ""
	}
	window = window[:semicolon+1]
	if strings.IndexByte(window[1:], '&') >= 0 {
		return i, ""
	}
	with = html.UnescapeString(window)
	if with == window {
		return i, ""
	}
	return i + len(window), with
}

// htmlScanner finds tags. Looking for the end of what turns out to be no tag
// costs budget, so that hostile texts take no more than linear time.
type htmlScanner struct {
	text   string
	budget int
}

// lineTags end a line or a paragraph; the words on both sides are two.
var lineTags = map[string]bool{
	"address": true, "article": true, "aside": true, "blockquote": true, "br": true, "dd": true, "div": true, "dl": true, "dt": true,
	"figcaption": true, "figure": true, "footer": true, "form": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true,
	"header": true, "hr": true, "li": true, "main": true, "nav": true, "ol": true, "p": true, "pre": true, "script": true, "section": true,
	"style": true, "table": true, "tbody": true, "td": true, "tfoot": true, "th": true, "thead": true, "title": true, "tr": true, "ul": true,
}

// tag returns the end of the tag, comment or declaration at i and what to put
// in its place; i where there is none.
func (s *htmlScanner) tag(i int) (end int, with string) {
	rest := s.text[i:]
	if strings.HasPrefix(rest, "<!--") {
		if n := s.find(i+4, "-->"); n >= 0 {
			return n + 3, ""
		}
		return i, ""
	}
	name := i + 1
	if name < len(s.text) && s.text[name] == '/' {
		name++
	}
	if name < len(s.text) && name == i+1 && (s.text[name] == '!' || s.text[name] == '?') {
		if n := s.find(name, ">"); n >= 0 && classAt(s.text, name+1)&letter != 0 {
			return n + 1, ""
		}
		return i, ""
	}
	nameEnd := name
	for nameEnd < len(s.text) && nameEnd < name+16 && isNameByte(s.text[nameEnd], nameEnd == name) {
		nameEnd++
	}
	end = s.tagEnd(nameEnd)
	if nameEnd == name || end < 0 {
		return i, ""
	}
	tag := strings.ToLower(s.text[name:nameEnd])
	if name == i+1 && (tag == "script" || tag == "style") {
		end = s.bodyEnd(end, tag)
	}
	if lineTags[tag] {
		with = "\n"
	}
	return end, with
}

func isNameByte(b byte, first bool) bool {
	return b|0x20 >= 'a' && b|0x20 <= 'z' || !first && (b >= '0' && b <= '9' || b == '-' || b == ':')
}

// find is strings.Index from a place on; what it finds not, costs.
func (s *htmlScanner) find(from int, what string) int {
	if s.budget <= 0 || from > len(s.text) {
		return -1
	}
	n := strings.Index(s.text[from:], what)
	if n < 0 {
		s.budget -= len(s.text) - from
		return -1
	}
	return from + n
}

// tagEnd returns what follows the sign that ends a tag whose name ends at i; -1
// when the text is no tag.
func (s *htmlScanner) tagEnd(i int) int {
	if s.budget <= 0 || i < len(s.text) && strings.IndexByte(" \t\r\n\f/>", s.text[i]) < 0 {
		return -1
	}
	from := i
	for ; i < len(s.text); i++ {
		switch b := s.text[i]; {
		case b == '>':
			return i + 1
		case b == '<':
			s.budget -= i - from
			return -1
		case (b == '"' || b == '\'') && s.text[i-1] == '=':
			closing := strings.IndexByte(s.text[i+1:], b)
			if closing < 0 {
				s.budget -= len(s.text) - from
				return -1
			}
			i += 1 + closing
		}
	}
	s.budget -= len(s.text) - from
	return -1
}

// bodyEnd returns what follows the end tag of a script or style whose body
// begins at i; i when it is not closed.
func (s *htmlScanner) bodyEnd(i int, tag string) int {
	for from := i; ; {
		n := s.find(from, "</")
		if n < 0 {
			return i
		}
		name := n + 2
		if name+len(tag) <= len(s.text) && strings.EqualFold(s.text[name:name+len(tag)], tag) {
			if end := s.tagEnd(name + len(tag)); end > 0 {
				return end
			}
		}
		s.budget -= name - from // a body without its end is looked through once
		from = name
	}
}
