package clean

import (
	"unicode/utf8"

	"github.com/ortrain/ortrain/pipeline/edit"
)

var _ = register(Step{
	Name: "repeats",
	Doc:  "shortens runs of one letter or mark (sooooo, !!!!!); digits stay",
	Params: []Param{
		{Name: "max", Default: 3, Min: 1, Doc: "longest run left"},
		{Name: "of", Default: "all", Choices: []string{"all", "letters", "marks"}, Doc: "what may not be repeated"},
	},
	Laws: Laws{Idempotent: true, Local: true},
	New: func(a Args) (Op, error) {
		most := a.Int("max")
		of := map[string]class{"all": letter | punct | symbol, "letters": letter, "marks": punct | symbol}[a.String("of")]
		return Op{Edit: func(list edit.List, in Input) edit.List { return shorten(list, in.Text, most, of) }}, nil
	},
})

func shorten(list edit.List, text string, most int, of class) edit.List {
	for i := 0; i < len(text); {
		r, n := at(text, i)
		end := i + n
		if r < utf8.RuneSelf {
			for end < len(text) && text[end] == text[i] {
				end++
			}
		} else {
			for end+n <= len(text) && text[end:end+n] == text[i:i+n] {
				end += n
			}
		}
		if keep := i + most*n; end > keep && classOf(r)&of != 0 {
			list = cut(list, keep, end, "")
		}
		i = end
	}
	return list
}
