package ort

// #include "lib.h"
import "C"

import (
	"cmp"
	"fmt"
	"slices"
	"unsafe"
)

// EndProfiling ends the profile that Options.ProfilePrefix began and returns the
// path of its file.
func (s *Session) EndProfiling() (string, error) {
	s.use.RLock()
	defer s.use.RUnlock()
	if s.binding == nil {
		return "", fmt.Errorf("ort: %s %w", s.name, ErrClosed)
	}
	var path *C.char
	if err := s.env.api.failure(C.ortrain_session_end_profiling(s.env.api.p, s.session, &path)); err != nil {
		return "", fmt.Errorf("ort: profile of %s: %w", s.name, err)
	}
	return s.env.api.take(path)
}

// Placement is the number of nodes that one execution provider runs.
type Placement struct {
	// Provider is the runtime's name, such as "CPUExecutionProvider".
	Provider string
	Nodes    int
	// Ops counts them by operator. A fused block counts under its first.
	Ops map[string]int
}

// Placement tells which execution provider runs how many nodes, by name of the
// provider. It is taken after the basic optimizations, before providers fuse.
// Options.RecordPlacement must have been set.
func (s *Session) Placement() ([]Placement, error) {
	s.use.RLock()
	defer s.use.RUnlock()
	if s.binding == nil {
		return nil, fmt.Errorf("ort: %s %w", s.name, ErrClosed)
	}
	api := s.env.api
	var list unsafe.Pointer
	var n C.size_t
	if err := api.failure(C.ortrain_session_nodes(api.p, s.session, &n, &list)); err != nil {
		return nil, fmt.Errorf("ort: placement of %s; set Options.RecordPlacement: %w", s.name, err)
	}
	found := map[string]*Placement{}
	for i := range n {
		var provider, op *C.char
		var nodes C.size_t
		if err := api.failure(C.ortrain_subgraph(api.p, list, i, &provider, &nodes, &op)); err != nil {
			return nil, fmt.Errorf("ort: placement of %s: %w", s.name, err)
		}
		name := C.GoString(provider)
		if found[name] == nil {
			found[name] = &Placement{Provider: name, Ops: map[string]int{}}
		}
		found[name].Nodes += int(nodes)
		found[name].Ops[C.GoString(op)] += int(nodes)
	}
	return sortedPlacements(found), nil
}

func sortedPlacements(found map[string]*Placement) []Placement {
	var all []Placement
	for _, p := range found {
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b Placement) int { return cmp.Compare(a.Provider, b.Provider) })
	return all
}
