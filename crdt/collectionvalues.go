package crdt

import (
	"math"
	"math/big"
	"math/bits"
)

// Value returns the value of a counter: all that was added less all that was taken away, zero if
// there is no such counter. It is exact, and the caller owns it. It takes time in proportion to
// the counter's entries.
//
// With others it is the value in the join of all the states, which is not made: that of a replica's
// stable value and its pending one, for instance, both of which may have an origin's entry.
func (c *Collections) Value(name string, others ...*Collections) *big.Int {
	up, down := c.total(name, others)
	value := up.big()
	return value.Sub(value, down.big())
}

// Sum is Value for values that an int64 holds; of others ok is false. It is faster.
func (c *Collections) Sum(name string, others ...*Collections) (sum int64, ok bool) {
	up, down := c.total(name, others)
	lo, borrow := bits.Sub64(up.lo, down.lo, 0)
	hi, _ := bits.Sub64(up.hi, down.hi, borrow)
	switch {
	case hi == 0 && lo <= math.MaxInt64, hi == math.MaxUint64 && lo > math.MaxInt64:
		return int64(lo), true
	}
	return 0, false
}

// counterIn is a counter in a state.
type counterIn struct {
	of     *Collections
	number int
}

// total returns all that was added to a counter and all that was taken away, in the join of c and the
// others.
func (c *Collections) total(name string, others []*Collections) (up, down wideSum) {
	var room [4]counterIn
	all := c.appendCounter(room[:0], name)
	for _, other := range others {
		all = other.appendCounter(all, name)
	}
	for i, counter := range all {
		for e := range counter.of.entriesOf(counter.number) {
			b := e.balance()
			if len(all) > 1 {
				origin := counter.of.counters.origins[e.origin]
				if greatest(all[:i], origin) != (Balance{}) {
					continue // it was counted with an earlier state
				}
				later := greatest(all[i+1:], origin)
				b = Balance{max(b.Up, later.Up), max(b.Down, later.Down)}
			}
			up.add(b.Up)
			down.add(b.Down)
		}
	}
	return up, down
}

// appendCounter appends the counter of a name, if the state has one. The state may be nil.
func (c *Collections) appendCounter(all []counterIn, name string) []counterIn {
	if c == nil {
		return all
	}
	if number, found := c.number(name); found && c.names.at(number).entries > 0 {
		all = append(all, counterIn{c, number})
	}
	return all
}

// greatest returns an origin's entry in the join of the states that counters are in.
func greatest(counters []counterIn, origin Origin) (b Balance) {
	for _, counter := range counters {
		other := counter.of.balance(counter.number, origin)
		b = Balance{max(b.Up, other.Up), max(b.Down, other.Down)}
	}
	return b
}
