package riblt

// To toggle an item is to put it into all coded symbols it is mapped to, or to take it out,
// which is the same.

// toggle toggles an item whose seed is known.
func (s *Sketch) toggle(it Item, seed uint64) { s.walk(it.symbol(seed), start, seed) }

// walk puts a symbol into all those of a walk from x on.
func (s *Sketch) walk(c symbol, x float64, seed uint64) {
	symbols := s.symbols
	for at := symbolAt(x); at < uint64(len(symbols)); at = symbolAt(x) {
		symbols[at].xor(c)
		seed += golden
		x = next(x, seed)
	}
}

// togglePair toggles two items. Each step of a walk waits for the one before, so that a
// processor has time for two walks side by side.
func (s *Sketch) togglePair(it1, it2 Item, seed1, seed2 uint64) {
	c1, c2 := it1.symbol(seed1), it2.symbol(seed2)
	x1, x2 := start, start
	symbols := s.symbols
	for {
		at1, at2 := symbolAt(x1), symbolAt(x2)
		if at1 >= uint64(len(symbols)) || at2 >= uint64(len(symbols)) {
			break
		}
		symbols[at1].xor(c1)
		symbols[at2].xor(c2)
		seed1, seed2 = seed1+golden, seed2+golden
		x1, x2 = next(x1, seed1), next(x2, seed2)
	}
	s.walk(c1, x1, seed1)
	s.walk(c2, x2, seed2)
}
