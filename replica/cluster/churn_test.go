package cluster_test

import (
	"fmt"
	"testing"

	"gset/replica/cluster"
)

func TestMembersThatHaveLeftLeaveNothingBehind(t *testing.T) {
	ca := newCA(t)
	a := open(t, config(t, ca, "a"))
	for i := range 12 {
		n := open(t, config(t, ca, fmt.Sprint("x", i), a))
		add(t, n, "set", fmt.Sprint(i))
		if err := n.Leave(within(t)); err != nil {
			t.Fatal(err)
		}
		awaitElements(t, a, "set", i+1)
	}
	until(t, a, func(c *cluster.Core) bool { return c.Traces(a) == 0 })
}

func TestAMemberThatIsDownForLongIsForgotten(t *testing.T) {
	ca := newCA(t)
	c := config(t, ca, "a")
	c.Forget = 1 // as soon as it is down
	a := open(t, c)
	b := open(t, config(t, ca, "b", a))
	awaitMembers(t, a, b)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, a, func(c *cluster.Core) bool { return c.Traces(a) == 0 })
	b = open(t, config(t, ca, "b", a))
	add(t, b, "set", "x")
	awaitElements(t, a, "set", 1)
}
