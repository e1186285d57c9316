package crdt

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func TestAgainstMap(t *testing.T) {
	key := Key{1, 2}
	r := rand.New(rand.NewPCG(1, 2))
	gen := func() int64 {
		switch r.IntN(4) {
		case 0:
			return int64(r.IntN(600)) - 300
		case 1:
			return math.MaxInt64 - int64(r.IntN(300))
		case 2:
			return math.MinInt64 + int64(r.IntN(300))
		}
		return int64(r.Uint64()) &^ 0xfff
	}
	for range 300 {
		a, b := NewGSet(key), NewGSet(key)
		m := map[int64]bool{}
		for range r.IntN(800) {
			x := gen()
			a.Insert(x)
			m[x] = true
			x = gen()
			b.Insert(x)
		}
		for x := range b.All() {
			m[x] = true
		}
		old := a.Clone()
		mi := b.Minus(a)
		n := a.Join(b)
		if !n.Equal(mi) || n.Digest() != mi.Digest() || a.Len() != len(m) {
			t.Fatal("x")
		}
		if a.Digest() != old.Digest().Add(n.Digest()) || NewGSet(key, a.Elements()...).Digest() != a.Digest() {
			t.Fatal("d")
		}
		enc, _ := a.AppendBinary(nil)
		d, err := a.Decode(enc)
		if err != nil || !d.Equal(a) || d.Digest() != a.Digest() {
			t.Fatal(err)
		}
	}
	for _, n := range []int64{0, 1, 30, 1000, 1000000} {
		s := NewGSet(key)
		for i := range n {
			s.Insert(i)
		}
		enc, _ := s.AppendBinary(nil)
		fmt.Println(n, len(enc))
	}
}
