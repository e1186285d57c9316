package wire

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// piece is some bits, at most 64.
type piece struct {
	V uint64
	N uint
}

var genPieces = rapid.SliceOf(rapid.Custom(func(t *rapid.T) piece {
	n := rapid.UintRange(0, 64).Draw(t, "n")
	return piece{rapid.Uint64().Draw(t, "v") >> (64 - n), n}
}))

// bitString is the bits one by one, as anyone would write them first.
func bitString(pieces []piece) (bits []byte) {
	for _, p := range pieces {
		for k := range p.N {
			bits = append(bits, byte(p.V>>(p.N-1-k)&1))
		}
	}
	return bits
}

func TestWriterWritesBitsInOrderAndFillsUpWithOnes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := genPieces.Draw(t, "pieces")
		prefix := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "prefix")
		w := NewWriter(slices.Clone(prefix))
		for _, p := range pieces {
			w.Put(p.V, p.N)
			if rapid.Bool().Draw(t, "a copy is finished") {
				tried := w
				tried.Put(0x5555, 16)
				tried.Finish()
			}
		}
		bits := bitString(pieces)
		if got, want := w.Bits(), 8*len(prefix)+len(bits); got != want {
			t.Fatalf("%d bits were written, want %d", got, want)
		}
		want := slices.Clone(prefix)
		for len(bits) > 0 {
			b := byte(0)
			for k := range 8 {
				bit := byte(1)
				if k < len(bits) {
					bit = bits[k]
				}
				b = b<<1 | bit
			}
			want = append(want, b)
			bits = bits[min(8, len(bits)):]
		}
		if got := w.Finish(); !bytes.Equal(got, want) {
			t.Fatalf("written as %x, want %x", got, want)
		}
	})
}

// A counter's room is overwritten again and again, so that a copy is finished as if it was the only one.
func TestACounterCountsWhatAWriterWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, c := NewWriter(nil), NewCounter(make([]byte, rapid.IntRange(0, 20).Draw(t, "room")))
		for _, p := range genPieces.Draw(t, "pieces") {
			w.Put(p.V, p.N)
			c.Put(p.V, p.N)
			if got, want := c.Bits(), w.Bits(); got != want {
				t.Fatalf("%d bits are counted, want %d", got, want)
			}
			tried, written := c, w
			tried.Finish()
			if got, want := tried.Bits(), 8*len(written.Finish()); got != want {
				t.Fatalf("%d bits are counted of a finished copy, want %d", got, want)
			}
		}
	})
}

func TestReaderReadsWhatWriterWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pieces := genPieces.Draw(t, "pieces")
		w := NewWriter(nil)
		for _, p := range pieces {
			w.Put(p.V, p.N)
		}
		data := w.Finish()
		r := NewReader(data)
		for _, p := range pieces {
			if got := r.Take(p.N); got != p.V {
				t.Fatalf("%d bits of %x are read as %x, want %x", p.N, data, got, p.V)
			}
		}
		if r.Over() || !r.AtEnd() {
			t.Fatalf("after all of %x: over is %v, at the end is %v", data, r.Over(), r.AtEnd())
		}
		r.Take(8)
		if !r.Over() || r.Bytes() != len(data) {
			t.Fatalf("a byte behind all of %x: over is %v, after %d bytes", data, r.Over(), r.Bytes())
		}
	})
}

func TestOnesCountsAndMovesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, most := rapid.UintRange(0, 40).Draw(t, "ones"), rapid.UintRange(0, 40).Draw(t, "most")
		w := NewWriter(nil)
		w.Put(1<<n-1, n)
		w.Put(1, 2) // a zero, and a one
		r := NewReader(w.Finish())
		if got, want := r.Ones(most), min(n, most); got != want {
			t.Fatalf("%d ones of %d, want %d", got, n, want)
		}
		if got := r.Take(n - min(n, most)); got != 1<<(n-min(n, most))-1 || r.Take(2) != 1 {
			t.Fatalf("not moved on behind %d of %d ones", most, n)
		}
	})
}

func TestUvarintTakesTheShortestFormOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64().Draw(t, "v") >> rapid.UintRange(0, 63).Draw(t, "shifted by")
		rest := rapid.SliceOfN(rapid.Byte(), 0, 3).Draw(t, "rest")
		form := binary.AppendUvarint(nil, v)
		if got := UvarintLen(v); got != len(form) {
			t.Fatalf("UvarintLen(%d) = %d, want %d", v, got, len(form))
		}
		got, after, ok := Uvarint(append(slices.Clone(form), rest...))
		if got != v || !bytes.Equal(after, rest) || !ok {
			t.Fatalf("%x is read as %d, %v with %x left", form, got, ok, after)
		}
		long := slices.Clone(form)
		long[len(long)-1] |= 0x80
		if _, _, ok := Uvarint(long); ok {
			t.Fatalf("%x, which is cut off, is read", long)
		}
		if _, _, ok := Uvarint(append(long, 0)); ok {
			t.Fatalf("%x is read, a byte longer than it need be", append(long, 0))
		}
	})
}
