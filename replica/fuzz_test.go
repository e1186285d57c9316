package replica

import (
	"testing"
	"time"

	"gset/crdt"
)

// The corpora in testdata/fuzz have a message of every kind as replicas send them. To
// look for more: go test ./replica -fuzz FuzzDecode

// FuzzDecode reads anything. What can be read is written the same way.
func FuzzDecode(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) { requireCanonical(t, data) })
}

// FuzzReceive hands a replica whatever can be read. It must not panic, only grow, keep
// within the limit, and not be busy for ever.
func FuzzReceive(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, hub bool) {
		m, err := Decode(bottom, data)
		if err != nil {
			return
		}
		r := newMember(t, hub)
		// Room for an answer to all the wants and cells that data can hold.
		r.cfg.MaxMessage = MinMessage + 2*len(data)
		now := 5 * time.Second
		outs := []Output[*crdt.GSet]{r.Update(now, set(1, 2, 3)), r.Update(now, set(1<<40))}
		// Some of it is settled, for a probe or a sketch to ask about, some of it pending.
		told, err := r.Receive(now, r.peers[0], message{Kind: Scatter, Delta: set(1, 2, 1<<41)})
		if err != nil {
			t.Fatal(err)
		}
		outs = append(outs, told)
		for _, from := range r.peers[:2] {
			out, err := r.Receive(now, from, m)
			if err != nil {
				t.Fatal(err)
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
