package crdttest

import (
	"bytes"

	"gset/crdt"
)

// memoryLaws keep states from sharing memory. Two states share memory if a change of one shows in
// the other. The laws read the content of states through the codec, since a digest that is kept
// up to date beside the content would not show such a change.
func memoryLaws[S crdt.Lattice[S]]() []law[S] {
	return []law[S]{
		{name: "results own their memory", promise: "what a method returned changes with neither the receiver nor the argument, nor they with it", check: resultsOwnTheirMemory[S]},
		{name: "joined states share nothing", promise: "after a.Join(b), a and b change independently", check: joinedStatesShareNothing[S]},
		{name: "bytes are copied", promise: "states do not change with the bytes they were decoded from or encoded to", check: bytesAreCopied[S]},
	}
}

func resultsOwnTheirMemory[S crdt.Lattice[S]](t *trial[S]) {
	methods := []struct {
		name string
		call func(a, b S) S
	}{
		{"New", func(a, b S) S { return a.New() }},
		{"Clone", func(a, b S) S { return a.Clone() }},
		{"Join", func(a, b S) S { return a.Join(b) }},
		{"Minus", func(a, b S) S { return a.Minus(b) }},
		{"Extract", func(a, b S) S { return a.Extract(t.someCells(a)) }},
		{"Split", func(a, b S) S {
			for part, err := range crdt.Split(a, 0, len(t.encode(a))) {
				if err != nil {
					t.failf("splitting into one part: %v", err)
				}
				return part
			}
			return a.New()
		}},
	}
	a, b, change := t.draw("a"), t.draw("b"), t.draw("change")
	for _, m := range methods {
		for target := range 3 {
			x, y := a.Clone(), b.Clone()
			result := m.call(x, y)
			states := []S{result, x, y}
			names := []string{"result", "receiver", "argument"}
			t.changesAlone(states, names, target, change, m.name)
		}
	}
}

func joinedStatesShareNothing[S crdt.Lattice[S]](t *trial[S]) {
	a, b, change := t.draw("a"), t.draw("b"), t.draw("change")
	for target := range 2 {
		x, y := a.New(), b.Clone()
		x.Join(y) // all of it new, the strongest temptation
		t.changesAlone([]S{x, y}, []string{"receiver", "argument"}, target, change, "Join into ⊥")
		x, y = a.Clone(), b.Clone()
		x.Join(y)
		t.changesAlone([]S{x, y}, []string{"receiver", "argument"}, target, change, "Join")
	}
}

// changesAlone joins change into one of the states and ends the trial if
// another one's content or digest moves with it.
func (t *trial[S]) changesAlone(states []S, names []string, target int, change S, method string) {
	t.Helper()
	type snapshot struct {
		content []byte
		digest  crdt.Digest
	}
	before := make([]snapshot, len(states))
	for i, s := range states {
		before[i] = snapshot{t.encode(s), s.Digest()}
	}
	states[target].Join(change)
	for i, s := range states {
		if i == target {
			continue
		}
		if !bytes.Equal(t.encode(s), before[i].content) || s.Digest() != before[i].digest {
			t.failf("after %s, joining a change into its %s changed its %s to %s",
				method, names[target], names[i], t.spec.Format(s))
		}
	}
}

func bytesAreCopied[S crdt.Lattice[S]](t *trial[S]) {
	s := t.draw("s")
	want := s.Clone()
	b := t.encode(s)
	decoded, err := s.Decode(b)
	if err != nil {
		t.failf("decoding %x: %v", b, err)
	}
	for i := range b {
		b[i] ^= 0xff
	}
	t.equal(s, want, "state after its encoding was overwritten")
	t.equal(decoded, want, "state after the bytes it was decoded from were overwritten")
}
