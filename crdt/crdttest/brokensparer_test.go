package crdttest_test

import "gset/crdt"

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
	{
		law: "skip",
		is:  "Skip does not count the cell that it starts at",
		skip: func(s *Scores, first crdt.CellID, n int) (crdt.CellID, bool) {
			return crdt.Skip(s, first, n+1)
		},
	},
}
