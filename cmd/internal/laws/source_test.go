package laws

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The sizes of functions and files. Units: lines.
const (
	mostOfFunction = 80
	ninthTenth     = 40 // nine of ten functions are no longer
	mostOfFile     = 500
)

// source is one parsed file of a package.
type source struct {
	pkg  listed
	path string // within the module
	test bool
	file *ast.File
}

var fset = token.NewFileSet()

var parse = sync.OnceValues(func() ([]source, error) {
	all, err := list()
	if err != nil {
		return nil, err
	}
	var out []source
	for _, p := range all {
		if !strings.HasPrefix(p.ImportPath, module) {
			continue
		}
		for _, name := range slices.Concat(p.GoFiles, p.CgoFiles, p.TestGoFiles, p.XTestGoFiles) {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			out = append(out, source{p, p.path() + "/" + name, strings.HasSuffix(name, "_test.go"), file})
		}
	}
	return out, nil
})

func sources(t *testing.T) []source {
	t.Helper()
	s, err := parse()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func lines(from, to token.Pos) int { return fset.Position(to).Line - fset.Position(from).Line + 1 }

// excused reports whether a comment gives a reason for a length.
func excused(c *ast.CommentGroup) bool {
	return c != nil && slices.ContainsFunc(strings.Split(c.Text(), "\n"), func(line string) bool {
		why, ok := strings.CutPrefix(line, "long: ")
		return ok && len(why) > 10
	})
}

func TestSizes(t *testing.T) {
	var lengths []int
	for _, s := range sources(t) {
		if n := fset.File(s.file.FileStart).LineCount(); n > mostOfFile && !s.test && !slices.ContainsFunc(s.file.Comments, excused) {
			t.Errorf("%s has %d lines; %d are allowed", s.path, n, mostOfFile)
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || s.test {
				continue
			}
			n := lines(f.Pos(), f.End())
			lengths = append(lengths, n)
			if n > mostOfFunction && !excused(f.Doc) {
				t.Errorf("%s: %s has %d lines; %d are allowed", s.path, f.Name.Name, n, mostOfFunction)
			}
		}
	}
	slices.Sort(lengths)
	if n := lengths[len(lengths)*9/10]; n > ninthTenth {
		t.Errorf("one of ten functions has more than %d lines; %d are allowed", n, ninthTenth)
	}
}

// TestProcess keeps what belongs to the process, its arguments and its end, in
// programs.
func TestProcess(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.pkg.Name == "main" || within(s.pkg.path(), "cmd") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				x, _ := sel.X.(*ast.Ident)
				if x != nil && x.Obj == nil && isProcess(x.Name, sel.Sel.Name) {
					t.Errorf("%s: %s.%s belongs to commands", fset.Position(n.Pos()), x.Name, sel.Sel.Name)
				}
			}
			return true
		})
	}
}

func isProcess(pkg, name string) bool {
	switch pkg {
	case "os":
		return slices.Contains([]string{"Args", "Exit", "Stdin", "Stdout", "Stderr"}, name)
	case "fmt":
		return slices.Contains([]string{"Print", "Printf", "Println"}, name)
	case "log":
		return true
	}
	return false
}

// slow are packages whose only path costs more than an example is worth.
var slow = map[string]string{
	"augment/segment": "loads a dictionary of some hundred MiB",
}

func TestEveryPackageIsExplainedAndShown(t *testing.T) {
	type state struct{ explained, shown, runs bool }
	seen := make(map[string]*state)
	for _, s := range sources(t) {
		p := seen[s.pkg.path()]
		if p == nil {
			p = &state{}
			seen[s.pkg.path()] = p
		}
		if !s.test {
			p.explained = p.explained || s.file.Doc != nil
			continue
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Example") || f.Recv != nil {
				continue
			}
			p.shown = true
			p.runs = p.runs || hasOutput(s.file, f)
		}
	}
	for _, p := range packages(t) {
		s := seen[p.path()]
		switch {
		case !s.explained:
			t.Errorf("%s has no package comment", p.path())
		case slow[p.path()] != "":
		case p.Name == "main" || isTestKit(p.ImportPath) || within(p.path(), "cmd", "bench", "interop"):
		case !s.runs:
			t.Errorf("%s has no example that runs", p.path())
		}
	}
}

// hasOutput reports whether an example states what it prints, without which it
// is compiled only.
func hasOutput(file *ast.File, f *ast.FuncDecl) bool {
	return slices.ContainsFunc(file.Comments, func(c *ast.CommentGroup) bool {
		text := strings.ToLower(c.Text())
		return c.Pos() > f.Body.Pos() && c.End() < f.Body.End() && (strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:"))
	})
}

func TestExportedNamesAreDocumented(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.pkg.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && receiverIsExported(d) {
					t.Errorf("%s: %s is exported and has no comment", fset.Position(d.Pos()), d.Name.Name)
				}
			case *ast.GenDecl:
				undocumented(t, d)
			}
		}
	}
}

func receiverIsExported(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	for typ := f.Recv.List[0].Type; ; {
		switch e := typ.(type) {
		case *ast.StarExpr:
			typ = e.X
		case *ast.IndexExpr:
			typ = e.X
		case *ast.IndexListExpr:
			typ = e.X
		case *ast.Ident:
			return e.IsExported()
		default:
			return false
		}
	}
}

// undocumented reports exported types, constants and variables without a
// comment. One comment serves a group.
func undocumented(t *testing.T, d *ast.GenDecl) {
	t.Helper()
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				t.Errorf("%s: type %s is exported and has no comment", fset.Position(s.Pos()), s.Name.Name)
			}
		case *ast.ValueSpec:
			if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				t.Errorf("%s: %s is exported and has no comment", fset.Position(s.Pos()), s.Names[0].Name)
			}
		}
	}
}
