package crdt_test

import (
	"math"
	"strconv"
	"testing"

	"gset/crdt"
	"gset/crdt/crdttest"
)

func TestGSetKeepsTheLaws(t *testing.T) {
	crdttest.Run(t, crdttest.Spec[*crdt.GSet]{
		Gen:      crdt.GenGSet,
		Equal:    (*crdt.GSet).Equal,
		Disjoint: true,
		Model: func(s *crdt.GSet) crdttest.Model {
			m := crdttest.Model{}
			for x := range s.All() {
				m[strconv.FormatInt(x, 10)] = 1
			}
			return m
		},
	})
}

func TestGSetString(t *testing.T) {
	for want, elements := range map[string][]int64{
		"{}":             nil,
		"{7}":            {7},
		"{-1 0}":         {0, -1},
		"{-1..1 5 7..9}": {9, 8, 7, 5, 1, 0, -1},
		"{250..260 512}": {512, 250, 251, 252, 253, 254, 255, 256, 257, 258, 259, 260},
		"{-9223372036854775808 9223372036854775807}": {math.MaxInt64, math.MinInt64},
	} {
		if got := crdt.NewGSet(crdt.Key{}, elements...).String(); got != want {
			t.Errorf("%v is printed as %s, want %s", elements, got, want)
		}
	}
}

func TestZeroGSetIsReady(t *testing.T) {
	var s crdt.GSet
	if s.Contains(0) || s.Len() != 0 || len(s.Elements()) != 0 || s.Elements() == nil {
		t.Errorf("zero value has %v", s.Elements())
	}
	if !s.Insert(0) || s.Insert(0) || !s.Equal(crdt.NewGSet(crdt.Key{}, 0)) {
		t.Errorf("after Insert(0): %v", &s)
	}
}

// A digest must be of the set's own key, even if what was joined came with
// another; taking over a digest that is ready instead would go unnoticed.
func TestJoinHashesUnderTheReceiversKey(t *testing.T) {
	key, other := crdt.Key{1, 2}, crdt.Key{3, 4}
	want := crdt.NewGSet(key, 1, 2, 1000)
	s := crdt.NewGSet(key, 1)
	novel := s.Join(crdt.NewGSet(other, 2, 1000))
	if s.Digest() != want.Digest() {
		t.Errorf("digest after Join is %v, want %v", s.Digest(), want.Digest())
	}
	if got := crdt.NewGSet(key, 2, 1000).Digest(); novel.Digest() != got {
		t.Errorf("digest of the novel part is %v, want %v", novel.Digest(), got)
	}
	if crdt.NewGSet(other, 1, 2, 1000).Digest() == want.Digest() {
		t.Errorf("two keys give the same digest")
	}
}
