package simnet

import (
	"math/rand/v2"
	"slices"
	"time"

	"gset/crdt"
	"gset/internal/bench/generator"
	"gset/internal/bench/history"
)

// Broadcast is a client load as in Maelstrom's broadcast workload: operations come
// at gaps uniform in 0 to 2/Rate at a random node, and each is a fair coin
// between adding the next integer and reading.
type Broadcast struct {
	Rate     float64       // operations a second
	Duration time.Duration // of the load
	Rest     time.Duration // before one final read at every node

	// History, if set, gets all operations, so that package checker can judge the run as it
	// judges a test of processes. A client's process is the number of its node.
	History *history.History
}

// BroadcastResult is what a run showed. True and Seen are sorted.
type BroadcastResult struct {
	Ops   int // reads and final reads included
	Adds  int
	Lost  int             // elements missing somewhere at the end
	True  []time.Duration // from an element's addition until the last node had it
	Seen  []time.Duration // the same as Maelstrom sees it: until the last read that missed it
	Bytes int
	Sent  int

	AddedAt   []time.Duration // by element: when it was added
	ByElement []time.Duration // by element: its true latency; negative if it was lost
}

// MsgsPerOp is messages sent per client operation.
func (r BroadcastResult) MsgsPerOp() float64 { return float64(r.Sent) / float64(r.Ops) }

// RunBroadcast puts the load on a cluster of sets.
func RunBroadcast(n *Net[*crdt.GSet], load Broadcast) BroadcastResult {
	b := &broadcast{n: n, load: load, rng: rand.New(rand.NewPCG(n.cfg.Seed, 2)), end: n.Now() + load.Duration}
	n.OnGrow = b.grown
	n.At(n.Now(), b.operate)
	n.Run(b.end + load.Rest)
	b.result.Sent, b.result.Bytes, b.result.Adds, b.result.AddedAt = n.Sent, n.Bytes, len(b.added), b.added
	for node := range n.cfg.Nodes {
		b.read(node, true)
	}
	return b.latencies()
}

// broadcast is a load under way. Its lists are by element.
type broadcast struct {
	n      *Net[*crdt.GSet]
	load   Broadcast
	rng    *rand.Rand
	end    time.Duration // of operations
	result BroadcastResult

	added  []time.Duration
	absent []time.Duration // the last read that missed it
	last   []time.Duration // when the last node got it
	have   []int           // how many nodes have it
}

func (b *broadcast) grown(_ int, novel *crdt.GSet) {
	if novel == nil {
		return
	}
	for x := range novel.All() {
		b.have[x]++
		b.last[x] = b.n.Now()
	}
}

// operate has a client add or read, and another one do so later.
func (b *broadcast) operate() {
	n := b.n
	node, add := b.rng.IntN(n.cfg.Nodes), b.rng.IntN(2) == 0
	if gap := generator.Gap(b.rng, float64(time.Second)/b.load.Rate); n.Now()+gap < b.end {
		n.At(n.Now()+gap, b.operate)
	}
	if !add {
		b.read(node, false)
		return
	}
	b.result.Ops++
	delta := n.bottom.New()
	delta.Insert(int64(len(b.added)))
	b.added, b.absent = append(b.added, n.Now()), append(b.absent, 0)
	b.last, b.have = append(b.last, 0), append(b.have, 0)
	x := int64(len(b.added) - 1)
	b.record(node, "broadcast", x, false, func() any {
		n.Update(node, delta)
		return x
	})
}

// record has a client do something that takes no time, and records it if that is asked for.
func (b *broadcast) record(node int, f string, value any, final bool, do func() any) {
	h := b.load.History
	if h == nil {
		do()
		return
	}
	op := history.Op{Time: b.n.Now(), Type: history.Invoke, Process: node, F: f, Value: value, Final: final, Began: -1}
	op.Began = h.Add(op)
	op.Type, op.Value = history.OK, do()
	h.Add(op)
}

// read has a client look which elements a node misses.
func (b *broadcast) read(node int, final bool) {
	b.result.Ops++
	b.record(node, "read", nil, final, func() any { return b.look(node) })
}

// look notes which elements a node misses. It returns what a client reads there if there is
// a history to be kept.
func (b *broadcast) look(node int) any {
	at := b.n.Replica(node)
	stable, pending := at.Stable(), at.Pending()
	for x := range b.added {
		if b.have[x] < b.n.cfg.Nodes && !stable.Contains(int64(x)) && !pending.Contains(int64(x)) {
			b.absent[x] = b.n.Now()
		}
	}
	if b.load.History == nil {
		return nil
	}
	return history.NewElements(slices.Collect(at.State().All())...)
}

func (b *broadcast) latencies() BroadcastResult {
	r := &b.result
	for x, at := range b.added {
		if b.have[x] < b.n.cfg.Nodes {
			r.Lost++
			r.ByElement = append(r.ByElement, -1)
			continue
		}
		r.ByElement = append(r.ByElement, b.last[x]-at)
		r.True = append(r.True, b.last[x]-at)
		r.Seen = append(r.Seen, max(0, b.absent[x]-at))
	}
	slices.Sort(r.True)
	slices.Sort(r.Seen)
	return *r
}
