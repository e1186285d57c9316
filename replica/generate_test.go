package replica

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"

	"pgregory.net/rapid"
)

// Generators of messages: all that a replica could send, and more.

// numbers are of all lengths that a varint can have, the ends included.
func numbers(greatest uint64) *rapid.Generator[uint64] {
	return rapid.Custom(func(t *rapid.T) uint64 {
		return min(rapid.Uint64().Draw(t, "number")>>rapid.IntRange(0, 63).Draw(t, "shift"), greatest)
	})
}

// durations are of whole microseconds, up to the greatest.
func durations() *rapid.Generator[time.Duration] {
	return rapid.Map(numbers(uint64(Never/time.Microsecond)), func(n uint64) time.Duration { return time.Duration(n) * time.Microsecond })
}

func digests() *rapid.Generator[crdt.Fingerprint] {
	return rapid.Custom(func(t *rapid.T) (f crdt.Fingerprint) {
		copy(f[:], rapid.SliceOfN(rapid.Byte(), len(f), len(f)).Draw(t, "bytes"))
		return f
	})
}

// anyIDs are names of any bytes, of all lengths, the ends included.
func anyIDs() *rapid.Generator[ID] {
	return rapid.Custom(func(t *rapid.T) ID {
		n := rapid.OneOf(rapid.IntRange(1, 8), rapid.SampledFrom([]int{1, 254, MaxID})).Draw(t, "length")
		return ID(rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "name"))
	})
}

func sets() *rapid.Generator[*crdt.GSet] {
	return rapid.Custom(func(t *rapid.T) *crdt.GSet {
		s := set(rapid.SliceOfN(rapid.Int64(), 0, 5).Draw(t, "elements")...)
		first := rapid.Int64Range(-1000, 1000).Draw(t, "first")
		for x := range rapid.Int64Range(0, 600).Draw(t, "run") {
			s.Insert(first + x)
		}
		return s
	})
}

func ranges() *rapid.Generator[Range] {
	return rapid.Custom(func(t *rapid.T) Range {
		a, b := numbers(math.MaxUint64).Draw(t, "first"), ^numbers(math.MaxUint64).Draw(t, "last")
		return Range{crdt.CellID(min(a, b)), crdt.CellID(max(a, b))}
	})
}

func wantLists() *rapid.Generator[[]crdt.CellID] {
	return rapid.Custom(func(t *rapid.T) []crdt.CellID {
		var ids []crdt.CellID
		for _, n := range rapid.SliceOfN(numbers(math.MaxUint64), 0, 10).Draw(t, "ids") {
			id := crdt.CellID(n)
			if rapid.Bool().Draw(t, "from the end") {
				id = ^id
			}
			ids = append(ids, id)
		}
		slices.Sort(ids)
		return slices.Compact(ids)
	})
}

func echoes(most int) *rapid.Generator[[]Echo] {
	return rapid.Custom(func(t *rapid.T) (all []Echo) {
		for range rapid.IntRange(0, most).Draw(t, "echoes") {
			all = append(all, Echo{anyIDs().Draw(t, "member"), durations().Draw(t, "stamp"), durations().Draw(t, "wait")})
		}
		return all
	})
}

// messages are of a kind, with any of the fields that it may have.
func messages(kind Kind) *rapid.Generator[message] {
	return rapid.Custom(func(t *rapid.T) message {
		m := message{
			Kind:    kind,
			Cluster: ClusterID(rapid.Uint32().Draw(t, "cluster")),
			View:    numbers(math.MaxUint64).Draw(t, "view"),
			Digest:  digests().Draw(t, "digest"),
			Stamp:   durations().Draw(t, "stamp"),
			Echoes:  echoes(3).Draw(t, "echoes"),
		}
		flags := admitted[kind]
		has := func(flag byte, name string) bool { return flags&flag != 0 && rapid.Bool().Draw(t, name) }
		if has(flagRoot, "root") {
			m.Root = anyIDs().Draw(t, "root's name")
		}
		if has(flagEnd, "end") {
			end := rapid.Uint64().Draw(t, "end's point")
			m.End = &end
		}
		if kind.hasNext() {
			m.Next = durations().Draw(t, "next")
		}
		if kind.hasRange() {
			m.Range = Everything
		}
		if has(flagRange, "range") {
			m.Range = ranges().Draw(t, "the range")
		}
		if has(flagRest, "rest") {
			m.Rest = ranges().Draw(t, "the rest")
		}
		if has(flagWant, "wants") {
			m.Want = wantLists().Draw(t, "what")
		}
		switch {
		case kind == Probe:
			m.Sketch = crdt.SketchOf(sets().Draw(t, "sketched"), 0)
		case has(flagSketch, "sketch"):
			m.Sketch = crdt.SketchOf(sets().Draw(t, "sketched"), rapid.IntRange(1, 50).Draw(t, "coded symbols"))
		default:
			m.Delta = sets().Draw(t, "delta")
		}
		return m
	})
}

// eachKind checks a property of messages for each kind of them.
func eachKind(t *testing.T, property func(*rapid.T, message)) {
	for _, kind := range Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { property(t, messages(kind).Draw(t, "message")) })
		})
	}
}

// sketchBytes returns a sketch's binary form.
func sketchBytes(s *riblt.Sketch) []byte {
	b, _ := s.AppendBinary(nil) // the error is always nil
	return b
}

// same compares messages by what they say.
func same(a, b message) bool {
	if (a.Delta == nil) != (b.Delta == nil) || a.Delta != nil && !a.Delta.Equal(b.Delta) {
		return false
	}
	if (a.Sketch == nil) != (b.Sketch == nil) || a.Sketch != nil && !bytes.Equal(sketchBytes(a.Sketch), sketchBytes(b.Sketch)) {
		return false
	}
	a.Delta, b.Delta, a.Sketch, b.Sketch = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}
