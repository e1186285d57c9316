package crdttest

import (
	"pgregory.net/rapid"

	"gset/crdt"
)

// trial is one try of a law. It draws states, and remembers them for the report of a failure.
type trial[S crdt.Lattice[S]] struct {
	*rapid.T
	spec  Spec[S]
	drawn []named[S]
}

type named[S any] struct {
	name  string
	state S // a copy from before the law did anything to it
}

// draw returns a state under a name for the report. Independent random states may be related too
// seldom or too often. So most states after the first are made from earlier ones: equal to one,
// greater, or a part of it.
func (t *trial[S]) draw(name string) S {
	t.Helper()
	fresh, again, more, part := "fresh", "equal", "greater", "part"
	how := fresh
	if len(t.drawn) > 0 {
		how = rapid.SampledFrom([]string{fresh, more, part, again}).Draw(t.T, name+" is")
	}
	var s S
	if how == fresh {
		s = t.spec.Gen(t.T)
	} else {
		s = rapid.SampledFrom(t.drawn).Draw(t.T, name+" is made from").state.Clone()
		switch how {
		case more:
			s.Join(t.spec.Gen(t.T))
		case part:
			s = s.Extract(t.someCells(s))
		}
	}
	t.drawn = append(t.drawn, named[S]{name, s.Clone()})
	return s
}

// someCells returns the ids of a random selection of a state's cells.
func (t *trial[S]) someCells(s S) []crdt.CellID {
	var ids []crdt.CellID
	seed := rapid.Uint64().Draw(t.T, "selection of cells")
	for c := range s.Cells(0) {
		// One bit per cell, by a multiplicative hash of its id.
		if (uint64(c.ID)^seed)*0x9e3779b97f4a7c15>>63 == 0 {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// failf ends the trial, after printing the states that were drawn.
func (t *trial[S]) failf(format string, args ...any) {
	t.Helper()
	for _, d := range t.drawn {
		t.Logf("%s = %s", d.name, t.spec.Format(d.state))
	}
	t.Fatalf(format, args...)
}

// equal ends the trial unless two states are equal. The text says of what.
func (t *trial[S]) equal(got, want S, text string) {
	t.Helper()
	if !t.spec.Equal(got, want) || !t.spec.Equal(want, got) {
		t.failf("%s:\n got %s\nwant %s", text, t.spec.Format(got), t.spec.Format(want))
	}
}

// equalDigest ends the trial unless two digests are equal.
func (t *trial[S]) equalDigest(got, want crdt.Digest, text string) {
	t.Helper()
	if got != want {
		t.failf("%s:\n got %v\nwant %v", text, got, want)
	}
}

// atMost ends the trial unless a ≤ b, which is a ⊔ b = b.
func (t *trial[S]) atMost(a, b S, text string) {
	t.Helper()
	if ab := join(a, b); !t.spec.Equal(ab, b) {
		t.failf("%s:\n    %s\nis not at most\n    %s\nsince they join to\n    %s",
			text, t.spec.Format(a), t.spec.Format(b), t.spec.Format(ab))
	}
}

// empty ends the trial unless a state is bottom in every respect.
func (t *trial[S]) empty(s S, text string) {
	t.Helper()
	t.equal(s, s.New(), text)
	if s.Len() != 0 || s.Digest() != (crdt.Digest{}) {
		t.failf("%s: empty state with length %d and digest %v", text, s.Len(), s.Digest())
	}
}

// encode returns a state's binary form, and ends the trial if there is none.
func (t *trial[S]) encode(s S) []byte {
	t.Helper()
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.failf("cannot encode %s: %v", t.spec.Format(s), err)
	}
	return b
}

// join returns a ⊔ b and leaves both as they were.
func join[S crdt.Lattice[S]](a, b S) S {
	s := a.Clone()
	s.Join(b)
	return s
}
