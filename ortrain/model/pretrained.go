package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/ortrain/model/safetensors"
)

// ErrWeights is wrapped by errors about weights that do not fit the model.
var ErrWeights = errors.New("weights do not fit the model")

// Pretrained is a model folder: its configuration and its open weights.
type Pretrained struct {
	// Folder is where the model lies.
	Folder string
	// Config may be changed before a graph is built from it (labels, dropout).
	Config *Config

	set *safetensors.Set
}

// Load opens a model folder: config.json and model.safetensors, whole or in
// shards. The caller closes it.
// Errors: ErrConfig, and those of safetensors.OpenFolder.
func Load(folder string) (*Pretrained, error) {
	c, err := ReadConfig(folder)
	if err != nil {
		return nil, err
	}
	set, err := safetensors.OpenFolder(folder)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return &Pretrained{Folder: folder, Config: c, set: set}, nil
}

// Close releases the weights' files.
func (p *Pretrained) Close() error { return p.set.Close() }

// Report says where the parameters of a model came from. All lists are sorted.
type Report struct {
	// Loaded are the parameters that were read.
	Loaded []string
	// Renamed are those of them that the file has under another name.
	Renamed []Rename
	// Initialised are the parameters of the head that the file lacks, drawn from
	// the seed.
	Initialised []string
	// Ignored are the file's tensors that the model has no use for.
	Ignored []string
}

// Rename is a parameter that a file has under another name.
type Rename struct{ File, Param string }

// ReadOptions says what to do about weights that do not fit.
type ReadOptions struct {
	// Seed is that of the run: parameters that the file lacks are drawn from it.
	Seed uint64
	// IgnoreMismatchedSizes draws parameters of the head whose shape is another
	// one in the file, such as a classifier for other classes.
	IgnoreMismatchedSizes bool
}

// Read fills dst[i] with parameter params[i]; dst[i] has params[i].Len()
// elements and may lie anywhere, such as in memory of the runtime. Parameters
// of the head that the folder lacks are drawn; one of the encoder is an
// ErrWeights that names all that are missing or have another shape, and nothing
// is read then.
func (p *Pretrained) Read(params []Param, o ReadOptions, dst [][]float32) (*Report, error) {
	if len(dst) != len(params) {
		return nil, fmt.Errorf("model: %d places for %d parameters: %w", len(dst), len(params), ErrWeights)
	}
	for i, param := range params {
		if int64(len(dst[i])) != param.Len() {
			return nil, fmt.Errorf("model: a place of %d numbers for parameter %q %v: %w", len(dst[i]), param.Name, param.Shape, ErrWeights)
		}
	}
	found, ignored, err := match(p.Config, params, p.set.Infos())
	if err != nil {
		return nil, fmt.Errorf("model: %s: %w", p.Folder, err)
	}
	if found, err = p.usable(params, found, o); err != nil {
		return nil, err
	}
	r := &Report{Ignored: ignored}
	for i := range params {
		param := &params[i]
		name, ok := found[param.Name]
		if !ok {
			param.Draw(o.Seed, dst[i])
			r.Initialised = append(r.Initialised, param.Name)
			continue
		}
		if err := p.set.ReadFloat32(name, dst[i]); err != nil {
			return nil, fmt.Errorf("model: parameter %q: %w", param.Name, err)
		}
		r.Loaded = append(r.Loaded, param.Name)
		if name != param.Name {
			r.Renamed = append(r.Renamed, Rename{File: name, Param: param.Name})
		}
	}
	r.sort()
	return r, nil
}

// usable checks every parameter against what was found and returns what is to
// be read. All faults are in one error.
func (p *Pretrained) usable(params []Param, found map[string]string, o ReadOptions) (map[string]string, error) {
	use := make(map[string]string, len(found))
	var missing []string
	var faults []error
	for _, param := range params {
		name, ok := found[param.Name]
		if !ok {
			if !param.Head {
				missing = append(missing, param.Name)
			}
			continue
		}
		info, _ := p.set.Lookup(name)
		switch {
		case !info.DType.IsFloat():
			faults = append(faults, fmt.Errorf("tensor %q holds %s; floating-point weights are needed: %w", name, info.DType, ErrWeights))
		case slices.Equal(info.Shape, param.Shape):
			use[param.Name] = name
		case param.Head && o.IgnoreMismatchedSizes:
		default:
			faults = append(faults, mismatch(name, info.Shape, param))
		}
	}
	if len(missing) > 0 {
		faults = append(faults, fmt.Errorf("%d of the encoder's %d tensors are missing: %s; use a folder that holds the whole %s model: %w",
			len(missing), encoderSize(params), abbreviate(missing), p.Config.ModelType, ErrWeights))
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("model: %s: %w", p.Folder, errors.Join(faults...))
	}
	return use, nil
}

func mismatch(name string, shape []int64, param Param) error {
	hint := "config.json and weights belong to different models"
	if param.Head {
		hint = "use labels as many as the model was saved with, or --ignore_mismatched_sizes to draw it anew"
	}
	return fmt.Errorf("tensor %q has shape %v; %v is expected: %s: %w", name, shape, param.Shape, hint, ErrWeights)
}

func encoderSize(params []Param) int {
	n := 0
	for _, p := range params {
		if !p.Head {
			n++
		}
	}
	return n
}

// abbreviate lists the first names of a long list.
func abbreviate(names []string) string {
	const shown = 8
	if len(names) <= shown {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

func (r *Report) sort() {
	slices.Sort(r.Loaded)
	slices.Sort(r.Initialised)
	slices.Sort(r.Ignored)
	slices.SortFunc(r.Renamed, func(a, b Rename) int { return strings.Compare(a.Param, b.Param) })
}

// match finds, for each parameter, the tensor that holds it, and lists the
// tensors left over. Two tensors for one parameter are an error.
func match(c *Config, params []Param, infos []safetensors.Info) (found map[string]string, ignored []string, err error) {
	a, err := c.Architecture()
	if err != nil {
		return nil, nil, err
	}
	wanted := make(map[string]bool, len(params))
	for _, p := range params {
		wanted[p.Name] = true
	}
	found = make(map[string]string, len(params))
	for _, info := range infos {
		name, ok := resolve(info.Name, a.Prefix(), wanted)
		switch {
		case !ok:
			ignored = append(ignored, info.Name)
		case found[name] != "":
			return nil, nil, fmt.Errorf("both %q and %q hold parameter %q; keep one: %w", found[name], info.Name, name, ErrWeights)
		default:
			found[name] = info.Name
		}
	}
	return found, ignored, nil
}

// resolve returns the wanted parameter that a tensor's name stands for. Files
// in the wild lack the encoder's prefix when the bare encoder was saved, and
// old ones call a norm's weight and bias gamma and beta.
func resolve(name, prefix string, wanted map[string]bool) (string, bool) {
	modern := name
	if base, ok := strings.CutSuffix(name, "LayerNorm.gamma"); ok {
		modern = base + "LayerNorm.weight"
	} else if base, ok := strings.CutSuffix(name, "LayerNorm.beta"); ok {
		modern = base + "LayerNorm.bias"
	}
	for _, candidate := range []string{modern, prefix + "." + modern} {
		if wanted[candidate] {
			return candidate, true
		}
	}
	return "", false
}
