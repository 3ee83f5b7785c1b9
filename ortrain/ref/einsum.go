package ref

import (
	"fmt"
	"slices"
	"strings"
)

// Einsum-12: the sum of products that the equation describes. An ellipsis is
// not supported.
var _ = register("", "Einsum", "N...", func(c *Call) ([]*Tensor, error) {
	terms, result, err := einsumTerms(c.Node.Str("equation", ""), len(c.in))
	if err != nil {
		return nil, err
	}
	letters, sizes, err := einsumSizes(terms, result, c.in)
	if err != nil {
		return nil, err
	}
	out, err := c.New(c.In(0).DType, sizes[:len(result)])
	if err != nil {
		return nil, err
	}
	total, err := count(sizes)
	if err != nil {
		return nil, err
	}
	if err := c.spend(bounded(total, int64(len(terms)))); err != nil {
		return nil, err
	}
	steps := make([][]int64, len(terms)) // of each term, per letter
	for i, term := range terms {
		steps[i] = make([]int64, len(letters))
		own := stretched(c.in[i].Dims)
		for k, letter := range term {
			steps[i][strings.IndexRune(letters, letter)] += own[k]
		}
	}
	outSteps := slices.Concat(strides(out.Dims), make([]int64, len(letters)-len(result)))
	walk(sizes, func(_ int, at []int64) {
		k := offset(at, outSteps)
		f, n := 1.0, int64(1)
		for i, t := range c.in {
			if j := offset(at, steps[i]); t.F != nil {
				f *= t.F[j]
			} else {
				n *= t.I[j]
			}
		}
		if out.F != nil {
			out.F[k] += f
		} else {
			out.I[k] = wrap(out.DType, out.I[k]+n)
		}
	})
	return one(out, nil)
})

// einsumTerms splits an equation into the letters of each input and of the
// output.
func einsumTerms(equation string, inputs int) (terms []string, result string, err error) {
	equation = strings.ReplaceAll(equation, " ", "")
	left, result, explicit := strings.Cut(equation, "->")
	terms = strings.Split(left, ",")
	if len(terms) != inputs {
		return nil, "", fmt.Errorf("equation %q has %d terms for %d inputs: %w", equation, len(terms), inputs, ErrInput)
	}
	all := strings.Join(terms, "")
	if !explicit {
		var once []rune
		for _, letter := range all {
			if strings.Count(all, string(letter)) == 1 {
				once = append(once, letter)
			}
		}
		slices.Sort(once)
		result = string(once)
	}
	for i, letter := range all + result {
		switch {
		case (letter < 'a' || letter > 'z') && (letter < 'A' || letter > 'Z'):
			return nil, "", fmt.Errorf("equation %q: %q is not supported: %w", equation, letter, ErrInput)
		case i >= len(all) && (!strings.ContainsRune(all, letter) || strings.Count(result, string(letter)) > 1):
			return nil, "", fmt.Errorf("equation %q: index %c of the output: %w", equation, letter, ErrInput)
		}
	}
	return terms, result, nil
}

// einsumSizes lists all letters, those of the output first, with their sizes.
func einsumSizes(terms []string, result string, in []*Tensor) (letters string, sizes []int64, err error) {
	letters = result
	size := make(map[rune]int64)
	for i, term := range terms {
		if len(term) != len(in[i].Dims) {
			return "", nil, fmt.Errorf("term %q for %s: %w", term, in[i], ErrInput)
		}
		for k, letter := range term {
			if !strings.ContainsRune(letters, letter) {
				letters += string(letter)
			}
			d := in[i].Dims[k]
			if old, seen := size[letter]; seen && old != 1 && d != 1 && old != d {
				return "", nil, fmt.Errorf("index %c is %d and %d: %w", letter, old, d, ErrInput)
			} else if !seen || old == 1 {
				size[letter] = d
			}
		}
	}
	for _, letter := range letters {
		sizes = append(sizes, size[letter])
	}
	return letters, sizes, nil
}
