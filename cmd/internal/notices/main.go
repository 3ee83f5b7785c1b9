// Command notices prints the licences of everything that is inside a
// distribution: Go, the Go modules and embedded data of a program, the Rust
// crates of a library that it links, and folders of other parts. Texts that are
// equal are printed once, with all that they cover.
//
// A part without a licence text is an error, unless it says in its package
// metadata which one it has and another part has that text.
//
//	go list -deps -json ./cmd/ortrain >go.json
//	cargo metadata --format-version 1 --locked --filter-platform TRIPLE >rust.json
//	notices -go go.json -rust rust.json "ONNX Runtime=FOLDER" … >NOTICES
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("notices", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // main prints the error
	goList := flags.String("go", "", "`FILE` that go list -deps -json printed")
	rust := flags.String("rust", "", "`FILE` that cargo metadata printed")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var parts []part
	for _, read := range []struct {
		file string
		of   func([]byte) ([]part, error)
	}{{*goList, goParts}, {*rust, rustParts}} {
		if read.file == "" {
			continue
		}
		text, err := os.ReadFile(read.file)
		if err != nil {
			return err
		}
		found, err := read.of(text)
		if err != nil {
			return fmt.Errorf("%s: %w", read.file, err)
		}
		parts = append(parts, found...)
	}
	for _, arg := range flags.Args() {
		name, folder, ok := strings.Cut(arg, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=FOLDER", arg)
		}
		files, err := licences(folder, 0)
		if err != nil {
			return err
		}
		parts = append(parts, part{name: name, files: files})
	}
	text, err := notices(parts)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// part is something that is distributed.
type part struct {
	name string
	// terms is what its metadata says, such as "MIT OR Apache-2.0"; "" for nothing.
	terms string
	by    string   // its authors, likewise
	files []string // of its licence texts
}

// notices renders the texts of all parts.
func notices(parts []part) (string, error) {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b part) int { return strings.Compare(a.name, b.name) })
	covered := make(map[string][]string) // by text, names of parts
	var order, bare, missing []string
	for _, p := range parts {
		if len(p.files) == 0 {
			bare = append(bare, strings.TrimSuffix(p.name+": "+p.terms+", by "+p.by, ", by "))
		}
		for _, path := range p.files {
			data, err := os.ReadFile(path)
			if err != nil {
				return "", err
			}
			text := strings.TrimSpace(strings.ReplaceAll(string(data), "\r\n", "\n"))
			if covered[text] == nil {
				order = append(order, text)
			}
			if name := p.name + " (" + filepath.Base(path) + ")"; !slices.Contains(covered[text], name) {
				covered[text] = append(covered[text], name)
			}
		}
	}
	for _, p := range parts {
		if len(p.files) == 0 && !among(order, p.terms) {
			missing = append(missing, strings.TrimSpace(p.name+" "+p.terms))
		}
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("no licence was found for %s", strings.Join(missing, ", "))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Licences of what this distribution contains, built with %s.\n%d parts, %d different texts.\n\n", runtime.Version(), len(parts), len(order))
	for _, p := range parts {
		fmt.Fprintln(&b, " ", strings.TrimSuffix(p.name+": "+p.terms, ": "))
	}
	if len(bare) > 0 {
		fmt.Fprint(&b, "\nThese come without a text of their own. Their terms, which their metadata\nname, are among the texts below:\n\n")
		for _, name := range bare {
			fmt.Fprintln(&b, " ", name)
		}
	}
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s\n", strings.Repeat("=", 78), strings.Join(covered[text], "\n"), strings.Repeat("-", 78), text)
	}
	return b.String(), nil
}

// marks are how the licences begin that parts without a text have.
var marks = map[string]string{
	"MIT": "Permission is hereby granted, free of charge", "Apache-2.0": "Apache License", "Zlib": "provided 'as-is'",
	"Unlicense": "released into the public domain", "BSD-3-Clause": "Neither the name of",
}

// among reports whether one of the licences that terms offer is among the texts.
func among(texts []string, terms string) bool {
	for _, name := range strings.Split(strings.ReplaceAll(terms, "/", " OR "), " OR ") {
		mark := marks[strings.TrimSpace(name)]
		if mark != "" && slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, mark) }) {
			return true
		}
	}
	return false
}

// isLicence reports whether a file's name says that it holds a licence.
func isLicence(name string) bool {
	upper := strings.ToUpper(name)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".go", ".rs", ".py", ".json", ".toml", ".html", ".yml", ".yaml", ".sh":
		return false
	}
	for _, start := range []string{"LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "PATENTS", "UNLICENSE", "THIRDPARTYNOTICES"} {
		if strings.HasPrefix(upper, start) {
			return true
		}
	}
	return false
}

// readme returns the README of a folder if a licence is part of it.
func readme(folder string) []string {
	path := filepath.Join(folder, "README.md")
	text, err := os.ReadFile(path)
	if err != nil || !among([]string{string(text)}, "MIT OR BSD-3-Clause OR Zlib") {
		return nil
	}
	return []string{path}
}

// licences returns the licence files of a folder and of those below it, so many
// levels down, in order.
func licences(folder string, levels int) (files []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		switch {
		case e.Type().IsRegular() && isLicence(e.Name()):
			files = append(files, path)
		case e.IsDir() && levels > 0:
			below, err := licences(path, levels-1)
			if err != nil {
				return nil, err
			}
			files = append(files, below...)
		}
	}
	return files, nil
}
