package infer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// einsum knows the shape of equations without an ellipsis.
func einsum(c *Context) error {
	equation := strings.ReplaceAll(c.Node.Str("equation", ""), " ", "")
	if strings.Contains(equation, ".") {
		c.SetTensor(0, c.In(0).DType, nil)
		return nil
	}
	left, right, explicit := strings.Cut(equation, "->")
	terms := strings.Split(left, ",")
	if len(terms) != len(c.Node.Inputs) {
		return fmt.Errorf("equation %q has %d terms: %w", equation, len(terms), ErrShape)
	}
	size := make(map[rune]onnx.Dim)
	for i, term := range terms {
		s := c.Shape(i)
		if s == nil {
			c.SetTensor(0, c.In(0).DType, nil)
			return nil
		}
		if len(term) != len(s) {
			return fmt.Errorf("term %q for rank %d: %w", term, len(s), ErrShape)
		}
		for k, letter := range term {
			d, seen := size[letter]
			if !seen {
				d = onnx.Fixed(1)
			}
			m, err := broadcastDim(d, s[k])
			if err != nil {
				return fmt.Errorf("index %c: %w", letter, err)
			}
			size[letter] = m
		}
	}
	if !explicit {
		right = implicitOutput(left)
	}
	out := onnx.Shape{}
	for _, letter := range right {
		d, ok := size[letter]
		if !ok {
			return fmt.Errorf("index %c of the output is in no input: %w", letter, ErrShape)
		}
		out = append(out, d)
	}
	c.SetTensor(0, c.In(0).DType, out)
	return nil
}

// implicitOutput lists the letters that occur once, in alphabetical order.
func implicitOutput(left string) string {
	var once []rune
	for _, letter := range left {
		if letter != ',' && strings.Count(left, string(letter)) == 1 {
			once = append(once, letter)
		}
	}
	slices.Sort(once)
	return string(once)
}

var _ = register("", "Einsum", einsum)
