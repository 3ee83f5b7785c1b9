package clean

import (
	"github.com/ortrain/ortrain/pipeline/edit"
)

const (
	wideFirst, wideLast = '！', '～' // U+FF01 to U+FF5E mirror ASCII
	wideSpace           = '\u3000'
)

var _ = register(Step{
	Name: "width",
	Doc:  "turns full-width letters, digits, punctuation and spaces into ASCII",
	Laws: Laws{Idempotent: true, Local: true},
	New: func(Args) (Op, error) {
		return Op{Needs: Beyond, Edit: func(list edit.List, in Input) edit.List {
			text := in.Text
			for i := 0; i < len(text); i++ {
				// All of them are three bytes that begin with 0xE3 or 0xEF.
				if text[i] != 0xE3 && text[i] != 0xEF {
					continue
				}
				r, n := at(text, i)
				switch {
				case r == wideSpace:
					list = cut(list, i, i+n, " ")
				case r >= wideFirst && r <= wideLast:
					list = cut(list, i, i+n, single[r-wideFirst+'!'])
				}
			}
			return list
		}}, nil
	},
})
