package replica

// What the transcripts show of a replica's inside.

// Fresh returns the news that goes out with the next gather or scatter.
func (r *Replica[S]) Fresh() S { return r.pending.fresh }

// Sent returns the news that went out in gathers and was not said back yet.
func (r *Replica[S]) Sent() []S {
	var all []S
	for _, b := range r.pending.sent {
		all = append(all, b.delta)
	}
	return all
}

// Doubted returns the peer that is suspected to hold another state; "" if none.
func (r *Replica[S]) Doubted() ID { return r.audit.doubted }

// RoundTrip returns the smoothed round trip, and whether one was measured.
func (r *Replica[S]) RoundTrip() (mean string, measured bool) {
	return r.rtt.mean.String(), r.rtt.measured
}
