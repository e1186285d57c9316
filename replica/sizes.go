package replica

import "time"

// Sizes is what a replica keeps besides its state and a handful of numbers, for those
// who watch that it stays little. All of it but Told is zero when nothing is pending
// and no round is under way.
type Sizes struct {
	Fresh   int // parts of news that go out with the next gather or scatter
	Gathers int // gathers that were sent and not said back yet
	Sent    int // parts of news in them
	Base    int // parts of the state noted as settled beside pending ones
	Told    int // parts of the news of the last rounds, kept to be told once more
	Answers int // gathers of this round, to be answered by its scatter
	Echoes  int // parts of news in them

	// Timeout is after how long an answer is taken for lost, on which it depends for
	// how long gathers pile up.
	Timeout time.Duration
}

// Sizes returns the sizes of the replica's collections.
func (r *Replica[S]) Sizes() Sizes {
	s := Sizes{
		Fresh:   r.pending.fresh.Len(),
		Gathers: len(r.pending.sent),
		Base:    r.pending.base.Len(),
		Answers: len(r.round.answers),
		Echoes:  r.round.echoes.Len(),
		Timeout: r.rtt.timeout(),
	}
	for _, b := range r.pending.sent {
		s.Sent += b.delta.Len()
	}
	for _, news := range r.round.told {
		s.Told += news.Len()
	}
	return s
}
