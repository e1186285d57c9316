package watch

import (
	"time"

	"gset/internal/dashboard"
	"gset/replica"
	"gset/replica/cluster"
)

// maxFlow is how many messages a Flow has at most, each of which stands for all of its kind between the
// same two in that time.
const maxFlow = 128

// maxUnwatched is after how long nobody watches: nobody has asked for what flows.
const maxUnwatched = 2 * time.Second

// flow is what has been sent, heard and written since it was last asked for.
type flow struct {
	asked  time.Time
	list   []dashboard.Message
	at     map[key]int // in list
	missed int
}

// key is what messages have in common that are one entry of a Flow.
type key struct {
	kind, from, to, root string
	empty                bool // it carried no updates
}

func (f *flow) add(now time.Time, k key, e cluster.Event) {
	if now.Sub(f.asked) > maxUnwatched {
		return
	}
	k.empty = e.Parts == 0
	i, found := f.at[k]
	if !found {
		if len(f.list) == maxFlow {
			f.missed++
			return
		}
		if f.at == nil {
			f.at = map[key]int{}
		}
		i = len(f.list)
		f.at[k] = i
		f.list = append(f.list, dashboard.Message{
			Kind: k.kind, From: dashboard.Name(k.from), To: dashboard.Name(k.to), Root: dashboard.Name(k.root), At: now.UnixMilli(),
		})
	}
	m := &f.list[i]
	m.Count++
	m.Parts += e.Parts
	m.Beacons += e.Beacons
	m.Bytes += e.Bytes
}

func (f *flow) take(now time.Time) dashboard.Flow {
	taken := dashboard.Flow{Messages: f.list, Missed: f.missed}
	*f = flow{asked: now}
	return taken
}

// Flow returns what has been sent, heard and written since the last call.
func (w *Watch) Flow() dashboard.Flow {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flow.take(w.clock())
}

// Observe is a cluster.Config.Observer.
func (w *Watch) Observe(e cluster.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock()
	switch e.Kind {
	case cluster.Written:
		w.flow.add(now, key{kind: "write", from: w.self}, e)
	case cluster.Sent:
		w.flow.add(now, key{kind: e.Message.String(), from: w.self, to: e.Peer, root: e.Root}, e)
	case cluster.Heard:
		w.flow.add(now, key{kind: e.Message.String(), from: e.Peer, to: w.self, root: e.Root}, e)
	case cluster.MemberUp:
		w.log.add(now, "good", "is up", e.Peer)
	case cluster.MemberDown:
		w.log.add(now, "warn", "is down", e.Peer)
	case cluster.MemberLeft:
		w.log.add(now, "info", "has left", e.Peer)
	case cluster.Repaired:
		w.log.add(now, "good", "is equal again: the repair is done", e.Peer)
	case cluster.Engine:
		w.observeEngine(now, e)
	}
	w.repair.observe(now, e)
}

// maxViews is how many view changes are kept.
const maxViews = 20

func (w *Watch) observeEngine(now time.Time, e cluster.Event) {
	switch e.Engine.Kind {
	case replica.ViewChanged:
		if len(w.views) == maxViews {
			w.views = append(w.views[:0], w.views[1:]...)
		}
		w.views = append(w.views, dashboard.ViewChange{At: now.UnixMilli(), View: number(e.Engine.View), Hub: dashboard.Name(e.Engine.Hub)})
	case replica.Mismatch:
		if !w.repair.under(e.Peer) {
			w.log.add(now, "info", "holds another state: a repair begins", e.Peer)
		}
	case replica.Unsendable:
		w.log.add(now, "warn", "an element is too large for a message, and is left out", "")
	case replica.Suspected, replica.Walked: // steps of what a Mismatch begins
	}
}
