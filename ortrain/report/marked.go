package report

import (
	"html/template"
	"strings"
)

// marked shows a text with the words that are not in the other one marked: by
// the longest common subsequence of words.
func marked(p Pair) template.HTML {
	before, after := strings.Fields(shorten(p.Before)), strings.Fields(shorten(p.After))
	common := lcs(before, after)
	var b strings.Builder
	i, j := 0, 0
	put := func(tag, word string) {
		b.WriteString("<" + tag + ">" + template.HTMLEscapeString(word) + "</" + tag + "> ")
	}
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			b.WriteString(template.HTMLEscapeString(before[i]) + " ")
			i, j = i+1, j+1
		case j == len(after) || i < len(before) && common[i+1][j] >= common[i][j+1]:
			put("del", before[i])
			i++
		default:
			put("ins", after[j])
			j++
		}
	}
	return template.HTML(strings.TrimSpace(b.String())) //nolint:gosec // every word is escaped above
}

// lcs[i][j] is the length of the longest common subsequence of a[i:] and b[j:].
func lcs(a, b []string) [][]int {
	n := make([][]int, len(a)+1)
	for i := range n {
		n[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				n[i][j] = n[i+1][j+1] + 1
			} else {
				n[i][j] = max(n[i+1][j], n[i][j+1])
			}
		}
	}
	return n
}
