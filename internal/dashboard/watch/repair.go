package watch

import (
	"strconv"
	"time"

	"gset/internal/dashboard"
	"gset/replica"
	"gset/replica/cluster"
)

const (
	maxRepairs = 32               // that are kept
	quietAfter = 30 * time.Second // without a message a repair is over
	probeAfter = 5 * time.Second  // a probe that comes later is not of the repair
)

// repairs is the latest repairs, the oldest first.
type repairs struct{ list []repair }

type repair struct {
	dashboard.Repair
	began, last time.Time
}

// of returns the repair with a peer that is under way, nil if none is.
func (r *repairs) of(peer string) *repair {
	for i := len(r.list) - 1; i >= 0; i-- {
		if x := &r.list[i]; x.End == "" && string(x.Peer) == peer {
			return x
		}
	}
	return nil
}

func (r *repairs) under(peer string) bool { return r.of(peer) != nil }

// observe notes what an event means for a repair. A mismatch begins one here, and a message with cells one
// that the peer has begun.
func (r *repairs) observe(now time.Time, e cluster.Event) {
	isMessage := e.Kind == cluster.Sent || e.Kind == cluster.Heard
	ofRepair := isMessage && (e.Message == replica.Diff || e.Message == replica.Cells)
	x := r.of(e.Peer)
	switch {
	case e.Kind == cluster.Repaired && x != nil:
		x.End = "equal"
		x.last = now
	case e.Kind == cluster.MemberLeft && x != nil:
		x.End = "left"
	case x == nil && (ofRepair || e.Kind == cluster.Engine && e.Engine.Kind == replica.Mismatch):
		x = r.begin(now, e.Peer)
		fallthrough
	case x != nil && (ofRepair || isMessage && e.Message == replica.Probe && now.Sub(x.last) < probeAfter):
		x.count(now, e)
	}
}

func (r *repairs) begin(now time.Time, peer string) *repair {
	if len(r.list) == maxRepairs {
		r.list = append(r.list[:0], r.list[1:]...)
	}
	r.list = append(r.list, repair{Repair: dashboard.Repair{Peer: dashboard.Name(peer), Began: now.UnixMilli()}, began: now, last: now})
	return &r.list[len(r.list)-1]
}

// count counts a message of the repair.
func (x *repair) count(now time.Time, e cluster.Event) {
	switch e.Kind {
	case cluster.Sent:
		x.Sent += int64(e.Bytes)
	case cluster.Heard:
		x.Heard += int64(e.Bytes)
	default:
		return
	}
	x.Messages++
	x.last = now
}

// settle ends repairs whose peer has proved to hold all that was stable here at the last message, and those
// of which nothing has been heard for long: whether the two are equal is not known then.
func (r *repairs) settle(now time.Time, members []cluster.MemberStatus) {
	for i := range r.list {
		x := &r.list[i]
		if x.End != "" {
			continue
		}
		if now.Sub(x.last) > quietAfter {
			x.End = "quiet"
		}
		for _, m := range members {
			if m.Name == string(x.Peer) && (m.Equal || now.Add(-m.Behind).After(x.last)) {
				x.End = "equal"
			}
		}
	}
}

// show returns the repairs, the latest first.
func (r *repairs) show() []dashboard.Repair {
	all := make([]dashboard.Repair, 0, len(r.list))
	for _, x := range latestFirst(r.list) {
		x.Took = x.last.Sub(x.began).Seconds()
		all = append(all, x.Repair)
	}
	return all
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }
