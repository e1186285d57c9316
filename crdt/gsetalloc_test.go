package crdt

import "testing"

func TestReadingASetDoesNotAllocate(t *testing.T) {
	s, other := NewGSet(GenKey), NewGSet(GenKey)
	for x := range int64(10_000) {
		s.Insert(x)
		other.Insert(x)
	}
	n := int64(0)
	for name, f := range map[string]func(){
		"Insert":   func() { s.Insert(n % 10_000); n++ },
		"Contains": func() { s.Contains(n); n++ },
		"Equal":    func() { s.Equal(other) },
		"Digest":   func() { s.Digest() },
		"Cells": func() {
			for range s.Cells(0) {
			}
		},
		"All": func() {
			for range s.All() {
			}
		},
	} {
		if got := testing.AllocsPerRun(100, f); got != 0 {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
}

// The states that travel are mostly deltas of a page: each of them is one allocation.
func TestADeltaIsOneAllocation(t *testing.T) {
	s := NewGSet(GenKey)
	for x := range int64(100_000) {
		s.Insert(x)
	}
	delta := NewGSet(GenKey, 1_000_000)
	form, err := delta.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := []CellID{0}
	for c := range delta.Cells(0) {
		id[0] = c.ID
	}
	var kept *GSet
	x := int64(2_000_000)
	for name, f := range map[string]func(){
		"New":                    func() { kept = s.New() },
		"NewGSet":                func() { kept = NewGSet(GenKey, 7) },
		"Clone":                  func() { kept = delta.Clone() },
		"Join of what is known":  func() { kept = s.Join(s) },
		"Minus of equals":        func() { kept = delta.Minus(delta) },
		"Minus of a delta":       func() { kept = delta.Minus(s) },
		"Extract":                func() { kept = delta.Extract(id) },
		"Digest of what is made": func() { kept = NewGSet(GenKey, x); kept.Digest() },
		"Decode":                 func() { kept, _ = s.Decode(form) },
	} {
		if got := testing.AllocsPerRun(100, f); got != 1 {
			t.Errorf("%s allocates %v times", name, got)
		}
	}
	// The delta, the novel part, and now and then a block of pages.
	if got := testing.AllocsPerRun(1000, func() { x += 256; kept = s.Join(NewGSet(GenKey, x)) }); got > 2 {
		t.Errorf("NewGSet and Join allocate %v times", got)
	}
	_ = kept
}
