package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/ortrain/ortrain/ortrain/onnx"
)

const (
	// defaultThreshold is the size from which tensors leave a model that is too
	// large for one file.
	defaultThreshold = 1024
	// externalAlign is where tensors may start in an external file: at a page,
	// so that a runtime can map them.
	externalAlign = 4096
)

// Options change how files are read and written. The zero value is right for
// most uses.
type Options struct {
	// Lazy makes ReadFile leave external data where it is; see LoadExternal and
	// LoadTensor.
	Lazy bool
	// ExternalThreshold makes WriteFile put initializers of at least so many
	// bytes into a file beside the model. With 0 it does so only for a model
	// above InlineLimit, from 1024 bytes on.
	ExternalThreshold int64
	// InlineLimit is the largest model file that WriteFile writes, in bytes. 0
	// means 2 GiB - 1, where protocol buffers end.
	InlineLimit int64
	// ExternalName is the name of the file beside the model; "" means the
	// model's with ".data" appended.
	ExternalName string
}

// ReadFile reads a model and, unless o.Lazy, the external data in its folder.
// Errors are those of Decode, LoadExternal and the file system.
func ReadFile(path string, o Options) (*onnx.Model, error) {
	data, err := readAll(path)
	if err != nil {
		return nil, err
	}
	m, err := Decode(data)
	if err == nil && !o.Lazy {
		err = LoadExternal(m, filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return m, nil
}

func readAll(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("wire: opening the model: %w", err)
	}
	defer f.Close() // only read from
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("wire: opening the model: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("wire: %s is no regular file; an ONNX file is expected: %w", path, onnx.ErrInvalid)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("wire: %s has %d bytes; ONNX files end at 2 GiB, beyond that tensors lie in a file of their own: %w: %w", path, info.Size(), ErrTooLarge, onnx.ErrInvalid)
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, fmt.Errorf("wire: reading %s: %w", path, err)
	}
	return data, nil
}

// WriteFile writes a model, and large tensors into a file beside it if o says
// so or the model would exceed o.InlineLimit. Files appear whole or not at all:
// they are written under other names, synced and renamed, the model last, and
// an older model at path goes before its external data does. The data of a
// tensor with a non-nil External must already lie in the folder.
//
// Errors wrap onnx.ErrInvalid, ErrTooLarge or what the file system says.
func WriteFile(path string, m *onnx.Model, o Options) error {
	if o.InlineLimit <= 0 || o.InlineLimit > maxFile {
		o.InlineLimit = maxFile
	}
	if o.ExternalName == "" {
		o.ExternalName = filepath.Base(path) + ".data"
	}
	w, err := plan(m, nil)
	if err != nil {
		return err
	}
	var out outside
	if o.ExternalThreshold > 0 || w.size > o.InlineLimit {
		if out, err = moveOut(m, o); err != nil {
			return err
		}
		if w, err = plan(m, out.at); err != nil {
			return err
		}
	}
	if w.size > o.InlineLimit {
		return fmt.Errorf("wire: without its external data the model takes %d bytes; %d are allowed: %w", w.size, o.InlineLimit, ErrTooLarge)
	}
	if err := checkReferences(filepath.Dir(path), m, o.ExternalName, len(out.tensors) > 0); err != nil {
		return err
	}
	return commit(path, m, w, out, o)
}

// outside are the tensors that go into a file of their own, in file order.
type outside struct {
	tensors []*onnx.Tensor
	at      map[*onnx.Tensor]*onnx.External
}

// moveOut places the large initializers of m one after another.
func moveOut(m *onnx.Model, o Options) (outside, error) {
	if err := checkLocation(o.ExternalName); err != nil || filepath.Base(o.ExternalName) != o.ExternalName {
		return outside{}, fmt.Errorf("wire: external file name %q; a plain file name is expected", o.ExternalName)
	}
	threshold := o.ExternalThreshold
	if threshold <= 0 {
		threshold = defaultThreshold
	}
	out := outside{at: make(map[*onnx.Tensor]*onnx.External)}
	end := int64(0)
	for _, v := range initializers(m) {
		t := v.Init
		size := int64(len(t.Raw))
		if t.External != nil || out.at[t] != nil || size < threshold {
			continue
		}
		start := (end + externalAlign - 1) / externalAlign * externalAlign
		out.at[t] = &onnx.External{Location: o.ExternalName, Offset: start, Length: size}
		out.tensors = append(out.tensors, t)
		end = start + size
	}
	return out, nil
}

// initializers returns those of all graphs of the model.
func initializers(m *onnx.Model) []*onnx.Value {
	var all []*onnx.Value
	var visit func(g *onnx.Graph)
	visit = func(g *onnx.Graph) {
		all = append(all, g.Initializers...)
		for _, n := range g.Nodes {
			for i := range n.Attrs {
				for _, sub := range n.Attrs[i].Subgraphs() {
					visit(sub)
				}
			}
		}
	}
	visit(m.Graph)
	return all
}

// checkReferences checks that the data of tensors that were not loaded lies in
// dir, and not in the file that is about to be replaced.
func checkReferences(dir string, m *onnx.Model, name string, replaced bool) error {
	if err := CheckExternal(m, dir); err != nil {
		return fmt.Errorf("wire: a tensor was not loaded and its data does not lie beside the file to be written; call LoadExternal first: %w", err)
	}
	var fault error
	eachTensor(m, func(t *onnx.Tensor) {
		if replaced && t.External != nil && t.External.Location == name && fault == nil {
			fault = fmt.Errorf("wire: tensor %q was not loaded and lies in %q, which would be replaced; call LoadExternal first", t.Name, name)
		}
	})
	return fault
}

// commit writes both files and puts them in place.
func commit(path string, m *onnx.Model, w *writer, out outside, o Options) (err error) {
	dir := filepath.Dir(path)
	model, err := writeTemp(dir, filepath.Base(path), func(f io.Writer) error { return w.write(f, m) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeIfThere(model)) }()
	if len(out.tensors) > 0 {
		data, err := writeTemp(dir, o.ExternalName, out.write)
		if err != nil {
			return err
		}
		// Between the two renames an older model must not meet the new data.
		err = errors.Join(removeIfThere(path), os.Rename(data, filepath.Join(dir, o.ExternalName)))
		if err != nil {
			return fmt.Errorf("wire: putting external data in place: %w", errors.Join(err, removeIfThere(data)))
		}
	}
	if err := os.Rename(model, path); err != nil {
		return fmt.Errorf("wire: putting the model in place: %w", err)
	}
	return syncDir(dir)
}

// write writes the tensors where moveOut placed them.
func (out outside) write(w io.Writer) error {
	var zeros [externalAlign]byte
	end := int64(0)
	for _, t := range out.tensors {
		if _, err := w.Write(zeros[:out.at[t].Offset-end]); err != nil {
			return err
		}
		if _, err := w.Write(t.Raw); err != nil {
			return err
		}
		end = out.at[t].Offset + int64(len(t.Raw))
	}
	return nil
}

// writeTemp writes a file under a name of its own and returns that.
func writeTemp(dir, base string, write func(io.Writer) error) (string, error) {
	f, err := os.CreateTemp(dir, "."+base+".*.tmp")
	if err != nil {
		return "", fmt.Errorf("wire: writing %s: %w", base, err)
	}
	err = write(f)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("wire: writing %s: %w", base, errors.Join(err, os.Remove(f.Name())))
	}
	return f.Name(), nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// syncDir makes renames in dir durable, where the system can do that.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("wire: syncing %s: %w", dir, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
