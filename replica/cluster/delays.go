package cluster

import (
	"slices"
	"time"

	"gset/crdt"
	"gset/replica"
	"gset/replica/cluster/internal/link"
)

// settling is for how long after a peer has opened its link messages may come that waited for it: a round trip, for
// the greeting, and no less than most round trips take.
const settling = time.Second

// queued tells whether a message, or one of this node's that it echoes, may have waited for a link to open. Opening takes several
// round trips, and the engine would take that for the way of a message: 25 members 100 ms apart then gather a third of an interval too
// early, and for minutes, since a quiet cluster has few echoes to correct it.
func (c *Core) queued(from string, m *replica.Message[*crdt.Collections], links *link.Endpoint) bool {
	to, back := links.Opened(from)
	return time.Since(back) < settling || !to.IsZero() && slices.ContainsFunc(m.Echoes, func(e replica.Echo) bool {
		return string(e.Member) == c.config.Name && c.clock()-e.Stamp > time.Since(to)
	})
}
