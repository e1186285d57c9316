package replica

import (
	"errors"
	"testing"
	"time"

	"gset/crdt"
)

// There is a target for each kind of message. The corpora in testdata/fuzz have messages
// as replicas send them, and damaged ones. To look for more: go test ./replica -fuzz FuzzSketch
//
// Whatever a message says: what cannot be read is an error, and so is what no replica
// would say, and neither changes anything. Anything else is written as it was read; the
// replica that hears it only grows, keeps its messages within the limit, and is not busy
// for ever.

func FuzzGather(f *testing.F)  { fuzz(f, Gather) }
func FuzzScatter(f *testing.F) { fuzz(f, Scatter) }
func FuzzProbe(f *testing.F)   { fuzz(f, Probe) }
func FuzzSketch(f *testing.F)  { fuzz(f, Sketch) }
func FuzzRepair(f *testing.F)  { fuzz(f, Repair) }

// fuzz makes messages of a kind of what follows their first byte.
func fuzz(f *testing.F, kind Kind) {
	f.Fuzz(func(t *testing.T, rest []byte, hub bool) {
		data := append([]byte{version<<4 | byte(kind)}, rest...)
		requireCanonical(t, data)
		m, err := Decode(bottom, data)
		if err != nil {
			return
		}
		r := newMember(t, hub)
		r.cfg.MaxMessage = MinMessage
		now := 5 * time.Second
		outs := []Output[*crdt.GSet]{r.Update(now, set(1, 2, 3)), r.Update(now, set(1<<40))}
		// Some of it is settled, for a probe or a sketch to ask about, some of it pending.
		told, err := r.Receive(now, r.peer(0), message{Kind: Scatter, Delta: set(1, 2, 1<<41)})
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, told)
		for _, from := range []ID{r.peer(0), r.peer(1)} {
			before, view, deadline := r.Settled(), r.View(), r.Deadline()
			out, err := r.Receive(now, from, m)
			if err != nil {
				if !errors.Is(err, ErrMalformed) {
					t.Fatal(err)
				}
				if r.Settled() != before || r.View() != view || r.Deadline() != deadline || len(out.Messages) > 0 {
					t.Fatalf("a message that is turned away (%v) changed something", err)
				}
			}
			outs = append(outs, out, r.Update(now, set(4)))
		}
		for range 20 {
			due := max(now, r.Deadline())
			outs = append(outs, r.Tick(due))
			if r.Deadline() <= due {
				t.Fatalf("due at %v, and still after it was done", due)
			}
			now = due
		}
		if len(set(1, 2, 3, 4, 1<<40, 1<<41).Minus(r.State()).Elements()) > 0 {
			t.Error("the state shrank")
		}
		for _, out := range outs {
			for _, e := range out.Messages {
				if size := len(encode(t, e.Message)); size > r.cfg.MaxMessage {
					t.Errorf("a %v of %d bytes, above %d", e.Message.Kind, size, r.cfg.MaxMessage)
				}
			}
		}
	})
}
