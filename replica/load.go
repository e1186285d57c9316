package replica

import "time"

const (
	// eagerUpdates is K: with fewer updates than this in an interval, an
	// update is pushed. At 3, one update in fifteen of a quiet cluster (5 nodes, 5
	// updates a second, T = 250 ms) happened to come close behind others, and had to
	// wait; at 5 it is one in two hundred, for no more messages.
	eagerUpdates = 5

	// eagerMemory is over how many intervals there must be few updates. Over a single
	// one, a late scatter would look like silence, and the start of a busy time like
	// the middle of a quiet one.
	eagerMemory = 4
)

// load remembers when the last updates came in, to tell whether there are few. It holds
// eagerUpdates*eagerMemory times and no more.
type load struct {
	times [eagerUpdates * eagerMemory]time.Duration // a ring, the oldest at next
	next  int
	held  int // how many entries of the ring are in use
}

// add notes that updates came in at now.
func (l *load) add(pieces int, now time.Duration) {
	for range min(pieces, len(l.times)) {
		l.times[l.next] = now
		if l.next++; l.next == len(l.times) {
			l.next = 0
		}
		l.held = min(l.held+1, len(l.times))
	}
}

// little reports whether there were fewer than K updates in the last interval,
// fewer than 2K in the last two, and so on over eagerMemory intervals.
func (l *load) little(interval, now time.Duration) bool {
	for i := 1; i <= eagerMemory; i++ {
		if !l.fewerThan(eagerUpdates*i, now-time.Duration(i)*interval) {
			return false
		}
	}
	return true
}

// fewerThan reports whether fewer than count updates came in after since:
// whether the count-th latest is older. count is 1 to len(l.times).
func (l *load) fewerThan(count int, since time.Duration) bool {
	return l.held < count || l.times[(l.next-count+len(l.times))%len(l.times)] <= since
}
