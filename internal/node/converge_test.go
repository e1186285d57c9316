package node

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gset/crdt"
	"gset/replica"
)

// stock is Broadcast with two more requests, for sets too large to be made and read
// one by one: fill adds count integers from first on, step apart, and sum replies
// with the digest.
func stock() Workload[*crdt.GSet] {
	w := Broadcast()
	w.Updates["fill"] = func(body json.RawMessage) (Change[*crdt.GSet], Reply, error) {
		var numbers [3]int64
		for i, field := range []string{"first", "step", "count"} {
			n, err := Int64(body, field)
			if err != nil {
				return nil, nil, err
			}
			numbers[i] = n
		}
		return func(local Local[*crdt.GSet]) (*crdt.GSet, error) {
			delta := local.Stable.New()
			for i := range numbers[2] {
				delta.Insert(numbers[0] + i*numbers[1])
			}
			return delta, nil
		}, OK("fill_ok"), nil
	}
	w.Reads["sum"] = func(local Local[*crdt.GSet], _ json.RawMessage) (Reply, error) {
		return &sum{Header{Type: "sum_ok"}, local.State().Len(), local.State().Digest().String()}, nil
	}
	return w
}

type sum struct {
	Header
	Count  int    `json:"count"`
	Digest string `json:"digest"`
}

func TestNodesConverge(t *testing.T) {
	for _, interval := range []time.Duration{0, 250 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			o := usual
			o.Interval = interval
			c := start(t, Broadcast(), o, "n0", "n1", "n2", "n3", "n4")
			c.latency = 20 * time.Millisecond
			// Nodes are initialised one after another; the first already talk.
			var all []string
			for i := range 100 {
				if i%20 == 0 {
					c.init(c.ids[i/20])
				}
				all = append(all, fmt.Sprint(i))
				c.want(c.ids[i%(i/20+1)], fmt.Sprintf(`{"type":"broadcast","message":%d}`, i), `{"type":"broadcast_ok"}`)
				time.Sleep(10 * time.Millisecond)
			}
			want := `{"messages":[` + strings.Join(all, ",") + `],"type":"read_ok"}`
			if got := c.await(c.ids, `{"type":"read"}`, 10*time.Second); got != want {
				t.Errorf("the nodes agree on %s", got)
			}
			for _, id := range c.ids {
				if log := c.nodes[id].log.String(); strings.Count(log, "\n") != strings.Count(log, "gossip before init") {
					t.Errorf("%s found fault:\n%s", id, log)
				}
			}
		})
	}
}

// A node that is told of a million elements at once tells the others in lines that
// they can read, and so does whoever tells a node that comes later.
func TestSetOfAnySizeReachesAllNodesInShortLines(t *testing.T) {
	long := strings.Repeat("<", replica.MaxID-4) // six times as long in a line
	tests := []struct {
		name  string
		step  int64
		count int
		ids   []string
	}{
		{"far apart", 1 << 40, 30000, []string{"n0", "n1", "n2", "late"}},
		{"a million", 3, 1000000, []string{"n0", "n1", "n2", "late"}},
		{"long names", 3, 200000, []string{long, long + "1", long + "late"}},
	}
	if testing.Short() {
		tests = tests[:1]
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := start(t, stock(), usual, test.ids...)
				c.latency = 10 * time.Millisecond
				last := len(test.ids) - 1
				early, late := test.ids[:last], test.ids[last]

				c.init(early...)
				c.want(early[0], fmt.Sprintf(`{"type":"fill","first":0,"step":%d,"count":%d}`, test.step, test.count), `{"type":"fill_ok"}`)
				c.wantCount(early, test.count)

				time.Sleep(10 * time.Second) // the late one has missed it all
				c.init(late)
				c.want(late, `{"type":"broadcast","message":-1}`, `{"type":"broadcast_ok"}`)
				c.want(late, `{"type":"read"}`, `{"messages":[-1],"type":"read_ok"}`)
				c.wantCount(test.ids, test.count+1)
			})
		})
	}
}

// wantCount waits until some nodes agree, and checks how many elements they have, and
// how long the lines are that it took.
func (c *cluster) wantCount(ids []string, count int) {
	c.t.Helper()
	sum := c.await(ids, `{"type":"sum"}`, 30*time.Second)
	if !strings.Contains(sum, fmt.Sprintf(`"count":%d,`, count)) {
		c.t.Errorf("the nodes agree on %s, want %d elements", sum, count)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.longest > maxLine {
		c.t.Errorf("a line of %d bytes to another node, want at most %d", c.longest, maxLine)
	}
	if c.longest < maxLine/8 { // or this shows nothing
		c.t.Errorf("the longest line to another node has %d bytes only", c.longest)
	}
	c.longest = 0
}

// Replies to clients have no bound.
func TestReadOfMillionElementsIsOneLine(t *testing.T) {
	count := 1_000_000
	if testing.Short() {
		count /= 100
	}
	synctest.Test(t, func(t *testing.T) {
		c := start(t, stock(), usual, "n1")
		c.init("n1")
		c.want("n1", fmt.Sprintf(`{"type":"fill","first":1,"step":1,"count":%d}`, count), `{"type":"fill_ok"}`)
		said := c.say("n1", `{"src":"c1","dest":"n1","body":{"type":"read","msg_id":9}}`)
		if len(said) != 1 {
			t.Fatalf("got %d lines", len(said))
		}
		var reply struct{ Body struct{ Messages []int64 } }
		if err := json.Unmarshal([]byte(said[0]), &reply); err != nil {
			t.Fatal(err)
		}
		for i, x := range reply.Body.Messages {
			if x != int64(i)+1 {
				t.Fatalf("element %d is %d", i, x)
			}
		}
		if n := len(reply.Body.Messages); n != count {
			t.Errorf("got %d elements", n)
		}
	})
}
