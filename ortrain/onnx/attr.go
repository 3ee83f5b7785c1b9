package onnx

// AttrKind says which field of an Attr is meaningful. Its numbers are those of
// ONNX AttributeProto.AttributeType.
type AttrKind int32

// The kinds of attribute.
const (
	AttrUndefined     AttrKind = 0
	AttrFloat         AttrKind = 1
	AttrInt           AttrKind = 2
	AttrString        AttrKind = 3
	AttrTensor        AttrKind = 4
	AttrGraph         AttrKind = 5
	AttrFloats        AttrKind = 6
	AttrInts          AttrKind = 7
	AttrStrings       AttrKind = 8
	AttrTensors       AttrKind = 9
	AttrGraphs        AttrKind = 10
	AttrSparseTensor  AttrKind = 11
	AttrSparseTensors AttrKind = 12
	AttrType          AttrKind = 13
	AttrTypes         AttrKind = 14
)

// Attr is a named constant of a node.
type Attr struct {
	Name string
	Kind AttrKind
	// Ref names the function attribute that supplies the value; only nodes of a
	// function body have it.
	Ref string
	Doc string

	Float   float32
	Int     int64
	Str     string
	Tensor  *Tensor
	Graph   *Graph
	Floats  []float32
	Ints    []int64
	Strs    []string
	Tensors []*Tensor
	Graphs  []*Graph
	Type    *Type
	Types   []Type
	// Sparse holds sparse tensors (values, indices, dims); ortrain keeps them
	// and does not compute with them.
	Sparse []*SparseTensor
	Extra  []byte
}

// SparseTensor is a tensor given by its non-zero elements.
type SparseTensor struct {
	Values, Indices *Tensor
	Dims            []int64
}

// IntAttr returns an integer attribute.
func IntAttr(name string, v int64) Attr { return Attr{Name: name, Kind: AttrInt, Int: v} }

// FloatAttr returns a float attribute.
func FloatAttr(name string, v float32) Attr { return Attr{Name: name, Kind: AttrFloat, Float: v} }

// StringAttr returns a string attribute.
func StringAttr(name, v string) Attr { return Attr{Name: name, Kind: AttrString, Str: v} }

// IntsAttr returns an attribute that holds a list of integers.
func IntsAttr(name string, v ...int64) Attr { return Attr{Name: name, Kind: AttrInts, Ints: v} }

// TensorAttr returns a tensor attribute.
func TensorAttr(name string, t *Tensor) Attr { return Attr{Name: name, Kind: AttrTensor, Tensor: t} }

// RefAttr returns an attribute of a function body's node whose value is the
// attribute ref of the function.
func RefAttr(name string, kind AttrKind, ref string) Attr {
	return Attr{Name: name, Kind: kind, Ref: ref}
}
