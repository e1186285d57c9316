package crdt

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"testing"
)

var fuzzSeeds = [][]int64{
	nil, {0}, {-1, 0, 1}, {math.MinInt64, math.MaxInt64}, {3, 90, 200, 1000, 1 << 40},
	ints(-300, 700), ints(0, 40*256), {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24},
	slices.Concat(every(50, 1000), ints(50_000, 50_020), every(60, 1000)),                       // runs of one, but for some
	slices.DeleteFunc(ints(0, 10_000), func(x int64) bool { return x%200 == 0 || x/7 == 1000 }), // gaps of one, but for some
}

func every(n, step int64) []int64 {
	xs := ints(0, n)
	for i := range xs {
		xs[i] *= step
	}
	return xs
}

// FuzzGSetDecode: what is accepted is canonical, and the set it gives is sound.
func FuzzGSetDecode(f *testing.F) {
	for _, elements := range fuzzSeeds {
		b, err := NewGSet(GenKey, elements...).AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := NewGSet(GenKey).Decode(data)
		if err != nil {
			return
		}
		requireSound(t, s)
		if again, err := s.AppendBinary(nil); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x decodes to what encodes as %x, %v", data, again, err)
		}
		if joined := s.New(); joined.Join(s).Digest() != s.Digest() || !joined.Equal(s) {
			t.Fatalf("%x decodes to a set that does not join", data)
		}
		if len(data) < 64 { // the rest takes time
			if fresh := NewGSet(GenKey, s.Elements()...); fresh.Digest() != s.Digest() || !fresh.Equal(s) {
				t.Fatalf("%x decodes to %v with digest %v, want %v", data, s, s.Digest(), fresh.Digest())
			}
		}
	})
}

// FuzzGSetJSON: what is accepted is what a decoder of plain integers accepts,
// but for null.
func FuzzGSetJSON(f *testing.F) {
	for _, elements := range fuzzSeeds {
		b, err := json.Marshal(NewGSet(GenKey, elements...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, in := range []string{"null", "[null]", "[1.5]", "[1e3]", `["1"]`, "[-0]", "[1,1]", "[9223372036854775808]", "[1]x"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewGSet(GenKey)
		err := s.UnmarshalJSON(data)
		var want []*int64
		wantErr := json.Unmarshal(data, &want)
		if accept := wantErr == nil && want != nil && !slices.Contains(want, nil); accept != (err == nil) {
			t.Fatalf("%q: error %v, and a plain decoder's is %v", data, err, wantErr)
		}
		if err != nil {
			if s.Len() != 0 {
				t.Fatalf("%q: the error %v left %v behind", data, err, s)
			}
			return
		}
		requireSound(t, s)
		plain := NewGSet(GenKey)
		for _, x := range want {
			plain.Insert(*x)
		}
		if !s.Equal(plain) {
			t.Fatalf("%q is read as %v, want %v", data, s, plain)
		}
	})
}
