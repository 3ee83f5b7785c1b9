package hub_test

import (
	"context"
	"crypto/sha1" //nolint:gosec // git's hash
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ortrain/ortrain/ortrain/model/hub"
)

const (
	commit  = "0123456789abcdef0123456789abcdef01234567"
	commit2 = "fedcba9876543210fedcba9876543210fedcba98"
	repo    = "org/tiny"
)

// server is a small Hugging Face: small files are served as they are, large
// ones (.safetensors) by way of a redirection to a second host.
type server struct {
	*httptest.Server
	storage *httptest.Server

	mu     sync.Mutex
	commit string
	files  map[string]string
	token  string
	// spoil, if set, may answer a request itself and then returns true.
	spoil func(w http.ResponseWriter, r *http.Request, name string) bool
	// log has the requests for bytes: method, host, name and range.
	log []string
}

func newServer(t *testing.T, files map[string]string) *server {
	s := &server{commit: commit, files: files}
	s.Server = httptest.NewServer(http.HandlerFunc(s.hub))
	s.storage = httptest.NewServer(http.HandlerFunc(s.large))
	t.Cleanup(s.Close)
	t.Cleanup(s.storage.Close)
	return s
}

// change sets fields between two downloads.
func (s *server) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *server) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

func (s *server) hub(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, found := "", false
	for _, revision := range []string{"main", "pr%2F1", s.commit} {
		if rest, ok := strings.CutPrefix(r.URL.EscapedPath(), "/"+repo+"/resolve/"+revision+"/"); ok {
			name, found = rest, true
		}
	}
	text, exists := s.files[name]
	if s.spoil != nil && s.spoil(w, r, name) {
		return
	}
	switch {
	case s.token != "" && r.Header.Get("Authorization") != "Bearer "+s.token:
		w.WriteHeader(http.StatusUnauthorized)
	case strings.HasPrefix(r.URL.Path, "/old/name/"):
		http.Redirect(w, r, strings.Replace(r.URL.Path, "/old/name/", "/"+repo+"/", 1), http.StatusTemporaryRedirect)
	case !found:
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		w.WriteHeader(http.StatusNotFound)
	case !exists:
		w.Header().Set("X-Error-Code", "EntryNotFound")
		w.WriteHeader(http.StatusNotFound)
	case strings.HasSuffix(name, ".safetensors"):
		w.Header().Set("X-Repo-Commit", s.commit)
		w.Header().Set("X-Linked-Etag", `"`+sha256Of(text)+`"`)
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(text)))
		http.Redirect(w, r, s.storage.URL+"/"+name, http.StatusFound)
	default:
		w.Header().Set("X-Repo-Commit", s.commit)
		w.Header().Set("Etag", `W/"`+gitHash(text)+`"`)
		if r.Method == http.MethodGet {
			s.log = append(s.log, "hub "+name+r.Header.Get("Range"))
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	}
}

func (s *server) large(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.TrimPrefix(r.URL.Path, "/")
	if r.Header.Get("Authorization") != "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if s.spoil != nil && s.spoil(w, r, "storage/"+name) {
		return
	}
	s.log = append(s.log, "storage "+name+r.Header.Get("Range"))
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(s.files[name]))
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func gitHash(text string) string {
	sum := sha1.Sum([]byte(fmt.Sprintf("blob %d\x00%s", len(text), text))) //nolint:gosec // git's hash
	return hex.EncodeToString(sum[:])
}

// large is more than one chunk.
var large = strings.Repeat("weights ", 1<<18)

func plainFiles() map[string]string {
	return map[string]string{
		"config.json": `{"model_type":"bert"}`, "model.safetensors": large, "vocab.txt": "[PAD]\n",
		"README.md": "not wanted", "pytorch_model.bin": "not wanted",
	}
}

func (s *server) config(t *testing.T) hub.Config {
	t.Helper()
	return hub.Config{Dir: filepath.Join(t.TempDir(), "hub"), Endpoint: s.URL + "/", Backoff: time.Microsecond}
}

// check compares a folder with what the server has of the wanted files.
func check(t *testing.T, folder string, files map[string]string, wanted ...string) {
	t.Helper()
	want := map[string]string{}
	for _, name := range wanted {
		want[name] = files[name]
	}
	got := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, rerr := filepath.Rel(folder, path)
		got[filepath.ToSlash(name)] = string(text)
		return errors.Join(err, rerr)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) {
		t.Errorf("folder has %v, want %v with the server's bytes", slices.Sorted(maps.Keys(got)), wanted)
	}
}

func TestDownload(t *testing.T) {
	s := newServer(t, plainFiles())
	c := s.config(t)
	var progress []string
	c.Progress = func(file string, done, total int64) {
		progress = append(progress, fmt.Sprint(file, " ", done, "/", total))
	}
	folder, err := hub.Download(t.Context(), c, repo, "")
	if err != nil {
		t.Fatal(err)
	}
	check(t, folder, s.files, "config.json", "model.safetensors", "vocab.txt")
	if want := filepath.Join(c.Dir, "models--org--tiny", "snapshots", commit); folder != want {
		t.Errorf("folder %s, want %s", folder, want)
	}
	if !slices.Contains(progress, "model.safetensors 1048576/2097152") || !slices.Contains(progress, "model.safetensors 2097152/2097152") {
		t.Errorf("progress %v", progress)
	}
	s.requests()
	if again, err := hub.Download(t.Context(), c, repo, commit); again != folder || err != nil {
		t.Errorf("again: %s, %v", again, err)
	}
	if log := s.requests(); len(log) != 0 {
		t.Errorf("downloaded twice: %v", log)
	}
	c.Offline = true
	s.Close()
	for _, revision := range []string{"", "main", commit} {
		if again, err := hub.Download(t.Context(), c, repo, revision); again != folder || err != nil {
			t.Errorf("offline at %q: %s, %v", revision, again, err)
		}
	}
}

func TestNewCommit(t *testing.T) {
	s := newServer(t, plainFiles())
	c := s.config(t)
	first, err := hub.Download(t.Context(), c, repo, "main")
	if err != nil {
		t.Fatal(err)
	}
	s.change(func() { s.commit, s.files["vocab.txt"] = commit2, "[UNK]\n" })
	second, err := hub.Download(t.Context(), c, repo, "main")
	if err != nil || first == second {
		t.Fatalf("%s, %v", second, err)
	}
	check(t, second, s.files, "config.json", "model.safetensors", "vocab.txt")
	s.Close()
	if folder, err := hub.Download(t.Context(), c, repo, "main"); folder != second || err != nil {
		t.Errorf("a server that went away: %s, %v", folder, err)
	}
	if _, err := hub.Download(t.Context(), c, repo, "pr/1"); !errors.Is(err, hub.ErrOffline) {
		t.Errorf("another revision: got %v, want ErrOffline", err)
	}
}

func TestShards(t *testing.T) {
	files := map[string]string{
		"config.json": "{}", "tokenizer.json": "{}", "sub/1.safetensors": "one", "2.safetensors": large,
		"model.safetensors.index.json": `{"weight_map":{"a":"sub/1.safetensors","b":"2.safetensors","c":"2.safetensors"}}`,
	}
	s := newServer(t, files)
	c := s.config(t)
	folder, err := hub.Download(t.Context(), c, repo, "pr/1")
	if err != nil {
		t.Fatal(err)
	}
	check(t, folder, files, "config.json", "tokenizer.json", "sub/1.safetensors", "2.safetensors", "model.safetensors.index.json")
	c.Offline = true
	if err := os.Remove(filepath.Join(folder, "2.safetensors")); err != nil {
		t.Fatal(err)
	}
	if _, err := hub.Download(t.Context(), c, repo, "pr/1"); !errors.Is(err, hub.ErrOffline) || !strings.Contains(err.Error(), "2.safetensors") {
		t.Errorf("a shard is missing: got %v", err)
	}
}

// cut answers the first request for the weights with half of them.
func cut(w http.ResponseWriter, r *http.Request, name string) bool {
	if name != "storage/model.safetensors" || r.Header.Get("Range") != "" {
		return false
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(large)))
	_, _ = w.Write([]byte(large[:len(large)/2]))
	panic(http.ErrAbortHandler)
}

func TestResume(t *testing.T) {
	s := newServer(t, plainFiles())
	c := s.config(t)
	s.spoil = cut
	folder, err := hub.Download(t.Context(), c, repo, "")
	if err != nil {
		t.Fatal(err)
	}
	check(t, folder, s.files, "config.json", "model.safetensors", "vocab.txt")
	ranges := 0
	for _, line := range s.requests() {
		if strings.HasPrefix(line, "storage model.safetensorsbytes=") {
			ranges++
		}
	}
	if ranges != 1 {
		t.Errorf("%d requests for the rest, want 1", ranges)
	}
}

func TestResumeInAnotherCall(t *testing.T) {
	for name, damage := range map[string]func(string) string{
		"good start":  func(s string) string { return s },
		"wrong start": strings.ToUpper,
		"too long":    func(string) string { return large + "more" },
		"complete":    func(string) string { return large },
	} {
		s := newServer(t, plainFiles())
		c := s.config(t)
		partial := filepath.Join(c.Dir, "models--org--tiny", "partial", sha256Of(large))
		if err := os.MkdirAll(filepath.Dir(partial), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(partial, []byte(damage(large[:100])), 0o600); err != nil {
			t.Fatal(err)
		}
		folder, err := hub.Download(t.Context(), c, repo, "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		check(t, folder, s.files, "config.json", "model.safetensors", "vocab.txt")
		if log := s.requests(); name == "good start" && !slices.Contains(log, "storage model.safetensorsbytes=100-") {
			t.Errorf("%s: requests %v", name, log)
		}
	}
}

func TestServerWithoutRanges(t *testing.T) {
	s := newServer(t, plainFiles())
	first := true
	s.spoil = func(w http.ResponseWriter, r *http.Request, name string) bool {
		if first && name == "storage/model.safetensors" {
			first = false
			return cut(w, r, name)
		}
		r.Header.Del("Range")
		return false
	}
	folder, err := hub.Download(t.Context(), s.config(t), repo, "")
	if err != nil {
		t.Fatal(err)
	}
	check(t, folder, s.files, "config.json", "model.safetensors", "vocab.txt")
}

func TestToken(t *testing.T) {
	s := newServer(t, plainFiles())
	s.token = "secret"
	c := s.config(t)
	for _, token := range []string{"", "wrong"} {
		c.Token = token
		if _, err := hub.Download(t.Context(), c, repo, ""); !errors.Is(err, hub.ErrUnauthorized) || token != "" && strings.Contains(err.Error(), token+"\"") {
			t.Errorf("token %q: got %v, want ErrUnauthorized", token, err)
		}
	}
	c.Token = "secret" // the storage host refuses requests that carry it
	if _, err := hub.Download(t.Context(), c, repo, ""); err != nil {
		t.Error(err)
	}
}

func TestRenamedRepository(t *testing.T) {
	s := newServer(t, plainFiles())
	folder, err := hub.Download(t.Context(), s.config(t), "old/name", "")
	if err != nil {
		t.Fatal(err)
	}
	check(t, folder, s.files, "config.json", "model.safetensors", "vocab.txt")
}

func TestNames(t *testing.T) {
	s := newServer(t, nil)
	for _, name := range []string{"", "..", "../x", "a/b/c", "/abs", "a//b", "a/../b", "a b/c", "a/b--c", ".hidden/x"} {
		if hub.IsName(name) {
			t.Errorf("%q passes for a name", name)
		}
		if _, err := hub.Download(t.Context(), s.config(t), name, ""); !errors.Is(err, hub.ErrName) {
			t.Errorf("%q: got %v, want ErrName", name, err)
		}
	}
	for _, revision := range []string{"../x", "a/../b", "/x", "a//b", "x?y", "-x"} {
		if _, err := hub.Download(t.Context(), s.config(t), repo, revision); !errors.Is(err, hub.ErrName) {
			t.Errorf("revision %q: got %v, want ErrName", revision, err)
		}
	}
	c := s.config(t)
	c.Endpoint = "ftp://host"
	if _, err := hub.Download(t.Context(), c, repo, ""); !errors.Is(err, hub.ErrName) {
		t.Errorf("endpoint: got %v, want ErrName", err)
	}
	if !hub.IsName("bert-base-uncased") || !hub.IsName("sentence-transformers/all-MiniLM-L6-v2") {
		t.Error("real names are refused")
	}
}

func TestConcurrent(t *testing.T) {
	s := newServer(t, plainFiles())
	c := s.config(t)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			if _, err := hub.Download(t.Context(), c, repo, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if log := s.requests(); len(log) != 3 {
		t.Errorf("each file once, got %v", log)
	}
}

func TestFromEnv(t *testing.T) {
	env := map[string]string{}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if diff := cmp.Diff(hub.Config{Dir: filepath.Join("cache", "ortrain", "hub")}, hub.FromEnv(lookup, "cache"), cmp.FilterPath(isFunc, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
	env = map[string]string{"HF_ENDPOINT": "http://mirror", "HF_TOKEN": "t", "HF_HUB_OFFLINE": "TRUE", "ORTRAIN_DEPS": "deps"}
	want := hub.Config{Dir: filepath.Join("deps", "hub"), Endpoint: "http://mirror", Token: "t", Offline: true}
	if diff := cmp.Diff(want, hub.FromEnv(lookup, "cache"), cmp.FilterPath(isFunc, cmp.Ignore())); diff != "" {
		t.Error(diff)
	}
	env["HF_HUB_OFFLINE"] = "0"
	if hub.FromEnv(lookup, "cache").Offline {
		t.Error("0 means online")
	}
}

func isFunc(p cmp.Path) bool { return p.Last().String() == ".Progress" }

func ExampleDownload() {
	// The environment of a machine without network.
	env := map[string]string{"HF_HUB_OFFLINE": "1"}
	config := hub.FromEnv(func(name string) (string, bool) { v, ok := env[name]; return v, ok }, os.TempDir())
	_, err := hub.Download(context.Background(), config, "org/never-downloaded", "main")
	fmt.Println(errors.Is(err, hub.ErrOffline))
	// Output: true
}
