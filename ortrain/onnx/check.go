package onnx

// Check will state the invariants of a model; for now it accepts everything.
func (m *Model) Check() error { return nil }
