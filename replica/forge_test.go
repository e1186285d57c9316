package replica

import (
	"fmt"
	"math"
	"strings"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
	"gset/internal/ring"
)

// source makes choices from bytes; when they are used up every choice is the first.
type source struct{ data []byte }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

// pick returns one of the numbers below n.
func (s *source) pick(n int) int { return int(s.byte()) % n }

// one is true with a chance of one in n, and not when the bytes are used up.
func (s *source) one(n int) bool { return s.pick(n) == n-1 }

// number returns a number that is small, or near a bound.
func (s *source) number() uint64 {
	switch s.pick(8) {
	case 5:
		return math.MaxUint64 - uint64(s.byte())
	case 6:
		return 1<<63 - 1 + uint64(s.pick(3))
	case 7:
		return uint64(s.byte()) << s.pick(57)
	default:
		return uint64(s.byte())
	}
}

// time returns a time in or out of bounds.
func (s *source) time() time.Duration {
	switch s.pick(8) {
	case 5:
		return Never
	case 6:
		return -time.Duration(s.byte())
	case 7:
		return time.Duration(s.number())
	default:
		return time.Duration(s.byte()) * 20 * time.Millisecond
	}
}

// lattices has what the fuzzing needs of each lattice: an empty state, and deltas.
type lattice[S crdt.Lattice[S]] struct {
	bottom S
	other  S // under another key, or nil
	delta  func(*source) S
}

var (
	fuzzedSets = lattice[*crdt.GSet]{set(), crdt.NewGSet(crdt.Key{9}), func(s *source) *crdt.GSet {
		d := set()
		switch s.pick(6) {
		case 4:
			first := int64(s.byte())
			for x := range int64(s.byte()) {
				d.Insert(first + x)
			}
		case 5:
			d.Join(apart(int64(s.byte()), 4*int64(s.byte()))) // above a message of MinMessage
		default:
			for range s.pick(5) {
				d.Insert(int64(s.byte()) * 100)
			}
		}
		return d
	}}
	fuzzedCounters = lattice[*crdt.GCounter]{crdt.NewGCounter(key), crdt.NewGCounter(crdt.Key{9}), func(s *source) *crdt.GCounter {
		d := crdt.NewGCounter(key)
		for range s.pick(6) {
			// It cannot fail: counts are small.
			_, _ = d.Increment(crdt.Origin{Node: fmt.Sprint("o", s.pick(40)), Incarnation: 1}, 1+uint64(s.pick(9)))
		}
		return d
	}}
	fuzzedBalances = lattice[*crdt.PNCounter]{crdt.NewPNCounter(key), crdt.NewPNCounter(crdt.Key{9}), func(s *source) *crdt.PNCounter {
		d := crdt.NewPNCounter(key)
		for range s.pick(6) {
			_, _ = d.Add(crdt.Origin{Node: fmt.Sprint("o", s.pick(40)), Incarnation: 1}, int64(s.pick(9))-4)
		}
		return d
	}}
	fuzzedWords = lattice[words]{words{}, nil, func(s *source) words {
		d := words{}
		for range s.pick(4) {
			d[strings.Repeat(fmt.Sprint("w", s.pick(30)), 1+s.pick(80))] = true
		}
		return d
	}}
)

// odd returns a state that no replica should take: nil, or under another key.
func (l lattice[S]) odd(s *source) S {
	var none S
	if s.one(2) {
		return none
	}
	return l.other
}

// names that a message may have: members, and others.
func (s *source) id() ID {
	switch n := s.pick(9); n {
	case 5:
		return ""
	case 6:
		return ID(strings.Repeat("x", MaxID+s.pick(2)))
	case 7, 8:
		return "stranger"
	default:
		return ID(fmt.Sprint("n", n%4))
	}
}

// forge makes a message to a replica, with any fields, also wrong ones.
func forge[S crdt.Lattice[S]](s *source, l lattice[S], r *Replica[S]) Message[S] {
	m := Message[S]{Kind: Kind(1 + s.pick(7)), Cluster: r.cluster, View: r.view, Stamp: s.time(), Next: s.time()}
	if s.one(16) {
		m.Kind, m.Cluster = Kind(s.byte()), ClusterID(s.number())
	}
	switch s.pick(8) {
	case 5:
		m.View++
	case 6:
		m.View = s.number()
	}
	switch s.pick(3) {
	case 1:
		m.Digest = r.fingerprint()
	case 2:
		m.Digest = crdt.Fingerprint{s.byte()}
	}
	for range s.pick(4) {
		m.Echoes = append(m.Echoes, Echo{s.id(), s.time(), s.time()})
	}
	if m.Kind == Scatter || s.one(8) {
		if s.one(2) {
			m.Root = s.id()
		}
		if s.one(2) {
			end := ring.Point(s.id()) + uint64(s.pick(2))
			m.End = &end
		}
	}
	if m.Kind.hasRange() || s.one(8) {
		m.Range = s.keys(firstCell(r.stable))
	}
	if s.one(4) {
		m.Rest = s.keys(firstCell(r.stable))
	}
	if m.Kind == Cells || s.one(16) {
		m.Want = wants(s, r)
	}
	if m.Kind == Probe || m.Kind == Diff && s.one(2) || s.one(16) {
		m.Sketch = sketchFor(s, l, r, m.Kind == Probe)
	}
	if m.Sketch == nil || s.one(8) {
		if m.Delta = l.delta(s); s.one(16) {
			m.Delta = l.odd(s)
		}
	}
	return m
}

// keys returns a key range, that may begin at a cell.
func (s *source) keys(cell crdt.CellID) Range {
	switch s.pick(6) {
	case 3:
		return Range{cell, cell + crdt.CellID(s.number())}
	case 4:
		return Range{crdt.CellID(s.number()), crdt.CellID(s.number())}
	case 5:
		return Range{}
	default:
		return Everything
	}
}

func wants[S crdt.Lattice[S]](s *source, r *Replica[S]) (ids []crdt.CellID) {
	if s.one(2) {
		for c := range r.stable.Cells(0) {
			if ids = append(ids, c.ID); len(ids) > 500 {
				break
			}
		}
	}
	for range s.pick(4) {
		ids = append(ids, crdt.CellID(s.number()))
	}
	return ids
}

func sketchFor[S crdt.Lattice[S]](s *source, l lattice[S], r *Replica[S], probe bool) *riblt.Sketch {
	n := s.pick(60)
	if probe != s.one(16) {
		n = 0
	}
	switch s.pick(3) {
	case 1:
		return crdt.SketchOf(l.delta(s), n)
	case 2: // noise: items that no state has
		sketch := riblt.New(n)
		for range s.pick(30) {
			sketch.Add(riblt.Item{ID: s.number(), Tag: uint32(s.byte())})
		}
		return sketch
	default:
		state := r.stable.Clone()
		state.Join(l.delta(s))
		return crdt.SketchOf(state, n)
	}
}
