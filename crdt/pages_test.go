package crdt

import (
	"math/rand/v2"
	"testing"
)

// check fails the test unless the index is in order: blocks sorted, within
// bounds and not empty, pages not empty.
func (ps *pages) check(t interface{ Fatalf(string, ...any) }) {
	var last *page
	for i, block := range ps.blocks {
		if len(block) == 0 || len(block) > blockCap || cap(block) > blockCap {
			t.Fatalf("block %d of %d has %d pages and room for %d", i, len(ps.blocks), len(block), cap(block))
		}
	}
	for p := range ps.all() {
		if last != nil && last.id >= p.id {
			t.Fatalf("page %x comes after %x", p.id, last.id)
		}
		if p.empty() || p.id >= 1<<pageIDBits {
			t.Fatalf("page %x with words %x", p.id, p.words)
		}
		last = p
	}
}

func TestOneWayFillsLeaveFullBlocks(t *testing.T) {
	const n = 100 * blockCap
	for name, x := range map[string]func(i int64) int64{
		"upwards":   func(i int64) int64 { return i * pageBits },
		"downwards": func(i int64) int64 { return -i * pageBits },
		"upwards between others": func(i int64) int64 {
			if i%2 == 0 {
				return 1<<40 + i*pageBits
			}
			return i * pageBits
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewGSet(GenKey)
			for i := range int64(n) {
				s.Insert(x(i))
			}
			s.pages.check(t)
			if got, most := len(s.pages.blocks), n/blockCap+2; got > most {
				t.Errorf("%d pages take %d blocks, want at most %d", n, got, most)
			}
		})
	}
}

func TestRandomFillsLeaveBlocksMoreThanHalfFull(t *testing.T) {
	const n = 100 * blockCap
	r := rand.New(rand.NewPCG(1, 2))
	s := NewGSet(GenKey)
	for range n {
		s.Insert(int64(r.Uint64()))
	}
	s.pages.check(t)
	if got, most := len(s.pages.blocks), n/blockCap*2; got > most {
		t.Errorf("%d pages take %d blocks, want at most %d", n, got, most)
	}
}

func TestSeekAgreesWithFind(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := NewGSet(GenKey)
	for range 5000 {
		s.Insert(int64(r.IntN(4000)) * pageBits)
	}
	first, _ := locate(0)
	for _, step := range []int{1, 2, 7, 100, 300, 1500} {
		var at place
		for id := first; id < first+4100; id += uint64(1 + r.IntN(step)) {
			want, wantFound := s.pages.find(id)
			got, found := s.pages.seek(at, id)
			if got != want || found != wantFound {
				t.Fatalf("seek of %x from %v: %v, %v; find says %v, %v", id, at, got, found, want, wantFound)
			}
			at = got
		}
	}
}

func TestWorkingOnPagesDoesNotAllocate(t *testing.T) {
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
	// Join and Minus allocate their result and nothing for each page.
	if got := testing.AllocsPerRun(100, func() { s.Join(other) }); got > 1 {
		t.Errorf("Join of known elements allocates %v times", got)
	}
	if got := testing.AllocsPerRun(100, func() { s.Minus(other) }); got > 1 {
		t.Errorf("Minus of equal sets allocates %v times", got)
	}
}
