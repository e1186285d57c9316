package replica

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

type message = Message[*crdt.GSet]

// numbers are of all lengths that a varint can have, the ends included.
func numbers(greatest uint64) *rapid.Generator[uint64] {
	return rapid.Custom(func(t *rapid.T) uint64 {
		return min(rapid.Uint64().Draw(t, "number")>>rapid.IntRange(0, 63).Draw(t, "shift"), greatest)
	})
}

func durations() *rapid.Generator[time.Duration] {
	return rapid.Map(numbers(maxMicros), func(n uint64) time.Duration { return time.Duration(n) * time.Microsecond })
}

func digests() *rapid.Generator[crdt.Fingerprint] {
	return rapid.Custom(func(t *rapid.T) (f crdt.Fingerprint) {
		copy(f[:], rapid.SliceOfN(rapid.Byte(), len(f), len(f)).Draw(t, "bytes"))
		return f
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

func spans() *rapid.Generator[Span] {
	return rapid.Custom(func(t *rapid.T) Span {
		a, b := numbers(math.MaxUint64).Draw(t, "first"), ^numbers(math.MaxUint64).Draw(t, "last")
		return Span{crdt.CellID(min(a, b)), crdt.CellID(max(a, b))}
	})
}

func cellIDs() *rapid.Generator[[]crdt.CellID] {
	return rapid.Custom(func(t *rapid.T) []crdt.CellID {
		ids := []crdt.CellID{}
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

// messages are all that a replica could send, and more.
func messages(kind Kind) *rapid.Generator[message] {
	return rapid.Custom(func(t *rapid.T) message {
		m := message{
			Kind:   kind,
			View:   numbers(maxView).Draw(t, "view"),
			Digest: digests().Draw(t, "digest"),
			Stamp:  durations().Draw(t, "stamp"),
		}
		if rapid.Bool().Draw(t, "answers") {
			m.Answer = &Answer{durations().Draw(t, "answered"), durations().Draw(t, "wait")}
		}
		if kind == Scatter {
			m.Next = durations().Draw(t, "next")
			if rapid.Bool().Draw(t, "goes down a tree") {
				m.Relay = &Relay{rapid.IntRange(0, maxMembers-1).Draw(t, "root"), []Echo{}}
				at := -1
				for range rapid.IntRange(0, 5).Draw(t, "echoes") {
					if at = rapid.IntRange(at+1, maxMembers-1).Draw(t, "member"); at == maxMembers-1 {
						break
					}
					m.Relay.Echoes = append(m.Relay.Echoes, Echo{at, Answer{durations().Draw(t, "answered"), durations().Draw(t, "wait")}})
				}
			}
		}
		if kind == Sketch || kind == Repair {
			m.Span = everything
		}
		switch kind {
		case Probe:
			m.Sketch = crdt.SketchOfCells(sets().Draw(t, "sketched").Cells(0), 0)
		case Sketch:
			m.Span = spans().Draw(t, "span")
			m.Sketch = crdt.SketchOfCells(sets().Draw(t, "sketched").Cells(0), rapid.IntRange(1, 50).Draw(t, "coded cells"))
		case Repair:
			m.Partial = rapid.Bool().Draw(t, "partial")
			if m.Whole = rapid.Bool().Draw(t, "whole"); m.Whole {
				m.Span = spans().Draw(t, "span")
			} else if m.Ask = rapid.Bool().Draw(t, "asks"); m.Ask {
				m.Want = cellIDs().Draw(t, "want")
			}
		}
		if kind.hasDelta() {
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

func encode(t rapid.TB, m message) []byte {
	t.Helper()
	data, err := m.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// equal compares messages by what they say.
func equal(a, b message) bool {
	if (a.Delta == nil) != (b.Delta == nil) || a.Delta != nil && !a.Delta.Equal(b.Delta) {
		return false
	}
	if (a.Sketch == nil) != (b.Sketch == nil) || a.Sketch != nil && !bytes.Equal(encoded(a.Sketch), encoded(b.Sketch)) {
		return false
	}
	a.Delta, b.Delta, a.Sketch, b.Sketch = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}

func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		data := encode(t, m)
		got, err := Decode(bottom, data)
		if err != nil {
			t.Fatalf("%v, of %x", err, data)
		}
		if !equal(got, m) {
			t.Fatalf("read %+v, wrote %+v", got, m)
		}
		appended, err := m.AppendBinary([]byte("before"))
		if err != nil || !bytes.Equal(appended, append([]byte("before"), data...)) {
			t.Fatalf("appended %x, want %x; %v", appended, data, err)
		}
	})
}

// requireCanonical reads data, and writes what it read.
func requireCanonical(t rapid.TB, data []byte) {
	t.Helper()
	m, err := Decode(bottom, data)
	if err != nil {
		return
	}
	if again := encode(t, m); !bytes.Equal(again, data) {
		t.Fatalf("%x was read, but is written %x", data, again)
	}
}

// TestDamagedMessagesAreReadAsWrittenOrNotAtAll cuts, flips, inserts and removes.
func TestDamagedMessagesAreReadAsWrittenOrNotAtAll(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		data := encode(t, m)
		for n := range data {
			requireCanonical(t, data[:n])
		}
		for range 50 {
			damaged := slices.Clone(data)
			for range rapid.IntRange(1, 3).Draw(t, "damages") {
				at := rapid.IntRange(0, len(damaged)-1).Draw(t, "at")
				switch b := rapid.Byte().Draw(t, "byte"); rapid.IntRange(0, 2).Draw(t, "damage") {
				case 0:
					damaged[at] ^= b
				case 1:
					damaged = slices.Insert(damaged, at, b)
				case 2:
					if len(damaged) > 1 {
						damaged = slices.Delete(damaged, at, at+1)
					}
				}
			}
			requireCanonical(t, damaged)
		}
	})
}

func TestMessagesWithoutADeltaEndWhereTheyShould(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		if m.Kind.hasDelta() {
			return // the delta's own affair
		}
		data := encode(t, m)
		for n := range data {
			if _, err := Decode(bottom, data[:n]); err == nil {
				t.Fatalf("%x is read without its last %d bytes", data, len(data)-n)
			}
		}
		if _, err := Decode(bottom, append(data, 0)); err == nil {
			t.Fatalf("%x is read with a byte too many", data)
		}
	})
}

// TestAHeaderIsWithinItsBound holds for any message that can be put together, even
// one with numbers that would not be read again.
func TestAHeaderIsWithinItsBound(t *testing.T) {
	most := uint64(math.MaxUint64)
	for _, kind := range Kinds() {
		t.Run(kind.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				m := messages(kind).Draw(t, "message")
				if rapid.Bool().Draw(t, "at most") {
					m.View = most
					m.Stamp, m.Next = math.MaxInt64, math.MaxInt64
					m.Answer = &Answer{math.MaxInt64, math.MaxInt64}
					if m.Kind == Sketch || m.Whole {
						m.Span = Span{everything.Last - 1<<63, everything.Last}
					}
				}
				header := len(encode(t, m))
				var next crdt.CellID
				if m.Relay != nil {
					header -= len(m.Relay.Echoes) * maxEcho
				}
				if m.Sketch != nil {
					header -= len(encoded(m.Sketch))
				}
				for _, id := range m.Want {
					header -= len(binary.AppendUvarint(nil, uint64(id-next)))
					next = id + 1
				}
				if m.Delta != nil {
					delta, err := m.Delta.AppendBinary(nil)
					if err != nil {
						t.Fatal(err)
					}
					header -= len(delta)
				}
				if header > maxHeader {
					t.Fatalf("a header takes %d bytes, more than %d", header, maxHeader)
				}
			})
		})
	}
}

func TestTimesAreKeptToTheMicrosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(-5000, 1<<61).Draw(t, "time"))
		m, err := Decode(bottom, encode(t, message{Kind: Probe, Stamp: d, Sketch: set().Sketch(0)}))
		if err != nil {
			t.Fatal(err)
		}
		if off := max(d, 0) - m.Stamp; off < 0 || off >= time.Microsecond {
			t.Fatalf("%v became %v", d, m.Stamp)
		}
	})
}

// allocated returns how many bytes do allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestNoCountMakesTheReaderAllocateMuch gives lists lengths that the message does not
// have. An id or a coded cell takes at most 16 bytes of memory for one on the wire, and
// a byte of a delta at most 732 (see crdt/codec.go), some of them twice for growth.
func TestNoCountMakesTheReaderAllocateMuch(t *testing.T) {
	sketch := encode(t, message{Kind: Sketch, Span: everything, Sketch: set().Sketch(1)})
	repair := encode(t, message{Kind: Repair, Span: everything, Ask: true, Delta: set()})
	for name, prefix := range map[string][]byte{
		"sketch": sketch[:len(sketch)-len(encoded(set().Sketch(1)))+len(encoded(set().Sketch(0)))-1],
		"repair": repair[:len(repair)-2], // the count of wants, and the delta's tag
	} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				data := binary.AppendUvarint(slices.Clip(prefix), numbers(math.MaxUint64).Draw(t, "count"))
				data = append(data, make([]byte, rapid.IntRange(0, 3000).Draw(t, "bytes"))...)
				bytes := allocated(func() { _, _ = Decode(bottom, data) })
				if limit := uint64(10_000 + 20*len(data)); bytes > limit {
					t.Fatalf("%d bytes of input take %d of memory, more than %d", len(data), bytes, limit)
				}
			})
		})
	}
	t.Run("noise", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
			m := messages(rapid.SampledFrom(Kinds()).Draw(t, "kind")).Draw(t, "message")
			data := encode(t, m)
			for i := 13; i < len(data); i++ {
				if rng.IntN(10) == 0 {
					data[i] = byte(rng.Uint32())
				}
			}
			bytes := allocated(func() { _, _ = Decode(bottom, data) })
			if limit := uint64(10_000 + 2000*len(data)); bytes > limit {
				t.Fatalf("%d bytes of input take %d of memory, more than %d", len(data), bytes, limit)
			}
		})
	})
}
