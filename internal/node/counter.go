package node

import (
	"encoding/json"
	"math"
	"math/big"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
)

// GCounter is the workload of challenge 4: a counter to which clients add. Deltas
// are integers from 0 to 2^63-1. Each add is counted once and acknowledged at once.
func GCounter() Workload[*crdt.GCounter] {
	grows := func(d int64) error {
		if d < 0 {
			return Malformed("field %q: %d is negative, and this counter only grows", "delta", d)
		}
		return nil
	}
	w := counter(crdt.NewGCounter, grows, func(local Local[*crdt.GCounter], d int64) (*crdt.GCounter, error) {
		return local.raised(func(c *crdt.GCounter) (*crdt.GCounter, error) { return c.Increment(local.Origin, uint64(d)) })
	})
	w.Ledger = &Ledger[*crdt.GCounter]{
		Sums: func(c *crdt.GCounter, origin crdt.Origin) Sums {
			for o, n := range c.All() {
				if o == origin {
					return Sums{n}
				}
			}
			return Sums{}
		},
		Entry: func(bottom *crdt.GCounter, origin crdt.Origin, sums Sums) (*crdt.GCounter, error) {
			return bottom.Increment(origin, sums[0])
		},
	}
	return w
}

// PNCounter is the workload pn-counter: a counter to which clients add, and from
// which they take away. Deltas are 64-bit integers.
func PNCounter() Workload[*crdt.PNCounter] {
	any := func(int64) error { return nil }
	w := counter(crdt.NewPNCounter, any, func(local Local[*crdt.PNCounter], d int64) (*crdt.PNCounter, error) {
		return local.raised(func(c *crdt.PNCounter) (*crdt.PNCounter, error) { return c.Add(local.Origin, d) })
	})
	w.Ledger = &Ledger[*crdt.PNCounter]{
		Sums: func(c *crdt.PNCounter, origin crdt.Origin) Sums {
			for o, b := range c.All() {
				if o == origin {
					return Sums{b.Up, b.Down}
				}
			}
			return Sums{}
		},
		Entry: balance,
	}
	return w
}

// balance returns an origin's entry in a PNCounter.
func balance(bottom *crdt.PNCounter, origin crdt.Origin, sums Sums) (*crdt.PNCounter, error) {
	entry := bottom.New()
	for i, sum := range sums {
		for sum > 0 { // in steps that an int64 holds
			step := int64(min(sum, math.MaxInt64))
			sum -= uint64(step)
			if i == 1 {
				step = -step
			}
			delta, err := entry.Add(origin, step)
			if err != nil {
				return nil, err
			}
			entry.Join(delta)
		}
	}
	return entry, nil
}

// counter is a workload of a counter, with what may be added, and the way to add it.
func counter[S interface {
	crdt.Lattice[S]
	Value() *big.Int
}](bottom func(crdt.Key) S, check func(d int64) error, add func(local Local[S], d int64) (S, error)) Workload[S] {
	return Workload[S]{
		Bottom: bottom,
		Updates: map[string]Update[S]{
			"add": func(body json.RawMessage) (Change[S], Reply, error) {
				d, err := Int64(body, "delta")
				if err == nil {
					err = check(d)
				}
				if err != nil {
					return nil, nil, err
				}
				return func(local Local[S]) (S, error) {
					delta, err := add(local, d)
					return delta, refusal(err)
				}, OK("add_ok"), nil
			},
		},
		Reads: map[string]Read[S]{
			"read": func(local Local[S], _ json.RawMessage) (Reply, error) {
				return &struct {
					Header
					Value *big.Int `json:"value"`
				}{Header{Type: "read_ok"}, local.State().Value()}, nil
			},
		},
	}
}

// raised returns the delta by which raise raises the origin's entry of a counter. The entry is the
// greatest of those in Stable, in Pending, and in what is committed together with the delta, and so is
// the raised one: no join of these, which would copy all entries, is needed to find it.
func (l Local[S]) raised(raise func(S) (S, error)) (delta S, err error) {
	if delta, err = raise(l.Stable); err != nil {
		return delta, err
	}
	for _, other := range []S{l.Pending, l.made} {
		if isZero(other) {
			continue
		}
		raised, err := raise(other)
		if err != nil {
			return delta, err
		}
		delta.Join(raised)
	}
	return delta, nil
}

// refusal makes an error of the lattice's one that tells the client that the add
// was not done, and never will be.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	return maelstrom.NewRPCError(maelstrom.Abort, err.Error())
}
