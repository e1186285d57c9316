package html

import "time"

// maxBins is how many bins a series has at most: more than a plot has pixels to spare.
const maxBins = 400

// firstBin is the width of a bin while a test is short.
const firstBin = 10 * time.Millisecond

// series counts events of several kinds over time. Bins double in width whenever time
// outgrows them, so that the memory is bounded however long a test takes.
type series struct {
	width  time.Duration
	counts [][]int64 // by kind, then bin
}

func newSeries(kinds int) *series {
	return &series{width: firstBin, counts: make([][]int64, kinds)}
}

// add counts an event of the given kind, which must be below the number of kinds.
func (s *series) add(kind int, at time.Duration) {
	at = max(at, 0)
	for at/s.width >= maxBins {
		s.halve()
	}
	bin := int(at / s.width)
	for len(s.counts[kind]) <= bin {
		s.counts[kind] = append(s.counts[kind], 0)
	}
	s.counts[kind][bin]++
}

// halve joins each bin with its neighbour.
func (s *series) halve() {
	s.width *= 2
	for kind, counts := range s.counts {
		for i, n := range counts {
			if i%2 == 0 {
				counts[i/2] = n
			} else {
				counts[i/2] += n
			}
		}
		s.counts[kind] = counts[:(len(counts)+1)/2]
	}
}
