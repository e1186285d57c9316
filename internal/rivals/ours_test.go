package rivals

import (
	"time"

	"gset/replica"
)

const (
	// hop is how long a message takes.
	hop = 10 * time.Millisecond

	// maxTicks bounds the attempts, should one probe not be enough.
	maxTicks = 50
)

// ours is how two replicas reconcile: one probes, and both answer until neither has
// anything more to say. The view makes one of the two the hub.
//
// The scatter by which a hub tells everyone what it has learned, and a leaf's gather, are
// neither counted nor carried: here they hold nothing that the other side lacks.
func ours[S state[S]](view uint64) func(a, b S) (cost, S, S, error) {
	return func(a, b S) (c cost, heldByA, heldByB S, err error) {
		x, err := newExchange(view, a, b)
		if err != nil {
			return c, heldByA, heldByB, err
		}
		for tick := 0; tick == 0 || tick < maxTicks && !x.equal(); tick++ {
			if err := x.probe(); err != nil {
				return c, heldByA, heldByB, err
			}
		}
		return x.cost, x.pair[0].State(), x.pair[1].State(), nil
	}
}

// exchange is two replicas and the messages between them.
type exchange[S state[S]] struct {
	pair  [2]*replica.Replica[S]
	queue []message
	now   time.Duration
	trips int // all so far
	cost  cost
}

// message is one on its way.
type message struct {
	to, trip int
	data     []byte
}

// sides are the names of the two replicas.
var sides = [2]replica.ID{"a", "b"}

func newExchange[S state[S]](view uint64, a, b S) (*exchange[S], error) {
	members, err := replica.NewMembers(sides[:]...)
	if err != nil {
		return nil, err
	}
	x := &exchange[S]{}
	for i, s := range []S{a, b} {
		snapshot := replica.Snapshot[S]{View: view, Stable: s.Clone(), Pending: s.New()}
		r, err := replica.Restore(replica.Config{Self: sides[i], Members: members}, snapshot, x.now)
		if err != nil {
			return nil, err
		}
		x.pair[i] = r
		x.now = x.pair[0].Deadline() // b starts as a probes, and is in no hurry to probe as well
	}
	return x, nil
}

func (x *exchange[S]) equal() bool {
	return x.pair[0].State().Digest() == x.pair[1].State().Digest()
}

// probe has a do what it does when its time has come, and carries all that follows.
func (x *exchange[S]) probe() error {
	x.now = max(x.now, x.pair[0].Deadline())
	if err := x.send(0, x.pair[0].Tick(x.now), x.trips+1); err != nil {
		return err
	}
	for ; len(x.queue) > 0; x.queue = x.queue[1:] {
		if err := x.deliver(x.queue[0]); err != nil {
			return err
		}
	}
	return nil
}

// send queues what makes up a reconciliation.
func (x *exchange[S]) send(from int, out replica.Output[S], trip int) error {
	for _, e := range out.Messages {
		if e.Message.Kind == replica.Gather || e.Message.Kind == replica.Scatter {
			continue
		}
		data, err := e.Message.AppendBinary(nil)
		if err != nil {
			return err
		}
		x.cost.bytes += len(data)
		x.queue = append(x.queue, message{1 - from, trip, data})
	}
	return nil
}

func (x *exchange[S]) deliver(m message) error {
	x.now += hop * time.Duration(m.trip-x.trips)
	x.trips = m.trip
	to := x.pair[m.to]
	received, err := replica.Decode(to.State(), m.data)
	if err != nil {
		return err
	}
	unequal := !x.equal()
	out, err := to.Receive(x.now, sides[1-m.to], received)
	if err != nil {
		return err
	}
	if unequal && x.equal() {
		x.cost.trips = m.trip
	}
	return x.send(m.to, out, m.trip+1)
}
