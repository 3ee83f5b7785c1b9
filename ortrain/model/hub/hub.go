// Package hub downloads pretrained models from a Hugging Face-style server.
//
// Nouns: a Config says which server, with which token, into which cache; a
// repository is named org/name and read at a revision, which is a branch, a
// tag or a commit. Download is the path: it asks for each file that
// fine-tuning needs, downloads what the cache lacks, and returns a folder that
// looks like a checked-out repository.
//
// The cache has the shape that Hugging Face's own tools use:
//
//	models--org--name/refs/main                 the commit that main was last
//	models--org--name/snapshots/COMMIT/…        the files
//	models--org--name/partial/…                 downloads to be resumed
//
// A file appears under its name only when all its bytes are there and have the
// hash that the server gave: SHA-256 for large files, git's blob hash for small
// ones. An interrupted download goes on where it stopped. Nothing that the
// server names can leave the cache.
//
// Errors: ErrOffline, ErrNotFound, ErrUnauthorized, a *HashError, a
// *StatusError for any other answer, each naming repository and file. Network
// faults are tried again a bounded number of times.
//
// Download may be called concurrently, also from several processes: one of
// them downloads, the others wait.
//
// It does not upload, does not read the models, and looks at no environment
// variable by itself (FromEnv takes a lookup function).
package hub

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// What a caller can test for with errors.Is.
var (
	// ErrOffline: a file is needed that the cache lacks, and the server must not
	// or cannot be reached.
	ErrOffline = errors.New("offline")
	// ErrNotFound: the server has no such repository, revision or file.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: the repository is private or gated, or the token is wrong.
	ErrUnauthorized = errors.New("not authorized")
	// ErrName: a repository or revision name is malformed.
	ErrName = errors.New("malformed name")
	// ErrServer: the server's answer lacks what is needed to trust a file.
	ErrServer = errors.New("unusable answer")
)

// HashError says that a file's bytes are not those that the server announced.
type HashError struct {
	Repo, File string
	// Got and Want are hexadecimal.
	Got, Want string
}

// Error implements error.
func (e *HashError) Error() string {
	return fmt.Sprintf("hub: %s: %s has hash %s, the server announced %s; try again, or check what stands between you and the server", e.Repo, e.File, e.Got, e.Want)
}

// StatusError is an answer that says neither yes nor no.
type StatusError struct {
	URL    string
	Status int
	// Message is what the server said in X-Error-Message, if anything.
	Message string
}

// Error implements error.
func (e *StatusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("hub: %s answered %d %s %s", e.URL, e.Status, http.StatusText(e.Status), e.Message))
}

// Config says where models come from and where they go. Only Dir is required.
type Config struct {
	// Dir is the cache folder, made if missing.
	Dir string
	// Endpoint is the server, by default https://huggingface.co.
	Endpoint string
	// Token is sent to the endpoint's host and nowhere else.
	Token string
	// Offline allows only what the cache has.
	Offline bool

	// Client sends the requests; nil means one that gives up when a server does
	// not answer within 30 seconds. Its CheckRedirect is not used.
	Client *http.Client
	// Retries is how often a failed request is tried again, 4 if 0; -1 for never.
	Retries int
	// Backoff is the pause before the first retry, doubled for each further one;
	// one second if 0.
	Backoff time.Duration
	// Stall is how long a download may stand still before it counts as failed;
	// 30 seconds if 0.
	Stall time.Duration
	// Progress, if set, is told how many bytes of a file are there, now and
	// then, on Download's goroutine. It must not block.
	Progress func(file string, done, total int64)
}

const (
	defaultEndpoint = "https://huggingface.co"
	defaultRetries  = 4
	defaultBackoff  = time.Second
	defaultStall    = 30 * time.Second
)

// FromEnv returns the Config that the environment asks for: HF_ENDPOINT,
// HF_TOKEN, HF_HUB_OFFLINE (1, true, yes, on), and ORTRAIN_DEPS for the cache,
// which defaults to the folder ortrain in userCache. lookup is os.LookupEnv
// outside tests; userCache is os.UserCacheDir's result.
func FromEnv(lookup func(string) (string, bool), userCache string) Config {
	get := func(name, missing string) string {
		if v, ok := lookup(name); ok && v != "" {
			return v
		}
		return missing
	}
	c := Config{
		Dir:      filepath.Join(get("ORTRAIN_DEPS", filepath.Join(userCache, "ortrain")), "hub"),
		Endpoint: get("HF_ENDPOINT", ""),
		Token:    get("HF_TOKEN", ""),
	}
	switch strings.ToLower(get("HF_HUB_OFFLINE", "")) {
	case "1", "true", "yes", "on":
		c.Offline = true
	}
	return c
}

func (c Config) withDefaults() Config {
	if c.Endpoint == "" {
		c.Endpoint = defaultEndpoint
	}
	c.Endpoint = strings.TrimRight(c.Endpoint, "/")
	if c.Client == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.ResponseHeaderTimeout = defaultStall
		c.Client = &http.Client{Transport: transport}
	}
	switch {
	case c.Retries == 0:
		c.Retries = defaultRetries
	case c.Retries < 0:
		c.Retries = 0
	}
	if c.Backoff == 0 {
		c.Backoff = defaultBackoff
	}
	if c.Stall == 0 {
		c.Stall = defaultStall
	}
	return c
}
