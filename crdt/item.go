package crdt

// Item is a cell as a sketch has it: the cell's name, and 24 bits of its hash that
// stand for its content. Two states that both have a cell, but not with the same
// content, differ in two items.
type Item struct {
	ID  CellID
	Tag uint32 // below 2^24
}

// Item returns the item of a cell. Equal cells have equal items. Cells of one id with
// different hashes have different items, except with a probability of 2^-24. Then no
// sketch tells them apart: whoever decodes "no difference" while the digests differ has
// met such a pair, and sends the whole state. So a coincidence costs bytes and nothing
// else.
//
// Hashes are keyed (see Key). Without the key nobody can choose content for the tag it
// gets, nor, since they follow from that, for its places in a sketch.
func (c Cell) Item() Item {
	return Item{c.ID, uint32(mix(c.Hash.Lo^mix(c.Hash.Hi)) >> (64 - tagBits))}
}

const (
	tagBits   = 24
	checkBits = 24
	markBits  = tagBits + checkBits
)

// seed is a hash of the item. All that a sketch draws for the item comes from it: its
// check, its places, and its signs in the estimator.
func (it Item) seed() uint64 { return mix(uint64(it.ID) ^ mix(uint64(it.Tag)+golden)) }

// alone returns the coded cell that has this item and no other. Its check is made of the
// item, so a sum of several items has the check of one only by a coincidence of 2^-24.
func (it Item) alone(seed uint64) codedCell {
	return codedCell{it.ID, uint64(it.Tag)<<checkBits | seed>>(64-checkBits)}
}

// The random numbers of an item are a counter sent through mix: mix(seed + k·golden).
// That is SplitMix64 (Steele, Lea and Flood 2014). None of them waits for the one before,
// so that a processor computes several at once. k = 0 makes the signs, and the places
// take k = 1, 2 and so on.
const golden = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
