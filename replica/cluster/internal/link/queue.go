package link

import (
	"slices"
	"time"

	"gset/replica/cluster/internal/wire"
)

// Class orders what waits for a peer. Packets of the failure detector go first and repairs last.
type Class uint8

// The classes.
const (
	Packets Class = iota
	Updates       // gathers, scatters, answers, probes, and what Wait asks and is told
	Repairs       // diffs and cells
	classes
)

// Mark says when a frame that waits among updates is superfluous.
type Mark uint8

// The marks. A later probe, ask or told makes an earlier one superfluous, since it has a later digest. What is retried is once
// its connection has ended: its sender, who is told, sends what is in it again, perhaps to another peer.
const (
	Nothing Mark = iota
	AnyProbe
	AnyAsk
	AnyTold
	Retried
)

const (
	maxPackets = 256 << 10 // bytes of packets that wait
	batchBytes = 64 << 10  // of one write

	// underway is how long a frame is taken to be under way at most: what was written so long before the peer is heard
	// has arrived.
	underway = 250 * time.Millisecond
)

// queue is what waits for a peer, in frames. It is bounded in bytes, class by class, and if there is no more
// room the oldest frame goes. That is the merging of what waits: the next message that does
// arrive has a digest, which tells the peer that it lacks something, and a repair sends the
// join of all that was dropped, once. To join deltas that wait is no alternative: a scatter's
// header, its arc and its digest, belongs to its own delta.
type queue struct {
	class   [classes][]frame
	bytes   [classes]int
	limit   [classes]int
	dropped [classes]uint64

	// Updates that were written and may not have arrived, oldest first. They are sent again if the connection ends: a
	// cut that is silent shows only seconds later, and a repair of what was lost takes twice the bytes.
	written      []frame
	writtenBytes int

	rate  int64 // bytes of repairs a second; 0 is no cap
	owed  int64 // bytes of repairs sent ahead of the rate
	since time.Time
}

type frame struct {
	data []byte
	mark Mark
	at   time.Time // when it was written
}

func newQueue(c Config) queue {
	return queue{rate: c.RepairRate, limit: [classes]int{maxPackets, c.QueueBytes, c.QueueBytes}}
}

// push puts a frame behind those that wait. It reports whether one that is Retried had to go: its sender is to know, for a
// later message would have it think that all before was received.
func (q *queue) push(class Class, data []byte, mark Mark) (lost bool) {
	if mark != Nothing && mark != Retried {
		q.forget(mark)
	}
	for q.bytes[class]+len(data) > q.limit[class] && len(q.class[class]) > 0 {
		lost = lost || q.class[class][0].mark == Retried
		q.remove(class, 0)
		q.dropped[class]++
	}
	q.class[class] = append(q.class[class], frame{data: data, mark: mark})
	q.bytes[class] += len(data)
	return lost
}

func (q *queue) remove(class Class, i int) {
	all := q.class[class]
	q.bytes[class] -= len(all[i].data)
	if i == 0 {
		all[0] = frame{}
		q.class[class] = all[1:]
		return
	}
	copy(all[i:], all[i+1:])
	all[len(all)-1] = frame{}
	q.class[class] = all[:len(all)-1]
}

// take appends the frames of one write to b. If it appends none, wait says after how long to try again; 0 is
// when something is pushed.
func (q *queue) take(b []byte, now time.Time) (batch []byte, wait time.Duration) {
	for _, class := range []Class{Packets, Updates} {
		for len(q.class[class]) > 0 && len(b) < batchBytes {
			f := q.class[class][0]
			b = append(b, f.data...)
			q.remove(class, 0)
			if f.at = now; class == Updates && f.mark == Nothing {
				q.keep(f)
			}
		}
	}
	if len(q.class[Repairs]) == 0 || len(b) >= batchBytes {
		return b, 0
	}
	if q.rate > 0 {
		q.owed = max(0, q.owed-int64(now.Sub(q.since).Seconds()*float64(q.rate)))
		q.since = now
		if q.owed > 0 {
			return b, max(time.Millisecond, time.Duration(float64(q.owed)/float64(q.rate)*float64(time.Second)))
		}
	}
	for len(q.class[Repairs]) > 0 && len(b) < batchBytes {
		n := len(q.class[Repairs][0].data)
		b = append(b, q.class[Repairs][0].data...)
		q.remove(Repairs, 0)
		if q.owed += int64(n); q.rate > 0 {
			break
		}
	}
	return b, 0
}

// keep keeps a frame that was written. If there is no more room the oldest one goes.
func (q *queue) keep(f frame) {
	q.written = append(q.written, f)
	for q.writtenBytes += len(f.data); q.writtenBytes > q.limit[Updates]; {
		q.let(1)
	}
}

// let lets the oldest frames go that were written.
func (q *queue) let(count int) {
	for _, f := range q.written[:count] {
		q.writtenBytes -= len(f.data)
	}
	q.written = slices.Delete(q.written, 0, count)
}

// heard is told that the peer was heard.
func (q *queue) heard(now time.Time) {
	arrived := 0
	for arrived < len(q.written) && now.Sub(q.written[arrived].at) > underway {
		arrived++
	}
	q.let(arrived)
}

// again puts what may not have arrived before what waits: the connection has ended.
func (q *queue) again() {
	waiting := q.class[Updates]
	q.class[Updates], q.bytes[Updates] = nil, 0
	for _, f := range slices.Concat(q.written, waiting) {
		q.push(Updates, f.data, f.mark)
	}
	q.let(len(q.written))
	q.forget(Retried)
}

// forget drops the updates that have a mark.
func (q *queue) forget(mark Mark) {
	for i := len(q.class[Updates]) - 1; i >= 0; i-- {
		if q.class[Updates][i].mark == mark {
			q.remove(Updates, i)
		}
	}
}

func (q *queue) empty() bool {
	return len(q.class[Packets])+len(q.class[Updates])+len(q.class[Repairs]) == 0
}

// classOf returns the class of a frame that is no message of the engine.
func classOf(kind wire.Kind) (Class, Mark) {
	switch kind {
	case wire.Packet:
		return Packets, Nothing
	case wire.Ask:
		return Updates, AnyAsk
	case wire.Told:
		return Updates, AnyTold
	}
	return Updates, Nothing
}
