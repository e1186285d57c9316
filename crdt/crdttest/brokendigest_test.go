package crdttest_test

import "gset/crdt"

var digestBugs = []bug{
	{
		law: "digest identifies",
		is:  "the digest ignores the scores",
		digest: func(s *Scores) crdt.Digest {
			return onesOf(s).Digest()
		},
	},
	{
		law: "digest identifies",
		is:  "the digest ignores whose score it is",
		digest: func(s *Scores) (d crdt.Digest) {
			for _, score := range s.best {
				d = d.Add(crdt.Digest{Count: score, Hash: s.key.HashCell(0, []byte{byte(score)})})
			}
			return d
		},
	},
	{
		law: "digest has no history",
		is:  "Join adds all of delta to the digest, known or not",
		join: func(s, delta *Scores) *Scores {
			sum := s.digest.Add(delta.digest)
			novel := s.Join(delta)
			s.digest = sum
			return novel
		},
	},
	{
		law: "digest adds over cells",
		is:  "the digest is a hash of the whole encoding",
		digest: func(s *Scores) crdt.Digest {
			b, err := s.AppendBinary(nil)
			if err != nil || s.Len() == 0 {
				return crdt.Digest{}
			}
			return crdt.Digest{Count: s.digest.Count, Hash: s.key.HashCell(0, b)}
		},
	},
	{
		law: disjointLaw,
		is:  "the digest counts the greatest score, not the total",
		digest: func(s *Scores) crdt.Digest {
			d := crdt.Digest{Hash: s.digest.Hash}
			for _, score := range s.best {
				d.Count = max(d.Count, score)
			}
			return d
		},
	},
}
