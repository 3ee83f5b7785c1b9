package ref

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

// Errors that callers branch on.
var (
	// ErrNoOp means that the table has no such operator and the model no such
	// function.
	ErrNoOp = errors.New("operator is not implemented")
	// ErrInput means that tensors or attributes are not what the operator needs.
	ErrInput = errors.New("inputs do not fit")
	// ErrLimit means that a tensor or the whole run exceeds the Options' bounds.
	ErrLimit = errors.New("evaluation is too large")
	// ErrRandom means that a node draws random numbers and Options name none.
	ErrRandom = errors.New("random numbers are needed")
)

// Func computes the outputs of one node; trailing outputs that the node does
// not ask for are ignored. Its inputs have been checked against the operator's
// signature.
type Func func(c *Call) ([]*Tensor, error)

type key struct{ domain, op string }

type operator struct {
	inputs []param
	run    Func
}

// param is what a signature says of one input.
type param struct {
	kind     byte // one of those that kinds lists
	optional bool
	variadic bool
}

// kinds names the kinds of input. Inputs of kind T, N and F agree on their
// element type.
var kinds = map[string]byte{
	"T": 'T', "N": 'N', "F": 'F',
	"any": 'a', "number": 'n', "float": 'f', "int": 'i', "bool": 'b',
}

var kindNames = map[byte]string{
	'T': "any type", 'a': "any type", 'N': "a number type", 'n': "a number type",
	'F': "a float type", 'f': "a float type", 'i': "an integer type", 'b': "bool",
}

var table = map[key]operator{}

// register adds an operator; it runs while the package loads, and the table is
// never written afterwards. The signature lists the kinds of the inputs:
// T (any type), N (number), F (float), which agree among themselves, and any,
// number, float, int, bool, which need not; with "?" when the input may be
// omitted and "..." when the last may be repeated.
func register(domain, op, signature string, run Func) struct{} {
	k := key{domain, op}
	if _, twice := table[k]; twice {
		panic("ref: two operators called " + domain + "." + op)
	}
	o := operator{run: run}
	for _, word := range strings.Fields(signature) {
		var p param
		word, p.variadic = strings.CutSuffix(word, "...")
		word, p.optional = strings.CutSuffix(word, "?")
		kind, ok := kinds[word]
		if !ok {
			panic("ref: signature of " + op + ": " + word)
		}
		p.kind = kind
		o.inputs = append(o.inputs, p)
	}
	table[k] = o
	return struct{}{}
}

// Has reports whether the table holds an operator.
func Has(domain, op string) bool {
	_, ok := table[key{domain, op}]
	return ok
}

// check holds the inputs of a call against the signature.
func (o operator) check(in []*Tensor) error {
	shared := make(map[byte]onnx.DType)
	for i, p := range o.inputs {
		if p.variadic {
			if len(in) < i+1 {
				return fmt.Errorf("at least %d inputs are needed: %w", i+1, ErrInput)
			}
			for k := i; k < len(in); k++ {
				if err := p.check(k, in[k], shared); err != nil {
					return err
				}
			}
			return nil
		}
		var t *Tensor
		if i < len(in) {
			t = in[i]
		}
		if err := p.check(i, t, shared); err != nil {
			return err
		}
	}
	if len(in) > len(o.inputs) {
		return fmt.Errorf("%d inputs; at most %d are expected: %w", len(in), len(o.inputs), ErrInput)
	}
	return nil
}

func (p param) check(i int, t *Tensor, shared map[byte]onnx.DType) error {
	if t == nil {
		if p.optional {
			return nil
		}
		return fmt.Errorf("input %d is omitted: %w", i, ErrInput)
	}
	ok := true
	switch p.kind {
	case 'N', 'n':
		ok = t.DType != onnx.Bool
	case 'F', 'f':
		ok = t.DType.IsFloat()
	case 'i':
		ok = !t.DType.IsFloat() && t.DType != onnx.Bool
	case 'b':
		ok = t.DType == onnx.Bool
	}
	if !ok {
		return fmt.Errorf("input %d is %s; %s is needed: %w", i, t, kindNames[p.kind], ErrInput)
	}
	switch p.kind {
	case 'T', 'N', 'F':
		if d, seen := shared[p.kind]; seen && d != t.DType {
			return fmt.Errorf("input %d is %s; %s is needed: %w", i, t, d, ErrInput)
		}
		shared[p.kind] = t.DType
	}
	return nil
}
