package replica

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"testing"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"
)

// decoded returns the sketch that data is the binary form of.
func decoded(t *testing.T, data []byte) *riblt.Sketch {
	t.Helper()
	s, err := riblt.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// endless returns a sketch that peels for ever: an item that is in its second coded cell and
// not in its first.
func endless(t *testing.T) *riblt.Sketch {
	for x := int64(0); ; x += 256 {
		data := encoded(set(x).Sketch(2))
		cells := data[20+1+1+8:] // behind the counters, the numbers of items and coded cells, the mask
		width := bits.OnesCount64(binary.BigEndian.Uint64(data[22:])) + 48
		for bit := range width {
			cells[bit/8] &^= 0x80 >> (bit % 8)
		}
		s := decoded(t, data)
		if _, _, err := decoded(t, data).Peel(); errors.Is(err, riblt.ErrSketch) {
			return s
		}
	}
}

// TestMessagesThatNoReplicaWouldSendAreTurnedAway gives a replica messages that can be read
// and make no sense. They are errors, and change nothing.
func TestMessagesThatNoReplicaWouldSendAreTurnedAway(t *testing.T) {
	lower, upper := Span{0, 1<<55 - 1}, Span{1 << 55, everything.Last} // of the elements below 0, and the others
	for name, m := range map[string]message{
		"no kind":                     {},
		"a kind there is not":         {Kind: Repair + 1},
		"a gather of nothing":         {Kind: Gather},
		"a repair of nothing":         {Kind: Repair, Span: everything},
		"a probe without a sketch":    {Kind: Probe},
		"a sketch without a sketch":   {Kind: Sketch, Span: everything},
		"cells that peel for ever":    {Kind: Sketch, Span: everything, Sketch: endless(t)},
		"a coded cell out of span":    {Kind: Sketch, Span: lower, Sketch: set(5).Sketch(4)},
		"a cell out of a whole span":  {Kind: Repair, Span: lower, Whole: true, Delta: set(-7, 5)},
		"a cell before a whole span":  {Kind: Repair, Span: upper, Whole: true, Delta: set(-7, 5)},
		"a span that ends too soon":   {Kind: Repair, Span: Span{5, 4}, Whole: true, Delta: set(5)},
		"a scatter of our own":        {Kind: Scatter, Delta: set(), Relay: &Relay{Root: newLeaf(t).self}},
		"a scatter of nobody":         {Kind: Scatter, Delta: set(), Relay: &Relay{Root: 4}},
		"a gather down a tree":        {Kind: Gather, Delta: set(), Relay: &Relay{}},
		"a view that comes with that": {Kind: Sketch, View: 9, Span: everything, Sketch: endless(t)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newLeaf(t)
			deadline := r.Deadline()
			out, err := r.Receive(time.Second, r.peer(0), m)
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error is %v", err)
			}
			if len(out.Messages) > 0 || out.Durable != nil || r.State().Len() > 0 || r.View() != 0 || r.Deadline() != deadline {
				t.Error("something changed")
			}
		})
	}
}

// TestWhatCannotBeToldFromATruthIsAnsweredAndNotBelieved has sketches of something else, or
// that lie, and wants of what nobody has. The answers are bounded, and the state stays.
func TestWhatCannotBeToldFromATruthIsAnsweredAndNotBelieved(t *testing.T) {
	ours := set()
	for i := range int64(300) {
		ours.Insert(i << 40)
	}
	whole := len(encode(t, message{Kind: Repair, Span: everything, Whole: true, Delta: ours}))
	lying := encoded(ours.Sketch(0))
	lying = append(append(lying[:20:20], 0xff, 0xff, 0xff, 0xff, 0x0f), 0) // more items than there can be
	noise := encoded(ours.Sketch(50))
	for i := 40; i < len(noise)-1; i += 3 {
		noise[i] ^= 0x5a
	}
	var want []crdt.CellID
	for i := range crdt.CellID(1000) {
		want = append(want, i<<3+1)
	}
	for name, m := range map[string]message{
		"a sketch under another key":       {Kind: Sketch, Span: everything, Sketch: crdt.NewGSet(crdt.Key{1}, 1, 2, 3).Sketch(50)},
		"noise in place of coded cells":    {Kind: Sketch, Span: everything, Sketch: decoded(t, noise)},
		"a number of items that is a lie":  {Kind: Probe, Sketch: decoded(t, lying)},
		"ids of cells that nobody has":     {Kind: Repair, Span: everything, Ask: true, Want: want, Delta: set()},
		"a sketch of what has long passed": {Kind: Sketch, Span: everything, Sketch: set().Sketch(1)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newLeaf(t)
			r.state.Join(ours)
			r.pending.known = false
			out, err := r.Receive(time.Second, r.peer(0), m)
			if err != nil {
				t.Fatal(err)
			}
			size := 0
			for _, e := range out.Messages {
				size += len(encode(t, e.Message))
			}
			if most := whole + 100; size > most {
				t.Errorf("the answer takes %d bytes, more than the state's %d", size, whole)
			}
			if !r.State().Equal(ours) || out.Durable != nil {
				t.Error("the state changed")
			}
		})
	}
}
