package replica

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"gset/crdt"
)

// The benchmarks are of 25 members with T = 250 ms and 100 updates a second:
//
//	go test ./replica -run '^$' -bench . -benchmem
//
// Those of one element at a state of 1,000,000 random integers take some seconds to prepare.

// benchMember returns the hub of 25 members, or a leaf, with a state.
func benchMember(b *testing.B, hub bool, state *crdt.GSet) *setReplica {
	b.Helper()
	cfg := Config{Members: listOf(b, names(25)...)}
	at := cfg.Members.hub(draw(key, 0))
	for _, cfg.Self = range names(25) {
		if (cfg.Self == at) == hub {
			break
		}
	}
	r := start(b, cfg, state)
	measured(r, 200*time.Millisecond)
	return r
}

// million returns a set of 1,000,000 random integers. It is made once.
func million() *crdt.GSet {
	if millionSet == nil {
		millionSet = random(rand.New(rand.NewPCG(1, 1)), 1_000_000)
	}
	return millionSet.Clone()
}

var millionSet *crdt.GSet

// answer returns what a leaf hears back of a gather from its hub.
func answer(r *setReplica, e Envelope[*crdt.GSet], now time.Duration) message {
	return message{
		Kind: Scatter, Cluster: r.cluster, Stamp: now, Next: 187 * time.Millisecond, Delta: e.Message.Delta,
		Echoes: []Echo{{r.cfg.Self, e.Message.Stamp, 0}},
	}
}

// BenchmarkUpdate is of updates of one element. It includes the hub's scatters, and the leaf's gathers and what it hears back
// of them, one for some 25 updates.
func BenchmarkUpdate(b *testing.B) {
	for _, elements := range []int{0, 1_000_000} {
		for _, hub := range []bool{true, false} {
			b.Run(fmt.Sprintf("elements=%d/hub=%v", elements, hub), func(b *testing.B) {
				state := set()
				if elements > 0 {
					state = million()
				}
				r, now := benchMember(b, hub, state), time.Hour
				b.ReportAllocs()
				for i := int64(1); b.Loop(); i++ {
					now += 10 * time.Millisecond
					for _, e := range of(update(b, r, now, set(i*1000)), Gather) {
						if _, err := r.Receive(now, r.hub, answer(r, e, now)); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}

// BenchmarkReceive is of scatters of 75 elements, 25 of them new; of gathers of one element, at the hub; and of probes that
// match, and of ones that do not.
func BenchmarkReceive(b *testing.B) {
	for _, elements := range []int{0, 1_000_000} {
		state := func() *crdt.GSet {
			if elements > 0 {
				return million()
			}
			return set()
		}
		run := func(name string, hub bool, next func(r *setReplica, i int64) message) {
			b.Run(fmt.Sprintf("elements=%d/%s", elements, name), func(b *testing.B) {
				r, now := benchMember(b, hub, state()), time.Hour
				from := peers(r)[0]
				b.ReportAllocs()
				var made [500]message
				for i := int64(0); b.Loop(); i++ {
					at := i % int64(len(made))
					if at == 0 { // the timer takes far longer to stop and start than a message
						b.StopTimer()
						for k := range made {
							made[k] = fromCluster(r, next(r, i+int64(k)))
						}
						b.StartTimer()
					}
					now += 10 * time.Millisecond
					if _, err := r.Receive(now, from, made[at]); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("scatter", false, func(r *setReplica, i int64) message {
			delta := set()
			for x := range int64(75) {
				delta.Insert(25*i + x)
			}
			return message{Kind: Scatter, Digest: crdt.Fingerprint{1}, Next: 187 * time.Millisecond, Delta: delta}
		})
		run("scatter of one", false, func(r *setReplica, i int64) message {
			return message{Kind: Scatter, Digest: crdt.Fingerprint{1}, Delta: set(1000 * i)}
		})
		run("gather of one", true, func(r *setReplica, i int64) message {
			return message{Kind: Gather, Digest: r.fingerprint(), Delta: set(1000 * i)}
		})
		run("probe that matches", false, func(r *setReplica, i int64) message {
			return message{Kind: Probe, Digest: r.fingerprint(), Sketch: crdt.SketchOf(r.stable, 0)}
		})
		near := state()
		near.Insert(5)
		sketch := crdt.SketchOf(near, 0)
		run("probe, one differs", false, func(r *setReplica, i int64) message {
			return message{Kind: Probe, Digest: crdt.Fingerprint{1}, Sketch: sketch}
		})
	}
}

// BenchmarkDelivery is a cluster in a steady state: a message delivered and what comes of it, without a simulator's
// bookkeeping. The time of all members' updates and ticks is in it.
func BenchmarkDelivery(b *testing.B) {
	for _, n := range []int{5, 25} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			w := newBenchNet(b, n)
			b.ReportAllocs()
			w.run(b, b.Loop)
		})
	}
}

// benchNet carries messages without encoding them.
type benchNet struct {
	now     time.Duration
	members map[ID]*setReplica
	order   []*setReplica
	mail    []letter[*crdt.GSet] // messages take equally long, so these are in order
	client  time.Duration        // when it adds the next integer
	next    int64
}

func newBenchNet(b *testing.B, n int) *benchNet {
	w := &benchNet{members: map[ID]*setReplica{}}
	list := listOf(b, names(n)...)
	for _, id := range names(n) {
		r := start(b, Config{Self: id, Members: list}, set())
		w.members[id], w.order = r, append(w.order, r)
	}
	return w
}

func (w *benchNet) post(r *setReplica, out output) {
	for _, e := range out.Messages {
		w.mail = append(w.mail, letter[*crdt.GSet]{Envelope: e, from: r.cfg.Self, at: w.now + 100*time.Millisecond})
	}
}

// run delivers messages for as long as more says, one each time, while a client somewhere adds an integer every 10 ms.
func (w *benchNet) run(b *testing.B, more func() bool) {
	for deliver := false; !deliver || more(); {
		deliver = len(w.mail) > 0 && w.mail[0].at <= w.now
		if deliver {
			l := w.mail[0]
			w.mail = w.mail[1:]
			out, err := w.members[l.To].Receive(w.now, l.from, l.Message)
			if err != nil {
				b.Fatal(err)
			}
			w.post(w.members[l.To], out)
			continue
		}
		w.now = w.client
		if len(w.mail) > 0 {
			w.now = min(w.now, w.mail[0].at)
		}
		for _, r := range w.order {
			w.now = min(w.now, r.Deadline())
		}
		for _, r := range w.order {
			if r.Deadline() <= w.now {
				w.post(r, r.Tick(w.now))
			}
		}
		if w.now == w.client {
			r := w.order[w.next%int64(len(w.order))]
			w.post(r, update(b, r, w.now, set(w.next)))
			w.next++
			w.client += 10 * time.Millisecond
		}
	}
}

// BenchmarkMessage is of a scatter of 75 neighbouring elements, some missing.
func BenchmarkMessage(b *testing.B) {
	m := message{
		Kind: Scatter, View: 3, Digest: set(1, 2, 3).Digest().Fingerprint(), Stamp: time.Hour, Next: 250 * time.Millisecond,
		Echoes: []Echo{{"n7", time.Minute, time.Second}}, Delta: set(),
	}
	for x := range int64(75) {
		m.Delta.Insert(100_000 + x + x/7)
	}
	data := encode(b, m)
	b.Run("encode", func(b *testing.B) {
		buffer := make([]byte, 0, 2*len(data))
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := m.AppendBinary(buffer); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := Decode(bottom, data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
