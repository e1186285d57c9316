package cluster

import (
	"time"

	"gset/crdt"
	"gset/replica"
	"gset/replica/cluster/internal/link"
)

// settling is for how long after a peer has opened its link messages may come that waited for it: a round trip, for
// the greeting, and no less than most round trips take.
const settling = time.Second

// undelay takes the echoes of this node out of what a message measures, if the message may have waited for the
// peer's link to open, or echoes one that waited for this node's. Opening takes several round trips, and
// the engine would take that for the way of a message: 25 members 100 ms apart then gather a third of an interval too
// early, and for minutes, since a quiet cluster has few echoes to correct it. The engine takes no measure from
// the echo of a stamp that is still to come.
func (c *Core) undelay(from string, m *replica.Message[*crdt.Collections], links *link.Endpoint) {
	for i := range m.Echoes {
		e := &m.Echoes[i]
		if string(e.Member) != c.config.Name {
			continue
		}
		to, back := links.Opened(from)
		if time.Since(back) < settling || !to.IsZero() && c.clock()-e.Stamp > time.Since(to) {
			e.Stamp = replica.Never
		}
	}
}
