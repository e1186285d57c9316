package riblt

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBinaryFormOfASketchRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := sketchOfMap(genItems.Draw(t, "items"), rapid.IntRange(0, 70).Draw(t, "n"))
		if rapid.Bool().Draw(t, "ids of 64 bits") {
			s.Add(Item{rapid.Uint64().Draw(t, "id"), 3})
		}
		prefix := rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "prefix")
		b, err := s.AppendBinary(slices.Clone(prefix))
		if err != nil || !bytes.HasPrefix(b, prefix) {
			t.Fatalf("appended to %x: %x, %v", prefix, b, err)
		}
		b = b[len(prefix):]
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if !slices.Equal(got.symbols, s.symbols) || got.Difference(s) != 0 {
			t.Fatalf("%x decodes to other coded symbols, or another estimate", b)
		}
		clear(b) // the decoded sketch owns its memory
		requireSameSketch(t, got, s, "decoded sketch")
	})
}

func TestDecodeRefusesWhatAppendBinaryWouldNotWrite(t *testing.T) {
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
		if s, err := Decode(data); err == nil {
			t.Errorf("%s: %x decodes to %d coded symbols", name, data, s.Len())
		} else if s != nil || !strings.HasPrefix(err.Error(), "riblt: ") {
			t.Errorf("%s: both a sketch and an error, or one that does not say of what: %v", name, err)
		}
	}
	// What all of these are near to.
	data, err := hex.DecodeString(items + strings.ReplaceAll(one, " ", "") + "e0" + zeros(5) + "3f")
	if err != nil {
		t.Fatal(err)
	}
	want := []symbol{{ids: 0x180, check: 1 << 47}}
	if s, err := Decode(data); err != nil || !slices.Equal(s.symbols, want) {
		t.Errorf("%x: %v", data, err)
	}
}

// FuzzDecode: what is accepted is canonical, and can be used like any other sketch.
func FuzzDecode(f *testing.F) {
	for _, n := range []int{0, 1, 5, 40} {
		f.Add(form(New(n)))
		f.Add(form(Of(slices.Values(randomItems(20, 1)), n)))
		near := New(n) // ids of few bits
		for id := range uint64(12) {
			near.Add(Item{1<<55 + id, uint32(id)})
		}
		f.Add(form(near))
	}
	own := Of(slices.Values(randomItems(20, 2)), 64)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode(data)
		if err != nil {
			return
		}
		if again := form(s); !bytes.Equal(again, data) {
			t.Fatalf("%x decodes to what encodes as %x", data, again)
		}
		if n := SketchLen(s.Difference(own)); n < 2 {
			t.Fatalf("a difference of %d takes %d coded symbols", s.Difference(own), n)
		}
		s.Subtract(own)
		if items, complete, err := s.Peel(); err == nil && len(items) > s.Len() || complete && s.Len() == 0 {
			t.Fatalf("%d coded symbols peel to %d items, complete is %v", s.Len(), len(items), complete)
		}
	})
}
