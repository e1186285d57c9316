package sim

import "time"

// The oracle knows when everything will break and mend, and has everybody send
// everything to everybody all the time. What it cannot do is to have a message come
// through where the run's network would lose it for certain. So no protocol can
// be faster, and how much slower one is can be told in milliseconds.

// earliest returns when each life could have held what was added at the sources: the
// shortest paths that respect time, by Dijkstra's algorithm (see Bui-Xuan, Ferreira
// and Jarry 2003). It is never where there is no path. The history is complete.
//
// Chance is left out: the oracle loses nothing that it need not, and every message of
// its takes the least time there is.
func (h *History) earliest(sources []source) []time.Duration {
	at := make([]time.Duration, len(h.lives))
	settled := make([]bool, len(h.lives))
	for i := range at {
		at[i] = never
	}
	for _, s := range sources {
		at[s.life] = min(at[s.life], s.at)
	}
	for {
		from := -1
		for i := range at {
			if !settled[i] && at[i] < never && (from < 0 || at[i] < at[from]) {
				from = i
			}
		}
		if from < 0 {
			return at
		}
		settled[from] = true
		for to := range at {
			if !settled[to] && at[to] > at[from]+h.Hop {
				at[to] = min(at[to], h.arrival(from, to, at[from]))
			}
		}
	}
}

// arrival returns when a message can be received at the earliest by one life that
// another sends, at any time from since on; never if none can.
//
// Who is slow is later by what it was when the message was sent. So who sends later may
// be received earlier, and every time in which the receiver is equally slow is tried.
func (h *History) arrival(from, to int, since time.Duration) time.Duration {
	sender, receiver := &h.lives[from], &h.lives[to]
	if sender.node == receiver.node {
		return never // nothing gets into its next life
	}
	link := h.links[sender.node*h.nodes+receiver.node]
	lags, first := h.lags[receiver.node], never
	for i, lag := range lags {
		until := never
		if i+1 < len(lags) {
			until = lags[i+1].at
		}
		if until < since || lag.at > first {
			continue
		}
		takes := h.Hop + lag.by
		for sent := max(since, lag.at); ; {
			if sent = h.running(sender, sent); sent > until || sent == never {
				break
			}
			open := h.up(receiver, link.after(sent+takes))
			if open == never {
				break
			}
			if open == sent+takes {
				first = min(first, h.running(receiver, open))
				break
			}
			sent = open - takes
		}
	}
	return first
}

// up returns the first moment from at on in which messages come through to a life; they
// then wait for it if it is frozen.
func (h *History) up(l *life, at time.Duration) time.Duration {
	if at = h.down[l.node].after(max(at, l.from)); at > l.until {
		return never
	}
	return at
}

// running returns the first moment from at on in which a life does something.
func (h *History) running(l *life, at time.Duration) time.Duration {
	for {
		next := h.up(l, at)
		if next == never {
			return never
		}
		if at = h.frozen[l.node].after(next); at == next {
			return at
		}
	}
}
