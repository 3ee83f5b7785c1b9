package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/hbollon/go-edlib"

	"github.com/ortrain/ortrain/ortrain/model/hub"
	"github.com/ortrain/ortrain/pipeline/sink"
)

// What people name that is not where they think: files and models to read,
// folders to write.

// readText reads a small file that an option or argument names.
func readText(what, path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, usage("%s %s is a folder; name a file in it", what, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		hint := placeHint(err)
		if near := nearestPath(path); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return nil, fail(ExitUsage, fmt.Errorf("%s %s: %w", what, path, withoutPath(err)), hint)
	}
	return data, nil
}

// withoutPath is an error of the operating system without the path and the call,
// which a message has named already.
func withoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// nearestPath is what there is with a name most like a path that is not there,
// letter by letter in each of its parts; "" for nothing.
func nearestPath(path string) string {
	parts := strings.Split(filepath.ToSlash(filepath.Clean(path)), "/")
	at, changed := "", false
	if filepath.IsAbs(path) {
		at, parts = string(filepath.Separator), parts[1:]
	}
	for _, part := range parts {
		next := filepath.Join(at, part)
		if _, err := os.Stat(next); err == nil {
			at = next
			continue
		}
		near := nearestEntry(at, part)
		if near == "" {
			return ""
		}
		at, changed = filepath.Join(at, near), true
	}
	if !changed {
		return ""
	}
	return at
}

// nearestEntry is the entry of a folder that a name was meant to be.
func nearestEntry(dir, name string) string {
	entries, err := os.ReadDir(filepath.Join(".", dir))
	if filepath.IsAbs(dir) {
		entries, err = os.ReadDir(dir)
	}
	if err != nil {
		return ""
	}
	best, least := "", max(1, len(strings.TrimSuffix(name, filepath.Ext(name)))/3)+1
	for _, e := range entries {
		if d := edlib.OSADamerauLevenshteinDistance(name, e.Name()); d < least {
			best, least = e.Name(), d
		}
	}
	return best
}

// modelHint says what a model is given as.
const modelHint = "give a folder that holds config.json, model.safetensors and tokenizer.json or vocab.txt, or the name org/name of a model on the hub"

// hubName says whether a model may be one of the hub's.
func hubName(name string) bool {
	return hub.IsName(name) && !strings.HasPrefix(name, ".") && !filepath.IsAbs(name)
}

// meant is a hint that begins with the folder that a name was meant to be, if
// there is one.
func meant(name, otherwise string) string {
	if near := nearestPath(name); near != "" {
		return fmt.Sprintf("did you mean the folder %s? Otherwise %s", near, otherwise)
	}
	return otherwise
}

// noModel refuses a folder that is not there; from says who names it.
func noModel(from, name string) error {
	return fail(ExitUsage, fmt.Errorf("%s %s: there is no such folder, and it is no name of the hub's form org/name either", from, name), meant(name, modelHint))
}

// notOnHub says that a name is neither a folder nor known to the hub, as far as
// that could be asked.
func notOnHub(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	code, hint := classify(err)
	what := fmt.Sprintf("--model_name_or_path %s: there is no such folder", name)
	var address *net.DNSError
	var network *net.OpError
	switch {
	case errors.As(err, &address):
		err = fmt.Errorf("%s, and the hub was not reached to ask for a model of that name: this machine finds no address for %s", what, address.Name)
	case errors.As(err, &network):
		err = fmt.Errorf("%s, and the hub was not reached to ask for a model of that name: %w", what, network.Err)
	default:
		err = fmt.Errorf("%s; asking the hub: %w", what, err)
	}
	if errors.Is(err, hub.ErrUnauthorized) {
		return fail(code, err, hint)
	}
	return fail(code, err, meant(name, modelHint+", which needs a network or an earlier download"))
}

// writableHint says what to do about an output folder.
const writableHint = "give a folder that your user may write, or one that does not exist yet"

// writable refuses an output that could not be written, before any work is
// done. dir says that it is a folder itself; a file's folder must be there.
func writable(option, path string, dir bool) error {
	refuse := func(hint, format string, args ...any) error {
		return fail(ExitUsage, fmt.Errorf("%s %s "+format, append([]any{option, path}, args...)...), hint)
	}
	info, err := os.Stat(path)
	switch {
	case path == "" || path == sink.Stdout || err == nil && !info.IsDir() && !info.Mode().IsRegular():
		return nil // nothing, or what is no file, such as a pipe
	case err == nil && dir && !info.IsDir():
		return refuse(writableHint, "is not a directory")
	case err == nil && !dir && info.IsDir():
		return refuse("name a file in it, with an ending that says the format, such as "+filepath.Join(path, "rows.parquet"), "is a folder")
	}
	at := filepath.Clean(path)
	if !dir {
		at = filepath.Dir(at)
		if _, err := os.Stat(at); errors.Is(err, fs.ErrNotExist) {
			return refuse("make the folder first: mkdir -p "+at, "cannot be written: there is no folder %s", at)
		}
	}
	if at, err = nearestFolder(at); err != nil {
		return refuse(writableHint, "cannot be written: %s: %w", at, withoutPath(err))
	}
	f, err := os.CreateTemp(at, ".ortrain-")
	if errors.Is(err, syscall.ENOSPC) {
		return nil // what is written says how much is missing
	}
	if err != nil {
		return refuse(writableHint, "cannot be written: the folder %s takes no new file: %w", at, withoutPath(err))
	}
	_ = f.Close()
	return os.Remove(f.Name())
}

// nearestFolder is a folder, or the nearest one above it that is there. With an
// error it is what stands in the way.
func nearestFolder(at string) (string, error) {
	for {
		info, err := os.Stat(at)
		up := filepath.Dir(at)
		switch {
		case err == nil && !info.IsDir():
			return at, syscall.ENOTDIR
		case err == nil:
			return at, nil
		case up == at || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return at, err
		}
		at = up
	}
}
