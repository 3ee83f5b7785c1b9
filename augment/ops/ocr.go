package ops

import (
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// confusions are strings that text recognition takes for one another: any of a
// line for any other.
var confusions = strings.Fields(`
	0,O,o,D,Q 1,l,I,i 2,Z,z 5,S,s 6,b,G 8,B 9,g,q
	rn,m,nn cl,d vv,w li,h ri,n c,e,o u,v,ii t,f,r a,o E,F C,G P,R M,N`)

// lookalikes maps each string to those it is taken for.
func lookalikes() (single, double map[string][]string) {
	single, double = make(map[string][]string), make(map[string][]string)
	for _, line := range confusions {
		group := strings.Split(line, ",")
		for _, a := range group {
			into := single
			if len(a) == 2 {
				into = double
			}
			for _, b := range group {
				if a != b {
					into[a] = append(into[a], b)
				}
			}
		}
	}
	return single, double
}

var _ = register(augment.Spec{
	Name: "ocr", Doc: "misreads one letter of a word, or two, as text recognition does (0 and O, rn and m)",
	Params: []augment.Param{augment.Rate(0.1)}, Languages: all, Laws: respells,
	Harms:   []augment.Harm{breaksGrammar},
	Samples: []augment.Sample{{Text: "the modern actors looked tired in 2019", Params: map[string]any{"rate": 0.5}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		single, double := lookalikes()
		return wordwise(s.Float("rate"), func(t *augment.Text, i int, r *random.Stream) bool {
			w, start := t.Word(i), t.Range(i).Start
			places := 0
			for at := range len(w) {
				places += len(single[w[at:at+1]])
				if at+2 <= len(w) {
					places += len(double[w[at:at+2]])
				}
			}
			if places == 0 {
				return false
			}
			k := r.IntN(places)
			for at := range len(w) {
				for size, table := range []map[string][]string{single, double} {
					end := at + size + 1
					if end > len(w) {
						continue
					}
					with := table[w[at:end]]
					if k < len(with) {
						t.Edit(start+at, start+end, with[k])
						return true
					}
					k -= len(with)
				}
			}
			return false
		}), nil
	},
})
