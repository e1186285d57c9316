package crdt

import (
	"fmt"
	"runtime"
	"testing"

	"gset/crdt/riblt"
)

func TestWorkingOnCollectionsDoesNotAllocate(t *testing.T) {
	c := NewCollections(GenKey)
	name, element := "a name of 40 bytes: as long as they come", []byte("an element of 30 bytes, or so.")
	for i := range 10_000 {
		c.insertMember(name, fmt.Append(nil, i))
		c.insertMember(fmt.Sprint(i), element)
	}
	c.raise(c.obtain(name), Origin{"n1", 7}, [2]uint64{1, 1})
	c.Sketch(riblt.MaxSketch)
	other := c.Clone()
	for what, f := range map[string]func(){
		"Contains": func() { c.Contains(name, element) },
		"Insert": func() {
			if added, err := c.Insert("9999", element); added || err != nil {
				t.Error(added, err)
			}
		},
		"Balance": func() { c.Balance(name, Origin{"n1", 7}) },
		"Lookup":  func() { c.Lookup(name) },
		"Excess":  func() { c.Excess(other) },
		"Merge":   func() { c.Merge(other) },
		"Cells": func() {
			for range c.Cells(0) {
			}
		},
		"All": func() {
			for range c.All() {
			}
		},
		"Members": func() {
			for range c.Members(name) {
			}
		},
	} {
		if got := testing.AllocsPerRun(10, f); got != 0 {
			t.Errorf("%s allocates %v times", what, got)
		}
	}
}

// The states that travel are mostly deltas of an element: each of them is one allocation, and one
// more for a name that is read.
func TestADeltaOfCollectionsIsOneAllocation(t *testing.T) {
	name, element := "a name of 40 bytes: as long as they come", []byte("an element of 40 bytes, which still fits")
	c := NewCollections(GenKey)
	for i := range 1000 {
		c.insertMember(name, fmt.Append(nil, i))
	}
	delta := c.New()
	delta.insertMember(name, element)
	form, err := delta.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	id := []CellID{0}
	for cell := range delta.Cells(0) {
		id[0] = cell.ID
	}
	var kept *Collections
	for what, f := range map[string]func(){
		"New":                   func() { kept = c.New() },
		"Insert into New":       func() { kept = c.New(); kept.insertMember(name, element) },
		"Clone":                 func() { kept = delta.Clone() },
		"Join of what is known": func() { kept = c.Join(c) },
		"Minus of a delta":      func() { kept = delta.Minus(c) },
		"Extract":               func() { kept = delta.Extract(id) },
		"Cut":                   func() { kept, _, _ = delta.Cut(0, 200) },
		"AppendBinary":          func() { kept = c.New(); form, _ = delta.AppendBinary(form[:0]) },
	} {
		if got := testing.AllocsPerRun(100, f); got != 1 {
			t.Errorf("%s allocates %v times", what, got)
		}
	}
	if got := testing.AllocsPerRun(100, func() { kept, _ = c.Decode(form) }); got != 2 {
		t.Errorf("Decode allocates %v times", got)
	}
	_ = kept
}

// An element of 15 bytes takes at most 45, with a sketch of the greatest length, in one collection
// and in a hundred of as many elements.
func TestAnElementOfCollectionsTakesLittleMemory(t *testing.T) {
	const n = 200_000
	for _, names := range []int{1, n / 100} {
		before := heap()
		c := NewCollections(GenKey)
		c.Sketch(riblt.MaxSketch)
		all := namesOf(names)
		for ts := newTokens(); c.Elements() < n; {
			c.insertMember(all[c.Elements()%names], ts.next())
		}
		got, own := float64(heap()-before)/n, float64(c.Memory())/n
		t.Logf("%d elements in %d collections: %.1f bytes an element, by its own account %.1f", n, names, got, own)
		if got > 45 {
			t.Errorf("%d elements in %d collections take %.1f bytes each", n, names, got)
		}
		if own < got*0.9 || own > got*1.1 {
			t.Errorf("Memory says %.1f bytes an element of %.1f", own, got)
		}
		runtime.KeepAlive(c)
	}
}

// Decoding makes less memory than 32 times its input, whatever that is.
func TestDecodingCollectionsTakesBoundedMemory(t *testing.T) {
	empty := NewCollections(GenKey)
	short := func(i int) string { return string([]byte{byte(i), byte(i >> 8)}) }
	for what, fill := range map[string]func(c *Collections, i int){
		"short elements":      func(c *Collections, i int) { c.insertMember("", []byte(short(i))) },
		"short names":         func(c *Collections, i int) { c.insertMember(short(i), nil) },
		"counters":            func(c *Collections, i int) { c.raise(c.obtain(short(i)), Origin{"n", 0}, [2]uint64{1, 0}) },
		"origins":             func(c *Collections, i int) { c.raise(c.obtain(""), Origin{short(i), 0}, [2]uint64{1, 0}) },
		"counters of origins": func(c *Collections, i int) { c.raise(c.obtain(short(i)), Origin{short(i), 0}, [2]uint64{1, 0}) },
	} {
		c := empty.Clone()
		for i := range 10_000 {
			fill(c, i)
		}
		form, err := c.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		before := heap()
		read, err := empty.Decode(form)
		if err != nil {
			t.Fatal(err)
		}
		if got := float64(heap()-before) / float64(len(form)); got > 32 {
			t.Errorf("%s: %.1f bytes a byte of input", what, got)
		} else {
			t.Logf("%s: %.1f bytes a byte of input", what, got)
		}
		runtime.KeepAlive(read)
		runtime.KeepAlive(c)
	}
}
