package crdt

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"
)

// gcounterOf returns the counter with the given entries.
func gcounterOf(entries map[Origin]uint64) *GCounter {
	c := NewGCounter(GenKey)
	for origin, n := range entries {
		delta, err := c.Increment(origin, n)
		if err != nil {
			panic(err)
		}
		c.Join(delta)
	}
	return c
}

// pncounterOf returns the counter after the given adds.
func pncounterOf(origin Origin, adds ...int64) *PNCounter {
	c := NewPNCounter(GenKey)
	for _, d := range adds {
		delta, err := c.Add(origin, d)
		if err != nil {
			panic(err)
		}
		c.Join(delta)
	}
	return c
}

// TestBinaryFormOfACounter pins the format down. A change here is a new version.
func TestBinaryFormOfACounter(t *testing.T) {
	long := strings.Repeat("x", MaxNode)
	for _, c := range []struct {
		name    string
		counter any
		want    string // tag, then entries
	}{
		{"empty", gcounterOf(nil), "21"},
		{"one", gcounterOf(map[Origin]uint64{{"n1", 7}: 5}), "21 02 6e31 07 05"},
		{"two lives", gcounterOf(map[Origin]uint64{{"n1", 300}: 5, {"n1", 7}: 128}), "21 026e31 07 8001 026e31 ac02 05"},
		{"in order of bytes, then length", gcounterOf(map[Origin]uint64{{"b", 0}: 1, {"ab", 0}: 2, {"a", 9}: 3, {"\xff", 0}: 4}),
			"21 0161 09 03 026162 00 02 0162 00 01 01ff 00 04"},
		{"greatest", gcounterOf(map[Origin]uint64{{"n", math.MaxUint64}: math.MaxUint64}),
			"21 016e ffffffffffffffffff01 ffffffffffffffffff01"},
		{"longest name", gcounterOf(map[Origin]uint64{{long, 0}: 1}), "21 c8" + strings.Repeat("78", MaxNode) + "00 01"},
		{"empty", pncounterOf(Origin{"n1", 7}), "31"},
		{"up", pncounterOf(Origin{"n1", 7}, 5), "31 026e31 07 05 00"},
		{"down", pncounterOf(Origin{"n1", 7}, -5), "31 026e31 07 00 05"},
		{"up and down", pncounterOf(Origin{"n1", 7}, 5, -200, 1), "31 026e31 07 06 c801"},
		{"least", pncounterOf(Origin{"n1", 7}, math.MinInt64), "31 026e31 07 00 80808080808080808001"},
	} {
		t.Run(fmt.Sprintf("%T/%s", c.counter, c.name), func(t *testing.T) {
			want := strings.ReplaceAll(c.want, " ", "")
			switch c := c.counter.(type) {
			case *GCounter:
				requireForm(t, c, want)
			case *PNCounter:
				requireForm(t, c, want)
			}
		})
	}
}

func requireForm[S twinCounter[S]](t *testing.T, s S, want string) {
	b, err := s.AppendBinary(nil)
	if err != nil || hex.EncodeToString(b) != want {
		t.Fatalf("%v is encoded as %x, %v; want %s", s, b, err, want)
	}
	got, err := s.Decode(b)
	if err != nil || !got.Equal(s) || got.Digest() != s.Digest() {
		t.Fatalf("%x decodes to %v, %v", b, got, err)
	}
}

func TestBinaryFormOfACounterDoesNotDependOnTheKey(t *testing.T) {
	c := gcounterOf(map[Origin]uint64{{"a", 1}: 1, {"b", 1}: 2, {"c", 1}: 3})
	b, err := c.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewGCounter(Key{3, 4}).Decode(b)
	if err != nil || !other.Equal(c) || other.Digest() == c.Digest() {
		t.Fatalf("under another key %x decodes to %v, %v", b, other, err)
	}
	if again, err := other.AppendBinary(nil); err != nil || !bytes.Equal(again, b) {
		t.Errorf("under another key %v is encoded as %x, %v; want %x", other, again, err, b)
	}
}

func TestBinaryFormOfACounterRefusesWhatItWouldNotWrite(t *testing.T) {
	long := strings.Repeat("78", MaxNode+1)
	for name, in := range map[string]string{
		"nothing":                       "",
		"another type":                  "11",
		"the other counter":             "31 026e31 07 05 00",
		"another version":               "22",
		"no name":                       "21 00 07 05",
		"name cut off":                  "21 02 6e",
		"name too long":                 "21 c9" + long + "07 05",
		"no incarnation":                "21 026e31",
		"incarnation cut off":           "21 026e31 80",
		"incarnation in too many bytes": "21 026e31 8700 05",
		"incarnation of 65 bits":        "21 026e31 ffffffffffffffffff02 05",
		"no count":                      "21 026e31 07",
		"count in too many bytes":       "21 026e31 07 8500",
		"count of 65 bits":              "21 026e31 07 ffffffffffffffffff02",
		"count of 70 bits":              "21 026e31 07 ffffffffffffffffffff01",
		"empty entry":                   "21 026e31 07 00",
		"origin twice":                  "21 026e31 07 05 026e31 07 05",
		"incarnations out of order":     "21 026e31 07 05 026e31 06 05",
		"names out of order":            "21 026e32 07 05 026e31 07 05",
		"a byte more":                   "21 026e31 07 05 00",
		"PNCounter: nothing":            "",
		"PNCounter: the other counter":  "21",
		"PNCounter: one sum":            "31 026e31 07 05",
		"PNCounter: empty entry":        "31 026e31 07 00 00",
		"PNCounter: padded sum":         "31 026e31 07 05 8000",
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "PNCounter") {
			requireRefused(t, name, NewPNCounter(GenKey), data)
		} else {
			requireRefused(t, name, NewGCounter(GenKey), data)
		}
	}
}

func requireRefused[S interface {
	Lattice[S]
	comparable
}](t *testing.T, name string, factory S, data []byte) {
	var none S
	if s, err := factory.Decode(data); err == nil {
		t.Errorf("%s: %x decodes to %v", name, data, s)
	} else if s != none {
		t.Errorf("%s: both a counter and the error %v", name, err)
	}
}

func TestDecodingErrorsNameTheTypeAndThePlace(t *testing.T) {
	_, err := NewPNCounter(GenKey).Decode([]byte("\x31\x02n1\x07\x05\x00\x02n1\x07\x01"))
	if want := "crdt: PNCounter: bad count at byte 12 of 12"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestTwoOfTheLongestEntriesFitACell leaves room for a collision of cell ids.
func TestTwoOfTheLongestEntriesFitACell(t *testing.T) {
	c := NewPNCounter(GenKey)
	for i := range uint64(2) {
		o := Origin{strings.Repeat("x", MaxNode), math.MaxUint64 - i}
		c.tally.push(entry[[2]uint64]{o, [2]uint64{math.MaxUint64, math.MaxUint64}})
	}
	b, err := c.AppendBinary(nil)
	if err != nil || len(b) > MaxCell {
		t.Errorf("%d bytes, %v; want at most %d", len(b), err, MaxCell)
	}
}

// TestDecodingACounterBoundsMemory decodes the input that expands most for its
// length: entries of four bytes.
func TestDecodingACounterBoundsMemory(t *testing.T) {
	for _, n := range []int{1, 100, 129, 20_000} {
		data := []byte{gcounterTag}
		for i := range n {
			data = append(data, 1, byte(i/128), byte(i%128), 1)
		}
		c, err := NewGCounter(GenKey).Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		if size, most := cap(c.tally.entries)*32, 20*len(data); c.Len() != n || size > most {
			t.Errorf("%d bytes of input take %d bytes of memory, want at most %d", len(data), size, most)
		}
	}
}

func fuzzCounterDecode[S twinCounter[S]](t *testing.T, k kind[S], data []byte) {
	s, err := k.bottom().Decode(data)
	if err != nil {
		return
	}
	k.check(t, s)
	if again, err := s.AppendBinary(nil); err != nil || !bytes.Equal(again, data) {
		t.Fatalf("%x decodes to what encodes as %x, %v", data, again, err)
	}
	m := counterTwin{}
	for _, e := range k.entries(s) {
		m[e.sum] = e.n
	}
	k.requireTwins(t, s, m)
	if joined := s.New(); joined.Join(s).Digest() != s.Digest() || !joined.Equal(s) {
		t.Fatalf("%x decodes to a counter that does not join", data)
	}
}

func addSeeds[S Lattice[S]](f *testing.F, seeds ...S) {
	for _, s := range seeds {
		b, err := s.AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzGCounterDecode: what is accepted is canonical, and the counter it gives is
// sound.
func FuzzGCounterDecode(f *testing.F) {
	addSeeds(f, gcounterOf(nil), gcounterOf(map[Origin]uint64{{"n1", 7}: 5, {"n1", 300}: 1 << 40}),
		gcounterOf(map[Origin]uint64{{"a", 0}: math.MaxUint64, {"ab", math.MaxUint64}: 1, {"b", 1}: 128}))
	f.Fuzz(func(t *testing.T, data []byte) { fuzzCounterDecode(t, gcounters, data) })
}

// FuzzPNCounterDecode: what is accepted is canonical, and the counter it gives is
// sound.
func FuzzPNCounterDecode(f *testing.F) {
	both := pncounterOf(Origin{"n1", 7}, 5, -200)
	both.Join(pncounterOf(Origin{"n2", 1 << 40}, math.MaxInt64, math.MaxInt64))
	addSeeds(f, pncounterOf(Origin{"n1", 7}), pncounterOf(Origin{"n1", 7}, math.MinInt64), both)
	f.Fuzz(func(t *testing.T, data []byte) { fuzzCounterDecode(t, pncounters, data) })
}
