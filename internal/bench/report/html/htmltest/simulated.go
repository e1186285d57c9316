// Package htmltest makes up runs that look like real ones, for tests of reports and for
// whoever wants to see what a report looks like without running a cluster.
package htmltest

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"gset/internal/bench/report/html"
	"gset/internal/bench/report/messages"
)

// Plan describes a run of a broadcast cluster whose nodes flood a tree and repeat what
// was not acknowledged.
type Plan struct {
	Nodes   int
	Length  time.Duration // of the main phase
	Rate    int           // operations a second
	Latency time.Duration // between nodes, give or take a tenth
	Faults  bool          // a partition, a kill, and one message in a hundred lost
	Forgets bool          // the last node forgets every seventh element it is told
	Seed    uint64
}

// Broadcast is the plan of challenge 3d with faults: 25 nodes for 20 s.
func Broadcast() Plan {
	return Plan{Nodes: 25, Length: 20 * time.Second, Rate: 100, Latency: 100 * time.Millisecond, Faults: true, Forgets: true, Seed: 1}
}

// rest is the time from the main phase's end to the final reads.
const rest = 10 * time.Second

// Run plays the plan. Its messages go to the run's collector one by one, and to each of
// the listeners.
func (p Plan) Run(listeners ...func(*messages.Message)) *html.Run {
	c := &cluster{Plan: p, rng: rand.New(rand.NewPCG(p.Seed, 0)), listeners: listeners}
	for i := range p.Nodes {
		c.names = append(c.names, "n"+strconv.Itoa(i))
		c.has = append(c.has, make(map[int64]time.Duration))
		c.list = append(c.list, nil)
		c.unheard = append(c.unheard, make(map[[2]int64]bool))
	}
	c.collector = html.NewCollector(c.names, true)
	c.plan()
	for c.queue.Len() > 0 {
		e := heap.Pop(&c.queue).(event)
		c.now = e.at
		e.do()
	}
	return c.run()
}

// event is something that happens at a time.
type event struct {
	at    time.Duration
	order int
	do    func()
}

type queue []event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(event)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}

// cluster is the state of a run.
type cluster struct {
	Plan
	rng       *rand.Rand
	queue     queue
	order     int
	now       time.Duration
	nextID    int64
	collector *html.Collector
	listeners []func(*messages.Message)

	names   []string
	has     []map[int64]time.Duration // by node: when it came
	list    [][]int64                 // by node: what it holds, in order
	unheard []map[[2]int64]bool       // by node: (peer, element) not acknowledged
	known   []time.Duration           // by element
	ops     []html.Operation
	faults  []html.Fault
}

func (c *cluster) at(t time.Duration, do func()) {
	c.order++
	heap.Push(&c.queue, event{t, c.order, do})
}

// plan schedules operations, final reads and faults.
func (c *cluster) plan() {
	gap := time.Second / time.Duration(c.Rate)
	for t := gap; t < c.Length; t += time.Duration(c.rng.Int64N(int64(2*gap))) + 1 {
		c.at(t, func() { c.operate(c.rng.IntN(c.Nodes), c.rng.IntN(2) == 0) })
	}
	for node := range c.names {
		c.at(c.Length+rest, func() { c.operate(node, false) })
	}
	if c.Faults {
		third := c.Length / 3
		c.faults = []html.Fault{
			{Kind: "partition", Words: "n0 to n3 cut off from all others", Nodes: c.names[:min(4, c.Nodes)], From: third / 2, To: third},
			{Kind: "kill", Words: "n5 killed, started again", Nodes: c.names[min(5, c.Nodes-1):min(6, c.Nodes)], From: third * 3 / 2, To: third * 2},
		}
	}
}

// operate runs a client's operation on a node.
func (c *cluster) operate(node int, write bool) {
	client := "c" + strconv.Itoa(node)
	op := html.Operation{Process: node, Node: c.names[node], F: "read", Invoked: c.now, Completed: c.now}
	if c.down(node, c.now) {
		op.Outcome, op.Error, op.Completed = html.Fail, "timed out", c.now+5*time.Second
		c.send(client, c.names[node], "read", `{"type":"read","msg_id":1}`, 0, messages.Dead, "n5 had been killed")
		c.ops = append(c.ops, op)
		return
	}
	if write {
		n := int64(len(c.known))
		c.known = append(c.known, c.now)
		op.F, op.Value = "broadcast", strconv.FormatInt(n, 10)
		c.send(client, c.names[node], "broadcast", fmt.Sprintf(`{"type":"broadcast","message":%d,"msg_id":%d}`, n, n), 0, messages.Delivered, "")
		c.learn(node, n, -1)
		c.send(c.names[node], client, "broadcast_ok", fmt.Sprintf(`{"type":"broadcast_ok","in_reply_to":%d}`, n), 0, messages.Delivered, "")
	} else {
		c.send(client, c.names[node], "read", `{"type":"read","msg_id":1}`, 0, messages.Delivered, "")
		var b strings.Builder
		for i, n := range c.list[node] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.FormatInt(n, 10))
		}
		c.send(c.names[node], client, "read_ok", `{"type":"read_ok","messages":[`+b.String()+`],"in_reply_to":1}`, 0, messages.Delivered, "")
	}
	c.ops = append(c.ops, op)
}

// learn has a node take in an element and tell its neighbours in a tree.
func (c *cluster) learn(node int, n int64, from int) {
	if _, old := c.has[node][n]; old {
		return
	}
	c.has[node][n] = c.now
	c.list[node] = append(c.list[node], n)
	for _, peer := range c.neighbours(node) {
		if peer != from {
			c.unheard[node][[2]int64{int64(peer), n}] = true
			c.gossip(node, peer, n)
		}
	}
}

// neighbours of a node in a tree of degree four.
func (c *cluster) neighbours(node int) (list []int) {
	if node > 0 {
		list = append(list, (node-1)/4)
	}
	for child := 4*node + 1; child <= 4*node+4 && child < c.Nodes; child++ {
		list = append(list, child)
	}
	return list
}

// gossip sends an element to a peer, and again until the peer has acknowledged it.
func (c *cluster) gossip(node, peer int, n int64) {
	if !c.unheard[node][[2]int64{int64(peer), n}] || c.now > c.Length+rest {
		return
	}
	body := fmt.Sprintf(`{"type":"gossip","messages":[%d],"hops":%d}`, n, peer%7)
	c.between(node, peer, "gossip", body, func() {
		if !c.Forgets || peer != c.Nodes-1 || n%7 != 3 {
			c.learn(peer, n, node)
		}
		c.between(peer, node, "gossip_ok", fmt.Sprintf(`{"type":"gossip_ok","acks":[%d]}`, n), func() {
			delete(c.unheard[node], [2]int64{int64(peer), n})
		})
	})
	c.at(c.now+5*c.Latency/2+300*time.Millisecond, func() { c.gossip(node, peer, n) })
}

// between sends a message between nodes and does what it brings about if it arrives.
func (c *cluster) between(src, dest int, typ, body string, arrived func()) {
	delay := c.Latency*9/10 + time.Duration(c.rng.Int64N(int64(c.Latency/5)+1))
	sent := c.now
	if c.Faults && c.rng.IntN(100) == 0 {
		c.record(sent, c.names[src], c.names[dest], typ, body, 0, messages.Lost, "lost by chance: --p-loss 0.01")
		return
	}
	c.at(c.now+delay, func() {
		fate, why := c.fate(src, dest)
		c.record(sent, c.names[src], c.names[dest], typ, body, delay, fate, why)
		if fate == messages.Delivered {
			arrived()
		}
	})
}

// fate tells what becomes of a message that is due now.
func (c *cluster) fate(src, dest int) (messages.Fate, string) {
	for _, f := range c.faults {
		if c.now < f.From || c.now >= f.To {
			continue
		}
		in := func(node int) bool { return slices.Contains(f.Nodes, c.names[node]) }
		switch {
		case f.Kind == "partition" && in(src) != in(dest):
			return messages.Cut, f.Words
		case f.Kind == "kill" && in(dest):
			return messages.Dead, c.names[dest] + " had been killed"
		}
	}
	return messages.Delivered, ""
}

func (c *cluster) down(node int, t time.Duration) bool {
	for _, f := range c.faults {
		if f.Kind == "kill" && slices.Contains(f.Nodes, c.names[node]) && t >= f.From && t < f.To {
			return true
		}
	}
	return false
}

// send records a message that is settled at once.
func (c *cluster) send(src, dest, typ, body string, took time.Duration, fate messages.Fate, why string) {
	c.record(c.now, src, dest, typ, body, took, fate, why)
}

func (c *cluster) record(sent time.Duration, src, dest, typ, body string, took time.Duration, fate messages.Fate, why string) {
	m := &messages.Message{ID: c.nextID, Src: src, Dest: dest, Type: typ, Sent: sent, Settled: sent + took,
		Size: len(body), Fate: fate, Why: why, Body: []byte(body)}
	c.nextID++
	c.collector.Add(m)
	for _, listen := range c.listeners {
		listen(m)
	}
}

// run is what came of it.
func (c *cluster) run() *html.Run {
	elements, lacking := c.elements()
	r := &html.Run{
		Workload: "broadcast", Title: "./flooding-node", Seed: int64(c.Seed),
		Command: fmt.Sprintf("squall test -w broadcast --bin ./flooding-node --node-count %d --time-limit %.0f --rate %d --latency %d --nemesis partition,kill --seed %d",
			c.Nodes, c.Length.Seconds(), c.Rate, c.Latency.Milliseconds(), c.Seed),
		Began:   time.Date(2026, 11, 28, 9, 30, 0, 0, time.UTC),
		Length:  c.Length + rest + time.Second,
		Verdict: html.Valid,
		Figures: []html.Labeled{
			{Name: "operations", Text: strconv.Itoa(len(c.ops))},
			{Name: "msgs-per-op", Text: fmt.Sprintf("%.2f", float64(c.nextID)/float64(len(c.ops)))},
		},
		Options:  []html.Labeled{{Name: "--rate", Text: strconv.Itoa(c.Rate)}, {Name: "--latency", Text: c.Latency.String()}, {Name: "--topology", Text: "tree4"}},
		Nodes:    c.names,
		Faults:   c.faults,
		Marks:    []html.Mark{{At: c.Length, Words: "rest"}, {At: c.Length + rest, Words: "final reads"}},
		Elements: elements, Operations: slices.Values(c.ops), Traffic: c.collector,
		Words: []string{fmt.Sprintf("%d elements were added by %d operations.", len(elements), len(c.ops))},
	}
	if lacking > 0 {
		r.Verdict = html.Invalid
		r.Words = append(r.Words, fmt.Sprintf("%d of %d elements are missing at some node at the end: %s lacks them.", lacking, len(elements), c.names[c.Nodes-1]))
	}
	return r
}

// elements judges each element by when nodes got it, not by reads: good enough for a picture.
func (c *cluster) elements() (list []html.Element, lacking int) {
	for n, known := range c.known {
		e := html.Element{Value: int64(n), Known: known}
		for node, name := range c.names {
			came, ok := c.has[node][int64(n)]
			if !ok {
				e.MissingAt = append(e.MissingAt, name)
				continue
			}
			e.Latency = max(e.Latency, came-known)
		}
		if len(e.MissingAt) > 0 {
			lacking++
		}
		if len(e.MissingAt) > 0 && n%21 == 3 {
			e.Fate = html.Gone
		}
		list = append(list, e)
	}
	return list, lacking
}
