package ops

import (
	"slices"
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// calendar are names that stand for one another.
var calendar = [][]string{
	strings.Fields("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
	strings.Fields("Mon Tue Wed Thu Fri Sat Sun"),
	strings.Fields("January February March April May June July August September October November December"),
	strings.Fields("Jan Feb Mar Apr Jun Jul Aug Sep Oct Nov Dec"),
	strings.Fields("星期一 星期二 星期三 星期四 星期五 星期六 星期日"),
	strings.Fields("周一 周二 周三 周四 周五 周六 周日"),
}

// twoDigits are 01 to 31.
var twoDigits = func() (out []string) {
	for n := 1; n <= 31; n++ {
		out = append(out, digits[n/10]+digits[n%10])
	}
	return out
}()

var _ = register(augment.Spec{
	Name: "date", Doc: "puts other days and months for those of dates: names, and YYYY-MM-DD",
	Params: []augment.Param{often}, Languages: all, Laws: respells,
	Harms:   []augment.Harm{changesMeaning, changesFacts},
	Samples: []augment.Sample{{Text: "We met on Monday, 2024-05-17, and again in March", Params: map[string]any{"rate": 1.0}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		names := make(map[string][]string)
		for _, list := range calendar {
			for _, name := range list {
				names[name] = list
			}
		}
		rate := s.Float("rate")
		return augment.Func(func(t *augment.Text, r *random.Stream) {
			share := t.Rate(rate)
			if share <= 0 {
				return
			}
			for i := range t.Len() {
				if !t.Free(i) {
					continue
				}
				if list := names[t.Word(i)]; list != nil {
					if chance(r, share) {
						t.Replace(i, other(list, t.Word(i), r))
					}
				} else if iso(t, i) && chance(r, share) {
					t.Replace(i+1, twoDigits[r.IntN(12)])
					t.Replace(i+2, twoDigits[r.IntN(28)])
				}
			}
		}), nil
	},
})

// other draws a member of a list that is not w.
func other(list []string, w string, r *random.Stream) string {
	at := slices.Index(list, w)
	if len(list) < 2 || at < 0 {
		return w
	}
	k := r.IntN(len(list) - 1)
	if k >= at {
		k++
	}
	return list[k]
}

// iso reports whether a date such as 2024-05-17 begins with word i.
func iso(t *augment.Text, i int) bool {
	if i+2 >= t.Len() || !t.Free(i+1) || !t.Free(i+2) {
		return false
	}
	for k, size := range []int{4, 2, 2} {
		w := t.Word(i + k)
		if len(w) != size || !numeral(w) || strings.ContainsAny(w, ".,") {
			return false
		}
		if k > 0 && t.String()[t.Range(i+k-1).End:t.Range(i+k).Start] != "-" {
			return false
		}
	}
	return true
}
