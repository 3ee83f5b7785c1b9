package wire_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/onnx"
	"github.com/ortrain/ortrain/ortrain/onnx/onnxtest"
	"github.com/ortrain/ortrain/ortrain/onnx/wire"
)

// weights is a model with two initializers, one of them large.
func weights(t testing.TB) *onnx.Model {
	m := onnxtest.MustParse(t, `<ir_version: 9, opset_import: ["" : 17]>
		g (float[2] x) => (float[2] y) <float[2] small = {1, 2}> { a = Add (x, small) y = Add (a, small) }`)
	data := make([]float32, 2048)
	for i := range data {
		data[i] = float32(i)
	}
	large := onnx.NewTensor([]int64{1024, 2}, data...)
	large.Name = "large"
	v := &onnx.Value{Name: "large", Type: large.Type(), Init: large}
	m.Graph.Nodes[1].Inputs[1] = v
	m.Graph.Initializers = append(m.Graph.Initializers, v)
	if err := m.Check(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExternalData(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.onnx")
	m := weights(t)
	for name, o := range map[string]wire.Options{
		"by threshold": {ExternalThreshold: 1024},
		"by limit":     {InlineLimit: 4096, ExternalName: "w.bin"},
	} {
		if err := wire.WriteFile(path, m, o); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		lazy, err := wire.ReadFile(path, wire.Options{Lazy: true})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		large := lazy.Graph.Initializer("large").Init
		if large.External == nil || large.External.Offset%4096 != 0 || lazy.Graph.Initializer("small").Init.External != nil {
			t.Errorf("%s: large lies at %+v; want a page of its own in a file, and small inside", name, large.External)
		}
		if err := wire.LoadTensor(large, dir); err != nil || !bytes.Equal(large.Raw, m.Graph.Initializer("large").Init.Raw) {
			t.Errorf("%s: loading one tensor: %v", name, err)
		}
		back, err := wire.ReadFile(path, wire.Options{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		onnxtest.Equal(t, back, m)
	}
	if err := wire.WriteFile(path, m, wire.Options{ExternalName: "../w.bin", ExternalThreshold: 1}); err == nil {
		t.Error("external data was written outside the folder")
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary files stay: %v, %v", left, err)
	}
}

// Data outside the model's folder is never read, whichever way it is named.
func TestExternalDataOutsideIsRefused(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "model")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(outer, "secret.bin")
	if err := os.WriteFile(secret, make([]byte, 8192), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "link.bin")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outer, filepath.Join(dir, "folder")); err != nil {
		t.Fatal(err)
	}
	for _, location := range []string{"../secret.bin", secret, "a/../../secret.bin", `..\secret.bin`, "link.bin", "folder/secret.bin", "", ".", "missing.bin"} {
		m := weights(t)
		large := m.Graph.Initializer("large").Init
		large.Raw, large.External = nil, &onnx.External{Location: location, Length: -1}
		if err := wire.LoadExternal(m, dir); !errors.Is(err, onnx.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", location, err)
		}
		if large.External == nil || large.Raw != nil {
			t.Errorf("%q: the tensor changed", location)
		}
	}
}

func TestExternalDataThatDoesNotFit(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "w.bin"), make([]byte, 8192), 0o644); err != nil {
		t.Fatal(err)
	}
	for what, e := range map[string]onnx.External{
		"too short":        {Location: "w.bin", Offset: 1, Length: -1},
		"negative offset":  {Location: "w.bin", Offset: -1, Length: -1},
		"wrong length":     {Location: "w.bin", Length: 100},
		"offset past end":  {Location: "w.bin", Offset: 1 << 62, Length: -1},
		"is a folder":      {Location: "sub", Length: -1},
		"length past what": {Location: "w.bin", Length: 1 << 62},
	} {
		if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
		m := weights(t)
		large := m.Graph.Initializer("large").Init
		large.Raw, large.External = nil, &e
		if err := wire.LoadExternal(m, dir); !errors.Is(err, onnx.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", what, err)
		}
	}
}

func TestFilesThatAreNoModels(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.onnx")
	if err := os.WriteFile(text, []byte("this is no model at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty.onnx")
	if err := os.WriteFile(empty, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, empty, dir} {
		if _, err := wire.ReadFile(path, wire.Options{}); !errors.Is(err, onnx.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", filepath.Base(path), err)
		}
	}
	_, err := wire.ReadFile(filepath.Join(dir, "missing.onnx"), wire.Options{})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "missing.onnx") {
		t.Errorf("got %v, want ErrNotExist with the name", err)
	}
}

// A failed write leaves the old file as it was.
func TestWriteFileIsWholeOrNot(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "m.onnx")
	if err := wire.WriteFile(path, onnxtest.Random(1), wire.Options{}); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := weights(t)
	broken.Graph.Nodes[0].Op = ""
	if err := wire.WriteFile(path, broken, wire.Options{}); !errors.Is(err, onnx.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	unloaded := weights(t)
	large := unloaded.Graph.Initializer("large").Init
	large.Raw, large.External = nil, &onnx.External{Location: "elsewhere.bin", Length: -1}
	if err := wire.WriteFile(path, unloaded, wire.Options{}); err == nil {
		t.Error("a reference to data that is not there was written")
	}
	if err := wire.WriteFile(path, weights(t), wire.Options{InlineLimit: 10}); !errors.Is(err, wire.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the old file changed: %v", err)
	}
}
