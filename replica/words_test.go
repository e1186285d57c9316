package replica

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"iter"
	"maps"
	"slices"

	"gset/crdt"
	"gset/crdt/riblt"
)

// words is a set of strings of any length, and a lattice for these tests: a map type, which
// cannot be compared, whose nil is no state, and whose cells can be as large as one likes. It
// has no standing sketch, and a cell is a word, named by its hash.
type words map[string]bool

func wordsOf(list ...string) words {
	s := words{}
	for _, w := range list {
		s[w] = true
	}
	return s
}

func (s words) New() words       { return words{} }
func (s words) Key() crdt.Key    { return key }
func (s words) Clone() words     { return maps.Clone(s) }
func (s words) Len() int         { return len(s) }
func (s words) sorted() []string { return slices.Sorted(maps.Keys(s)) }

func (s words) Join(delta words) words {
	novel := delta.Minus(s)
	maps.Copy(s, novel)
	return novel
}

func (s words) Minus(other words) words {
	rest := words{}
	for w := range s {
		if !other[w] {
			rest[w] = true
		}
	}
	return rest
}

func (s words) Digest() (d crdt.Digest) {
	for c := range s.Cells(0) {
		d.Count++
		d.Hash = d.Hash.Add(c.Hash)
	}
	return d
}

// cell names a word's cell. No two words of these tests share one.
func cell(w string) crdt.CellID {
	h := fnv.New64a()
	h.Write([]byte(w))
	return crdt.CellID(riblt.Mix(h.Sum64()))
}

func (s words) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	return func(yield func(crdt.Cell) bool) {
		var cells []crdt.Cell
		for w := range s {
			if id := cell(w); id >= first {
				cells = append(cells, crdt.Cell{ID: id, Hash: key.HashCell(id, []byte(w))})
			}
		}
		slices.SortFunc(cells, func(a, b crdt.Cell) int {
			if a.ID < b.ID {
				return -1
			}
			return 1
		})
		for _, c := range cells {
			if !yield(c) {
				return
			}
		}
	}
}

func (s words) Extract(ids []crdt.CellID) words {
	part := words{}
	for w := range s {
		if slices.Contains(ids, cell(w)) {
			part[w] = true
		}
	}
	return part
}

func (s words) AppendBinary(b []byte) ([]byte, error) {
	for _, w := range s.sorted() {
		b = append(binary.AppendUvarint(b, uint64(len(w))), w...)
	}
	return b, nil
}

func (s words) Decode(data []byte) (words, error) {
	all, last := words{}, ""
	for i := 0; len(data) > 0; i++ {
		n, k := binary.Uvarint(data)
		if k <= 0 || k > 1 && n < 1<<(7*(k-1)) || n > uint64(len(data)-k) {
			return nil, errors.New("words: a bad length")
		}
		w := string(data[k : k+int(n)])
		if i > 0 && w <= last {
			return nil, errors.New("words: not in order")
		}
		all[w], last, data = true, w, data[k+int(n):]
	}
	return all, nil
}
