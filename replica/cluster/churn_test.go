package cluster_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

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

// TestAMemberIsNotUpForEverWhoseLeaveWasLost: the others have struck it off by its word, and memberlist finds out by itself. It
// would tell every newcomer of it else.
func TestAMemberIsNotUpForEverWhoseLeaveWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, 3, func(*cluster.Config) {})
		before := v.remains(t)
		n, _ := v.start("x")
		awaitMembers(t, append(slices.Clone(v.nodes), n)...)
		time.Sleep(5 * time.Second) // all that was to be said of its coming is said
		if err := n.CloseWithAWord(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := v.remains(t); after.remembered != before.remembered || after.traces != before.traces {
			t.Errorf("a minute later there is %+v, and before there was %+v", after, before)
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
