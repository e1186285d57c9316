package watch

import (
	"time"

	"gset/internal/dashboard"
	"gset/replica/cluster"
)

// maxLog is how many events are kept.
const maxLog = 100

// log is the latest events, the oldest first.
type log struct {
	list    []dashboard.Event
	refused time.Time // of the latest refusal that is in it
}

// add adds an event. The same in a row is one.
func (l *log) add(now time.Time, level, text, peer string) {
	if n := len(l.list); n > 0 {
		if last := &l.list[n-1]; last.Text == text && string(last.Peer) == peer {
			last.Count++
			last.At = now.UnixMilli()
			return
		}
	}
	if len(l.list) == maxLog {
		l.list = append(l.list[:0], l.list[1:]...)
	}
	l.list = append(l.list, dashboard.Event{At: now.UnixMilli(), Level: level, Text: text, Peer: dashboard.Name(peer), Count: 1})
}

// refusals adds what was refused since it was last told.
func (l *log) refusals(list []cluster.Refusal) {
	latest := l.refused
	for _, r := range list {
		if !r.At.After(l.refused) {
			continue
		}
		text := "refused: "
		if r.ByPeer {
			text = "refused by a peer: "
		}
		if text += clip(r.Reason); r.Address != "" {
			text += ", at " + clip(r.Address)
		}
		l.add(r.At, "warn", text, r.Name)
		if r.At.After(latest) {
			latest = r.At
		}
	}
	l.refused = latest
}
