package crdt

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/dchest/siphash"
)

// ErrOverflow is what the error of an update wraps that would take an entry of a
// counter beyond 2^64-1. The counter is as it was.
var ErrOverflow = errors.New("entry of a counter would pass 2^64-1")

// MaxNode bounds the name of a node, in bytes. It leaves room in a cell of
// MaxCell bytes for two entries, should the ids of their cells collide, and for
// nearly all host names.
const MaxNode = 200

// Origin is who counts: one life of one node. Every origin has an entry of its
// own in a counter, which nobody else may raise.
//
// A node that lost its state, all of it or just the latest part, must go on under
// an incarnation it never had. Under the old one it would start again below
// what others have of its entry, and the greater of the two values would win: the
// adds up to there would be lost. A node draws its incarnation at random, takes
// the time of its start, or counts its starts on a disk that it trusts more than
// its state. Entries of earlier lives stay, and still count.
type Origin struct {
	Node        string // 1 to MaxNode bytes, of any value
	Incarnation uint64
}

// Check returns an error if no counter would take the origin: the length of its
// name is out of bounds.
func (o Origin) Check() error {
	if o.Node == "" {
		return errors.New("crdt: origin without the name of a node")
	}
	if len(o.Node) > MaxNode {
		return fmt.Errorf("crdt: origin: name %q... of %d bytes, more than %d", o.Node[:20], len(o.Node), MaxNode)
	}
	return nil
}

// Compare orders origins by name, byte by byte, then by incarnation. It returns
// -1, 0 or 1.
func (o Origin) Compare(p Origin) int {
	if c := strings.Compare(o.Node, p.Node); c != 0 {
		return c
	}
	return cmp.Compare(o.Incarnation, p.Incarnation)
}

// String returns the origin as name/incarnation, for logs: "n1/7". A name that
// is not printable, or might be mistaken for something else, is quoted.
func (o Origin) String() string {
	name := o.Node
	if quoted := strconv.Quote(name); len(quoted) != len(name)+2 || strings.ContainsAny(name, "/ ,:{}") {
		name = quoted
	}
	return name + "/" + strconv.FormatUint(o.Incarnation, 10)
}

// point maps the origin to its point of the field; see hash.go.
func (o Origin) point(key Key) Hash {
	var b originBytes
	return fieldPoint(siphash.Hash128(key[0], key[1], o.write(&b)))
}

// cellBits is the width of the ids of a counter's cells, five bytes each in a message.
//
// Ids of that width collide now and then, among a million origins or so. That is
// harmless: entries whose ids are equal are one cell, compared and sent together. The
// only limit is MaxCell, which three entries with the longest of names would pass. Of
// 65,536 origins some three have one id with a probability of 4·10^-11, and as ids are
// keyed nobody can look for such names without the key.
const cellBits = 40

// cell maps the origin to the id of its cell: cellBits bits of SipHash of the same
// bytes with 64 bits of output, which is unrelated to the one with 128 that makes the
// point.
func (o Origin) cell(key Key) CellID {
	var b originBytes
	return CellID(siphash.Hash(key[0], key[1], o.write(&b)) % (1 << cellBits))
}

// originBytes is what an origin is hashed as: the incarnation, least significant
// byte first, then the name. SipHash takes in the length by itself.
type originBytes [8 + MaxNode]byte

func (o Origin) write(b *originBytes) []byte {
	binary.LittleEndian.PutUint64(b[:], o.Incarnation)
	return b[:8+copy(b[8:], o.Node)]
}
