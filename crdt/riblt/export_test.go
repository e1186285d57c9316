package riblt

import "slices"

// Drawn returns all that is drawn for an item: its checksum, its signs in the estimator, and
// the coded symbols it is mapped to in the longest sketch.
func Drawn(it Item) (checksum, signsUp uint64, mapped []int) {
	seed := it.seed()
	checksum = it.symbol(seed).check % (1 << checksumBits)
	return checksum, Mix(seed) % (1 << counters), slices.Collect(mapping(seed, MaxSketch))
}
