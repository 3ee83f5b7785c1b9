// Package wire reads and writes ONNX files.
//
// Nouns: Decode and Encode turn bytes into an onnx.Model and back; ReadFile and
// WriteFile do the same with files and know about tensor data that lies in a
// second file beside the model (external data); LoadExternal brings such data
// in. Options are the knobs of the file functions.
//
// Path: bytes → fields → values linked by name within their scopes →
// Model.Check. Tensor data is not copied: Tensor.Raw is a window on the bytes
// that were decoded. Data in a typed field (float_data, int32_data, …) becomes
// raw_data; that, the dropped value_info of names that nothing defines, the
// order of value_info and opset imports, "ai.onnx" written as "" and one entry
// per opset domain (of several the last counts, as in ONNX Runtime) are the
// whole normalisation: a file that Encode wrote comes back byte for byte.
// Fields that onnx.Model does not model (training_info, quantization
// annotations, device configurations, fields of later IR versions) are carried
// along as bytes.
//
// Errors: everything wrong with a file is an *Error with the byte offset and
// the path of the field, wrapping onnx.ErrInvalid. Nothing panics on outside
// input, nesting is bounded, and what Decode allocates is bounded by a constant
// number of bytes per byte of input.
//
// All functions may be called concurrently on different models. The package
// does not interpret operators, run models or follow URLs.
package wire
