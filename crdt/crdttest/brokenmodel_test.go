package crdttest_test

var modelBugs = []bug{
	{
		law: "model of a state",
		is:  "Len counts the points, not the players",
		len: func(s *Scores) int { return int(s.digest.Count) },
	},
	{
		law: "model of join",
		is:  "Join takes the lower score, which is a lattice too, but another one",
		join: fold(func(mine, theirs uint64) uint64 {
			if mine == 0 {
				return theirs
			}
			return min(mine, theirs)
		}),
	},
	{
		law: "model of minus",
		is:  "Minus returns by how much the scores are greater",
		minus: func(s, other *Scores) *Scores {
			rest := s.New()
			for player, score := range s.Minus(other).best {
				rest.raise(player, score-other.best[player])
			}
			return rest
		},
	},
}
