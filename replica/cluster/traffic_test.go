package cluster_test

import (
	"testing"

	"gset/replica/cluster"
)

func TestTrafficIsCountedByKindAtBothEnds(t *testing.T) {
	nodes := openThree(t)
	add(t, nodes[1], "set", numbered("e", 100)...)
	for _, n := range nodes {
		awaitElements(t, n, "set", 100)
	}
	if n, err := nodes[1].Wait(within(t), 2); err != nil || n != 2 {
		t.Fatal(n, err)
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
	nodes := openThree(t)
	nodes[2].Cut(func(string) bool { return true })
	add(t, nodes[0], "set", numbered("e", 1000)...)
	add(t, nodes[2], "set", numbered("f", 1000)...)
	nodes[2].Cut(nil)
	for _, n := range nodes {
		awaitElements(t, n, "set", 2000)
	}
	for _, n := range nodes {
		held, cancel := awaitEach(t, n)
		<-held
		<-held
		cancel()
	}
	var sum cluster.Repairs
	for _, n := range nodes {
		s, err := n.Status(within(t))
		if err != nil {
			t.Fatal(err)
		}
		sum.Begun, sum.Done, sum.Under = sum.Begun+s.Repairs.Begun, sum.Done+s.Repairs.Done, sum.Under+s.Repairs.Under
	}
	if sum.Begun == 0 || sum.Done == 0 || sum.Begun < sum.Done+uint64(sum.Under) {
		t.Errorf("%+v", sum)
	}
}
