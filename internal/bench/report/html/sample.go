package html

import (
	"math"
	"slices"

	"gset/internal/bench/report/messages"
)

// sample is a random part of the messages it is given, of at most limit of them. A
// message stays if a hash of its id is below a bound, which falls by a fifth whenever
// the sample is full: the same messages give the same sample, and every message has the
// same chance.
type sample struct {
	limit  int
	clip   int    // bytes kept of each body
	beyond uint64 // what the bound has fallen by
	seen   int64
	kept   []messages.Message
}

// add gives the sample a message. The sample keeps a copy.
func (s *sample) add(m *messages.Message) {
	s.seen++
	if !s.keeps(m.ID) {
		return
	}
	if s.kept == nil {
		s.kept = make([]messages.Message, 0, s.limit+1)
	}
	kept := *m
	kept.Body = slices.Clone(m.Body[:min(len(m.Body), s.clip)])
	s.kept = append(s.kept, kept)
	for len(s.kept) > s.limit {
		bound := math.MaxUint64 - s.beyond
		s.beyond += bound/5 + 1
		if bound == 0 { // many messages with one id, which the bench never makes
			s.beyond = math.MaxUint64
			s.kept = s.kept[:0]
		}
		s.kept = slices.DeleteFunc(s.kept, func(m messages.Message) bool { return !s.keeps(m.ID) })
	}
}

func (s *sample) keeps(id int64) bool { return mix(uint64(id)) <= math.MaxUint64-s.beyond }

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood 2014): consecutive numbers
// come out unrelated.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
