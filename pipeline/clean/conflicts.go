package clean

import (
	"github.com/ortrain/ortrain/pipeline/sample"
)

// Which of two labels is right nobody knows here; to drop both, a second pass
// over the data would be needed.
var _ = register(Step{
	Name:   "conflicts",
	Doc:    "drops rows whose text and pair came before with another label",
	Params: []Param{rowsParam},
	New: func(a Args) (Op, error) {
		rows := a.Int("rows")
		key := func(dst []byte, ex *sample.Example) []byte { return labelKey(textKey(dst, ex), ex) }
		return Op{Order: &Order{Key: key, Judge: func() func(string) bool {
			labels := remember[hash128, hash128](rows)
			return func(key string) bool {
				text, label := hash128([]byte(key[:16])), hash128([]byte(key[16:]))
				if was, ok := labels.get(text); ok {
					return was == label
				}
				labels.put(text, label)
				return true
			}
		}}}, nil
	},
})
