package main

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
)

// metadata is what of "cargo metadata" is read.
type metadata struct {
	Packages []struct {
		ID           string   `json:"id"`
		Name         string   `json:"name"`
		Version      string   `json:"version"`
		License      string   `json:"license"`
		Authors      []string `json:"authors"`
		ManifestPath string   `json:"manifest_path"`
		Targets      []struct {
			Kind []string `json:"kind"`
		} `json:"targets"`
	} `json:"packages"`
	Resolve struct {
		Root  string `json:"root"`
		Nodes []struct {
			ID   string `json:"id"`
			Deps []struct {
				Pkg      string `json:"pkg"`
				DepKinds []struct {
					Kind *string `json:"kind"` // null for what is linked
				} `json:"dep_kinds"`
			} `json:"deps"`
		} `json:"nodes"`
	} `json:"resolve"`
}

// rustParts returns the crates that the root of the metadata links, itself aside.
// What only builds or tests it is left out, procedural macros too, which run in
// the compiler.
func rustParts(text []byte) ([]part, error) {
	var m metadata
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	linked := m.linked()
	if len(linked) < 2 {
		return nil, errors.New("nothing is linked but the crate itself")
	}
	var parts []part
	for _, p := range m.Packages {
		if !linked[p.ID] || p.ID == m.Resolve.Root {
			continue
		}
		files, err := licences(filepath.Dir(p.ManifestPath), 2)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{name: "crate " + p.Name + " " + p.Version, terms: p.License, by: strings.Join(p.Authors, ", "), files: files})
	}
	return parts, nil
}

// linked are the ids of the crates that are reached without build and test
// dependencies and without procedural macros.
func (m metadata) linked() map[string]bool {
	macro := make(map[string]bool)
	for _, p := range m.Packages {
		for _, t := range p.Targets {
			macro[p.ID] = macro[p.ID] || slices.Contains(t.Kind, "proc-macro")
		}
	}
	next := make(map[string][]string)
	for _, n := range m.Resolve.Nodes {
		for _, d := range n.Deps {
			for _, k := range d.DepKinds {
				if k.Kind == nil && !macro[d.Pkg] {
					next[n.ID] = append(next[n.ID], d.Pkg)
					break
				}
			}
		}
	}
	seen := map[string]bool{m.Resolve.Root: true}
	for queue := []string{m.Resolve.Root}; len(queue) > 0; queue = queue[1:] {
		for _, id := range next[queue[0]] {
			if !seen[id] {
				seen[id] = true
				queue = append(queue, id)
			}
		}
	}
	return seen
}
