package cluster_test

import (
	"sync"
	"testing"

	"gset/replica"
	"gset/replica/cluster"
)

// observations is what an Observer was told.
type observations struct {
	mu   sync.Mutex
	list []cluster.Event
}

func (o *observations) note(e cluster.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, e)
}

// count returns how many events are as asked.
func (o *observations) count(is func(cluster.Event) bool) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.list {
		if is(e) {
			n++
		}
	}
	return n
}

// An Observer is told of members, of updates made, and of the messages by which these cross.
func TestAnObserverSeesAnUpdateCross(t *testing.T) {
	ca := newCA(t)
	var a, b observations
	first := config(t, ca, "a")
	first.Observer = a.note
	n := open(t, first)
	second := config(t, ca, "b", n)
	second.Observer = b.note
	m := open(t, second)
	awaitMembers(t, n, m)
	add(t, n, "s", "1", "2", "3")
	awaitElements(t, m, "s", 3)
	if got := a.count(func(e cluster.Event) bool { return e.Kind == cluster.Written && e.Parts == 3 }); got != 1 {
		t.Errorf("%d events of the update", got)
	}
	if got := a.count(func(e cluster.Event) bool { return e.Kind == cluster.MemberUp && e.Peer == "b" }); got != 1 {
		t.Errorf("%d events of the new member", got)
	}
	carries := func(kind cluster.EventKind, peer string) func(cluster.Event) bool {
		return func(e cluster.Event) bool {
			return e.Kind == kind && e.Peer == peer && e.Parts == 3 && e.Bytes > 0 && (e.Message == replica.Gather || e.Message == replica.Scatter)
		}
	}
	if got := b.count(func(e cluster.Event) bool { return e.Kind == cluster.Engine && e.Engine.Kind == 0 }); got != 0 {
		t.Errorf("%d events of the engine that are none", got)
	}
	if err := m.Leave(within(t)); err != nil {
		t.Fatal(err)
	}
	until(t, n, func(c *cluster.Core) bool { return c.Others() == 0 })
	if sent, heard := a.count(carries(cluster.Sent, "b")), b.count(carries(cluster.Heard, "a")); sent == 0 || heard == 0 || heard > sent {
		t.Errorf("the update was sent %d times and heard %d times", sent, heard)
	}
	if got := a.count(func(e cluster.Event) bool { return e.Kind == cluster.MemberLeft && e.Peer == "b" }); got != 1 {
		t.Errorf("%d events of the member that left", got)
	}
}
