package scale

import (
	"time"

	"gset/internal/simnet"
)

// Heal is how a cluster recovers from a partition into halves, of partitioned long.
type Heal struct {
	Cluster
	Elements   int           // that the halves lacked of each other at the heal
	Took       time.Duration // from the heal until everyone had everything; -1 if it never did
	Messages   int           // in that time
	Bytes      int
	Views      uint64  // that passed while the network was cut
	ViewsAfter uint64  // and after
	Apart      float64 // messages a second and member while the network was cut
}

const (
	partitioned = 5 * time.Second

	// patience is how long a cluster is given to recover.
	patience = 30 * time.Second
)

// MeasureHeal cuts a cluster under load into halves. The load ends as the network heals.
func MeasureHeal(c Cluster) (Heal, error) {
	r, err := start(c)
	if err != nil {
		return Heal{}, err
	}
	h := Heal{Cluster: c, Took: -1}
	healed := warmUp + partitioned
	r.load(healed)
	r.net.Run(warmUp)
	before, _ := r.view()
	r.net.Cut = simnet.Partitions["majority"](c.Nodes, r.rand)
	sent := r.net.Sent
	r.net.Run(healed)
	r.net.Cut = nil
	atHeal, _ := r.view()
	h.Views = atHeal - before
	h.Apart = float64(r.net.Sent-sent) / partitioned.Seconds() / float64(c.Nodes)
	for _, have := range r.have {
		if have < c.Nodes {
			h.Elements++
		}
	}
	sent, bytes := r.net.Sent, r.net.Bytes
	for r.missing > 0 && r.net.Now() < healed+patience {
		r.net.Run(r.net.Now() + time.Millisecond)
	}
	h.Messages, h.Bytes = r.net.Sent-sent, r.net.Bytes-bytes
	if r.missing == 0 {
		h.Took = r.settled - healed
	}
	after, _ := r.view()
	h.ViewsAfter = after - atHeal
	return h, nil
}

// PerMember is Messages shared by all members.
func (h Heal) PerMember() float64 { return float64(h.Messages) / float64(h.Nodes) }

// KB is Bytes in kB.
func (h Heal) KB() float64 { return float64(h.Bytes) / 1000 }
