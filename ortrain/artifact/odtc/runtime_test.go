package odtc_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	flatbuffers "github.com/google/flatbuffers/go"
	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/artifact/odtc"
	"github.com/ortrain/ortrain/ortrain/onnx"
)

// This file checks both directions against other people's code: Google's
// FlatBuffers runtime, and checkpoints written by ONNX Runtime.

// view is a table read by Google's runtime, which does no checks.
type view struct{ flatbuffers.Table }

func (v view) at(id int) flatbuffers.UOffsetT {
	return flatbuffers.UOffsetT(v.Offset(flatbuffers.VOffsetT(4 + 2*id)))
}

func (v view) sub(id int) view {
	return view{flatbuffers.Table{Bytes: v.Bytes, Pos: v.Indirect(v.Pos + v.at(id))}}
}

func (v view) list(id int) (out []view) {
	start := v.Vector(v.at(id))
	for i := range v.VectorLen(v.at(id)) {
		out = append(out, view{flatbuffers.Table{Bytes: v.Bytes, Pos: v.Indirect(start + flatbuffers.UOffsetT(4*i))}})
	}
	return out
}

func (v view) str(id int) string { return string(v.ByteVector(v.at(id) + v.Pos)) }

func TestGoogleReadsWhatWeWrite(t *testing.T) {
	want := sample()
	b := write(t, want, odtc.Options{}).files[""]
	root := view{flatbuffers.Table{Bytes: b, Pos: flatbuffers.GetUOffsetT(b)}}
	if !flatbuffers.BufferHasIdentifier(b, odtc.Identifier) || root.GetInt32(root.Pos+root.at(0)) != 2 {
		t.Fatal("wrong identifier or version")
	}
	module := root.sub(1)
	if module.at(2) != 0 || module.at(3) != 0 {
		t.Error("flags that are false must be left out")
	}
	for i, list := range [][]odtc.Tensor{want.Trainable, want.Frozen} {
		for j, v := range module.list(i) {
			compareTensor(t, v, list[j])
		}
	}
	group := root.list(2)[0]
	if group.str(0) != "group0" || group.GetInt64(group.Pos+group.at(1)) != 1<<40 || group.GetFloat32(group.Pos+group.at(2)) != 5e-5 {
		t.Error("wrong optimizer group")
	}
	for j, s := range group.list(3) {
		if s.str(0) != want.Groups[0].States[j].Parameter {
			t.Errorf("state %d belongs to %q", j, s.str(0))
		}
		for k, m := range s.list(1) {
			compareTensor(t, m, want.Groups[0].States[j].Moments[k])
		}
	}
	ints := root.sub(3).list(0)
	if len(ints) != 2 || ints[0].str(0) != "epoch" || ints[0].GetInt64(ints[0].Pos+ints[0].at(1)) != -3 || ints[1].at(1) != 0 {
		t.Error("wrong properties")
	}
}

func compareTensor(t *testing.T, v view, want odtc.Tensor) {
	t.Helper()
	data, err := want.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var dims []int64
	start := v.Vector(v.at(2))
	for i := range v.VectorLen(v.at(2)) {
		dims = append(dims, v.GetInt64(start+flatbuffers.UOffsetT(8*i)))
	}
	raw := v.ByteVector(v.Pos + v.at(4))
	if v.str(0) != want.Name || !cmp.Equal(dims, want.Dims) || v.GetInt32(v.Pos+v.at(3)) != int32(want.DType) || string(raw) != string(data) {
		t.Errorf("tensor %q %v of %d bytes, want %q %v of %d", v.str(0), dims, len(raw), want.Name, want.Dims, len(data))
	}
	if v.Vector(v.at(4))%4 != 0 || start%8 != 0 || v.at(6) != 0 {
		t.Errorf("tensor %q: data at %d, shape at %d, external offset %v", want.Name, v.Vector(v.at(4)), start, v.at(6) != 0)
	}
}

// googleFile writes a checkpoint of one tensor with Google's builder. spoil may
// change the version or the fields.
func googleFile(version int32, raw []byte, dims ...int64) []byte {
	b := flatbuffers.NewBuilder(64)
	name := b.CreateString("w")
	data := b.CreateByteVector(raw)
	b.StartVector(8, len(dims), 8)
	for i := len(dims) - 1; i >= 0; i-- {
		b.PrependInt64(dims[i])
	}
	shape := b.EndVector(len(dims))
	b.StartObject(7)
	b.PrependUOffsetTSlot(0, name, 0)
	b.PrependUOffsetTSlot(2, shape, 0)
	b.PrependInt32Slot(3, int32(onnx.Float), 0)
	b.PrependUOffsetTSlot(4, data, 0)
	tensor := b.EndObject()
	b.StartVector(4, 1, 4)
	b.PrependUOffsetT(tensor)
	list := b.EndVector(1)
	b.StartVector(4, 0, 4)
	none := b.EndVector(0)
	b.StartObject(4)
	b.PrependUOffsetTSlot(0, list, 0)
	b.PrependUOffsetTSlot(1, none, 0)
	module := b.EndObject()
	b.StartObject(4)
	b.PrependInt32Slot(0, version, 0)
	b.PrependUOffsetTSlot(1, module, 0)
	b.FinishWithFileIdentifier(b.EndObject(), []byte(odtc.Identifier))
	return b.FinishedBytes()
}

func TestWeReadWhatGoogleWrites(t *testing.T) {
	raw := binary.LittleEndian.AppendUint32(nil, 0x3f800000)
	c, err := odtc.Read(odtc.Bytes(googleFile(2, raw, 1)), nil)
	if err != nil {
		t.Fatal(err)
	}
	v := make([]float32, 1)
	if err := c.Trainable[0].Float32(v); err != nil || v[0] != 1 || c.Trainable[0].Name != "w" {
		t.Errorf("%v, %v", v, err)
	}
	for _, tt := range []struct {
		name string
		file []byte
		want error
	}{
		{"old version", googleFile(1, raw, 1), odtc.ErrVersion},
		{"no version", googleFile(0, raw, 1), odtc.ErrVersion},
		{"wrong size", googleFile(2, raw, 2), odtc.ErrTensor},
		{"negative shape", googleFile(2, raw, -1), odtc.ErrTensor},
		{"empty", nil, odtc.ErrFormat},
		{"identifier only", []byte("\x08\x00\x00\x00ODTC"), odtc.ErrFormat},
		{"another file", []byte("\x08\x00\x00\x00ORTM\x00\x00\x00\x00"), odtc.ErrFormat},
	} {
		if _, err := odtc.Read(odtc.Bytes(tt.file), nil); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

// TestDamage cuts a file at every length and changes every byte: each reading
// must end with an error or a sound checkpoint.
func TestDamage(t *testing.T) {
	whole := write(t, sample(), odtc.Options{}).files[""]
	for n := range whole {
		if c, err := odtc.Read(odtc.Bytes(whole[:n]), nil); err == nil && n < len(whole)-8 {
			t.Errorf("cut at %d of %d: read %d tensors", n, len(whole), len(c.Trainable))
		}
	}
	for i := range whole {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			b := append([]byte(nil), whole...)
			b[i] ^= flip
			readAll(t, b)
		}
	}
}

func readAll(t *testing.T, b []byte) {
	t.Helper()
	c, err := odtc.Read(odtc.Bytes(b), nil)
	if err != nil {
		return
	}
	if err := c.Check(); err != nil {
		t.Errorf("reading let through: %v", err)
	}
	for _, list := range [][]odtc.Tensor{c.Trainable, c.Frozen} {
		for i := range list {
			if _, err := list[i].Bytes(); err != nil {
				t.Errorf("data of %q: %v", list[i].Name, err)
			}
		}
	}
}

// TestSharedOffsetsAreBounded reads a small file whose lists all point at one
// group, which would describe a million states.
func TestSharedOffsetsAreBounded(t *testing.T) {
	b := flatbuffers.NewBuilder(64)
	names := make([]flatbuffers.UOffsetT, 1000)
	for i := range names {
		names[i] = b.CreateString(strings.Repeat("n", i+1))
	}
	list := func(tables []flatbuffers.UOffsetT) flatbuffers.UOffsetT {
		b.StartVector(4, len(tables), 4)
		for _, t := range tables {
			b.PrependUOffsetT(t)
		}
		return b.EndVector(len(tables))
	}
	states := make([]flatbuffers.UOffsetT, len(names))
	for i, n := range names {
		b.StartObject(2)
		b.PrependUOffsetTSlot(0, n, 0)
		states[i] = b.EndObject()
	}
	all := list(states)
	groups := make([]flatbuffers.UOffsetT, len(names))
	for i, n := range names {
		b.StartObject(4)
		b.PrependUOffsetTSlot(0, n, 0)
		b.PrependUOffsetTSlot(3, all, 0)
		groups[i] = b.EndObject()
	}
	every := list(groups)
	b.StartObject(4)
	b.PrependInt32Slot(0, 2, 0)
	b.PrependUOffsetTSlot(2, every, 0)
	b.FinishWithFileIdentifier(b.EndObject(), []byte(odtc.Identifier))
	if _, err := odtc.Read(odtc.Bytes(b.FinishedBytes()), nil); !errors.Is(err, odtc.ErrFormat) || !strings.Contains(err.Error(), "over and over") {
		t.Errorf("got %v, want ErrFormat", err)
	}
}

// officialFiles lists the checkpoints in the shared test data.
func officialFiles(t *testing.T) []string {
	t.Helper()
	root := os.Getenv("ORTRAIN_SHARED")
	for dir := "."; root == ""; dir = filepath.Join(dir, "..") {
		abs, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(abs, "shared", "testdata")); err == nil {
			root = filepath.Join(abs, "shared")
		} else if filepath.Dir(abs) == abs {
			t.Skip("no shared test data: set ORTRAIN_SHARED to the folder that holds testdata/ort-artifacts")
		}
	}
	var files []string
	err := filepath.WalkDir(filepath.Join(root, "testdata", "ort-artifacts"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(d.Name(), "checkpoint") && !strings.HasSuffix(d.Name(), ".data") {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no checkpoints in testdata/ort-artifacts")
	}
	return files
}

func TestOfficialCheckpoints(t *testing.T) {
	for _, path := range officialFiles(t) {
		c, err := odtc.Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		states := 0
		for _, g := range c.Groups {
			states += len(g.States)
		}
		t.Logf("%s: %d trainable, %d frozen, %d groups, %d states, nominal %v", filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path),
			len(c.Trainable), len(c.Frozen), len(c.Groups), states, c.Nominal)
		if len(c.Trainable) == 0 {
			t.Errorf("%s: no trainable parameters", path)
		}
		s := write(t, c, odtc.Options{})
		again, err := odtc.Read(odtc.Bytes(s.files[""]), nil)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if diff := cmp.Diff(c, again, alike); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(googleFile(2, []byte{1, 2, 3, 4}, 1))
	s := &store{files: map[string][]byte{}}
	if err := odtc.Write(s.create, sample(), odtc.Options{}); err != nil {
		f.Fatal(err)
	}
	f.Add(s.files[""])
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := odtc.Read(odtc.Bytes(b), nil)
		if err != nil {
			return
		}
		s := write(t, c, odtc.Options{})
		again, err := odtc.Read(odtc.Bytes(s.files[""]), nil)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		for i := range c.Properties.Floats { // NaN differs from itself
			if c.Properties.Floats[i] != c.Properties.Floats[i] {
				return
			}
		}
		for _, g := range c.Groups {
			if g.InitialLearningRate != g.InitialLearningRate {
				return
			}
		}
		if diff := cmp.Diff(c, again, alike); diff != "" {
			t.Error(diff)
		}
	})
}
