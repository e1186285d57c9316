package crdt_test

import (
	"sync"
	"testing"

	"gset/crdt"
)

// readSideBySide has a state read by four goroutines at once. more is what only states of its type
// can be asked, and reports whether the answers are right. Run with -race.
func readSideBySide[S interface {
	crdt.Lattice[S]
	Equal(S) bool
}](t *testing.T, s S, more func() bool) {
	t.Helper()
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			other := s.Clone()
			for cell := range s.Cells(0) {
				s.Extract([]crdt.CellID{cell.ID})
			}
			b, err := s.AppendBinary(nil)
			if err != nil {
				t.Error(err)
			}
			if _, err := s.Decode(b); err != nil {
				t.Error(err)
			}
			if !s.Equal(other) || s.Minus(other).Len() != 0 || other.Join(s).Len() != 0 ||
				s.Digest() != other.Digest() || !more() {
				t.Errorf("a reader sees %v", s)
			}
		})
	}
	readers.Wait()
}

func TestReadersOfAStateMayRunSideBySide(t *testing.T) {
	t.Run("GSet", func(t *testing.T) {
		s := crdt.NewGSet(crdt.Key{1, 2}, 1, 2, 300, 1<<40)
		readSideBySide(t, s, func() bool { return s.Contains(300) && len(s.Elements()) == s.Len() })
	})
	t.Run("KeySet", func(t *testing.T) {
		s := crdt.KeySetOf(62, "a", "b", "c", "d", "e", "f")
		readSideBySide(t, s, func() bool { return s.Contains([]byte("f")) && len(s.Elements()) == s.Len() })
	})
	t.Run("PNCounter", func(t *testing.T) {
		c := plusMinus(t, plusMinus(t, crdt.NewPNCounter(crdt.Key{1, 2}), n1, 5), crdt.Origin{Node: "n2"}, -2)
		readSideBySide(t, c, func() bool {
			_, err := c.Add(n1, 1)
			return err == nil && c.Value().Int64() == 3
		})
	})
	t.Run("Collections", func(t *testing.T) {
		c := insert(t, crdt.NewWeakCollections(crdt.Weak{Names: 63, Low: 30}), "a", "1", "2", "3", "4")
		insert(t, c, "b", "1", "2")
		raise(t, c, "c", n1, crdt.Balance{Up: 12, Down: 3})
		readSideBySide(t, c, func() bool {
			_, err := c.Increment("c", n1, 1)
			some, _ := c.ScanNames(0, 10)
			elements, _ := c.ScanElements("a", 0, 10)
			return err == nil && len(some) == 3 && len(elements) == 4 && c.Contains("b", []byte("2")) &&
				c.Value("c").Int64() == 9 && c.Memory() > 0
		})
	})
}
