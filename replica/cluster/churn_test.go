package cluster_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"gset/replica/cluster"
)

func TestMembersThatHaveLeftLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, 1, func(*cluster.Config) {})
		for i := range 12 {
			n, _ := v.start(fmt.Sprint("x", i))
			add(t, n, "set", fmt.Sprint(i))
			if err := n.Leave(t.Context()); err != nil {
				t.Fatal(err)
			}
			awaitElements(t, v.nodes[0], "set", i+1)
		}
		if left := v.remains(t); left.traces > 0 {
			t.Errorf("of 12 members that left %d traces remain", left.traces)
		}
	})
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
