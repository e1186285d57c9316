package sim

import (
	"time"

	"gset/internal/simnet"
	"gset/replica"
)

// floorman counts the fewest messages that rounds can do with: n-1 for every time that
// somebody scatters to everyone, and one for every other node that made an update which is told for
// the first time in it. It says what is well spent while the hub is in reach of all. With faults
// there are rounds that not all hear, and the count is of no use.
type floorman struct {
	messages int

	told  []bool // by place in the model
	delta any    // of the last message

	from  int // who sent the last scatter, when, and how many
	at    time.Duration
	peers int
}

// watchFloor has messages counted for the history.
func (r *run[S, K]) watchFloor() {
	watch, f := r.net.Watch, &r.History.floor
	r.net.Watch = func(fate simnet.Fate, p simnet.Packet[S]) {
		if watch != nil {
			watch(fate, p)
		}
		if fate != simnet.Sent || p.Message.Kind != replica.Scatter {
			return
		}
		if now := r.net.Now(); now != f.at || p.From != f.from {
			f.from, f.at, f.peers = p.From, now, 0
		}
		if f.peers++; f.peers == r.s.Nodes-1 { // not the answer to one gather
			f.messages += f.peers
		}
		if any(p.Message.Delta) == f.delta {
			return
		}
		f.delta = p.Message.Delta
		makers := make(map[int]bool)
		for part := range r.work.parts(p.Message.Delta) {
			place := r.model.index[part]
			for len(f.told) <= place {
				f.told = append(f.told, false)
			}
			if maker := r.History.adds[place].sources[0].life; !f.told[place] && r.History.lives[maker].node != p.From {
				makers[maker] = true
			}
			f.told[place] = true
		}
		f.messages += len(makers)
	}
}
