package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const mit = "Permission is hereby granted, free of charge, to any person"

// write makes files below a folder.
func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// names of the parts, with those of their files.
func names(parts []part) (out []string) {
	for _, p := range parts {
		line := p.name
		for _, f := range p.files {
			line += " " + filepath.Base(f)
		}
		out = append(out, line)
	}
	return out
}

func TestGoParts(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go/LICENSE": "Go's", "go/src/fmt/x.go": "", "a/LICENSE.txt": mit, "a/data/NOTICE": "word lists", "a/data/license.go": "", "a/data/list/x": "",
		"a/other/LICENSE": "not linked", "b/README.md": "# License\n" + mit, "c/README.md": "nothing",
	})
	var list strings.Builder
	for _, p := range []struct{ dir, module string }{{"go/src/fmt", ""}, {"a/data/list", "a"}, {"a", "a"}, {"b", "b"}, {"c", "c"}} {
		text, err := json.Marshal(map[string]any{"Dir": filepath.Join(dir, p.dir), "Standard": p.module == ""})
		if p.module != "" {
			text, err = json.Marshal(map[string]any{"Dir": filepath.Join(dir, p.dir), "Module": map[string]string{"Path": p.module, "Version": "v1", "Dir": filepath.Join(dir, p.module)}})
		}
		if err != nil {
			t.Fatal(err)
		}
		list.Write(text)
	}
	parts, err := goParts([]byte(list.String()))
	if err != nil {
		t.Fatal(err)
	}
	got := names(parts)
	if !strings.HasPrefix(got[0], "Go 1.") || !slices.Equal(got[1:], []string{"a v1 LICENSE.txt NOTICE", "b v1 README.md", "c v1"}) {
		t.Errorf("%q", got)
	}
	if _, err := notices(parts); err == nil || !strings.Contains(err.Error(), "c v1") {
		t.Errorf("c has no licence: %v", err)
	}
}

// crates are root → linked → deep, and what root needs to be built and tested;
// macro is a procedural macro with a dependency of its own.
const crates = `{"packages": [
	{"id": "root", "name": "root", "version": "1.0", "manifest_path": "%[1]s/root/Cargo.toml"},
	{"id": "linked", "name": "linked", "version": "1.1", "license": "MIT", "manifest_path": "%[1]s/linked/Cargo.toml"},
	{"id": "deep", "name": "deep", "version": "1.2", "license": "GPL-9 OR MIT", "authors": ["Ada"], "manifest_path": "%[1]s/deep/Cargo.toml"},
	{"id": "built", "name": "built", "version": "1.3", "manifest_path": "%[1]s/root/Cargo.toml"},
	{"id": "macro", "name": "macro", "version": "1.4", "targets": [{"kind": ["proc-macro"]}], "manifest_path": "%[1]s/root/Cargo.toml"},
	{"id": "syntax", "name": "syntax", "version": "1.5", "manifest_path": "%[1]s/root/Cargo.toml"}],
	"resolve": {"root": "root", "nodes": [
	{"id": "root", "deps": [{"pkg": "linked", "dep_kinds": [{"kind": "dev"}, {"kind": null}]}, {"pkg": "built", "dep_kinds": [{"kind": "build"}]},
		{"pkg": "macro", "dep_kinds": [{"kind": null}]}]},
	{"id": "linked", "deps": [{"pkg": "deep", "dep_kinds": [{"kind": null}]}]},
	{"id": "macro", "deps": [{"pkg": "syntax", "dep_kinds": [{"kind": null}]}]}]}}`

func TestRustParts(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"root/Cargo.toml": "", "linked/LICENSE-MIT": mit, "linked/vendored/c/COPYING": "of its C code", "deep/Cargo.toml": ""})
	parts, err := rustParts(fmt.Appendf(nil, crates, dir))
	if err != nil {
		t.Fatal(err)
	}
	if got := names(parts); !slices.Equal(got, []string{"crate linked 1.1 LICENSE-MIT COPYING", "crate deep 1.2"}) {
		t.Errorf("%q", got)
	}
	text, err := notices(parts)
	if err != nil || !strings.Contains(text, "crate deep 1.2: GPL-9 OR MIT, by Ada\n") || !strings.Contains(text, "of its C code") {
		t.Errorf("%v\n%s", err, text)
	}
	parts[1].terms = "GPL-9"
	if _, err := notices(parts); err == nil || !strings.Contains(err.Error(), "deep 1.2 GPL-9") {
		t.Errorf("nothing has the text of GPL-9: %v", err)
	}
	if _, err := rustParts([]byte(`{"resolve": {"root": "root"}}`)); err == nil {
		t.Error("a crate without any other is taken")
	}
}

// A text that several parts share stands once, under all their names.
func TestEqualTextsStandOnce(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a/LICENSE": mit + "\r\n", "b/COPYING": mit})
	var out strings.Builder
	if err := run([]string{"b=" + filepath.Join(dir, "b"), "a=" + filepath.Join(dir, "a")}, &out); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), mit) != 1 || !strings.Contains(out.String(), "a (LICENSE)\nb (COPYING)\n---") {
		t.Errorf("%s", out.String())
	}
	for _, args := range [][]string{{"a"}, {"-go", filepath.Join(dir, "none")}, {"a=" + filepath.Join(dir, "none")}, {"-x"}} {
		if err := run(args, &out); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}
