package crdttest_test

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"gset/crdt"
	"gset/crdt/crdttest"
)

// Scores is a lattice from outside package crdt: the best score of each player, of which the join
// takes the greater. A score is above zero.
type Scores struct {
	key    crdt.Key
	digest crdt.Digest
	best   map[string]uint64
}

// maxName bounds a player's name, in bytes, so that a cell, which has 11 bytes more, takes
// crdt.MaxCell at most.
const maxName = crdt.MaxCell - 11

func NewScores(key crdt.Key) *Scores {
	return &Scores{key: key, best: map[string]uint64{}}
}

// Set raises a player's score, unless it is higher already. It refuses a name that no cell
// has room for.
func (s *Scores) Set(player string, score uint64) error {
	if err := checkName(len(player)); err != nil {
		return err
	}
	s.raise(player, score)
	return nil
}

func checkName(size int) error {
	if size == 0 || size > maxName {
		return fmt.Errorf("scores: name of %d bytes, want 1 to %d", size, maxName)
	}
	return nil
}

// raise is Set of a name that is right. It reports whether the score was lower.
func (s *Scores) raise(player string, score uint64) bool {
	old := s.best[player]
	if score <= old {
		return false
	}
	if old > 0 {
		s.digest = s.digest.Sub(s.weight(player))
	}
	s.best[player] = score
	s.digest = s.digest.Add(s.weight(player))
	return true
}

// players returns the names in order: nothing may depend on that of the map.
func (s *Scores) players() []string { return slices.Sorted(maps.Keys(s.best)) }

// cell returns the id of a player's cell. A cell could be anything that the state can be cut
// into. Scores takes no account of two names whose hashes collide.
func (s *Scores) cell(player string) crdt.CellID {
	return s.key.CellNamed(player)
}

// weight is a player's share of the digest.
func (s *Scores) weight(player string) crdt.Digest {
	score := s.best[player]
	content := binary.BigEndian.AppendUint64([]byte(player), score)
	return crdt.Digest{Count: score, Hash: s.key.HashCell(s.cell(player), content)}
}

func (s *Scores) Key() crdt.Key { return s.key }

func (s *Scores) New() *Scores { return NewScores(s.key) }

func (s *Scores) Clone() *Scores {
	return &Scores{key: s.key, digest: s.digest, best: maps.Clone(s.best)}
}

func (s *Scores) Join(delta *Scores) (novel *Scores) {
	novel = s.New()
	for player, score := range delta.best {
		if s.raise(player, score) {
			novel.raise(player, score)
		}
	}
	return novel
}

func (s *Scores) Minus(other *Scores) *Scores {
	rest := s.New()
	for player, score := range s.best {
		if score > other.best[player] {
			rest.raise(player, score)
		}
	}
	return rest
}

func (s *Scores) Len() int { return len(s.best) }

func (s *Scores) Digest() crdt.Digest { return s.digest }

func (s *Scores) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	var cells []crdt.Cell
	for player := range s.best {
		if id := s.cell(player); id >= first {
			cells = append(cells, crdt.Cell{ID: id, Hash: s.weight(player).Hash})
		}
	}
	slices.SortFunc(cells, func(a, b crdt.Cell) int { return cmp.Compare(a.ID, b.ID) })
	return slices.Values(cells)
}

func (s *Scores) Extract(ids []crdt.CellID) *Scores {
	part := s.New()
	for player, score := range s.best {
		if slices.Contains(ids, s.cell(player)) {
			part.raise(player, score)
		}
	}
	return part
}

// AppendBinary writes a tag, then each player in order: the length of the name in two
// bytes, the name, and the score in eight bytes.
func (s *Scores) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, 'S')
	for _, player := range s.players() {
		b = binary.BigEndian.AppendUint16(b, uint16(len(player)))
		b = append(b, player...)
		b = binary.BigEndian.AppendUint64(b, s.best[player])
	}
	return b, nil
}

func (s *Scores) Decode(data []byte) (*Scores, error) {
	if len(data) == 0 || data[0] != 'S' {
		return nil, errors.New("scores: no tag")
	}
	read, last := s.New(), ""
	for data = data[1:]; len(data) > 0; {
		if len(data) < 2 {
			return nil, errors.New("scores: cut off")
		}
		n := int(binary.BigEndian.Uint16(data))
		if err := checkName(n); err != nil {
			return nil, err
		}
		if len(data) < 2+n+8 {
			return nil, errors.New("scores: cut off")
		}
		player, score := string(data[2:2+n]), binary.BigEndian.Uint64(data[2+n:])
		if player <= last || score == 0 {
			return nil, fmt.Errorf("scores: %q is out of order or has no score", player)
		}
		read.raise(player, score)
		last, data = player, data[2+n+8:]
	}
	return read, nil
}

// Equal is exact, and does not rely on digests.
func (s *Scores) Equal(other *Scores) bool { return maps.Equal(s.best, other.best) }

// String returns what a report shows of a state. Package fmt prints maps in order.
func (s *Scores) String() string { return fmt.Sprint(s.best) }

// genScores draws few names and small scores, so that states overlap.
func genScores(t *rapid.T) *Scores {
	s := NewScores(crdt.Key{1, 2})
	for range rapid.IntRange(0, 4).Draw(t, "updates") {
		player := rapid.SampledFrom([]string{"ada", "bob", "cy", "dee", "eve"}).Draw(t, "player")
		s.raise(player, rapid.Uint64Range(1, 9).Draw(t, "score"))
	}
	return s
}

var specOfScores = crdttest.Spec[*Scores]{
	Gen:   genScores,
	Equal: (*Scores).Equal,
	Model: func(s *Scores) crdttest.Model { return s.best },
	Large: func(size int) []byte {
		name := strings.Repeat("x", size-11)
		form := append([]byte{'S', byte(len(name) >> 8), byte(len(name))}, name...)
		return append(form, 0, 0, 0, 0, 0, 0, 0, 1)
	},
}

// A type from outside package crdt, its generator and its Spec. In a test, one line checks all
// laws:
//
//	func TestScoresKeepTheLaws(t *testing.T) { crdttest.Run(t, specOfScores) }
//
// which are these:
func Example() {
	for _, law := range crdttest.Laws(specOfScores) {
		fmt.Printf("%s: %s\n", law.Name, law.Promise)
	}
	// Output:
	// idempotence: a ⊔ a = a, with a copy and with itself
	// commutativity: a ⊔ b = b ⊔ a
	// associativity: (a ⊔ b) ⊔ c = a ⊔ (b ⊔ c)
	// identity: a ⊔ ⊥ = ⊥ ⊔ a = a, and only ⊥ has length 0
	// inflation: a ≤ a ⊔ b and b ≤ a ⊔ b
	// monotonicity: a ≤ b implies a ⊔ c ≤ b ⊔ c
	// one key: states made from one another have the same Key
	// novel part: Join returns delta.Minus(old)
	// minus is enough: b ⊔ a.Minus(b) = b ⊔ a
	// minus is minimal: b ⊔ d = b ⊔ a implies a.Minus(b) ≤ d
	// minus at the ends: a.Minus(a) = ⊥, a.Minus(⊥) = a, ⊥.Minus(a) = ⊥
	// digest identifies: digest(a) = digest(b) if and only if a = b
	// digest has no history: digest(s) depends on s alone, not on how it was made
	// digest adds over cells: digest(s) = digest(some cells of s) + digest(the others)
	// cells are sorted: ids strictly ascend, and a loop may end early
	// cells from a first one: Cells(first) yields the cells of Cells(0) with ids from first on
	// cells add up: the hashes of the cells of s sum to its digest's
	// cells identify: cells of an id have equal hashes if and only if they are equal
	// extract: Extract returns the cells asked for, in any order, any number of times, and no others
	// mending by cells: a ⊔ (cells of b that a lacks or has otherwise) = a ⊔ b
	// split: Split's parts fit the limit, are disjoint, and join to the cells from first on, but for those it names as too large
	// codec round trip: Decode(AppendBinary(s)) = s
	// codec is canonical: equal states have equal encodings, unequal ones unequal
	// codec refuses the rest: what Decode accepts is what AppendBinary writes
	// codec bounds a cell: a state of one cell, or none, takes at most MaxCell bytes, or can be divided until it does
	// codec refuses a large part: Decode takes an irreducible part of MaxCell bytes, and refuses a larger one
	// results own their memory: what a method returned changes with neither the receiver nor the argument, nor they with it
	// joined states share nothing: after a.Join(b), a and b change independently
	// bytes are copied: states do not change with the bytes they were decoded from or encoded to
	// model of a state: a = b if and only if their models are equal, and Len is the model's
	// model of join: model(a ⊔ b) has the greater rank of each part
	// model of minus: model(a.Minus(b)) and of what a adds to b has the parts in which a is greater
}
