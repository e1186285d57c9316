package node

import (
	"math/rand/v2"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"

	"gset/crdt"
	"gset/replica"
)

// Ledger says how a state counts by origin.
//
// Only one process may count under an origin: an entry is a full sum, and of two the greater wins. A store that was
// copied or restored is told from the one that was there before, and gets a new incarnation. Where files
// do not tell it, since a disk was set back or copied as a whole, a node may hear of a greater sum under
// its own origin than it has made. Then it takes a new incarnation, and moves there what this process has added and the greater sum
// has covered up: this is no part of the greater sum, as whoever hears of one stops to add to
// it. So of two processes under one origin the one with the smaller sum finds out, and nothing
// is left for the other to find.
//
// One case is not found: a node that was set back, and adds more than it had lost before it hears from
// anyone, covers up what it had lost.
type Ledger[S crdt.Lattice[S]] struct {
	// Sums returns the sums of an origin's entry, zeros if there is none.
	Sums func(state S, origin crdt.Origin) Sums

	// Entry returns the entry of an origin with the sums given.
	Entry func(bottom S, origin crdt.Origin, sums Sums) (S, error)
}

// Sums are those of one entry. They only grow. A type with one sum has zero for the second.
type Sums [2]uint64

// life is what this process knows of one of its incarnations.
type life struct {
	origin crdt.Origin
	base   Sums // when this process began to count under it
	made   Sums // what it has come to
	heard  Sums // the greatest that others have, if greater
}

// origin is the one under which this node counts.
func (d *driver[S]) origin() crdt.Origin { return d.lives[len(d.lives)-1].origin }

// begin makes an origin the one under which this node counts, on top of a state.
func (d *driver[S]) begin(origin crdt.Origin, state S) {
	l := life{origin: origin}
	if d.workload.Ledger != nil {
		l.base = d.workload.Ledger.Sums(state, origin)
		l.made = l.base
	}
	d.lives = append(d.lives, l)
}

// count notes what this node has added.
func (d *driver[S]) count(made S) {
	if d.workload.Ledger == nil {
		return
	}
	l := &d.lives[len(d.lives)-1]
	for i, sum := range d.workload.Ledger.Sums(made, l.origin) {
		l.made[i] = max(l.made[i], sum)
	}
}

// watch looks in what other nodes have sent for sums of this node's own that it has not made.
func (d *driver[S]) watch(out replica.Output[S]) {
	if d.workload.Ledger == nil || !out.HasDurable() {
		return
	}
	for n := range d.lives {
		l := &d.lives[n]
		for i, sum := range d.workload.Ledger.Sums(out.Durable, l.origin) {
			if counts := n == len(d.lives)-1 || l.made[i] > l.base[i]; counts && sum > l.made[i] {
				l.heard[i] = max(l.heard[i], sum)
				d.disputed = true
			}
		}
	}
}

// takeIncarnation takes a new incarnation if somebody else counts under this node's, and moves to it what was
// covered up. If the disk takes no new one this node makes no updates until it does. The caller holds the
// mutex, and no commit is in flight.
func (d *driver[S]) takeIncarnation() {
	lives, moved, covered := coverUp(d.lives)
	if !covered { // a commit that was under way has made up for it
		d.disputed = false
		return
	}
	incarnation := rand.Uint64()
	if d.disk.store != nil {
		var err error
		if incarnation, err = d.disk.store.Renew(); err != nil {
			d.faults.count(unrenewed, "%v", err)
			return
		}
	}
	origin := crdt.Origin{Node: d.origin().Node, Incarnation: incarnation}
	d.log.Printf("other nodes have counts of %v that this one has not made: its disk was set back, or copied to a node that runs. "+
		"It goes on as %v, and counts there again what was covered up: %d", d.origin(), origin, moved)
	d.lives, d.disputed = lives, false
	d.begin(origin, d.bottom)
	if err := d.move(moved); err != nil {
		d.log.Printf("this is lost: %v", err)
	}
}

// coverUp returns the lives without the sums that were covered up, and what this process had added to those.
func coverUp(lives []life) (left []life, moved Sums, covered bool) {
	for _, l := range lives {
		for i := range moved {
			if l.heard[i] > l.made[i] {
				covered = true
				moved[i] += l.made[i] - l.base[i] // no overflow: one process made it all
				l.base[i], l.made[i] = l.heard[i], l.heard[i]
			}
		}
		if l.base != l.made {
			left = append(left, l)
		}
	}
	return left, moved, covered
}

// move adds to the entry of the new incarnation.
func (d *driver[S]) move(sums Sums) error {
	entry, err := d.workload.Ledger.Entry(d.bottom, d.origin(), sums)
	if err != nil || entry.Len() == 0 {
		return err
	}
	out, err := d.replica.Update(d.now(), entry)
	if err == nil {
		d.count(entry)
		d.perform(out)
	}
	return err
}

// errDisputed refuses updates for certain.
var errDisputed = maelstrom.NewRPCError(maelstrom.TemporarilyUnavailable,
	"another process counts under this node's name and incarnation, and the disk takes no new incarnation")
