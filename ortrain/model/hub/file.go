package hub

import (
	"context"
	"crypto/sha1" //nolint:gosec // git names its blobs by SHA-1; it is what the server gives
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
)

// remote is what the server says about a file before it is downloaded.
type remote struct {
	name string
	// url is pinned to the commit.
	url string
	// hash is SHA-256 (64 digits) or git's blob hash (40 digits).
	hash string
	size int64
}

// file makes sure that the snapshot has a file, given by its slash path.
func (d *download) file(ctx context.Context, name string) error {
	var r remote
	err := d.retry(ctx, func() (err error) {
		r, err = d.head(ctx, name)
		return err
	})
	if err != nil {
		return err
	}
	target := filepath.Join(d.cache.snapshot(d.commit), filepath.FromSlash(name))
	// A file under its name was checked when it came.
	if info, err := os.Stat(target); err == nil && info.Mode().IsRegular() && info.Size() == r.size {
		return nil
	}
	if err := d.fetch(ctx, r); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	if err := disk.Replace(disk.OS(), d.cache.partial(r.hash), target); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}

// head asks for a file's hash, size and commit.
func (d *download) head(ctx context.Context, name string) (remote, error) {
	revision := d.revision
	if d.commit != "" {
		revision = d.commit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, d.Stall, errStall)
	defer cancel()
	response, err := d.send(ctx, http.MethodHead, d.fileURL(d.repo, revision, name), nil,
		http.StatusOK, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect)
	if err != nil {
		if errors.Is(err, errStall) {
			err = &unreachableError{err}
		}
		return remote{}, err
	}
	if err := response.Body.Close(); err != nil {
		return remote{}, &unreachableError{err}
	}
	h := response.Header
	commit := h.Get("X-Repo-Commit")
	if !commitPattern.MatchString(commit) || d.commit != "" && commit != d.commit {
		return remote{}, fmt.Errorf("hub: %s: %w: X-Repo-Commit is %q; want a commit, the same for all files (is %s a Hugging Face-style server?)", d.repo, ErrServer, commit, d.Endpoint)
	}
	d.commit = commit
	r := remote{name: name, url: d.fileURL(d.repo, commit, name), hash: cleanETag(first(h, "X-Linked-Etag", "Etag"))}
	if !sha256Pattern.MatchString(r.hash) && !commitPattern.MatchString(r.hash) {
		return remote{}, fmt.Errorf("hub: %s: %s: %w: its ETag %q is neither a SHA-256 nor a git hash, so the file could not be checked", d.repo, name, ErrServer, r.hash)
	}
	r.size, err = strconv.ParseInt(first(h, "X-Linked-Size", "Content-Length"), 10, 64)
	if err != nil || r.size < 0 {
		return remote{}, fmt.Errorf("hub: %s: %s: %w: it gives no size", d.repo, name, ErrServer)
	}
	return r, nil
}

// first returns the first header that is there.
func first(h http.Header, names ...string) string {
	for _, name := range names {
		if v := h.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// fetch brings the whole file, checked, to its partial place. What a former
// call left there is continued; if the result then has the wrong hash, it is
// fetched once more from the start.
func (d *download) fetch(ctx context.Context, r remote) error {
	partial := d.cache.partial(r.hash)
	if err := os.MkdirAll(filepath.Dir(partial), 0o777); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	info, err := os.Stat(partial)
	resumed := err == nil && info.Size() > 0
	for {
		err := d.retry(ctx, func() error { return d.grow(ctx, r, partial) })
		if err != nil {
			return err
		}
		err = d.check(ctx, r, partial)
		var wrong *HashError
		if !errors.As(err, &wrong) {
			return err
		}
		if rerr := os.Remove(partial); rerr != nil {
			return errors.Join(err, rerr)
		}
		if !resumed {
			return err
		}
		resumed = false
	}
}

// grow appends the bytes that the partial file lacks.
func (d *download) grow(ctx context.Context, r remote, partial string) (err error) {
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	at, err := f.Seek(0, io.SeekEnd)
	if err == nil && at > r.size {
		at, err = 0, f.Truncate(0)
	}
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	if at < r.size {
		if err := d.receive(ctx, r, f, at); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}

// receive asks for the bytes from a position on and writes them to f.
func (d *download) receive(ctx context.Context, r remote, f *os.File, at int64) (err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(d.Stall, func() { cancel(errStall) })
	defer timer.Stop()
	header := http.Header{}
	if at > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", at))
	}
	response, err := d.send(ctx, http.MethodGet, r.url, header, http.StatusOK, http.StatusPartialContent)
	if err != nil {
		return d.stalled(ctx, err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode == http.StatusOK || !strings.HasPrefix(response.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", at)) {
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("hub: %s: %w: asked for bytes from %d, it sends %q", r.url, ErrServer, at, response.Header.Get("Content-Range"))
		}
		at = 0
		if err := f.Truncate(0); err != nil {
			return fmt.Errorf("hub: %w", err)
		}
	}
	body := &watched{Reader: response.Body, timer: timer, stall: d.Stall}
	return d.stalled(ctx, d.copy(r, io.NewOffsetWriter(f, at), body, at))
}

// stalled makes a download that stood still a fault of the network.
func (d *download) stalled(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errStall) {
		return &unreachableError{fmt.Errorf("hub: %s: %w", d.repo, errStall)}
	}
	return err
}

// chunkSize is how much is copied between two reports of progress.
const chunkSize = 1 << 20

// copy writes the body to w; at is where in the file it starts.
func (d *download) copy(r remote, w io.Writer, body io.Reader, at int64) error {
	for {
		n, err := io.CopyN(w, network{body}, min(chunkSize, r.size-at+1))
		at += n
		if d.Progress != nil {
			d.Progress(r.name, min(at, r.size), r.size)
		}
		switch {
		case at > r.size:
			return fmt.Errorf("hub: %s: %w: it sends more than the %d bytes it announced", r.url, ErrServer, r.size)
		case errors.Is(err, io.EOF) && at == r.size:
			return nil
		case errors.Is(err, io.EOF):
			return &unreachableError{fmt.Errorf("hub: %s: the connection ended at byte %d of %d", r.url, at, r.size)}
		case err != nil:
			return fmt.Errorf("hub: %s: %w", r.url, err)
		}
	}
}

// network marks a body's faults as the network's, to tell them from those
// of the disk. It hides other methods of the body.
type network struct{ r io.Reader }

func (b network) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = &unreachableError{err}
	}
	return n, err
}

// check compares a complete file with its announced hash.
func (d *download) check(ctx context.Context, r remote, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	var sum hash.Hash
	if len(r.hash) == hex.EncodedLen(sha256.Size) {
		sum = sha256.New()
	} else {
		sum = sha1.New() //nolint:gosec // as above
		fmt.Fprintf(sum, "blob %d\x00", r.size)
	}
	for err == nil {
		if err = ctx.Err(); err == nil {
			_, err = io.CopyN(sum, f, chunkSize)
		}
	}
	if err == io.EOF {
		err = nil
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != r.hash {
		return &HashError{Repo: d.repo, File: r.name, Got: got, Want: r.hash}
	}
	return nil
}
