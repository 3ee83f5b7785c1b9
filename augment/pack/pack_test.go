package pack_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/augment/pack"
)

// shared is where real data lie, beside the repository.
const shared = "../../../shared/data/"

func TestInstallFrom(t *testing.T) {
	folder := shared + "chinese-open-wordnet"
	if _, err := os.Stat(folder); err != nil {
		t.Skip("no " + folder)
	}
	s := pack.Store{Dir: t.TempDir()}
	_, err := s.Pack("cow")
	if !errors.Is(err, augment.ErrPack) || !strings.Contains(err.Error(), "ortrain data install cow") {
		t.Fatalf("a missing pack gives %v", err)
	}
	if err := s.InstallFrom(t.Context(), "cow", folder); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify("cow"); err != nil {
		t.Fatal(err)
	}
	// A file that changed is found, and installing again repairs it.
	path := filepath.Join(s.Dir, "cow", "LICENSE")
	if err := os.WriteFile(path, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify("cow"); !errors.Is(err, pack.ErrHash) {
		t.Fatalf("a changed file gives %v", err)
	}
	if err := s.InstallFrom(t.Context(), "cow", folder); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify("cow"); err != nil {
		t.Fatal(err)
	}
}

// A wrong file leaves nothing behind.
func TestInstallFromWrongFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"wn-data-cmn.tab", "LICENSE"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := pack.Store{Dir: t.TempDir()}
	if err := s.InstallFrom(t.Context(), "cow", folder); !errors.Is(err, pack.ErrHash) {
		t.Fatalf("got %v, want ErrHash", err)
	}
	left, err := os.ReadDir(s.Dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestUnknown(t *testing.T) {
	if _, err := pack.Find("wordnets"); !errors.Is(err, pack.ErrUnknown) || !strings.Contains(err.Error(), "wordnet,") && !strings.Contains(err.Error(), "wordnet:") {
		t.Errorf("got %v", err)
	}
	err := pack.Store{Dir: t.TempDir()}.Install(context.Background(), "cow")
	if !errors.Is(err, pack.ErrClient) || !strings.Contains(err.Error(), "--from FOLDER") {
		t.Errorf("got %v", err)
	}
}

func TestManifest(t *testing.T) {
	last := ""
	for _, p := range pack.Manifest() {
		if p.Name <= last || p.Licence == "" || p.Doc == "" || p.Source() == "" || len(p.Files) == 0 {
			t.Errorf("the pack %s is out of order or lacks something", p.Name)
		}
		last = p.Name
		licence := false
		for _, f := range p.Files {
			licence = licence || f.Name == "LICENSE" || f.Name == "README.md"
			if len(f.SHA256) != 64 || f.Bytes == 0 || p.Registry != "" && f.From == "" {
				t.Errorf("%s: the file %s lacks something", p.Name, f.Name)
			}
		}
		if !licence {
			t.Errorf("%s has no licence file", p.Name)
		}
	}
}

func Example() {
	store := pack.Store{Dir: filepath.Join(os.TempDir(), "no-such-folder")}
	_, err := store.Pack("stopwords")
	fmt.Println(errors.Is(err, augment.ErrPack))
	p, _ := pack.Find("stopwords")
	fmt.Println(p.Source(), p.Licence)
	// Output:
	// true
	// npm stopwords-iso 1.1.0 MIT
}
