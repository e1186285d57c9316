package mistakes

import (
	"slices"

	"gset/internal/plant"
)

// mistake is one way to get the protocol wrong.
type mistake struct {
	name    string
	is      string // what is done wrong
	edits   []plant.Edit
	promise string // the test that catches it; "" if the simulator does
}

var mistakes = slices.Concat(leafMistakes, hubMistakes, repairMistakes, diskMistakes)
