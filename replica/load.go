package replica

import "time"

const (
	// loneNews is K: with fewer pieces of news than this in an interval, an
	// update is lone. At 3, one update in fifteen of a quiet cluster (5 nodes, 5
	// updates a second, T = 250 ms) happened to come close behind others, and had to
	// wait; at 5 it is one in two hundred, for no more messages.
	loneNews = 5

	// loneMemory is how many intervals K is held against. Over a single one,
	// a late scatter would look like silence, and the start of a busy time like
	// the middle of a quiet one.
	loneMemory = 4
)

// load remembers when the last pieces of news came in, to tell a lone update
// from one among many. It holds loneNews*loneMemory times and no more.
type load struct {
	times [loneNews * loneMemory]time.Duration // a ring, the oldest at next
	next  int
	held  int // how many entries of the ring are in use
}

// add notes that pieces of news came in at now.
func (l *load) add(pieces int, now time.Duration) {
	for range min(pieces, len(l.times)) {
		l.times[l.next] = now
		l.next = (l.next + 1) % len(l.times)
		l.held = min(l.held+1, len(l.times))
	}
}

// lone reports whether there were fewer than K pieces of news in the last interval,
// fewer than 2K in the last two, and so on over loneMemory intervals.
func (l *load) lone(interval, now time.Duration) bool {
	for i := 1; i <= loneMemory; i++ {
		if !l.fewerThan(loneNews*i, now-time.Duration(i)*interval) {
			return false
		}
	}
	return true
}

// fewerThan reports whether fewer than count pieces of news came in after since:
// whether the count-th latest is older. count is 1 to len(l.times).
func (l *load) fewerThan(count int, since time.Duration) bool {
	return l.held < count || l.times[(l.next-count+len(l.times))%len(l.times)] <= since
}
