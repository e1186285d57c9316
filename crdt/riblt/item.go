package riblt

// Item is a member of the set that a sketch is of. Package crdt makes one of each cell of
// a state: the cell's id, and 24 bits of its hash. A cell that two states both have, but
// with different content, is two items.
type Item struct {
	ID  uint64
	Tag uint32 // below 2^TagBits; higher bits are ignored
}

// TagBits is the width of an item's tag. Two contents of a cell have the same tag with a
// probability of 2^-TagBits.
const TagBits = 24

const (
	checksumBits = 24
	symbolBits   = TagBits + checksumBits // of a coded symbol, besides its ids
)

// seed is a hash of the item, from which all else is drawn: its checksum, its mapping, and
// its signs in the estimator.
func (it Item) seed() uint64 { return Mix(it.ID ^ Mix(uint64(it.Tag)+golden)) }

// symbol returns the pure coded symbol of the item. The checksum is a function of the item,
// so a sum of several items has the checksum of one only by a coincidence of 2^-24.
func (it Item) symbol(seed uint64) symbol {
	return symbol{it.ID, uint64(it.Tag)<<checksumBits | seed>>(64-checksumBits)}
}

// golden is 2^64 over the golden ratio.
//
// The random numbers of an item are a counter sent through Mix: Mix(seed + k·golden). That
// is SplitMix64 (Steele, Lea and Flood 2014). None of them waits for the one before, so
// that a processor computes several at once. k = 0 makes the signs, and the mapping takes
// k = 1, 2 and so on.
const golden = 0x9e3779b97f4a7c15

// Mix is the finaliser of SplitMix64: a bijection of 64 bits in which every bit of the
// result depends on every bit of z. It is no cryptographic hash.
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
