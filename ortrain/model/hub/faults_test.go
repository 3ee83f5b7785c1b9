package hub_test

import (
	"context" //nolint:gosec // git's hash
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ortrain/ortrain/ortrain/model/hub"
)

func TestWrongHash(t *testing.T) {
	for _, victim := range []string{"config.json", "storage/model.safetensors"} {
		s := newServer(t, plainFiles())
		c := s.config(t)
		s.spoil = func(w http.ResponseWriter, r *http.Request, name string) bool {
			if name != victim || r.Method != http.MethodGet {
				return false
			}
			text := []byte(s.files[strings.TrimPrefix(name, "storage/")])
			text[0] ^= 1
			_, _ = w.Write(text)
			return true
		}
		_, err := hub.Download(t.Context(), c, repo, "")
		var wrong *hub.HashError
		if !errors.As(err, &wrong) || wrong.File != strings.TrimPrefix(victim, "storage/") || wrong.Got == wrong.Want {
			t.Errorf("%s: got %v, want a HashError", victim, err)
			continue
		}
		if _, err := os.Stat(filepath.Join(c.Dir, "models--org--tiny", "snapshots", commit, wrong.File)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: the wrong file was kept", victim)
		}
		s.change(func() { s.spoil = nil })
		if _, err := hub.Download(t.Context(), c, repo, ""); err != nil {
			t.Errorf("%s: afterwards: %v", victim, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	status := func(code int, header ...string) func(http.ResponseWriter, *http.Request, string) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ string) bool {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			return true
		}
	}
	without := func(name string) map[string]string {
		files := plainFiles()
		delete(files, name)
		return files
	}
	index := func(shard string) map[string]string {
		files := without("model.safetensors")
		files["model.safetensors.index.json"] = `{"weight_map":{"a":"` + shard + `"}}`
		return files
	}
	hash := strings.Repeat("0", 40)
	tests := []struct {
		name  string
		files map[string]string
		spoil func(http.ResponseWriter, *http.Request, string) bool
		want  error
		text  string
	}{
		{"no config", without("config.json"), nil, hub.ErrNotFound, "config.json"},
		{"no safetensors", without("model.safetensors"), nil, hub.ErrNotFound, "convert"},
		{"missing shard", index("1.safetensors"), nil, hub.ErrNotFound, "1.safetensors"},
		{"escaping shard", index("../1.safetensors"), nil, nil, "not inside"},
		{"odd shard", index("config.json"), nil, nil, "config.json"},
		{"no repository", nil, status(404, "X-Error-Code", "RepoNotFound"), hub.ErrNotFound, "no such repository"},
		{"gated", nil, status(403, "X-Error-Code", "GatedRepo"), hub.ErrUnauthorized, "model's page"},
		{"forbidden", nil, status(403), hub.ErrUnauthorized, "HF_TOKEN"},
		{"no commit", nil, status(200, "Etag", hash), hub.ErrServer, "X-Repo-Commit"},
		{"bad commit", nil, status(200, "Etag", hash, "X-Repo-Commit", "../../x"), hub.ErrServer, "../../x"},
		{"no hash", nil, status(200, "Etag", `"abc"`, "X-Repo-Commit", commit), hub.ErrServer, "abc"},
		{"no size", nil, status(302, "Etag", hash, "X-Linked-Etag", hash, "X-Repo-Commit", commit, "Location", "/x"), hub.ErrServer, "size"},
		{"redirections in a circle", nil, status(302, "Location", "/"+repo+"/resolve/main/config.json"), hub.ErrServer, "redirections"},
		{"teapot", nil, status(418, "X-Error-Message", "short and stout"), nil, "418 I'm a teapot short and stout"},
		{"overload", nil, status(503), nil, "503"},
	}
	for _, tt := range tests {
		s := newServer(t, tt.files)
		s.spoil = tt.spoil
		_, err := hub.Download(t.Context(), s.config(t), repo, "")
		if err == nil || !strings.Contains(err.Error(), tt.text) || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v with %q", tt.name, err, tt.want, tt.text)
		}
		var odd *hub.StatusError
		if errors.As(err, &odd) != (tt.name == "teapot" || tt.name == "overload") {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func TestRetries(t *testing.T) {
	s := newServer(t, plainFiles())
	failures := 0
	s.spoil = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		failures++
		if failures%3 != 1 {
			return false
		}
		w.WriteHeader([]int{http.StatusBadGateway, http.StatusTooManyRequests}[failures%2])
		return true
	}
	if _, err := hub.Download(t.Context(), s.config(t), repo, ""); err != nil {
		t.Error(err)
	}
	c := s.config(t)
	c.Retries = -1
	s.change(func() { failures = 0 })
	if _, err := hub.Download(t.Context(), c, repo, ""); err == nil {
		t.Error("no retries were asked for, but one was made")
	}
}

func TestOffline(t *testing.T) {
	s := newServer(t, plainFiles())
	c := s.config(t)
	c.Offline = true
	if _, err := hub.Download(t.Context(), c, repo, ""); !errors.Is(err, hub.ErrOffline) || !strings.Contains(err.Error(), repo) {
		t.Errorf("got %v, want ErrOffline", err)
	}
	if log := s.requests(); len(log) != 0 {
		t.Errorf("requests %v", log)
	}
}

// TestStall holds the connection open without sending.
func TestStall(t *testing.T) {
	for _, victim := range []string{"config.json", "storage/model.safetensors"} {
		s := newServer(t, plainFiles())
		release := make(chan struct{})
		s.spoil = func(w http.ResponseWriter, _ *http.Request, name string) bool {
			if name != victim {
				return false
			}
			s.mu.Unlock() // let the test end while this waits
			<-release
			s.mu.Lock()
			return true
		}
		c := s.config(t)
		c.Stall, c.Retries = 50*time.Millisecond, 1
		_, err := hub.Download(t.Context(), c, repo, "")
		if !errors.Is(err, hub.ErrOffline) || !strings.Contains(err.Error(), "no bytes") {
			t.Errorf("%s: got %v, want ErrOffline", victim, err)
		}
		close(release)
	}
}

func TestCancel(t *testing.T) {
	s := newServer(t, plainFiles())
	ctx, cancel := context.WithCancel(t.Context())
	c := s.config(t)
	c.Progress = func(file string, done, total int64) {
		if file == "model.safetensors" && done < total {
			cancel()
		}
	}
	if _, err := hub.Download(ctx, c, repo, ""); !errors.Is(err, context.Canceled) || errors.Is(err, hub.ErrOffline) {
		t.Errorf("got %v, want Canceled", err)
	}
	c.Progress = nil
	if _, err := hub.Download(t.Context(), c, repo, ""); err != nil {
		t.Error(err)
	}
}
