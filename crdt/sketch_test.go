package crdt

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt/riblt"
)

func formOf(s *riblt.Sketch) []byte {
	b, err := s.AppendBinary(nil)
	if err != nil {
		panic(err)
	}
	return b
}

// RequireSketch fails the test unless a state's own sketch is that of its cells.
func RequireSketch[S Lattice[S]](t failer, s S, n int) {
	if x, y := formOf(SketchOf(s, n)), formOf(SketchOfCells(s.Cells(0), n)); !bytes.Equal(x, y) {
		t.Fatalf("SketchOf(_, %d) of %v is\n%x, want\n%x", n, s, x, y)
	}
}

// The laws change states by Join only, and ask for short sketches.
func TestAStandingSketchFollowsEveryChangeOfASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewGSet(GenKey)
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				x := rapid.OneOf(rapid.Int64Range(-300, 300), rapid.Int64()).Draw(t, "x")
				for range rapid.IntRange(1, 300).Draw(t, "and after it") {
					s.Insert(x)
					x++
				}
			},
			"join": func(t *rapid.T) {
				novel := s.Join(GenGSet(t))
				RequireSketch(t, novel, 3)
			},
			"json": func(t *rapid.T) {
				if err := json.Unmarshal([]byte("[1,2,3,1000]"), s); err != nil {
					t.Fatal(err)
				}
			},
			"clone": func(t *rapid.T) {
				old := s
				s = s.Clone()
				old.Insert(rapid.Int64().Draw(t, "x"))
				RequireSketch(t, old, 3)
			},
			"sketch": func(t *rapid.T) {
				n := rapid.OneOf(rapid.IntRange(0, 70), rapid.Just(riblt.MaxSketch)).Draw(t, "n")
				RequireSketch(t, s, n)
			},
		})
	})
}

func TestAStandingSketchIsAsLongAsTheLongestAskedFor(t *testing.T) {
	s := NewGSet(GenKey, ints(0, 5000)...)
	c := gcounterOf(map[Origin]uint64{{"a", 1}: 1, {"b", 1}: 2})
	if s.sketch != nil || c.tally.sketch != nil {
		t.Fatal("a state has a sketch before one was asked for")
	}
	for _, step := range []struct{ n, want int }{{0, 0}, {1, 1}, {2, 2}, {3, 4}, {1, 4}, {0, 4}, {5, 8}, {1000, 1024}, {1024, 1024}, {1025, 2048}, {riblt.MaxSketch, riblt.MaxSketch}, {7, riblt.MaxSketch}} {
		RequireSketch(t, s, step.n)
		RequireSketch(t, c, step.n)
		if got, of := s.sketch.Len(), c.tally.sketch.Len(); got != step.want || of != step.want {
			t.Errorf("after Sketch(%d) a set keeps %d and a counter %d coded cells, want %d", step.n, got, of, step.want)
		}
	}
	for name, made := range map[string]*GSet{"New": s.New(), "Clone": s.Clone(), "Join": s.Join(s), "Minus": s.Minus(s.New()), "Extract": s.Extract(nil)} {
		if made.sketch != nil {
			t.Errorf("the state that %s returns keeps a sketch", name)
		}
	}
	if copied := c.Clone(); copied.tally.sketch != nil || copied.tally.hashes != nil || c.Join(c).tally.sketch != nil {
		t.Error("a state made from a counter keeps a sketch")
	}
}

func TestKeepingASketchAllocatesNothing(t *testing.T) {
	s := NewGSet(GenKey)
	r := rand.New(rand.NewPCG(1, 8))
	for i := range int64(1000) {
		s.Insert(i << 8)
	}
	s.Sketch(1000)
	if got := testing.AllocsPerRun(1000, func() { s.Insert(r.Int64N(1000 << 8)) }); got > 0 {
		t.Errorf("Insert allocates %v times", got)
	}
	c, without := gcounterOf(map[Origin]uint64{{"a", 1}: 1}), gcounterOf(map[Origin]uint64{{"a", 1}: 1})
	c.Sketch(1000)
	n := uint64(1)
	join := func(c *GCounter) float64 {
		return testing.AllocsPerRun(1000, func() {
			n++
			delta, err := c.Increment(Origin{"a", 1}, n)
			if err != nil {
				t.Fatal(err)
			}
			c.Join(delta)
		})
	}
	if got, want := join(c), join(without); got > want {
		t.Errorf("Join of a counter allocates %v times, without a sketch %v times", got, want)
	}
	RequireSketch(t, c, 1000)
}

func TestSketchLengthsOutOfRangeStandForTheNearest(t *testing.T) {
	for n, want := range map[int]int{-1: 0, riblt.MaxSketch + 1: riblt.MaxSketch, math.MaxInt: riblt.MaxSketch, math.MinInt: 0} {
		s := NewGSet(GenKey, 1)
		if got, of := s.Sketch(n).Len(), SketchOfCells(s.Cells(0), n).Len(); got != want || of != want {
			t.Errorf("Sketch(%d) has length %d, SketchOfCells %d, want %d", n, got, of, want)
		}
	}
}

func TestBinaryFormsOfSketchesOfStatesAreSmall(t *testing.T) {
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
		sketch *riblt.Sketch
		most   int
	}{
		"of a probe":    {dense.Sketch(0), 23},
		"of a set":      {dense.Sketch(100), 32 + 100*8},
		"of far values": {far.Sketch(100), 32 + 100*13},
		"of a counter":  {counter.Sketch(100), 32 + 100*11},
	} {
		if got := len(formOf(c.sketch)); got > c.most {
			t.Errorf("sketch %s takes %d bytes, want at most %d", name, got, c.most)
		}
	}
}

// All of a hash goes into the tag.
func TestItemsDependOnAllOfACell(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const trials = 100
	for bit := range 127 {
		same := 0
		for range trials {
			c := Cell{CellID(r.Uint64()), Hash{r.Uint64() >> 1, r.Uint64()}}
			d := c
			if bit < 64 {
				d.Hash.Lo ^= 1 << bit
			} else {
				d.Hash.Hi ^= 1 << (bit - 64)
			}
			if c.Item() == d.Item() {
				same++
			}
		}
		if same > 1 {
			t.Errorf("bit %d of the hash leaves %d of %d items as they were", bit, same, trials)
		}
	}
}
