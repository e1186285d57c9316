package replica

import (
	"testing"
	"time"

	"gset/crdt"
)

// TestNoMessageIsAboveTheLimit makes deltas and states of all lengths around the least
// limit, so that some parts just fit, and headers as long as they come: a great view,
// a clock that has run for decades, and answers.
func TestNoMessageIsAboveTheLimit(t *testing.T) {
	const decades = 1 << 60 * time.Nanosecond
	largest := 0
	for count := int64(1); count < 450; count += 4 {
		for _, gap := range []int64{100, 300, 1 << 40} {
			news := set()
			for i := range count {
				news.Insert(i * gap)
			}
			for _, hub := range []bool{true, false} {
				r := newMember(t, hub)
				r.cfg.MaxMessage = MinMessage
				check := func(out Output[*crdt.GSet], err error) {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range out.Messages {
						size := len(encode(t, e.Message))
						largest = max(largest, size)
						if size > MinMessage {
							t.Fatalf("%d elements %d apart: a %v of %d bytes, above %d", count, gap, e.Message.Kind, size, MinMessage)
						}
					}
				}
				from := r.peer(0)
				receive := func(m message) { check(r.Receive(decades, from, m)) }
				receive(message{Kind: Probe, View: maxView, Stamp: decades, Digest: r.fingerprint(), Sketch: set().Sketch(0)})
				check(r.Update(decades, news), nil)
				// Said back, the news is settled: what is pending is not told in a repair.
				receive(message{Kind: Scatter, Stamp: decades, Delta: news})
				receive(message{Kind: Probe, Stamp: decades, Sketch: set().Sketch(0)}) // answered with a state or a sketch
				receive(message{Kind: Repair, Stamp: decades, Span: everything, Whole: true, Delta: set()})
				want := []crdt.CellID{}
				for c := range news.Cells(0) {
					want = append(want, c.ID)
				}
				receive(message{Kind: Repair, Stamp: decades, Span: everything, Ask: true, Want: want, Delta: set()})
				// A sketch of other cells that decodes, and one that does not.
				others := set()
				for i := range int64(20) {
					others.Insert(i << 55)
				}
				for _, n := range []int{1, 200} {
					both := others.Clone()
					both.Join(r.State())
					receive(message{Kind: Sketch, Stamp: decades, Span: everything, Sketch: both.Sketch(n)})
					receive(message{Kind: Sketch, Stamp: decades, Span: everything, Sketch: others.Sketch(n)})
				}
			}
		}
	}
	if room := MinMessage - maxHeader; largest < room {
		t.Errorf("the longest message is %d bytes, and no part filled the %d there are", largest, room)
	}
}
