package crdttest_test

var minusBugs = []bug{
	{
		law: "minus is enough",
		is:  "Minus leaves out every player that other has, even with a lower score",
		minus: func(s, other *Scores) *Scores {
			rest := s.New()
			for player, score := range s.best {
				if other.best[player] == 0 {
					rest.raise(player, score)
				}
			}
			return rest
		},
	},
	{
		law: "minus is minimal",
		is:  "Minus returns the whole state as soon as some of it is new",
		minus: func(s, other *Scores) *Scores {
			if s.Minus(other).Len() > 0 {
				return s.Clone()
			}
			return s.New()
		},
	},
	{
		law: "minus at the ends",
		is:  "Minus takes equal scores for greater ones",
		minus: func(s, other *Scores) *Scores {
			rest := s.New()
			for player, score := range s.best {
				if score >= other.best[player] {
					rest.raise(player, score)
				}
			}
			return rest
		},
	},
}
