package cluster_test

import (
	"testing"

	"gset/internal/freeport"
	"gset/replica/cluster"
)

// TestAnotherLifeOfAMemberIsHeardOf from others, also if its end never was and no link to it is open: memberlist, which tells of
// changes, takes it for the same.
func TestAnotherLifeOfAMemberIsHeardOf(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	c := open(t, config(t, ca, "c", a))
	of := config(t, ca, "b", a)
	of.Listen = freeport.Reserve(t)
	b := open(t, of)
	awaitMembers(t, a, b, c)
	until(t, a, func(core *cluster.Core) bool { return core.LifeOf("b") == b.Life() })
	a.Cut(func(name string) bool { return name == "b" })
	closed(t, b)
	of.Join = []string{c.Addr()}
	b = open(t, of)
	until(t, a, func(core *cluster.Core) bool { return core.LifeOf("b") == b.Life() })
}

// TestAWordOfAnEarlierLifeTakesNobodyOffTheList: who stood still hears the goodbye of a member after the member is back. Nothing
// would tell it again that the member is there.
func TestAWordOfAnEarlierLifeTakesNobodyOffTheList(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	b := open(t, config(t, ca, "b", a))
	until(t, a, func(c *cluster.Core) bool { return c.LifeOf("b") == b.Life() })
	others := 0
	hears := func(life uint64) int {
		if err := a.Do(func(c *cluster.Core) { c.Leaving("b", life) }); err != nil {
			t.Fatal(err)
		}
		until(t, a, func(c *cluster.Core) bool { others = c.Others(); return true })
		return others
	}
	if hears(b.Life()+1) != 1 {
		t.Error("a word of another life took the member off the list")
	}
	if hears(b.Life()) != 0 {
		t.Error("its own word did not take the member off the list")
	}
}
