package hub

import (
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	// repoPattern: an organisation and a name, or one name for the old models
	// that have no organisation.
	repoPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$`)
	// revisionPattern: a branch (which may have slashes), a tag or a commit.
	revisionPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$`)
	commitPattern   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	sha256Pattern   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// IsName reports whether s can be the name of a repository. A path that starts
// with a dot or a slash cannot.
func IsName(s string) bool {
	return repoPattern.MatchString(s) && !strings.Contains(s, "..") && !strings.Contains(s, "--")
}

// checkNames refuses what could leave the cache folder or the server's path.
func checkNames(repo, revision string) error {
	if !IsName(repo) {
		return fmt.Errorf("hub: %w: repository %q; want org/name", ErrName, repo)
	}
	if !revisionPattern.MatchString(revision) || strings.Contains(revision, "..") || path.Clean(revision) != revision {
		return fmt.Errorf("hub: %w: revision %q; want a branch, a tag or a commit", ErrName, revision)
	}
	return nil
}

// cache is the folder of one repository.
type cache string

func (c Config) cache(repo string) cache {
	return cache(filepath.Join(c.Dir, "models--"+strings.ReplaceAll(repo, "/", "--")))
}

func (c cache) ref(revision string) string {
	return filepath.Join(string(c), "refs", filepath.FromSlash(revision))
}

func (c cache) snapshot(commit string) string {
	return filepath.Join(string(c), "snapshots", commit)
}

// partial is where the download of a file with a hash grows.
func (c cache) partial(hash string) string {
	return filepath.Join(string(c), "partial", hash)
}

func (c cache) lock() string { return filepath.Join(string(c), ".lock") }
