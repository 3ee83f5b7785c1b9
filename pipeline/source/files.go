package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// expand turns what a caller gives into files in order. A path is a file, a
// pattern, a folder with files of one format, a split of a folder of Hugging
// Face's save_to_disk (FOLDER/train), or a split of a folder of shards as the
// hub keeps them (FOLDER/train for train-00000-of-00002.parquet in it or in its
// folder data).
func expand(path string) ([]string, error) {
	if path == Stdin {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return expandFolder(path)
	case err == nil:
		return []string{path}, nil
	case !errors.Is(err, os.ErrNotExist):
		return nil, &Error{Path: path, Err: err}
	}
	if strings.ContainsAny(path, "*?[") {
		found, err := filepath.Glob(path)
		if err != nil {
			return nil, &Error{Path: path, Err: fmt.Errorf("not a pattern of file names: %w: %w", err, ErrFormat)}
		}
		if len(found) == 0 {
			return nil, &Error{Path: path, Err: fmt.Errorf("no file matches the pattern: %w", os.ErrNotExist)}
		}
		return found, nil
	}
	folder, split := filepath.Split(path)
	if found, err := shards(folder, split+"-"); err != nil || found != nil {
		return found, err
	}
	if splits, ok := savedSplits(folder); ok {
		return nil, &Error{Path: path, Err: fmt.Errorf("no such split; expected one of %s: %w", strings.Join(splits, ", "), os.ErrNotExist)}
	}
	return nil, &Error{Path: path, Err: err}
}

func expandFolder(path string) ([]string, error) {
	if found, ok, err := savedFiles(path); ok || err != nil {
		return found, err
	}
	if splits, ok := savedSplits(path); ok {
		return nil, &Error{Path: path, Err: fmt.Errorf("the folder holds the splits %s; choose one, such as %s: %w",
			strings.Join(splits, ", "), filepath.Join(path, splits[0]), ErrFormat)}
	}
	found, err := shards(path, "")
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, &Error{Path: path, Err: fmt.Errorf("the folder holds no data file: %w", ErrEmpty)}
	}
	splits := map[string]bool{}
	for _, f := range found {
		if name, of, ok := strings.Cut(filepath.Base(f), "-"); ok && strings.Contains(of, "-of-") {
			splits[name] = true
		} else {
			splits[""] = true
		}
	}
	if len(splits) > 1 {
		return nil, &Error{Path: path, Err: fmt.Errorf("the folder holds files of several splits, %s among them; choose one, such as %s: %w",
			filepath.Base(found[0]), filepath.Join(path, "train"), ErrFormat)}
	}
	return found, nil
}

// savedFiles lists the files of one split that save_to_disk has written.
func savedFiles(path string) (found []string, ok bool, err error) {
	state := filepath.Join(path, "state.json")
	data, err := os.ReadFile(state)
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, nil
	}
	var saved struct {
		Files []struct {
			Name string `json:"filename"`
		} `json:"_data_files"`
	}
	if err == nil {
		err = json.Unmarshal(data, &saved)
	}
	if err != nil {
		return nil, true, &Error{Path: state, Err: fmt.Errorf("not the state of a saved data set: %w: %w", err, ErrFormat)}
	}
	for _, f := range saved.Files {
		if f.Name == "" || filepath.Base(f.Name) != f.Name {
			return nil, true, &Error{Path: state, Err: fmt.Errorf("the data file %q lies elsewhere; a plain name is expected: %w", f.Name, ErrFormat)}
		}
		found = append(found, filepath.Join(path, f.Name))
	}
	if found == nil {
		return nil, true, &Error{Path: state, Err: fmt.Errorf("no data file is named: %w", ErrEmpty)}
	}
	return found, true, nil
}

// savedSplits lists the splits of a folder that save_to_disk has written.
func savedSplits(path string) ([]string, bool) {
	data, err := os.ReadFile(filepath.Join(path, "dataset_dict.json"))
	var saved struct {
		Splits []string `json:"splits"`
	}
	if err != nil || json.Unmarshal(data, &saved) != nil || len(saved.Splits) == 0 {
		return nil, false
	}
	return saved.Splits, true
}

// shards lists the data files of a folder, or of its folder data, whose names
// begin so. They must be of one format.
func shards(folder, prefix string) ([]string, error) {
	for _, dir := range []string{folder, filepath.Join(folder, "data")} {
		entries, err := os.ReadDir(filepath.Clean(dir))
		if err != nil {
			continue // the caller reports a folder that is not there
		}
		var found []string
		first := ""
		for _, e := range entries {
			ext := extension(e.Name())
			_, known := formats[ext]
			// A .json file beside data describes them.
			if !known || ext == ".json" || e.IsDir() || strings.HasPrefix(e.Name(), ".") || !strings.HasPrefix(e.Name(), prefix) {
				continue
			}
			if first == "" {
				first = ext
			}
			if ext != first {
				return nil, &Error{Path: filepath.Join(dir, e.Name()), Err: fmt.Errorf("files of several formats, %s and %s, lie in the folder; name those you mean: %w", first, ext, ErrFormat)}
			}
			found = append(found, filepath.Join(dir, e.Name()))
		}
		if found != nil {
			slices.Sort(found)
			return found, nil
		}
	}
	return nil, nil
}

// extension returns the extension that says the format of a file, that of the
// compression aside.
func extension(path string) string {
	ext := strings.ToLower(filepath.Ext(path))
	if ext == ".gz" || ext == ".zst" {
		ext = strings.ToLower(filepath.Ext(strings.TrimSuffix(path, filepath.Ext(path))))
	}
	return ext
}
