package crdttest_test

import (
	"gset/crdt"
	"gset/crdt/riblt"
)

// keptSketches has a sketch for each state that was asked for one, as a field of the
// state would.
type keptSketches map[*Scores]*riblt.Sketch

var sketchBugs = []bug{
	{
		law:    "sketch",
		is:     "Sketch keeps the first one for the next time, and no change brings it up to date",
		sketch: keptSketches{}.outdated,
	},
	{
		law:    "sketches own their memory",
		is:     "Sketch returns the one that the state keeps, not a copy",
		sketch: keptSketches{}.shared,
	},
}

func (kept keptSketches) outdated(s *Scores, n int) *riblt.Sketch {
	if kept[s] == nil || kept[s].Len() != n {
		kept[s] = crdt.SketchOf(s, n)
	}
	return kept[s]
}

func (kept keptSketches) shared(s *Scores, n int) *riblt.Sketch {
	if now := crdt.SketchOf(s, n); kept[s] == nil || kept[s].Len() != n || kept[s].Difference(now) > 1 {
		kept[s] = now // out of date
	}
	return kept[s]
}
