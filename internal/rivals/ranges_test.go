package rivals

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"testing"

	"github.com/illuzen/go-negentropy"
	"pgregory.net/rapid"

	"gset/crdt"
)

// maxMessages bounds a negotiation. Each message cuts the ranges that differ into 16, which
// its two sides do in turn: sets of 2^36 elements need no more.
const maxMessages = 20

var errTalkative = errors.New("no end of messages")

// ranges is range-based set reconciliation (Meyer 2022) by go-negentropy, a library for
// version 1 of the Negentropy protocol: a begins, and at last sends what it has found b to
// lack. What a itself lacks it has read in b's lists.
//
// The protocol orders records by a time and names them by an id. A message cuts all times
// into ranges and tells of each that there is nothing to say, a fingerprint of 16 bytes, or
// the ids. A range whose fingerprints differ is cut into 16; one of fewer than 32 records is
// listed.
func ranges(a, b *crdt.GSet) (c cost, heldByA, heldByB *crdt.GSet, err error) {
	keysA, keysB := keys(a), keys(b)
	f := formFor(keysA, keysB)
	asks, err := f.party(keysA)
	if err != nil {
		return c, nil, nil, err
	}
	answers, err := f.party(keysB)
	if err != nil {
		return c, nil, nil, err
	}
	have, need, c, err := negotiate(asks, answers)
	if err != nil {
		return c, nil, nil, err
	}
	if len(have) > 0 {
		c.bytes += elementBytes * len(have)
		c.trips++
	}
	heldByA, heldByB = a.Clone(), b.Clone()
	insert(heldByA, f.elements(need))
	insert(heldByB, f.elements(have))
	return c, heldByA, heldByB, nil
}

// negotiate returns the ids that only the side that asks has, and those that it lacks.
func negotiate(asks, answers *negentropy.Negentropy) (have, need []string, c cost, err error) {
	message, err := asks.Initiate()
	for err == nil && message != nil {
		c.bytes += len(message)
		c.trips++
		switch {
		case c.trips > maxMessages:
			err = errTalkative
		case c.trips%2 == 1:
			message, err = answers.Reconcile(message)
		default:
			message, err = asks.ReconcileWithIDs(message, &have, &need)
		}
	}
	return have, need, c, err
}

// form is how elements become records. The records' order is that of the elements, so that
// differences that are close to each other share ranges.
//
// An id has 32 bytes, as the protocol will have it, and lists are made of ids. An id begins
// with the element, so that what is in a list need not be sent once more; the rest is a
// hash, for a fingerprint is that of the sum of the ids.
//
// A range's end takes the bytes of a time, or of its distance to the end before, and those
// of as much of an id as tells neighbours of the same time apart. So a time has only as many
// bits as number the elements: the leading ones of an element. The others lead its id.
//
// That also keeps times small, which they have to be: where a distance is 1<<63 - 1 or more,
// the library never returns.
type form struct {
	low int // how many bits of an element are not in its time
}

// formFor returns the form for two sets. Both sides are taken to know it.
func formFor(a, b []uint64) form {
	greatest := uint64(0)
	for _, keys := range [][]uint64{a, b} {
		if len(keys) > 0 {
			greatest = max(greatest, keys[len(keys)-1])
		}
	}
	number := uint(max(len(a), len(b)))
	return form{low: max(0, bits.Len64(greatest)-bits.Len(number))}
}

func (f form) record(key uint64) (time uint64, id []byte) {
	id = binary.BigEndian.AppendUint64(make([]byte, 0, negentropy.IDSize), bits.RotateLeft64(key, -f.low))
	hash := sha256.Sum256(id)
	return key >> f.low, append(id, hash[:negentropy.IDSize-elementBytes]...)
}

func (f form) elements(ids []string) []uint64 {
	keys := make([]uint64, len(ids))
	for i, id := range ids {
		keys[i] = bits.RotateLeft64(binary.BigEndian.Uint64([]byte(id)), f.low)
	}
	return keys
}

// party returns a side that has the elements. It sends messages of any size: were they
// limited, they would be more bytes in all.
func (f form) party(keys []uint64) (*negentropy.Negentropy, error) {
	v := negentropy.NewVector()
	for _, k := range keys {
		if err := v.Insert(f.record(k)); err != nil {
			return nil, err
		}
	}
	if err := v.Seal(); err != nil {
		return nil, err
	}
	return negentropy.NewNegentropy(v, 0)
}

// TestRangesReconcileAnyElements: the table has no negative ones, and no neighbours that only
// their ids tell apart.
func TestRangesReconcileAnyElements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.SampledFrom([]int64{0, -100, math.MinInt64, math.MaxInt64 - 1000}).Draw(t, "first")
		gap := rapid.SampledFrom([]int64{1, 7, 1 << 20, 1 << 50}).Draw(t, "gap")
		a, b := crdt.NewGSet(key), crdt.NewGSet(key)
		for i := range rapid.Int64Range(0, 300).Draw(t, "elements") {
			switch x := first + i*gap; rapid.IntRange(0, 9).Draw(t, "side") {
			case 0:
				a.Insert(x)
			case 1:
				b.Insert(x)
			default:
				a.Insert(x)
				b.Insert(x)
			}
		}
		c := newContest(0, a, b, []way[*crdt.GSet]{{"ranges", ranges}})
		if _, err := c.entries[0].reconcile(); err != nil {
			t.Fatal(err)
		}
	})
}
