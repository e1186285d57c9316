package pages

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// indexOf returns an index of single elements.
func indexOf(elements func(yield func(int64) bool)) *Index {
	x := new(Index)
	for e := range elements {
		id, bit := Locate(e)
		at, found := x.Find(id)
		if found {
			x.At(at).Set(bit)
			continue
		}
		p := Single(id, bit)
		x.Insert(at, &p)
	}
	return x
}

func check(t *testing.T, x *Index) {
	t.Helper()
	if err := x.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestOneWayFillsLeaveFullBlocks(t *testing.T) {
	const n = 100 * BlockCap
	for name, place := range map[string]func(i int64) int64{
		"upwards":   func(i int64) int64 { return i * Bits },
		"downwards": func(i int64) int64 { return -i * Bits },
		"upwards between others": func(i int64) int64 {
			if i%2 == 0 {
				return 1<<40 + i*Bits
			}
			return i * Bits
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := indexOf(func(yield func(int64) bool) {
				for i := range int64(n) {
					yield(place(i))
				}
			})
			check(t, x)
			if got, most := len(x.blocks()), n/BlockCap+2; got > most {
				t.Errorf("%d pages take %d blocks, want at most %d", n, got, most)
			}
		})
	}
}

func TestRandomFillsLeaveBlocksMoreThanHalfFull(t *testing.T) {
	const n = 100 * BlockCap
	r := rand.New(rand.NewPCG(1, 2))
	x := indexOf(func(yield func(int64) bool) {
		for range n {
			yield(int64(r.Uint64()))
		}
	})
	check(t, x)
	if got, most := len(x.blocks()), n/BlockCap*2; got > most {
		t.Errorf("%d pages take %d blocks, want at most %d", n, got, most)
	}
}

func TestSeekAgreesWithFind(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	x := indexOf(func(yield func(int64) bool) {
		for range 5000 {
			yield(int64(r.IntN(4000)) * Bits)
		}
	})
	first, _ := Locate(0)
	for _, step := range []int{1, 2, 7, 100, 300, 1500} {
		var at Place
		for id := first; id < first+4100; id += uint64(1 + r.IntN(step)) {
			want, wantFound := x.Find(id)
			got, found := x.Seek(at, id)
			if got != want || found != wantFound {
				t.Fatalf("Seek of %x from %v: %v, %v; Find says %v, %v", id, at, got, found, want, wantFound)
			}
			at = got
		}
	}
}

// A copy is independent, however small, and of however many blocks.
func TestCloneFromSharesNoMemory(t *testing.T) {
	for _, n := range []int{0, 1, 2, BlockCap, BlockCap + 1, 5 * BlockCap} {
		x := indexOf(func(yield func(int64) bool) {
			for i := range n {
				yield(int64(i) * Bits)
			}
		})
		var y Index
		y.CloneFrom(x)
		before := slices.Collect(x.Elements())
		for p := range y.All() {
			p.Set(7)
		}
		for i := range 2 * n {
			id, bit := Locate(int64(i)*Bits - 77)
			if at, found := y.Find(id); !found {
				p := Single(id, bit)
				y.Insert(at, &p)
			}
		}
		check(t, &y)
		if got := slices.Collect(x.Elements()); !slices.Equal(got, before) {
			t.Errorf("a change of a copy of %d pages changed the original", n)
		}
	}
}

// Runs and Filler undo each other.
func TestRunsOfWhatWasFilled(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	for range 500 {
		var want [][2]uint64
		x := new(Index)
		filler := NewFiller(x)
		for at := r.Uint64() >> 1; len(want) < r.IntN(20); {
			first := at + r.Uint64()>>r.IntN(64)>>8
			last := first + r.Uint64()>>(54+r.IntN(10))
			filler.Fill(first, last)
			want = append(want, [2]uint64{first, last})
			at = last + 2
		}
		filler.Flush()
		check(t, x)
		var got [][2]uint64
		emit := func(first, last uint64) { got = append(got, [2]uint64{first, last}) }
		var runs Runs
		for p := range x.All() {
			runs.Add(p, emit)
		}
		if first, last, ok := runs.Open(); ok {
			emit(first, last)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("runs are %v, want %v", got, want)
		}
	}
}
