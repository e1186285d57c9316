package sim

import (
	"iter"
	"time"
)

// Pair is something that was added and a node that was to come to hold it.
type Pair struct {
	Place    int           // what was added, in the order in which that was first done
	From, To int           // the first node that added it, and the one that was to get it
	Made     time.Duration // when it was first added
	Earliest time.Duration // when the node could have held it
	Got      time.Duration // when it first held it
	Lost     bool          // it never did, since those who had it lost their states; Got is meaningless
}

// Excess is how much later the node held it than it could have.
func (p Pair) Excess() time.Duration { return p.Got - p.Earliest }

// Pairs yields all pairs of something added and somebody else who could have come to
// hold it; twice if that node lost its state and could have got it again. It is to
// be called after the run.
func (h *History) Pairs() iter.Seq[Pair] {
	return func(yield func(Pair) bool) {
		for place, add := range h.adds {
			first := add.sources[0]
			p := Pair{Place: place, From: h.lives[first.life].node, Made: first.at}
			for life, earliest := range h.earliest(add.sources) {
				got := never
				if life < len(add.held) {
					got = add.held[life]
				}
				if life == first.life || earliest == never || got == never && h.lives[life].until < never {
					continue // it made it, could not get it, or was gone before it did
				}
				p.To, p.Earliest, p.Got, p.Lost = h.lives[life].node, earliest, got, got == never
				if !yield(p) {
					return
				}
			}
		}
	}
}
