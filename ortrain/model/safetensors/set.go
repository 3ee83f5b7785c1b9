package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// The names under which a model folder keeps its weights.
const (
	FileName  = "model.safetensors"
	IndexName = "model.safetensors.index.json"
)

// maxIndex bounds the index file.
const maxIndex = maxHeader

// Set is the tensors of a model that lie in one or several files.
type Set struct {
	files []*File
	infos []Info
	where map[string]*File
}

// OpenFolder opens the weights of a model folder: model.safetensors or, if
// there is none, the shards that model.safetensors.index.json lists. The
// caller closes the set.
// Errors: ErrNotFound if the folder has neither, ErrIndex, and those of Open.
func OpenFolder(dir string) (*Set, error) {
	file, err := Open(filepath.Join(dir, FileName))
	if err == nil {
		return newSet([]*File{file})
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	set, err := OpenIndex(filepath.Join(dir, IndexName))
	if errors.Is(err, fs.ErrNotExist) && set == nil && !errors.Is(err, ErrIndex) {
		return nil, fmt.Errorf("safetensors: %s: %w: want %s or %s; weights in another format must be converted first", dir, ErrNotFound, FileName, IndexName)
	}
	return set, err
}

// OpenIndex opens the shards that an index file lists. Their names must be
// relative and stay inside the index's folder. A symbolic link in that folder
// is followed, since download caches are made of them.
// Errors: ErrIndex, and those of Open.
func OpenIndex(path string) (*Set, error) {
	weightMap, err := readIndex(path)
	if err != nil {
		return nil, err
	}
	shards := map[string]*File{}
	for _, shard := range weightMap {
		shards[shard] = nil
	}
	var files []*File
	for _, shard := range slices.Sorted(maps.Keys(shards)) {
		file, err := openShard(filepath.Dir(path), shard)
		if err != nil {
			return nil, errors.Join(err, closeAll(files))
		}
		shards[shard] = file
		files = append(files, file)
	}
	for _, name := range slices.Sorted(maps.Keys(weightMap)) {
		if _, ok := shards[weightMap[name]].Lookup(name); !ok {
			err := fmt.Errorf("safetensors: %s: %w: tensor %q is not in %s", path, ErrIndex, name, weightMap[name])
			return nil, errors.Join(err, closeAll(files))
		}
	}
	return newSet(files)
}

func openShard(dir, shard string) (*File, error) {
	file, err := Open(filepath.Join(dir, filepath.FromSlash(shard)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: shard %q is missing: %w", ErrIndex, shard, err)
	}
	return file, err
}

// readIndex returns which shard each tensor lies in.
func readIndex(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	shards, err := ParseIndex(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("safetensors: %s: %w", path, err)
	}
	return shards, nil
}

// ParseIndex reads an index file's weight map, from tensor name to shard name.
// Every shard name is checked to stay inside the folder.
// Errors: ErrIndex.
func ParseIndex(r io.Reader) (map[string]string, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxIndex+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxIndex {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrIndex, maxIndex)
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIndex, err)
	}
	if len(index.WeightMap) == 0 {
		return nil, fmt.Errorf("%w: no weight_map", ErrIndex)
	}
	for _, shard := range index.WeightMap {
		if !filepath.IsLocal(filepath.FromSlash(shard)) {
			return nil, fmt.Errorf("%w: shard %q is not inside the model's folder", ErrIndex, shard)
		}
	}
	return index.WeightMap, nil
}

func newSet(files []*File) (*Set, error) {
	s := &Set{files: files, where: map[string]*File{}}
	for _, f := range files {
		for _, info := range f.Infos() {
			if other, ok := s.where[info.Name]; ok {
				err := fmt.Errorf("safetensors: %s: tensor %q: %w: it is in %s too", f.name, info.Name, ErrDuplicate, other.name)
				return nil, errors.Join(err, s.Close())
			}
			s.where[info.Name] = f
			s.infos = append(s.infos, info)
		}
	}
	return s, nil
}

// Close releases all files.
func (s *Set) Close() error { return closeAll(s.files) }

func closeAll(files []*File) error {
	var errs []error
	for _, f := range files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// Infos returns the tensors of all files, file by file. The caller must not
// change them.
func (s *Set) Infos() []Info { return s.infos }

// Lookup finds a tensor by name.
func (s *Set) Lookup(name string) (Info, bool) {
	if f, ok := s.where[name]; ok {
		return f.Lookup(name)
	}
	return Info{}, false
}

// ReadFloat32 is File.ReadFloat32 on the file that holds the tensor.
func (s *Set) ReadFloat32(name string, dst []float32) error {
	f, ok := s.where[name]
	if !ok {
		return fmt.Errorf("safetensors: tensor %q: %w", name, ErrNotFound)
	}
	return f.ReadFloat32(name, dst)
}

// Section is File.Section on the file that holds the tensor.
func (s *Set) Section(name string) (*io.SectionReader, error) {
	f, ok := s.where[name]
	if !ok {
		return nil, fmt.Errorf("safetensors: tensor %q: %w", name, ErrNotFound)
	}
	return f.Section(name)
}
