package crdttest_test

var sparerBugs = []bug{
	{
		law: "merge",
		is:  "Merge takes only players that the state does not have",
		merge: func(s, delta *Scores) {
			for player, score := range delta.best {
				if s.best[player] == 0 {
					s.raise(player, score)
				}
			}
		},
	},
	{
		law: "excess",
		is:  "Excess counts the players that other does not have, and not those with a lower score",
		excess: func(s, other *Scores) (n int) {
			for player := range s.best {
				if other.best[player] == 0 {
					n++
				}
			}
			return n
		},
	},
}
