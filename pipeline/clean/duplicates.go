package clean

import (
	"github.com/zeebo/xxh3"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// rowsParam bounds what a step remembers.
var rowsParam = Param{
	Name: "rows", Default: 10_000_000, Min: 2,
	Doc: "how many distinct rows to remember, some 50 bytes each; of more, the oldest are forgotten",
}

var _ = register(Step{
	Name: "duplicates",
	Doc:  "drops rows whose text, pair and label came before",
	Params: []Param{
		{Name: "labels", Default: true, Doc: "rows with equal texts and unequal labels are no duplicates"},
		rowsParam,
	},
	New: func(a Args) (Op, error) {
		key, rows := textKey, a.Int("rows")
		if a.Bool("labels") {
			key = rowKey
		}
		return Op{Order: &Order{Key: key, Judge: func() func(string) bool {
			seen := remember[hash128, struct{}](rows)
			return func(key string) bool {
				k := hash128([]byte(key))
				if _, old := seen.get(k); old {
					return false
				}
				seen.put(k, struct{}{})
				return true
			}
		}}}, nil
	},
})

// rowKey appends the fingerprint of texts and label together.
func rowKey(dst []byte, ex *sample.Example) []byte {
	var buf [32]byte
	sum := xxh3.Hash128(labelKey(textKey(buf[:0], ex), ex)).Bytes()
	return append(dst, sum[:]...)
}
