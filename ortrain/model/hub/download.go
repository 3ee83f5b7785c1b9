package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ortrain/ortrain/ortrain/checkpoint/disk"
	"github.com/ortrain/ortrain/ortrain/model/safetensors"
)

// configFile is the file that every model has.
const configFile = "config.json"

// optional are the files that are taken if the repository has them.
func optional() []string {
	return []string{"tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"}
}

// Download returns a folder with the model's config.json, its weights
// (model.safetensors, or the index and all shards) and those of
// tokenizer.json, tokenizer_config.json, special_tokens_map.json and vocab.txt
// that the repository has. An empty revision means main.
//
// Offline, or when the server cannot be reached, the commit that the revision
// was last is taken from the cache if it is complete.
func Download(ctx context.Context, c Config, repo, revision string) (folder string, err error) {
	if revision == "" {
		revision = "main"
	}
	if err := checkNames(repo, revision); err != nil {
		return "", err
	}
	c = c.withDefaults()
	if !strings.HasPrefix(c.Endpoint, "http://") && !strings.HasPrefix(c.Endpoint, "https://") {
		return "", fmt.Errorf("hub: %w: endpoint %q; want http:// or https://", ErrName, c.Endpoint)
	}
	d := &download{client: newClient(c), repo: repo, revision: revision, cache: c.cache(repo)}
	if c.Offline {
		return d.cached("HF_HUB_OFFLINE is set")
	}
	if err := os.MkdirAll(string(d.cache), 0o777); err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	lock, err := d.wait(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	err = d.all(ctx)
	var unreachable *unreachableError
	if errors.As(err, &unreachable) && ctx.Err() == nil {
		if folder, cerr := d.cached("the server cannot be reached"); cerr == nil {
			return folder, nil
		}
		return "", fmt.Errorf("hub: %s: %w: %w", repo, ErrOffline, err)
	}
	if err != nil {
		return "", err
	}
	return d.cache.snapshot(d.commit), nil
}

// download is one call of Download.
type download struct {
	*client
	repo, revision string
	cache          cache
	// commit is what the revision is on the server; all files are of it.
	commit string
}

// lockPoll is how long to wait between two tries for the lock.
const lockPoll = 200 * time.Millisecond

// wait takes the repository's lock.
func (d *download) wait(ctx context.Context) (io.Closer, error) {
	for {
		lock, err := disk.Lock(d.cache.lock())
		if err == nil {
			return lock, nil
		}
		if !errors.Is(err, disk.ErrLocked) {
			return nil, fmt.Errorf("hub: %w", err)
		}
		if err := pause(ctx, lockPoll); err != nil {
			return nil, fmt.Errorf("hub: wait for another download of %s: %w", d.repo, err)
		}
	}
}

// all downloads what the snapshot lacks and then notes the revision's commit.
func (d *download) all(ctx context.Context) error {
	if err := d.file(ctx, configFile); err != nil {
		return err
	}
	if err := d.weights(ctx); err != nil {
		return err
	}
	for _, name := range optional() {
		if err := d.file(ctx, name); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	ref := d.cache.ref(d.revision)
	if err := os.MkdirAll(filepath.Dir(ref), 0o777); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	err := disk.WriteFile(disk.OS(), ref, 0, func(w io.Writer) error {
		_, err := io.WriteString(w, d.commit)
		return err
	})
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}

func (d *download) weights(ctx context.Context) error {
	err := d.file(ctx, safetensors.FileName)
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	err = d.file(ctx, safetensors.IndexName)
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("hub: %s: %w: it has neither %s nor %s; convert its weights to safetensors first", d.repo, ErrNotFound, safetensors.FileName, safetensors.IndexName)
	}
	if err != nil {
		return err
	}
	shards, err := shardsOf(d.cache.snapshot(d.commit))
	if err != nil {
		return fmt.Errorf("hub: %s: %w", d.repo, err)
	}
	for _, shard := range shards {
		if err := d.file(ctx, shard); err != nil {
			return err
		}
	}
	return nil
}

// maxShards bounds what an index can make us ask for.
const maxShards = 1000

// shardsOf lists the shards that a snapshot's index names, as slash paths.
func shardsOf(snapshot string) ([]string, error) {
	f, err := os.Open(filepath.Join(snapshot, safetensors.IndexName))
	if err != nil {
		return nil, err
	}
	weightMap, err := safetensors.ParseIndex(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	shards := map[string]bool{}
	for _, shard := range weightMap {
		if !strings.HasSuffix(shard, ".safetensors") || strings.HasPrefix(filepath.Base(shard), ".") {
			return nil, fmt.Errorf("%w: shard %q; want the name of a .safetensors file", safetensors.ErrIndex, shard)
		}
		shards[shard] = true
	}
	if len(shards) > maxShards {
		return nil, fmt.Errorf("%w: %d shards; want at most %d", safetensors.ErrIndex, len(shards), maxShards)
	}
	return slices.Sorted(maps.Keys(shards)), nil
}

// cached returns the snapshot that the revision was last, if it is complete.
func (d *download) cached(why string) (string, error) {
	commit := d.revision
	if !commitPattern.MatchString(commit) {
		text, err := os.ReadFile(d.cache.ref(d.revision))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("hub: %w", err)
		}
		commit = strings.TrimSpace(string(text))
		if !commitPattern.MatchString(commit) {
			return "", fmt.Errorf("hub: %s at %s: %w: %s, and it was not downloaded before to %s", d.repo, d.revision, ErrOffline, why, d.Dir)
		}
	}
	snapshot := d.cache.snapshot(commit)
	missing := func(name string) bool {
		info, err := os.Stat(filepath.Join(snapshot, filepath.FromSlash(name)))
		return err != nil || !info.Mode().IsRegular()
	}
	var lacks []string
	if missing(configFile) {
		lacks = append(lacks, configFile)
	}
	if missing(safetensors.FileName) {
		shards, err := shardsOf(snapshot)
		if err != nil {
			shards = []string{safetensors.FileName}
		}
		lacks = append(lacks, slices.DeleteFunc(shards, func(s string) bool { return !missing(s) })...)
	}
	if len(lacks) > 0 {
		return "", fmt.Errorf("hub: %s at %s: %w: %s, and %s lacks %s", d.repo, d.revision, ErrOffline, why, snapshot, strings.Join(lacks, ", "))
	}
	return snapshot, nil
}
