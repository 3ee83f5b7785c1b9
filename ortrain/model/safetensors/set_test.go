package safetensors_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
)

// folder writes shards of one F32 tensor each, named as the map says, and the
// index text.
func folder(t *testing.T, shards map[string]string, index string) string {
	t.Helper()
	dir := t.TempDir()
	for shard, tensor := range shards {
		path := filepath.Join(dir, shard)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		err := safetensors.WriteFile(disk.OS(), path, []safetensors.Tensor{
			{Name: tensor, DType: safetensors.F32, Floats: []float32{float32(len(tensor))}},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	if index != "" {
		if err := os.WriteFile(filepath.Join(dir, safetensors.IndexName), []byte(index), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestShards(t *testing.T) {
	dir := folder(t, map[string]string{"1.safetensors": "a", "sub/2.safetensors": "bb"},
		`{"metadata":{"total_size":8},"weight_map":{"a":"1.safetensors","bb":"sub/2.safetensors"}}`)
	set, err := safetensors.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if n := len(set.Infos()); n != 2 {
		t.Errorf("%d tensors, want 2", n)
	}
	v := make([]float32, 1)
	for _, name := range []string{"a", "bb"} {
		if err := set.ReadFloat32(name, v); err != nil || v[0] != float32(len(name)) {
			t.Errorf("%s = %v, %v", name, v, err)
		}
	}
	if err := set.ReadFloat32("c", v); !errors.Is(err, safetensors.ErrNotFound) {
		t.Errorf("missing tensor: %v", err)
	}
	if _, err := set.Section("c"); !errors.Is(err, safetensors.ErrNotFound) {
		t.Errorf("missing tensor: %v", err)
	}
	if _, ok := set.Lookup("c"); ok {
		t.Error("found a tensor that is not there")
	}
}

func TestShardFaults(t *testing.T) {
	one := map[string]string{"1.safetensors": "a"}
	tests := []struct {
		name   string
		shards map[string]string
		index  string
		want   error
		text   string
	}{
		{"no weights", nil, "", safetensors.ErrNotFound, "model.safetensors.index.json"},
		{"not JSON", one, `{`, safetensors.ErrIndex, "index.json"},
		{"no map", one, `{"metadata":{}}`, safetensors.ErrIndex, "weight_map"},
		{"parent folder", one, `{"weight_map":{"a":"../1.safetensors"}}`, safetensors.ErrIndex, "../1.safetensors"},
		{"deep escape", one, `{"weight_map":{"a":"x/../../1.safetensors"}}`, safetensors.ErrIndex, "inside"},
		{"absolute", one, `{"weight_map":{"a":"/etc/passwd"}}`, safetensors.ErrIndex, "/etc/passwd"},
		{"missing shard", one, `{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}`, safetensors.ErrIndex, "2.safetensors"},
		{"tensor elsewhere", one, `{"weight_map":{"b":"1.safetensors"}}`, safetensors.ErrIndex, `"b"`},
		{"a file beside the index", map[string]string{"1.safetensors": "a", "2.safetensors": "a"},
			`{"weight_map":{"a":"1.safetensors"}}`, nil, ""},
	}
	for _, tt := range tests {
		set, err := safetensors.OpenFolder(folder(t, tt.shards, tt.index))
		if tt.want == nil {
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
				continue
			}
			set.Close()
			continue
		}
		if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: got %v, want %v with %q", tt.name, err, tt.want, tt.text)
		}
	}
}

func TestTensorInTwoShards(t *testing.T) {
	dir := folder(t, map[string]string{"1.safetensors": "a"}, "")
	err := safetensors.WriteFile(disk.OS(), filepath.Join(dir, "2.safetensors"), []safetensors.Tensor{
		{Name: "a", DType: safetensors.F32, Floats: []float32{1}},
		{Name: "b", DType: safetensors.F32, Floats: []float32{1}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	index := filepath.Join(dir, safetensors.IndexName)
	if err := os.WriteFile(index, []byte(`{"weight_map":{"a":"1.safetensors","b":"2.safetensors"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := safetensors.OpenIndex(index); !errors.Is(err, safetensors.ErrDuplicate) {
		t.Errorf("got %v, want ErrDuplicate", err)
	}
}

func TestBrokenFileIsNotMistakenForAMissingOne(t *testing.T) {
	dir := folder(t, map[string]string{"1.safetensors": "a"}, `{"weight_map":{"a":"1.safetensors"}}`)
	if err := os.WriteFile(filepath.Join(dir, safetensors.FileName), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := safetensors.OpenFolder(dir); !errors.Is(err, safetensors.ErrHeader) {
		t.Errorf("got %v, want ErrHeader", err)
	}
	if _, err := safetensors.OpenIndex(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want a missing file", err)
	}
}
