package crdttest_test

import (
	"maps"

	"gset/crdt"
)

// fold is a join that combines the two scores of a player in some other way than
// taking the greater. Its result is right for what it does.
func fold(combine func(mine, theirs uint64) uint64) func(s, delta *Scores) *Scores {
	return func(s, delta *Scores) *Scores {
		before := s.Clone()
		for player, score := range delta.Clone().best {
			s.put(player, combine(s.best[player], score))
		}
		return s.Minus(before)
	}
}

// put sets a score that may be lower than before, or zero.
func (s *Scores) put(player string, score uint64) {
	if old := s.best[player]; old > 0 {
		s.digest = s.digest.Sub(s.weight(player))
	}
	delete(s.best, player)
	s.raise(player, score)
}

var joinBugs = []bug{
	{
		law: "idempotence",
		is:  "Join adds the scores instead of taking the greater",
		join: fold(func(mine, theirs uint64) uint64 {
			return mine + theirs
		}),
	},
	{
		law: "commutativity",
		is:  "Join takes the score that came last",
		join: fold(func(_, theirs uint64) uint64 {
			return theirs
		}),
	},
	{
		law: "associativity",
		is:  "Join takes the mean of two scores",
		join: fold(func(mine, theirs uint64) uint64 {
			if mine == 0 {
				return theirs
			}
			return (mine + theirs) / 2
		}),
	},
	{
		law: "identity",
		is:  "New returns a copy with everything in it",
		new: func(s *Scores) *Scores { return s.Clone() },
	},
	{
		law: "inflation",
		is:  "Join walks two sorted lists and stops at the end of the receiver's",
		join: func(s, delta *Scores) *Scores {
			novel, mine := s.New(), s.players()
			for _, player := range delta.players() {
				if len(mine) == 0 || player > mine[len(mine)-1] {
					break
				}
				if score := delta.best[player]; s.raise(player, score) {
					novel.raise(player, score)
				}
			}
			return novel
		},
	},
	{
		law: "monotonicity",
		is:  "Join starts over when the table has more than two players",
		join: func(s, delta *Scores) *Scores {
			novel := s.Join(delta)
			if len(s.best) > 2 {
				*s = *delta.Clone()
			}
			return novel
		},
	},
	{
		law: "one key",
		is:  "New forgets the key",
		new: func(*Scores) *Scores { return NewScores(crdt.Key{}) },
	},
	{
		law: "novel part",
		is:  "Join returns all of delta, known or not",
		join: func(s, delta *Scores) *Scores {
			s.Join(delta)
			return delta.Clone()
		},
	},
	{
		law: "novel part",
		is:  "Join returns what a score grew by instead of the score",
		join: func(s, delta *Scores) *Scores {
			before := maps.Clone(s.best)
			growth := s.New()
			for player, score := range s.Join(delta).best {
				growth.raise(player, score-before[player])
			}
			return growth
		},
	},
}
