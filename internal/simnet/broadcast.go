package simnet

import (
	"math/rand/v2"
	"slices"
	"time"

	"gset/crdt"
)

// Broadcast is a client load as in Maelstrom's broadcast workload: operations come
// at gaps uniform in 0 to 2/Rate at a random node, and each is a fair coin
// between adding the next integer and reading.
type Broadcast struct {
	Rate     float64       // operations a second
	Duration time.Duration // of the load
	Rest     time.Duration // before one final read at every node
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

// Quantile returns element floor(n*q) of sorted latencies.
func Quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(float64(len(sorted))*q), len(sorted)-1)]
}

// RunBroadcast puts the load on a cluster of sets.
func RunBroadcast(n *Net[*crdt.GSet], load Broadcast) BroadcastResult {
	var (
		rng    = rand.New(rand.NewPCG(n.cfg.Seed, 2))
		result BroadcastResult
		start  = n.Now()
		added  []time.Duration // by element
		absent []time.Duration // by element: the last read that missed it
		last   []time.Duration // by element: when the last node got it
		have   []int           // by element: how many nodes have it
	)
	n.OnGrow = func(_ int, novel *crdt.GSet) {
		if novel == nil {
			return
		}
		for x := range novel.All() {
			have[x]++
			last[x] = n.Now()
		}
	}
	read := func(node int) {
		result.Ops++
		state := n.Replica(node).State()
		for x := range added {
			if have[x] < n.cfg.Nodes && !state.Contains(int64(x)) {
				absent[x] = n.Now()
			}
		}
	}
	var operate func()
	operate = func() {
		node, add := rng.IntN(n.cfg.Nodes), rng.IntN(2) == 0
		if gap := time.Duration(rng.Float64() * 2 / load.Rate * float64(time.Second)); n.Now()+gap < start+load.Duration {
			n.At(n.Now()+gap, operate)
		}
		if !add {
			read(node)
			return
		}
		result.Ops++
		x := int64(len(added))
		added, absent = append(added, n.Now()), append(absent, 0)
		last, have = append(last, 0), append(have, 0)
		delta := n.bottom.New()
		delta.Insert(x)
		n.Update(node, delta)
	}
	n.At(start, operate)
	n.Run(start + load.Duration + load.Rest)
	result.Sent, result.Bytes, result.Adds, result.AddedAt = n.Sent, n.Bytes, len(added), added
	for node := range n.cfg.Nodes {
		read(node)
	}
	for x, at := range added {
		if have[x] < n.cfg.Nodes {
			result.Lost++
			result.ByElement = append(result.ByElement, -1)
			continue
		}
		result.ByElement = append(result.ByElement, last[x]-at)
		result.True = append(result.True, last[x]-at)
		result.Seen = append(result.Seen, max(0, absent[x]-at))
	}
	slices.Sort(result.True)
	slices.Sort(result.Seen)
	return result
}
