package sim

import "testing"

func TestTheSameSeedGivesTheSameRun(t *testing.T) {
	for seed := range uint64(10) {
		s := Generate(seed, Options{})
		first, again, paranoid := Play(s), Play(s), Player{Paranoid: true}.Play(s)
		if first.Trace != again.Trace || first.Sent != again.Sent {
			t.Errorf("seed %d: trace %x with %d messages, then %x with %d", seed, first.Trace, first.Sent, again.Trace, again.Sent)
		}
		if first.Trace != paranoid.Trace {
			t.Errorf("seed %d: trace %x, and %x if every message is encoded and decoded", seed, first.Trace, paranoid.Trace)
		}
		if other := Play(Generate(seed+1000, Options{})); other.Trace == first.Trace {
			t.Errorf("seeds %d and %d: trace %x", seed, seed+1000, first.Trace)
		}
	}
}
