package cluster_test

import (
	"slices"
	"testing"

	"gset/replica/cluster"
)

func TestASubscriberSeesEachElementOnce(t *testing.T) {
	nodes := openThree(t)
	add(t, nodes[0], "set", "old")
	awaitElements(t, nodes[1], "set", 1)
	s := nodes[1].Subscribe("set")
	add(t, nodes[0], "set", "old", "theirs")
	add(t, nodes[1], "set", "mine", "old")
	add(t, nodes[1], "other", "no")
	var got []string
	for len(got) < 2 {
		select {
		case e := <-s.C:
			got = append(got, string(e))
		case <-within(t).Done():
			t.Fatal(got)
		}
	}
	awaitElements(t, nodes[1], "set", 3)
	s.Close()
	s.Close()
	for e := range s.C {
		got = append(got, string(e))
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"mine", "theirs"}) || s.Lost() != 0 {
		t.Errorf("%q, %d lost", got, s.Lost())
	}
}

func TestASlowSubscriberLosesAndIsTold(t *testing.T) {
	c := config(t, newCA(t), "a")
	c.Subscriber = 10
	a := open(t, c)
	for _, n := range []int{9, 10, 11} {
		s := a.Subscribe("set" + string(rune('0'+n-9)))
		add(t, a, "set"+string(rune('0'+n-9)), numbered("x", n)...)
		if want := max(0, n-10); s.Lost() != uint64(want) || len(s.C) != min(n, 10) {
			t.Errorf("of %d: %d lost, %d wait", n, s.Lost(), len(s.C))
		}
	}
	if s, err := a.Status(within(t)); err != nil || s.Subscriptions != 3 || s.Lost != 1 {
		t.Errorf("%+v, %v", s, err)
	}
	s := a.Subscribe("set")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, open := <-s.C; open {
		t.Error("open after the node was closed")
	}
	if _, open := <-a.Subscribe("set").C; open {
		t.Error("a subscription at a closed node is open")
	}
}

func TestElementsHaveTheirLimit(t *testing.T) {
	nodes := openThree(t)
	const most = cluster.MaxElement
	for _, n := range []int{most - 4, most - 3, most - 2} { // with the set's name
		_, err := nodes[0].Add(within(t), "set", make([]byte, n))
		if (err == nil) != (n+len("set") <= most) {
			t.Errorf("an element of %d bytes: %v", n, err)
		}
	}
	for _, n := range nodes {
		awaitElements(t, n, "set", 2)
	}
	for _, n := range []int{1023, 1024, 1025} {
		if _, err := nodes[0].Add(within(t), string(make([]byte, n)), nil); (err == nil) != (n <= 1024) {
			t.Errorf("a name of %d bytes: %v", n, err)
		}
		if err := nodes[0].Increment(within(t), string(make([]byte, n)), 1); (err == nil) != (n <= 1024) {
			t.Errorf("a counter's name of %d bytes: %v", n, err)
		}
	}
}
