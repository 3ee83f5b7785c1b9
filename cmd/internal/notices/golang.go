package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// listed is what "go list" says of a package.
type listed struct {
	Dir      string
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// module is a part with its folder.
type module struct {
	part
	root string
}

// goParts returns the modules whose packages are linked, with the licences in
// their roots and on the way to each package, where those of embedded data and
// borrowed code lie. The standard library is a part of its own.
func goParts(list []byte) ([]part, error) {
	found := make(map[string]*module)
	var order []*module
	add := func(name, root, dir string) error {
		p := found[name]
		if p == nil {
			p = &module{part: part{name: name}, root: root}
			found[name], order = p, append(order, p)
		}
		for {
			files, err := licences(dir, 0)
			if err != nil {
				return err
			}
			for _, file := range files {
				if !slices.Contains(p.files, file) {
					p.files = append(p.files, file)
				}
			}
			if dir == root || !strings.HasPrefix(dir, root) {
				return nil
			}
			dir = filepath.Dir(dir)
		}
	}
	for d := json.NewDecoder(bytes.NewReader(list)); ; {
		var l listed
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			break
		}
		switch {
		case err != nil:
			return nil, err
		case l.Standard:
			root, _, _ := strings.Cut(filepath.ToSlash(l.Dir), "/src/")
			err = add("Go "+strings.TrimPrefix(runtime.Version(), "go"), root, root)
		case l.Module != nil:
			err = add(strings.TrimSpace(l.Module.Path+" "+l.Module.Version), l.Module.Dir, l.Dir)
		}
		if err != nil {
			return nil, err
		}
	}
	parts := make([]part, len(order))
	for i, p := range order {
		if len(p.files) == 0 {
			p.files = readme(p.root)
		}
		slices.Sort(p.files)
		parts[i] = p.part
	}
	return parts, nil
}
