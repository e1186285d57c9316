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

// ErrOverflow is wrapped by the error of an update that would take an entry of a counter beyond
// 2^64-1. The counter is unchanged.
var ErrOverflow = errors.New("entry of a counter would pass 2^64-1")

// MaxNode bounds the name of a node, in bytes. Nearly all host names are shorter.
const MaxNode = 200

// Origin says in whose name a counter counts: one life of one node. Every origin has an entry of
// its own, which no other origin may raise.
//
// A node that lost its state, all of it or the latest part, must go on under a new incarnation.
// Under the old one it would start again below the entry that other replicas have, and the join
// would keep the greater entry: the node's adds up to that entry would be lost. A node draws its
// incarnation at random, takes the time of its start, or counts its starts on a disk that it
// trusts more than its state. Entries of earlier incarnations stay, and still count.
type Origin struct {
	Node        string // 1 to MaxNode bytes, of any value
	Incarnation uint64
}

// Check returns an error if the length of the node's name is out of bounds. No counter takes such
// an origin.
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

// String returns the origin as name/incarnation, for logs: "n1/7". A name that is not printable,
// or has one of the characters that separate origins in a list, is quoted.
func (o Origin) String() string {
	name := o.Node
	if quoted := strconv.Quote(name); len(quoted) != len(name)+2 || strings.ContainsAny(name, "/ ,:{}") {
		name = quoted
	}
	return name + "/" + strconv.FormatUint(o.Incarnation, 10)
}

// point maps the origin to its point of the field; see key.go.
func (o Origin) point(key Key) Hash {
	var b originBytes
	return fieldPoint(siphash.Hash128(key[0], key[1], o.write(&b)))
}

// cellBits is the width of the ids of a counter's cells, five bytes each in a message.
//
// Ids of that width collide now and then, among a million origins or so. That is harmless:
// entries whose ids are equal are one cell, compared and sent together. A cell passes MaxCell
// with 284 entries of the longest names. Ids are keyed: nobody can look for such names without
// the key, and even then a counter divides its cells (see Divider).
const cellBits = 40

// cell maps the origin to the id of its cell: cellBits bits of SipHash with 64 bits of output,
// which is unrelated to SipHash with 128 bits, which makes the point.
func (o Origin) cell(key Key) CellID {
	var b originBytes
	return CellID(siphash.Hash(key[0], key[1], o.write(&b)) % (1 << cellBits))
}

// originBytes is the bytes that stand for an origin in hashes: the incarnation, least significant
// byte first, then the name. SipHash takes in the length by itself.
type originBytes [8 + MaxNode]byte

func (o Origin) write(b *originBytes) []byte {
	binary.LittleEndian.PutUint64(b[:], o.Incarnation)
	return b[:8+copy(b[8:], o.Node)]
}
