package laws

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/ortrain/ortrain/"

// listed is what "go list" says of a package.
type listed struct {
	ImportPath, Name, Dir     string
	Standard                  bool
	GoFiles, CgoFiles, CFiles []string
	Imports, Deps             []string
	TestGoFiles, XTestGoFiles []string
}

// path is the import path within the module.
func (p listed) path() string { return strings.TrimPrefix(p.ImportPath, module) }

// within reports whether a path is one of the folders or below one.
func within(p string, folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return p == f || strings.HasPrefix(p, f+"/") })
}

var list = sync.OnceValues(func() ([]listed, error) {
	out, err := exec.Command("go", "list", "-deps", "-json", module+"...").Output()
	if err != nil {
		return nil, err
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

// packages returns those of the module.
func packages(t *testing.T) []listed {
	t.Helper()
	all, err := list()
	if err != nil {
		t.Fatal(err)
	}
	own := slices.DeleteFunc(slices.Clone(all), func(p listed) bool { return !strings.HasPrefix(p.ImportPath, module) })
	if len(own) < 40 {
		t.Fatalf("%d packages were listed; the module has more", len(own))
	}
	return own
}

// bindings are packages of other modules that only some of ours may import.
var bindings = []struct {
	imported string
	by       []string
}{
	{"github.com/apache/arrow/", []string{"pipeline/record", "pipeline/source", "pipeline/sink"}},
	{"github.com/daulet/tokenizers", []string{"pipeline/tokenize"}},
	{"github.com/urfave/cli/", []string{"cmd"}},
	{"github.com/yalue/onnxruntime_go", []string{"ortrain/ort"}},
	{"google.golang.org/protobuf/", []string{"ortrain/onnx/wire", "ortrain/report/tfevents"}},
	{"unsafe", []string{"ortrain/ort", "ortrain/native"}},
	{"math/rand", nil},
	{"testing", nil},
}

func TestBindings(t *testing.T) {
	for _, p := range packages(t) {
		for _, b := range bindings {
			for _, i := range p.Imports {
				if strings.HasPrefix(i, b.imported) && !within(p.path(), b.by...) && !isTestKit(p.ImportPath) {
					t.Errorf("%s imports %s; only %v may", p.path(), i, b.by)
				}
			}
		}
		if files := slices.Concat(p.CgoFiles, p.CFiles); len(files) > 0 && !mayHaveC(p.path(), files) {
			t.Errorf("%s has C in it, in %v; only ort and native may", p.path(), files)
		}
	}
}

// mayHaveC says which packages have C in them. That of tokenize is a question to
// the preprocessor and runs nothing.
func mayHaveC(from string, files []string) bool {
	return within(from, "ortrain/ort", "ortrain/native") || from == "pipeline/tokenize" && slices.Equal(files, []string{"library.go"})
}

// isTestKit reports whether a package serves tests only: its name ends so.
func isTestKit(p string) bool {
	return strings.HasPrefix(p, module) && strings.HasSuffix(path.Base(p), "test")
}

func TestDirections(t *testing.T) {
	all, err := list()
	if err != nil {
		t.Fatal(err)
	}
	standard := make(map[string]bool)
	for _, p := range all {
		standard[p.ImportPath] = p.Standard
	}
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			if why := forbidden(p.path(), i, standard[i]); why != "" {
				t.Errorf("%s imports %s: %s", p.path(), i, why)
			}
		}
		if within(p.path(), "ortrain") && slices.Contains(p.Deps, "github.com/daulet/tokenizers") {
			t.Errorf("%s links libtokenizers; tests of ortrain run without it", p.path())
		}
		if strings.HasPrefix(p.path(), "internal/") {
			t.Errorf("%s: there is no internal folder at the root", p.path())
		}
	}
}

// forbidden says why a package of the module must not import another one.
func forbidden(from, imported string, standard bool) string {
	to, own := strings.CutPrefix(imported, module)
	switch {
	case from == "ortrain/onnx" && !standard:
		return "onnx imports only the standard library"
	case !own:
		return ""
	case from == "ortrain/autodiff" && to == "ortrain/autodiff/rules":
		return "the driver knows no operator; callers pass the table"
	case within(from, "ortrain") && within(to, "pipeline") && !slices.Contains([]string{"pipeline/sample", "pipeline/random"}, to):
		return "ortrain takes only sample and random from pipeline"
	case within(from, "pipeline") && within(to, "ortrain"):
		return "pipeline takes nothing from ortrain"
	case isTestKit(imported) && !isTestKit(module+from):
		return "test kits are imported by tests only"
	case !within(from, "cmd") && within(to, "cmd"):
		return "commands are imported by commands only"
	}
	return ""
}

// TestForbidden shows that the laws can be broken.
func TestForbidden(t *testing.T) {
	for _, c := range []struct {
		from, imported string
		standard, bad  bool
	}{
		{"ortrain/onnx", "golang.org/x/sync/errgroup", false, true},
		{"ortrain/onnx", "strings", true, false},
		{"ortrain/onnx/wire", "google.golang.org/protobuf/encoding/protowire", false, false},
		{"ortrain/autodiff", module + "ortrain/autodiff/rules", false, true},
		{"ortrain/task", module + "ortrain/autodiff/rules", false, false},
		{"ortrain", module + "pipeline/feed", false, true},
		{"ortrain", module + "pipeline/sample", false, false},
		{"pipeline/feed", module + "ortrain/ort", false, true},
		{"pipeline/feed", module + "pipeline/source", false, false},
		{"ortrain/task", module + "ortrain/ort/orttest", false, true},
		{"ortrain/autodiff/gradtest", module + "ortrain/ort/orttest", false, false},
		{"export", module + "cmd/internal/cli", false, true},
	} {
		if why := forbidden(c.from, c.imported, c.standard); (why != "") != c.bad {
			t.Errorf("%s imports %s: %q", c.from, c.imported, why)
		}
	}
}
