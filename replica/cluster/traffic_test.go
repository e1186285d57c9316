package cluster_test

import (
	"testing"

	"gset/replica/cluster"
)

func TestTrafficIsCountedByKindAtBothEnds(t *testing.T) {
	nodes := openThree(t)
	for _, n := range nodes { // two of them are not the hub, and gather
		add(t, n, "set", numbered(n.Name(), 100)...)
	}
	for _, n := range nodes {
		awaitElements(t, n, "set", 300)
		if held, err := n.Wait(within(t), 2); err != nil || held != 2 {
			t.Fatal(held, err)
		}
	}
	sent, received := map[string]uint64{}, map[string]uint64{}
	for _, n := range nodes {
		s, err := n.Status(within(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range s.Traffic {
			if (f.SentFrames == 0) != (f.SentBytes == 0) || (f.ReceivedFrames == 0) != (f.ReceivedBytes == 0) {
				t.Errorf("%+v", f)
			}
			sent[f.Kind] += f.SentBytes
			received[f.Kind] += f.ReceivedBytes
		}
	}
	for _, kind := range []string{"gather", "scatter", "packet", "word"} {
		if sent[kind] == 0 || received[kind] == 0 {
			t.Errorf("%s: %d bytes sent, %d received", kind, sent[kind], received[kind])
		}
	}
}

func TestARepairBeginsAndIsDone(t *testing.T) {
	ca := newCA(t)
	nodes := []*cluster.Node{open(t, config(t, ca, "a"))}
	add(t, nodes[0], "set", numbered("e", 1000)...)
	nodes = append(nodes, open(t, config(t, ca, "b", nodes[0])))
	awaitMembers(t, nodes...)
	awaitElements(t, nodes[1], "set", 1000)
	var sum cluster.Repairs
	for _, n := range nodes {
		held, cancel := awaitEach(t, n)
		<-held
		cancel()
		s, err := n.Status(within(t))
		if err != nil {
			t.Fatal(err)
		}
		sum.Begun, sum.Done = sum.Begun+s.Repairs.Begun, sum.Done+s.Repairs.Done
	}
	if sum.Begun == 0 || sum.Done == 0 || sum.Begun < sum.Done {
		t.Errorf("%+v", sum)
	}
}
