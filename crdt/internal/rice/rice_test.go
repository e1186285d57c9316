package rice

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"gset/crdt/internal/wire"
)

// genNumbers draws numbers whose sizes change: most near one size for a while.
var genNumbers = rapid.Custom(func(t *rapid.T) (numbers []uint64) {
	for range rapid.IntRange(0, 6).Draw(t, "stretches") {
		width := rapid.UintRange(0, 63).Draw(t, "width")
		for range rapid.IntRange(1, 20).Draw(t, "n") {
			numbers = append(numbers, rapid.Uint64Range(0, 1<<width).Draw(t, "v"))
		}
	}
	return numbers
})

func TestTurnsReadWhatTheyWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		runs, gaps := genNumbers.Draw(t, "runs"), genNumbers.Draw(t, "gaps")
		n := min(len(runs), len(gaps))
		w, writer := wire.NewWriter(nil), NewTurns()
		for i := range n {
			writer.WriteRun(&w, runs[i])
			writer.WriteGap(&w, gaps[i])
		}
		data := w.Finish()
		r, reader := wire.NewReader(data), NewTurns()
		for i := range n {
			run, ok1 := reader.ReadRun(&r)
			gap, ok2 := reader.ReadGap(&r)
			if run != runs[i] || gap != gaps[i] || !ok1 || !ok2 || r.Over() {
				t.Fatalf("turn %d of %x is read as %d, %v and %d, %v, want %d and %d", i, data, run, ok1, gap, ok2, runs[i], gaps[i])
			}
		}
		if !reader.AtEnd(&r) {
			t.Fatalf("not at the end of %x", data)
		}
	})
}

func TestLongFormReadsWhatItWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Uint64().Draw(t, "v") >> rapid.UintRange(0, 63).Draw(t, "shifted by")
		w := wire.NewWriter(nil)
		WriteLong(&w, v)
		r := wire.NewReader(w.Finish())
		if got := ReadLong(&r); got != v || !r.AtEnd() {
			t.Fatalf("%d is read as %d", v, got)
		}
	})
}

// Gaps between elements strewn at random take little more than their entropy, which is
// log2(e·mean) bits each: a parameter that follows them costs a fifth of a bit.
func TestRandomGapsTakeAlmostTheirEntropy(t *testing.T) {
	const n = 100_000
	r := rand.New(rand.NewPCG(1, 2))
	for width, entropy := range map[uint]float64{10: 11.44, 20: 21.44, 40: 41.44} {
		w, turns := wire.NewWriter(nil), NewTurns()
		for range n {
			turns.WriteRun(&w, 0)
			turns.WriteGap(&w, uint64(r.ExpFloat64()*float64(uint64(1)<<width)))
		}
		each := float64(w.Bits()) / n
		t.Logf("gaps of 2^%d on average take %.2f bits each", width, each)
		if each > entropy+0.25 {
			t.Errorf("gaps of 2^%d on average take %.2f bits each, want %.2f", width, each, entropy)
		}
	}
}
