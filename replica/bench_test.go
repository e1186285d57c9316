package replica

import (
	"testing"
	"time"

	"gset/crdt"
)

// The benchmarks are of 25 members with T = 250 ms and 100 updates a second:
//
//	go test ./replica -run '^$' -bench . -benchmem

// newBenchMember returns the hub of 25 members, or a leaf.
func newBenchMember(b *testing.B, hub bool) *Replica[*crdt.GSet] {
	cfg := Config{Members: members(25), Interval: 250 * time.Millisecond, Probe: 2 * time.Second, Seed: 1, MaxMessage: 40_000}
	at := coin{cfg.Seed, cfg.Members}.hub(0)
	for _, cfg.Self = range cfg.Members {
		if (cfg.Self == at) == hub {
			break
		}
	}
	r, err := New(cfg, bottom.New(), 0)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkUpdate includes the hub's scatters, and the leaf's gathers and what it hears
// back of them, one for some 25 updates.
func BenchmarkUpdate(b *testing.B) {
	b.Run("hub", func(b *testing.B) {
		r, now := newBenchMember(b, true), time.Duration(0)
		b.ReportAllocs()
		for i := int64(0); b.Loop(); i++ {
			now += 10 * time.Millisecond
			r.Update(now, set(i))
		}
	})
	b.Run("leaf", func(b *testing.B) {
		r, now := newBenchMember(b, false), time.Duration(0)
		b.ReportAllocs()
		for i := int64(0); b.Loop(); i++ {
			now += 10 * time.Millisecond
			for _, e := range r.Update(now, set(i)).Messages {
				if e.Message.Kind != Gather {
					continue
				}
				echo := message{
					Kind: Scatter, Digest: r.fingerprint(), Next: r.period(), Delta: e.Message.Delta,
					Answer: &Answer{Stamp: e.Message.Stamp},
				}
				if _, err := r.Receive(now, r.Hub(), echo); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkReceive is of scatters of 75 elements, 25 of them new, and of probes.
func BenchmarkReceive(b *testing.B) {
	b.Run("scatter", func(b *testing.B) {
		r, now := newBenchMember(b, false), time.Duration(0)
		hub, state := r.Hub(), set()
		b.ReportAllocs()
		for i := int64(0); b.Loop(); i++ {
			b.StopTimer()
			now += 250 * time.Millisecond
			delta := set()
			for x := range int64(75) {
				delta.Insert(25*i + x)
			}
			state.Join(delta)
			m := message{Kind: Scatter, Digest: state.Digest().Fingerprint(), Next: 250 * time.Millisecond, Delta: delta}
			b.StartTimer()
			if _, err := r.Receive(now, hub, m); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("probe", func(b *testing.B) {
		r := newBenchMember(b, false)
		m := message{Kind: Probe, Digest: r.fingerprint(), Sketch: set().Sketch(0)}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := r.Receive(0, r.peer(0), m); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMessage is of a scatter of 75 neighbouring elements, some missing.
func BenchmarkMessage(b *testing.B) {
	m := message{
		Kind: Scatter, View: 3, Digest: set(1, 2, 3).Digest().Fingerprint(), Stamp: time.Hour, Next: 250 * time.Millisecond,
		Answer: &Answer{time.Minute, time.Second}, Delta: set(),
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
