package crdt

import (
	"encoding/binary"
	"fmt"
	"testing"

	"gset/crdt/riblt"
)

func TestWorkingOnAKeySetDoesNotAllocate(t *testing.T) {
	s := NewKeySet(GenKey)
	for i := range 10_000 {
		s.insert(fmt.Append(nil, i))
	}
	s.Sketch(riblt.MaxSketch)
	other, name := s.Clone(), "9999"
	for what, f := range map[string]func(){
		"Contains": func() { s.Contains([]byte(name)) },
		"Insert": func() {
			if added, err := s.Insert([]byte(name)); added || err != nil {
				t.Error(added, err)
			}
		},
		"Cells": func() {
			for range s.Cells(0) {
			}
		},
		"All": func() {
			for range s.All() {
			}
		},
		"Digest": func() { s.Digest() },
	} {
		if got := testing.AllocsPerRun(100, f); got != 0 {
			t.Errorf("%s allocates %v times", what, got)
		}
	}
	// Join and Minus allocate their result and nothing for each element.
	if got := testing.AllocsPerRun(10, func() { s.Join(other) }); got > 1 {
		t.Errorf("Join of known elements allocates %v times", got)
	}
	if got := testing.AllocsPerRun(10, func() { s.Minus(other) }); got > 1 {
		t.Errorf("Minus of equal sets allocates %v times", got)
	}
}

// The states that travel are mostly deltas of an element: each of them is one allocation.
func TestADeltaOfOneElementIsOneAllocation(t *testing.T) {
	element := []byte("an element of 42 bytes, the most that fits")
	s, delta := NewKeySet(GenKey), KeySetOf(0, string(element))
	for i := range 10_000 {
		s.insert(fmt.Append(nil, i))
	}
	form, err := delta.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := []CellID{0}
	for c := range delta.Cells(0) {
		id[0] = c.ID
	}
	var kept *KeySet
	for name, f := range map[string]func(){
		"New":                   func() { kept = s.New() },
		"Insert into New":       func() { kept = NewKeySet(GenKey); kept.insert(element) },
		"Clone":                 func() { kept = delta.Clone() },
		"Join of what is known": func() { kept = s.Join(s) },
		"Minus of equals":       func() { kept = delta.Minus(delta) },
		"Minus of a delta":      func() { kept = delta.Minus(s) },
		"Extract":               func() { kept = delta.Extract(id) },
		"Cut":                   func() { kept, _, _ = delta.Cut(0, 100) },
		"Decode":                func() { kept, _ = s.Decode(form) },
	} {
		if got := testing.AllocsPerRun(100, f); got != 1 {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
	// The delta, the novel part, and now and then a block of entries or a chunk of bytes.
	n := uint64(0)
	if got := testing.AllocsPerRun(1000, func() {
		n++
		kept = NewKeySet(GenKey)
		kept.insert(binary.BigEndian.AppendUint64(element[:0], n))
		kept = s.Join(kept)
	}); got > 2 {
		t.Errorf("to make a delta and to join it allocates %v times", got)
	}
	_ = kept
}
