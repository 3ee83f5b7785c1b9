package ablate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// Store keeps results by key, so that none is computed twice.
type Store interface {
	// Load fills value with what is kept, and reports whether there is any.
	Load(key string, value any) (bool, error)
	// Save keeps a value, whole or not at all.
	Save(key string, value any) error
}

// Folder is a Store of one JSON file for each key. Its folder is made by the
// first Save.
type Folder string

func (f Folder) path(key string) string { return filepath.Join(string(f), key+".json") }

// Load implements Store.
func (f Folder) Load(key string, value any) (bool, error) {
	data, err := os.ReadFile(f.path(key))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ablate: %w", err)
	}
	if err := json.Unmarshal(data, value); err != nil {
		return false, fmt.Errorf("ablate: %s: %w; delete the file, and the run is done again: %w", f.path(key), err, ErrStored)
	}
	return true, nil
}

// Save implements Store.
func (f Folder) Save(key string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("ablate: %w", err)
	}
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		return fmt.Errorf("ablate: %w", err)
	}
	return disk.WriteFile(disk.OS(), f.path(key), int64(len(data)), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// nowhere keeps nothing.
type nowhere struct{}

func (nowhere) Load(string, any) (bool, error) { return false, nil }
func (nowhere) Save(string, any) error         { return nil }
