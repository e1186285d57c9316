package replica

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		data := encode(t, m)
		got, err := Decode(bottom, data)
		if err != nil {
			t.Fatalf("%v, of %x", err, data)
		}
		if !same(got, m) {
			t.Fatalf("read %+v, wrote %+v", got, m)
		}
		appended, err := m.AppendBinary([]byte("before"))
		if err != nil || !bytes.Equal(appended, append([]byte("before"), data...)) {
			t.Fatalf("appended %x, want %x; %v", appended, data, err)
		}
	})
}

// TestAMessageIsItsHeaderAndThenItsPayload is what drivers need to encode a delta once that many
// messages share.
func TestAMessageIsItsHeaderAndThenItsPayload(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		data, header := encode(t, m), m.AppendHeader(nil)
		payload := func() []byte {
			if m.Sketch != nil {
				return sketchBytes(m.Sketch)
			}
			b, err := m.Delta.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}()
		if !bytes.Equal(data, append(header, payload...)) {
			t.Fatalf("%x is not the header %x and then %x", data, header, payload)
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

// TestNoTruncatedMessageIsRead cuts a message off anywhere. A delta whose binary form is a prefix
// of another's would be read; a set's says how long it is.
func TestNoTruncatedMessageIsRead(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		data := encode(t, m)
		for n := range data {
			if got, err := Decode(bottom, data[:n]); err == nil && (m.Sketch != nil || n < len(m.AppendHeader(nil))) {
				t.Fatalf("%x is read as %+v without its last %d bytes", data, got, len(data)-n)
			}
		}
		if m.Sketch == nil {
			return
		}
		if _, err := Decode(bottom, append(data, 0)); err == nil {
			t.Fatalf("%x is read with a byte too many", data)
		}
	})
}

// TestAFlagThatAKindDoesNotHaveIsRefused tries every combination of flags on every kind.
func TestAFlagThatAKindDoesNotHaveIsRefused(t *testing.T) {
	for _, kind := range Kinds() {
		m := message{Kind: kind, Delta: set()}
		if kind.hasRange() {
			m.Range, m.Delta, m.Sketch = Everything, nil, crdt.SketchOf(set(1), 1)
		}
		if kind == Probe {
			m.Sketch = crdt.SketchOf(set(1), 0)
		}
		for flags := range 256 {
			data := encode(t, m)
			data[1] = byte(flags)
			_, err := Decode(bottom, data)
			switch refused := err != nil && strings.Contains(err.Error(), "flags"); {
			case byte(flags)&^admitted[kind] != 0 && !refused:
				t.Errorf("a %v with flags %#x: %v", kind, flags, err)
			case byte(flags)&^admitted[kind] == 0 && refused:
				t.Errorf("a %v may have flags %#x: %v", kind, flags, err)
			}
		}
	}
	for i := range 256 { // and every version and kind
		data := append([]byte{byte(i), 0}, make([]byte, 30)...)
		_, err := Decode(bottom, data)
		if known := byte(i)>>4 == version && Kind(i&0xf).valid(); !known && err == nil {
			t.Errorf("version and kind %#x are read", i)
		}
	}
}

// TestNamesTimesAndEchoesHaveBounds is about the least and the most of each, and one more.
func TestNamesTimesAndEchoesHaveBounds(t *testing.T) {
	const most = Never / time.Microsecond * time.Microsecond
	many := func(n int) (all []Echo) {
		for range n {
			all = append(all, Echo{Member: "n", Stamp: 1000})
		}
		return all
	}
	long := ID(strings.Repeat("x", MaxID))
	for name, m := range map[string]message{
		"a name of one byte":       {Root: "x", Echoes: []Echo{{Member: "\x00"}}},
		"a name of 255 bytes":      {Root: long, Echoes: []Echo{{Member: long}}},
		"256 echoes":               {Echoes: many(maxEchoes)},
		"the greatest times":       {Stamp: most, Next: most, Echoes: []Echo{{"n", most, most}}},
		"the year 2100":            {Stamp: time.Duration(4102444800 * time.Second)},
		"the greatest view":        {View: math.MaxUint64},
		"the greatest cluster":     {Cluster: math.MaxUint32},
		"an arc to the last point": {End: new(uint64)},
	} {
		t.Run(name, func(t *testing.T) {
			m.Kind, m.Delta = Scatter, set(1)
			got, err := Decode(bottom, encode(t, m))
			if err != nil || !same(got, m) {
				t.Errorf("read %+v, wrote %+v: %v", got, m, err)
			}
		})
	}
	head := []byte{version<<4 | byte(Scatter), 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	with := func(flags byte, parts ...any) []byte {
		b := slices.Clone(head)
		b[1] = flags
		for _, p := range parts {
			switch p := p.(type) {
			case string:
				b = append(b, p...)
			case int:
				b = binary.AppendUvarint(b, uint64(p))
			case uint64:
				b = binary.AppendUvarint(b, p)
			}
		}
		return append(b, encode(t, message{Kind: Gather, Delta: set(1)})[2+4+1+10+1:]...) // the delta
	}
	micros := uint64(Never / time.Microsecond)
	for name, data := range map[string][]byte{
		"a root without a name":   with(flagRoot, 1, "\x00", 7),
		"an echo without a name":  with(flagEchoes, 1, 1, "\x00", 5, 6, 7),
		"257 echoes":              with(flagEchoes, 1, maxEchoes+1, strings.Repeat("\x01n\x05\x06", maxEchoes+1), 7),
		"no echoes":               with(flagEchoes, 1, 0, 7),
		"a time too great":        with(0, micros+1, 7),
		"a next too great":        with(0, 1, micros+1),
		"a stamp too great":       with(flagEchoes, 1, 1, "\x01n", micros+1, 6, 7),
		"a wait too great":        with(flagEchoes, 1, 1, "\x01n", 5, micros+1, 7),
		"a view that is too long": append(append([]byte{head[0], 0, 1, 2, 3, 4}, 0x85, 0), with(0, 1, 7)[7:]...),
	} {
		if m, err := Decode(bottom, data); err == nil {
			t.Errorf("%s is read: %+v", name, m)
		}
	}
	for name, data := range map[string][]byte{
		"nothing wrong":      with(0, 1, 7),
		"no more than 256":   with(flagEchoes, 1, maxEchoes, strings.Repeat("\x01n\x05\x06", maxEchoes), 7),
		"the greatest times": with(0, micros, micros),
	} {
		if _, err := Decode(bottom, data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAHeaderIsWithinItsBound holds for any message that can be put together.
func TestAHeaderIsWithinItsBound(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		if rapid.Bool().Draw(t, "at most") {
			m.View, m.Stamp, m.Cluster = math.MaxUint64, Never, math.MaxUint32
			if m.Kind.hasNext() {
				m.Next = Never
			}
			if m.Kind == Scatter {
				m.Root, m.End = ID(strings.Repeat("r", MaxID)), new(uint64)
			}
			if m.Kind.hasRange() {
				m.Range, m.Rest = Range{Everything.Last - 1<<63, Everything.Last}, Everything
			}
			m.Echoes = []Echo{{ID(strings.Repeat("e", MaxID)), Never, Never}}
		}
		m.Want = nil
		m.Echoes = m.Echoes[:min(len(m.Echoes), 1)]
		names := len(m.Root)
		for _, e := range m.Echoes {
			names += len(e.Member)
			if room := e.room(); len(appendTime(appendTime(appendName(nil, e.Member), e.Stamp), e.Wait)) > room {
				t.Fatalf("an echo of %q takes more than %d bytes", e.Member, room)
			}
		}
		if header := len(m.AppendHeader(nil)) - names; header > maxHeader {
			t.Fatalf("a header takes %d bytes besides names, more than %d", header, maxHeader)
		}
	})
}

func TestTimesAreKeptToTheMicrosecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(-5000, math.MaxInt64).Draw(t, "time"))
		m, err := Decode(bottom, encode(t, message{Kind: Probe, Range: Everything, Stamp: d, Sketch: crdt.SketchOf(set(), 0)}))
		if err != nil {
			t.Fatal(err)
		}
		if off := max(d, 0) - m.Stamp; off < 0 || off >= time.Microsecond || m.Stamp != whole(d) {
			t.Fatalf("%v became %v", d, m.Stamp)
		}
	})
}

// TestADecodedMessageDoesNotKeepItsBytes overwrites the bytes that a message was read from.
func TestADecodedMessageDoesNotKeepItsBytes(t *testing.T) {
	eachKind(t, func(t *rapid.T, m message) {
		data := encode(t, m)
		got, err := Decode(bottom, data)
		if err != nil {
			t.Fatal(err)
		}
		for i := range data {
			data[i] = 0xee
		}
		if !same(got, m) {
			t.Fatalf("%+v has become %+v", m, got)
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

// TestNoCountMakesTheReaderAllocateMuch gives lists lengths that the message does not have, and
// messages noise. An echo takes 40 bytes of memory for four on the wire, an id or a coded symbol at
// most 16 for one, and a byte of a delta at most some hundreds (see the codec of sets).
func TestNoCountMakesTheReaderAllocateMuch(t *testing.T) {
	head := func(kind Kind, flags byte) []byte {
		return append([]byte{version<<4 | byte(kind), flags}, make([]byte, 4+1+10+1)...)
	}
	for name, prefix := range map[string][]byte{
		"echoes": head(Gather, flagEchoes),
		"want":   head(Cells, flagWant),
		"sketch": append(head(Diff, flagSketch), sketchBytes(crdt.SketchOf(set(1), 1))[:20]...),
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
			for i := 18; i < len(data); i++ {
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
