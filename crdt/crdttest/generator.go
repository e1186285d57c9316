package crdttest

import (
	"errors"

	"pgregory.net/rapid"

	"gset/crdt"
)

// checkGenerator returns an error if a hundred states from a generator are all empty or all
// equal, or if no two of them have a cell in common. All laws hold on such states.
func checkGenerator[S crdt.Lattice[S]](spec Spec[S]) error {
	const tries = 100
	gen := rapid.Custom(func(t *rapid.T) S {
		rapid.Bool().Draw(t, "anything") // Custom insists on a draw
		return spec.Gen(t)
	})
	var states []S
	cells := map[crdt.CellID]int{}
	for seed := range tries {
		s := gen.Example(seed)
		states = append(states, s)
		for c := range s.Cells(0) {
			cells[c.ID]++
		}
	}
	unequal, common := false, false
	for _, s := range states {
		unequal = unequal || !spec.Equal(s, states[0])
	}
	for _, n := range cells {
		common = common || n > 1
	}
	switch {
	case len(cells) == 0:
		return errors.New("the generator drew a hundred states without a cell")
	case !unequal:
		return errors.New("the generator drew a hundred times the same state")
	case !common:
		return errors.New("the generator drew a hundred states no two of which have a cell in common")
	}
	return nil
}
