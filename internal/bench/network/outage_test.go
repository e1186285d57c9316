package network

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestAnEndpointThatFailsLosesWhatWaitsForIt(t *testing.T) {
	inVirtualTime(t, 100, func(t *testing.T, n *Network) {
		before, after := newInbox(n, -1), newInbox(n, -1)
		n.Join("n1", nil)
		ep := n.Join("n2", before)
		n.post(t, "n1", "n2", "carried")
		n.post(t, "n1", "n2", "waiting")
		time.Sleep(50 * time.Millisecond)
		ep.Fail(n)
		n.post(t, "n1", "n2", "to nobody")
		ep.Revive(after, n.Join("n3", nil))
		n.post(t, "n1", "n2", "too early")
		n.post(t, "n3", "n2", "hello")
		n.post(t, "n1", "n2", "fresh")
		time.Sleep(time.Second)
		synctest.Wait()
		if len(before.got) != 0 || fmt.Sprint(after.got) != `[n3 {"type":"hello"} n1 {"type":"fresh"}]` || after.at[0] != 149*time.Millisecond {
			t.Errorf("before: %v, after: %v at %v", before.got, after.got, after.at)
		}
	})
}

func TestConditionsHoldForWhatIsSentMeanwhile(t *testing.T) {
	inVirtualTime(t, 10, func(t *testing.T, n *Network) {
		box := newInbox(n, -1)
		n.Join("n1", nil)
		n.Join("n2", box)
		n.Suffer(Conditions{Loss: 1})
		n.post(t, "n1", "n2", "lost")
		n.Suffer(Conditions{Duplicate: 1})
		n.post(t, "n1", "n2", "twice")
		n.Suffer(Conditions{Slowdown: 10, MinLatency: 70})
		n.post(t, "n1", "n2", "slow")
		n.Suffer(Conditions{})
		n.post(t, "n1", "n2", "fast")
		time.Sleep(time.Second)
		synctest.Wait()
		want := `[n1 {"type":"twice"} n1 {"type":"twice"} n1 {"type":"fast"} n1 {"type":"slow"}]`
		if fmt.Sprint(box.got) != want || box.at[3] != 99*time.Millisecond {
			t.Errorf("%v at %v, want %s", box.got, box.at, want)
		}
	})
}
