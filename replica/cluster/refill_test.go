package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gset/internal/store"
	"gset/internal/store/storetest"
	"gset/replica/cluster"
)

// unfilled opens a node, asks it whether it is to be refilled, and closes it.
func unfilled(t *testing.T, c cluster.Config) bool {
	t.Helper()
	n := open(t, c)
	s, err := n.Status(within(t))
	if err = errors.Join(err, n.Close()); err != nil {
		t.Fatal(err)
	}
	return s.Unfilled
}

// A store that was salvaged is to be refilled at each later start, until another member has done so: its files are
// whole by then, and do not tell.
func TestASalvagedStoreIsUnfilledUntilAnotherMemberHasRefilledIt(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	c := config(t, ca, "b", a)
	c.Dir = t.TempDir()
	b := open(t, c)
	awaitMembers(t, a, b)
	add(t, b, "set", numbered("x", 50)...)
	if n, err := b.Wait(within(t), 1); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if s, err := b.Status(within(t)); s.Unfilled || err != nil {
		t.Errorf("a whole store is unfilled: %v, %v", s.Unfilled, err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	a.Cut(func(string) bool { return true })

	storetest.FlipFirst(t, c.Dir)
	if _, err := cluster.Open(c); !errors.As(err, new(*store.DamageError)) {
		t.Fatalf("a damaged store opens: %v", err)
	}
	salvage := c
	salvage.Salvage = true
	for _, again := range []cluster.Config{salvage, c, salvage, c} {
		if !unfilled(t, again) {
			t.Errorf("salvage %v: nobody has refilled it, and it is not unfilled", again.Salvage)
		}
	}
	a.Cut(nil)
	b = open(t, c)
	until(t, b, func(core *cluster.Core) bool { return !core.Unfilled() })
	awaitElements(t, b, "set", 50)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if unfilled(t, c) {
		t.Error("it was refilled, and the next start does not know")
	}
}

// Nobody refills a node that is alone. It goes on with what is left when its operator has removed the mark.
func TestANodeThatIsAloneStaysUnfilledUntilItsOperatorSaysSo(t *testing.T) {
	c := cluster.Config{Alone: true, Dir: t.TempDir(), Salvage: true}
	if unfilled(t, c) {
		t.Error("a new folder is unfilled")
	}
	n := open(t, c)
	add(t, n, "set", "x")
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if unfilled(t, c) {
		t.Error("a whole folder is unfilled")
	}
	storetest.FlipFirst(t, c.Dir)
	for _, c.Salvage = range []bool{true, false} {
		if !unfilled(t, c) {
			t.Errorf("salvage %v: it is not unfilled", c.Salvage)
		}
	}
	if err := os.Remove(filepath.Join(c.Dir, "unfilled")); err != nil {
		t.Fatal(err)
	}
	if unfilled(t, c) {
		t.Error("the mark was removed, and it is unfilled")
	}
}
