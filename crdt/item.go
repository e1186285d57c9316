package crdt

import "math"

// Item is a cell as a sketch has it: the cell's name, and 24 bits of its hash that
// stand for its content. Two states that have a cell of one id with different
// content differ in two items.
type Item struct {
	ID  CellID
	Tag uint32 // below 2^24
}

// Item returns the item of a cell. Equal cells have equal items. Cells of one id
// with different hashes have different items except with a probability of 2^-24, and
// then no sketch tells them apart: whoever decodes "no difference" from the sketches
// of states with different digests sends the whole state. So such a coincidence costs
// bytes and nothing else.
//
// The hash is keyed (see Key), so without the key nobody chooses elements that have
// the tags, or below the places in a sketch, that he would like.
func (c Cell) Item() Item {
	return Item{c.ID, uint32(mix(c.Hash.Lo^mix(c.Hash.Hi)) >> (64 - tagBits))}
}

const (
	tagBits   = 24
	checkBits = 24
	markBits  = tagBits + checkBits
)

// seed is a hash of the item, from which all else is drawn that a sketch needs at
// random: the check, the signs of the estimator, and the item's places.
func (it Item) seed() uint64 { return mix(uint64(it.ID) ^ mix(uint64(it.Tag)+golden)) }

// mark returns the item's tag and its check, which tells a coded cell of one item
// from a sum of several.
func (it Item) mark(seed uint64) uint64 {
	return uint64(it.Tag)<<checkBits | seed>>(64-checkBits)
}

// Random numbers are a counter, seed + k·golden, run through mix: SplitMix64 (Steele,
// Lea and Flood 2014). Unlike those of a generator that feeds on its last result, they do
// not wait for each other. The estimator takes k = 0, the places go on from k = 1.
const golden = 0x9e3779b97f4a7c15

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// stride returns by what an item's place grows, relative to itself; see place in
// sketch.go. It is 1/√u - 1 for the number u = (r + 1/2)/2^32, which is uniform between
// 0 and 1: more than 2^-35 and less than 2^17.
//
// The result is the same on every machine: division, root and subtraction are
// rounded as IEEE 754 says, and there is no product for a compiler to fuse with a sum.
func stride(r uint32) float64 {
	return math.Sqrt(0x1p33/float64(int64(r)<<1|1)) - 1
}
