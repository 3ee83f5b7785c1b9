package ort_test

import (
	pw "google.golang.org/protobuf/encoding/protowire"
)

// A few lines of protobuf are all these tests need of the ONNX format.

func message(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func field(n pw.Number, parts ...[]byte) []byte {
	return pw.AppendBytes(pw.AppendTag(nil, n, pw.BytesType), message(parts...))
}

func text(n pw.Number, s string) []byte { return field(n, []byte(s)) }

func number(n pw.Number, v uint64) []byte {
	return pw.AppendVarint(pw.AppendTag(nil, n, pw.VarintType), v)
}

// node is a NodeProto in the default domain with one output, as GraphProto
// holds it.
func node(op, out string, in ...string) []byte {
	var inputs []byte
	for _, name := range in {
		inputs = append(inputs, text(1, name)...)
	}
	return field(1, inputs, text(2, out), text(4, op))
}

// port is a ValueInfoProto: dtype and dimensions, a string for a symbolic one.
func port(name string, dtype uint64, dims ...any) []byte {
	var shape []byte
	for _, d := range dims {
		switch d := d.(type) {
		case string:
			shape = append(shape, field(1, text(2, d))...)
		case int:
			shape = append(shape, field(1, number(1, uint64(d)))...)
		}
	}
	return message(text(1, name), field(2, field(1, number(1, dtype), field(2, shape))))
}

func input(name string, dtype uint64, dims ...any) []byte {
	return field(11, port(name, dtype, dims...))
}

func output(name string, dtype uint64, dims ...any) []byte {
	return field(12, port(name, dtype, dims...))
}

// model is a ModelProto of IR version 8, opset 17.
func model(graph ...[]byte) []byte {
	return message(number(1, 8), field(8, text(1, ""), number(2, 17)), field(7, message(graph...), text(2, "g")))
}

const (
	float = 1
	boole = 9
	i64   = 7
	half  = 10
)

// add computes z = x + y over [N,2].
func add() []byte {
	return model(node("Add", "z", "x", "y"), input("x", float, "N", 2), input("y", float, "N", 2), output("z", float, "N", 2))
}

// unary computes y = op(x).
func unary(op string, from, to uint64, dims ...any) []byte {
	return model(node(op, "y", "x"), input("x", from, dims...), output("y", to, dims...))
}

// nonZero has an output whose shape only the run tells.
func nonZero() []byte {
	return model(node("NonZero", "y", "x"), input("x", float, "N"), output("y", i64, 1, "K"))
}

// endless multiplies matrices for as long as n says: y = w·w·…·x.
func endless() []byte {
	body := message(
		node("MatMul", "next", "w", "state"), node("Identity", "again", "cond"), text(2, "body"),
		input("i", i64), input("cond", boole), input("state", float, "M", "M"),
		output("again", boole), output("next", float, "M", "M"))
	loop := field(1, text(1, "n"), text(1, ""), text(1, "x"), text(2, "y"), text(4, "Loop"),
		field(5, text(1, "body"), field(6, body), number(20, 5)))
	return model(loop, input("n", i64), input("w", float, "M", "M"), input("x", float, "M", "M"), output("y", float, "M", "M"))
}
