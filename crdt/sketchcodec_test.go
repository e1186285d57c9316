package crdt

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// TestSketchVectors holds items and the binary form of sketches against
// ../testdata/sketch.txt, which is enough to check another implementation, or
// another machine. A change there is another format. It is written by
//
//	go test ./crdt -run TestSketchVectors -rewrite
func TestSketchVectors(t *testing.T) {
	datadriven.RunTest(t, "../testdata/sketch.txt", func(t *testing.T, d *datadriven.TestData) string {
		var out strings.Builder
		var cells []Cell
		switch d.Cmd {
		case "difference":
			return differenceVector(t, d)
		case "refuse":
			data, err := hex.DecodeString(strings.Join(strings.Fields(d.Input), ""))
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			if _, err = DecodeSketch(data); err == nil {
				d.Fatalf(t, "it is a sketch")
			}
			return err.Error() + "\n"
		}
		for line := range strings.Lines(d.Input) {
			var c Cell
			if _, err := fmt.Sscanf(line, "%x %x %x", &c.ID, &c.Hash.Hi, &c.Hash.Lo); err != nil {
				d.Fatalf(t, "%q: %v", line, err)
			}
			cells = append(cells, c)
		}
		switch d.Cmd {
		case "items":
			for _, c := range cells {
				it := c.Item()
				seed := it.seed()
				fmt.Fprintf(&out, "tag %06x check %06x signs %016b places %v\n", it.Tag,
					it.alone(seed).marks%(1<<checkBits), mix(seed)%(1<<signs), slices.Collect(places(seed, MaxSketch)))
			}
		case "sketch":
			var n int
			d.ScanArgs(t, "n", &n)
			dump(&out, form(SketchOf(slices.Values(cells), n)))
		case "set":
			var n, size int
			var key0, key1 uint64
			d.ScanArgs(t, "key", &key0, &key1)
			d.ScanArgs(t, "size", &size)
			d.ScanArgs(t, "n", &n)
			dump(&out, form(NewGSet(Key{key0, key1}, ints(0, int64(size))...).Sketch(n)))
		default:
			d.Fatalf(t, "unknown command")
		}
		return out.String()
	})
}

// differenceVector shows what is found out from the sketches of two sets, one a line: the
// estimate, how many coded cells to send for that, and the items that so many decode to.
func differenceVector(t *testing.T, d *datadriven.TestData) string {
	var n int
	var key Key
	d.ScanArgs(t, "key", &key[0], &key[1])
	d.ScanArgs(t, "n", &n)
	first, second, _ := strings.Cut(d.Input, "\n")
	a := NewGSet(key, parseSet(t, first).Elements()...).Sketch(n)
	b := NewGSet(key, parseSet(t, second).Elements()...).Sketch(n)
	var out strings.Builder
	estimate := a.Difference(b)
	fmt.Fprintf(&out, "estimate %d, to send %d\n", estimate, SketchLen(estimate))
	a.Subtract(b)
	items, complete, err := a.Peel()
	if err != nil || !complete {
		return out.String() + "too short\n"
	}
	slices.SortFunc(items, func(x, y Item) int {
		return cmp.Or(cmp.Compare(x.ID, y.ID), cmp.Compare(x.Tag, y.Tag))
	})
	for _, it := range items {
		fmt.Fprintf(&out, "item %x tag %06x\n", uint64(it.ID), it.Tag)
	}
	return out.String()
}

// dump prints some bytes in hex, or of many only the SHA-256.
func dump(out *strings.Builder, b []byte) {
	if len(b) > 512 {
		fmt.Fprintf(out, "%d bytes with SHA-256 %x\n", len(b), sha256.Sum256(b))
		return
	}
	for line := range slices.Chunk(b, 32) {
		fmt.Fprintf(out, "%x\n", line)
	}
}

func TestBinaryFormOfASketchRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sketchOfMap(genCells.Draw(t, "cells"), rapid.IntRange(0, 70).Draw(t, "n"))
		if rapid.Bool().Draw(t, "ids of 64 bits") {
			s.Add(Cell{CellID(rapid.Uint64().Draw(t, "id")), Hash{1, 2}})
		}
		prefix := rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "prefix")
		b, err := s.AppendBinary(slices.Clone(prefix))
		if err != nil || !bytes.HasPrefix(b, prefix) {
			t.Fatalf("appended to %x: %x, %v", prefix, b, err)
		}
		b = b[len(prefix):]
		got, err := DecodeSketch(b)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if !slices.Equal(got.cells, s.cells) || got.Difference(s) != 0 {
			t.Fatalf("%x decodes to other coded cells, or another estimate", b)
		}
		clear(b) // the decoded sketch owns its memory
		requireSameSketch(t, got, s, "decoded sketch")
	})
}

func TestBinaryFormsOfSketchesAreSmall(t *testing.T) {
	counter := NewGCounter(GenKey)
	for i := range uint64(200) {
		delta, err := counter.Increment(Origin{"n", i}, 1)
		if err != nil {
			t.Fatal(err)
		}
		counter.Join(delta)
	}
	dense := NewGSet(GenKey, ints(0, 300_000)...)
	far := NewGSet(GenKey, randomValues(2000)...)
	for name, c := range map[string]struct {
		sketch *Sketch
		most   int
	}{
		"of a probe":    {dense.Sketch(0), 23},
		"of a set":      {dense.Sketch(100), 32 + 100*8},
		"of far values": {far.Sketch(100), 32 + 100*13},
		"of a counter":  {counter.Sketch(100), 32 + 100*11},
	} {
		if got := len(form(c.sketch)); got > c.most {
			t.Errorf("sketch %s takes %d bytes, want at most %d", name, got, c.most)
		}
	}
}

func TestDecodeSketchRefusesWhatItWouldNotWrite(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("00", n) }
	counters := zeros(estimatorSize)
	items := counters + "00"
	one := "01 0000000000000180" // n, and a mask of two bits
	for name, in := range map[string]string{
		"nothing":                       "",
		"counters cut off":              zeros(estimatorSize - 1),
		"no items":                      counters,
		"items in too many bytes":       counters + "8000 00",
		"no length":                     items,
		"length cut off":                items + "80",
		"length in too many bytes":      items + "8000",
		"length of 70 bits":             items + "ffffffffffffffffffff01",
		"too long":                      items + "8140" + zeros(maskSize+8193*6),
		"a byte after no cells":         items + "00 00",
		"no mask":                       items + "01",
		"mask cut off":                  items + "01" + zeros(maskSize-1),
		"no cells":                      items + "01" + zeros(maskSize),
		"cell cut off":                  items + one + "e0" + zeros(5),
		"a byte after the cells":        items + one + "e0" + zeros(5) + "3f00",
		"a fill that is not ones":       items + one + "e0" + zeros(5) + "3e",
		"a bit of the mask without use": items + one + "60" + zeros(5) + "3f",
		"a longest form without memory": items + "8040" + strings.Repeat("ff", maskSize),
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := DecodeSketch(data); err == nil {
			t.Errorf("%s: %x decodes to %d coded cells", name, data, s.Len())
		} else if s != nil || !strings.HasPrefix(err.Error(), "crdt: sketch: ") {
			t.Errorf("%s: both a sketch and an error, or one that does not say of what: %v", name, err)
		}
	}
	// What all of these are near to.
	data, err := hex.DecodeString(items + strings.ReplaceAll(one, " ", "") + "e0" + zeros(5) + "3f")
	if err != nil {
		t.Fatal(err)
	}
	want := []codedCell{{ids: 0x180, marks: 1 << 47}}
	if s, err := DecodeSketch(data); err != nil || !slices.Equal(s.cells, want) {
		t.Errorf("%x: %v", data, err)
	}
}

// FuzzDecodeSketch: what is accepted is canonical, and can be used like any other.
func FuzzDecodeSketch(f *testing.F) {
	for _, n := range []int{0, 1, 5, 40} {
		f.Add(form(SketchOf(none, n)))
		f.Add(form(NewGSet(GenKey, ints(0, 3000)...).Sketch(n)))
		f.Add(form(SketchOf(slices.Values(randomCells(20, 1)), n)))
	}
	own := SketchOf(slices.Values(randomCells(20, 2)), 64)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := DecodeSketch(data)
		if err != nil {
			return
		}
		if again := form(s); !bytes.Equal(again, data) {
			t.Fatalf("%x decodes to what encodes as %x", data, again)
		}
		if n := SketchLen(s.Difference(own)); n < 2 {
			t.Fatalf("a difference of %d takes %d coded cells", s.Difference(own), n)
		}
		s.Subtract(own)
		if items, complete, err := s.Peel(); err == nil && len(items) > s.Len() || complete && s.Len() == 0 {
			t.Fatalf("%d coded cells peel to %d items, complete is %v", s.Len(), len(items), complete)
		}
	})
}
