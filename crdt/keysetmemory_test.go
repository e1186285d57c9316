package crdt

import (
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

// One each for the set, for the index of one element, and for the element's bytes.
func TestADeltaOfOneElementTakesThreeAllocations(t *testing.T) {
	const most = 3
	s, delta := NewKeySet(GenKey), KeySetOf(0, "of fifteen byte")
	enc, err := delta.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, f := range map[string]func(){
		"a new one": func() { NewKeySet(GenKey).insert([]byte("of fifteen byte")) },
		"Decode": func() {
			if _, err := s.Decode(enc); err != nil {
				t.Error(err)
			}
		},
		"Extract":             func() { delta.Extract([]CellID{first(delta)}) },
		"Join of a known one": func() { s.Join(delta) },
	} {
		if got := testing.AllocsPerRun(100, f); got > most {
			t.Errorf("%s takes %v allocations", what, got)
		}
	}
	n := 0 // fmt.Append allocates the element, and its argument
	// A set that takes in one element after another allocates a block or a chunk now and then.
	if got := testing.AllocsPerRun(1000, func() {
		n++
		one := NewKeySet(GenKey)
		one.insert(fmt.Append(nil, n))
		s.Join(one)
	}); got > 2*most+3 {
		t.Errorf("to make a delta and to join it takes %v allocations", got)
	}
}

func first(s *KeySet) CellID {
	for c := range s.Cells(0) {
		return c.ID
	}
	return 0
}
