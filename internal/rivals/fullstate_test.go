package rivals

// fullState: a sends all it has, b answers with what a lacks, if anything.
func fullState[S state[S]](a, b S) (c cost, heldByA, heldByB S, err error) {
	heldByA, heldByB = a.Clone(), b.Clone()
	sent, err := a.AppendBinary(nil)
	if err != nil {
		return c, heldByA, heldByB, err
	}
	received, err := b.Decode(sent)
	if err != nil {
		return c, heldByA, heldByB, err
	}
	c = cost{bytes: len(sent), trips: 1}
	heldByB.Join(received)
	lacking := b.Minus(received)
	if lacking.Len() == 0 {
		return c, heldByA, heldByB, nil
	}
	if sent, err = lacking.AppendBinary(nil); err != nil {
		return c, heldByA, heldByB, err
	}
	if received, err = a.Decode(sent); err != nil {
		return c, heldByA, heldByB, err
	}
	c.bytes += len(sent)
	c.trips++
	heldByA.Join(received)
	return c, heldByA, heldByB, nil
}
