package simnet

import (
	"slices"
	"testing"
	"time"
)

// With carriers a partition cuts what Maelstrom's would cut; a test of the same name in
// internal/bench/network has the same cases in real time. Without, it cuts what arrives.
func TestACarrierDropsWhatItTakesDuringAPartition(t *testing.T) {
	cut := func(int, int) bool { return true }
	for _, test := range []struct {
		name              string
		steps             func(p *pair)
		carriers, without []time.Duration // when n1 receives messages
	}{
		{"a partition begins while the message is carried", func(p *pair) {
			p.add(1)
			p.At(500*ms, func() { p.Cut = cut })
		}, []time.Duration{999 * ms}, nil},
		{"a partition heals before the message is due", func(p *pair) {
			p.Cut = cut
			p.add(1)
			p.At(500*ms, func() { p.Cut = nil })
		}, nil, []time.Duration{1000 * ms}},
		{"a partition begins while a message waits behind the one that is carried", func(p *pair) {
			p.add(1)
			p.At(100*ms, func() { p.add(2) })
			p.At(500*ms, func() { p.Cut = cut })
		}, []time.Duration{999 * ms}, nil},
		{"a partition begins and ends while a message waits", func(p *pair) {
			p.add(1)
			p.At(100*ms, func() { p.add(2) })
			p.At(200*ms, func() { p.Cut = cut })
			p.At(500*ms, func() { p.Cut = nil })
		}, []time.Duration{999 * ms, 1099 * ms}, []time.Duration{1000 * ms, 1100 * ms}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for carriers, want := range map[bool][]time.Duration{true: test.carriers, false: test.without} {
				p := newPair(t, Config{Latency: Constant(time.Second), Carriers: carriers})
				test.steps(p)
				p.Run(1500 * ms) // no probe yet
				if !slices.Equal(p.received, want) {
					t.Errorf("with carriers: %v: received at %v, want %v", carriers, p.received, want)
				}
			}
		})
	}
}

func TestAStoppedNodesCarrierGoesOn(t *testing.T) {
	p := newPair(t, Config{Latency: Constant(100 * ms), Carriers: true})
	p.add(1)
	p.At(50*ms, func() { p.Stop(1) })
	p.At(60*ms, func() { p.add(2) })
	p.At(150*ms, func() {
		if err := p.Start(1, p.bottom.New()); err != nil {
			t.Error(err)
		}
	})
	p.Run(500 * ms)
	if want := []time.Duration{159 * ms}; len(p.received) == 0 || p.received[0] != want[0] {
		t.Errorf("received at %v, want %v first", p.received, want)
	}
}
