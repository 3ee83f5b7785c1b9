package cli

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ortrain/ortrain/augment"
)

// fingerprint says in a line for each file what a file or a folder holds: by
// hash, or, for files that may be large, by size and time of the last change.
func fingerprint(path string, contents bool) (string, error) {
	var b strings.Builder
	err := filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(file) // what a link points to
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		name, _ := filepath.Rel(path, file)
		if !contents {
			fmt.Fprintf(&b, "# %s %s: %d bytes of %d\n", path, name, info.Size(), info.ModTime().UnixNano())
			return nil
		}
		sum, err := hashFile(file)
		fmt.Fprintf(&b, "# %s: %s\n", name, sum)
		return err
	})
	return b.String(), err
}

func hashFile(path string) (_ string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// policyFiles are the files that parameters of a policy's operators name.
func policyFiles(p augment.Policy) []string {
	var out []string
	for _, s := range slices.Concat(p.Before, p.Operators) {
		for _, v := range s.Params {
			if path, ok := v.(string); ok && isFile(path) {
				out = append(out, path)
			}
		}
	}
	slices.Sort(out)
	return out
}
