package cluster

import (
	"iter"
	"math/big"

	"gset/crdt"
)

// View is a node's state, as one. It is held in up to three parts: what every member has been told as
// far as this node knows, what it has not told all of them yet, and the batch that is open. No
// element is in two of them. What a View returns may be read until the state changes; elements
// never change, and may be kept. A View does not show the members' beacons.
type View struct {
	parts [3]*crdt.Collections
	n     int
}

// Contains reports whether an element is in a set.
func (v View) Contains(set string, element []byte) bool {
	for _, p := range v.parts[:v.n] {
		if p.Contains(set, element) {
			return true
		}
	}
	return false
}

// Lookup returns what there is under a name: how many elements of a set, and whether there is a
// counter; see crdt.Collection on a set and a counter of one name. Entries of the counter may
// be counted twice.
func (v View) Lookup(name string) crdt.Collection {
	all := crdt.Collection{Name: name}
	if name == BeaconName {
		return all
	}
	for _, p := range v.parts[:v.n] {
		some := p.Lookup(name)
		all.Elements += some.Elements
		all.Entries += some.Entries
	}
	return all
}

// Elements returns the number of elements in all sets.
func (v View) Elements() int {
	n := 0
	for _, p := range v.parts[:v.n] {
		n += p.Elements()
	}
	return n
}

// Names returns the number of collections. It takes time in proportion to the names of what this
// node has not yet told everyone.
func (v View) Names() int {
	n := v.parts[0].Names()
	if v.parts[0].Lookup(BeaconName).Kind() != crdt.NoKind {
		n--
	}
	for i := 1; i < v.n; i++ {
		for name := range names(v.parts[i]) {
			if !v.before(i, name) {
				n++
			}
		}
	}
	return n
}

// before reports whether a name is in one of the first i parts.
func (v View) before(i int, name string) bool {
	for _, p := range v.parts[:i] {
		if p.Lookup(name).Kind() != crdt.NoKind {
			return true
		}
	}
	return false
}

// Collections yields what there is under each name, once.
func (v View) Collections() iter.Seq[crdt.Collection] {
	return func(yield func(crdt.Collection) bool) {
		for i, p := range v.parts[:v.n] {
			for name := range names(p) {
				if !v.before(i, name) && !yield(v.Lookup(name)) {
					return
				}
			}
		}
	}
}

// names yields the names of collections, but for that of the beacons.
func names(c *crdt.Collections) iter.Seq[string] {
	return func(yield func(string) bool) {
		for cursor, more := uint64(0), true; more; more = cursor != 0 {
			var some []crdt.Collection
			some, cursor = c.ScanNames(cursor, 64)
			for _, of := range some {
				if of.Name != BeaconName && !yield(of.Name) {
					return
				}
			}
		}
	}
}

// Members yields the elements of a set, each once.
func (v View) Members(set string) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, p := range v.parts[:v.n] {
			for e := range p.Members(set) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// ScanElements is a step of a walk over a set between whose steps the state may change, as that of
// crdt.Collections. An element that was there from the beginning is returned at least once; an
// element may come twice while updates are pending.
func (v View) ScanElements(set string, cursor uint64, count int) (elements [][]byte, next uint64) {
	for _, p := range v.parts[:v.n] {
		some, at := p.ScanElements(set, cursor, count)
		elements = append(elements, some...)
		next = earlier(next, at)
	}
	return elements, next
}

// ScanNames is a step of a walk over the names; see ScanElements.
func (v View) ScanNames(cursor uint64, count int) (some []crdt.Collection, next uint64) {
	for i, p := range v.parts[:v.n] {
		names, at := p.ScanNames(cursor, count)
		next = earlier(next, at)
		for _, of := range names {
			if of.Name != BeaconName && !v.before(i, of.Name) {
				some = append(some, v.Lookup(of.Name))
			}
		}
	}
	return some, next
}

// earlier returns the lesser of two cursors of walks; zero is the end.
func earlier(a, b uint64) uint64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Value returns the value of a counter, exactly: zero if there is no such counter.
func (v View) Value(counter string) *big.Int {
	if counter == BeaconName {
		return new(big.Int)
	}
	return v.parts[0].Value(counter, v.parts[1:]...)
}

// Sum is Value for values that an int64 holds; of others ok is false. It is faster.
func (v View) Sum(counter string) (sum int64, ok bool) {
	if counter == BeaconName {
		return 0, true
	}
	return v.parts[0].Sum(counter, v.parts[1:]...)
}

// balance returns an origin's entry.
func (v View) balance(counter string, origin crdt.Origin) crdt.Balance {
	var b crdt.Balance
	for _, p := range v.parts[:v.n] {
		b = greater(b, p.Balance(counter, origin))
	}
	return b
}

// greater returns the join of two balances.
func greater(a, b crdt.Balance) crdt.Balance {
	return crdt.Balance{Up: max(a.Up, b.Up), Down: max(a.Down, b.Down)}
}
