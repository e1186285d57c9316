package hardship

import (
	"fmt"
	"testing"

	"gset/crdt"
	"gset/internal/simnet"
	"gset/replica"
)

func TestZZJoin(t *testing.T) {
	seed := uint64(1)
	const nodes = 25
	state := random(seed, 0, scaled(200_000))
	states := make([]*crdt.GSet, nodes)
	for node := range states {
		states[node] = state
	}
	c := start(t, usual(nodes, seed), states...)
	joiner := c.rand.IntN(nodes)
	c.Stop(joiner)
	c.load(100, 0, warmUp*4, c.nodes(joiner))
	c.Run(warmUp)
	c.Start(joiner, c.bottom.New())
	w := c.Watch
	c.Watch = func(f simnet.Fate, p simnet.Packet[*crdt.GSet]) {
		w(f, p)
		if f == simnet.Sent && (p.From == joiner || p.To == joiner || p.Message.Kind >= replica.Probe) {
			m := p.Message
			rest := ""
			switch {
			case m.Rest == replica.Everything:
				rest = "BUSY"
			case m.Rest != replica.Range{}:
				rest = "rest"
			}
			if m.Kind == replica.Scatter || m.Kind == replica.Gather || m.Kind == replica.Answer {
				return
			}
			fmt.Printf("%.1f %d->%d %v %d %s hub %d joiner %d holds %d\n", float64(c.Now()-warmUp)/1e6, p.From, p.To, m.Kind, p.Size, rest, c.hub(), joiner, c.Replica(joiner).State().Len())
		}
	}
	c.Run(warmUp * 2)
}
