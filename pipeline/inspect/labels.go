package inspect

import (
	"math"
	"strconv"
	"strings"

	"github.com/ortrain/ortrain/pipeline/sample"
)

// kindNames are what reports call the kinds of label.
var kindNames = map[sample.LabelKind]string{
	sample.NoLabel: "none", sample.ClassLabel: "class", sample.MultiLabel: "multi",
	sample.ValueLabel: "value", sample.TagLabel: "tags", sample.SpanLabel: "span",
}

// spread counts labels.
type spread struct {
	kind       sample.LabelKind
	counts     []int64
	total      int64 // what is labelled: rows, or words
	unlabelled int64
	// Values are summed up by Welford's rule, which keeps its digits.
	least, mean, most, squares float64
}

func newSpread(kind sample.LabelKind, classes int) spread {
	if kind == sample.SpanLabel {
		classes = 2
	}
	return spread{kind: kind, counts: make([]int64, classes)}
}

// add counts a label. Numbers beyond the classes are not counted.
func (s *spread) add(l sample.Label) {
	if l.Kind == sample.NoLabel {
		s.unlabelled++
		return
	}
	count := func(class int64) {
		if class >= 0 && class < int64(len(s.counts)) {
			s.counts[class]++
		}
	}
	switch l.Kind {
	case sample.ClassLabel:
		count(l.Int[0])
		s.total++
	case sample.MultiLabel:
		for class, v := range l.Float {
			if v > 0 {
				count(int64(class))
			}
		}
		s.total++
	case sample.TagLabel:
		for _, tag := range l.Int {
			if tag != sample.Ignore {
				count(tag)
				s.total++
			}
		}
	case sample.SpanLabel:
		none := int64(0)
		if l.Int[0] < 0 {
			none = 1
		}
		count(none)
		s.total++
	case sample.ValueLabel:
		v := float64(l.Float[0])
		s.merge(spread{total: 1, least: v, mean: v, most: v})
	}
}

// merge adds what another one has counted (Chan, Golub and LeVeque 1979, for
// the squares).
func (s *spread) merge(o spread) {
	for i, n := range o.counts {
		s.counts[i] += n
	}
	s.unlabelled += o.unlabelled
	if o.total == 0 {
		return
	}
	if s.total == 0 {
		s.least, s.most = o.least, o.most
	}
	s.least, s.most = min(s.least, o.least), max(s.most, o.most)
	a, b := float64(s.total), float64(o.total)
	by := o.mean - s.mean
	s.mean += by * b / (a + b)
	s.squares += o.squares + by*by*a*b/(a+b)
	s.total += o.total
}

func (s *spread) report(names []string) Labels {
	r := Labels{Kind: kindNames[s.kind], Unlabelled: s.unlabelled}
	if s.kind == sample.SpanLabel {
		names = []string{"answer", "no answer"}
	}
	for i, n := range s.counts {
		c := Class{Name: names[i], Count: n}
		if s.total > 0 {
			c.Share = float64(n) / float64(s.total)
		}
		r.Classes = append(r.Classes, c)
	}
	if s.kind == sample.ValueLabel && s.total > 0 {
		r.Values = &Values{Least: s.least, Mean: s.mean, Most: s.most, Deviation: math.Sqrt(s.squares / float64(s.total))}
	}
	return r
}

// labelText shows the label of an example; ex may be a view.
func labelText(ex *sample.Example, names []string) string {
	name := func(class int64) string {
		switch {
		case class == sample.Ignore:
			return "-"
		case class >= 0 && class < int64(len(names)):
			return names[class]
		}
		return strconv.FormatInt(class, 10)
	}
	var parts []string
	switch ex.Label.Kind {
	case sample.ClassLabel:
		return name(ex.Label.Int[0])
	case sample.MultiLabel:
		for class, v := range ex.Label.Float {
			if v > 0 {
				parts = append(parts, name(int64(class)))
			}
		}
		return strings.Join(parts, ", ")
	case sample.TagLabel:
		for _, tag := range ex.Label.Int {
			parts = append(parts, name(tag))
		}
		return excerpt(strings.Join(parts, " "))
	case sample.ValueLabel:
		return strconv.FormatFloat(float64(ex.Label.Float[0]), 'g', -1, 32)
	case sample.SpanLabel:
		text, from, to := ex.Text, ex.Label.Int[0], ex.Label.Int[1]
		if ex.HasPair {
			text = ex.Pair
		}
		if from >= 0 && to <= int64(len(text)) {
			return excerpt(text[from:to])
		}
	}
	return ""
}
