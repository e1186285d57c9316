package replica

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"gset/crdt"
	"gset/internal/ring"
)

// Never is the Deadline of a replica that waits for nothing.
const Never = time.Duration(math.MaxInt64)

// Replica is one member's state machine over a lattice S. See the package
// documentation for what the caller owes. It is not safe for concurrent use.
type Replica[S crdt.Lattice[S]] struct {
	cfg     Config
	cluster ClusterID
	key     crdt.Key
	point   uint64 // this replica's, on the ring
	rand    *rand.Rand
	members *Members
	others  int       // members but this one
	turn    ring.Turn // the order in which peers are probed

	values[S]
	view   uint64
	passed uint64 // hubs given up at the greatest view, which no greater view can tell others of
	hub    ID

	rtt   estimator
	load  load
	heard heard

	leaf      leaf
	round     round[S]
	suspicion suspicion
	stamped   time.Duration // the stamp of the message sent last
	walk      walk
	serving   serving

	out      Output[S]
	scratch  []byte   // room for an encoding
	single   [1]S     // room for the parts of what is not cut
	order    []heard  // room for those whom a scatter echoes, in the order of the ring
	points   []uint64 // room for their points
	echoed   []Echo   // of which messages to a single member have one each
	sketched bool     // stable keeps a sketch of full length
}

// heard is the message heard last: its stamp goes back with whatever is next sent
// to its sender.
type heard struct {
	from  ID
	point uint64 // of the sender; only of those who gathered
	stamp time.Duration
	at    time.Duration
}

func (h heard) echo(now time.Duration) Echo { return Echo{h.from, h.stamp, whole(now - h.at)} }

// whole rounds a time as the binary form does, so that a message is the same before and
// after it.
func whole(d time.Duration) time.Duration { return max(d, 0).Truncate(time.Microsecond) }

// Output is what an event asks of the caller: first make Durable durable, where
// states have to survive a crash, then send Messages.
type Output[S crdt.Lattice[S]] struct {
	// Durable is what the event added to the state; the zero S if nothing.
	Durable S

	// Messages may be sent in any order, but for Config.Reliable. They may share memory with each other and with
	// Durable, and nobody may change them.
	Messages []Envelope[S]

	novel bool
}

// HasDurable reports whether the event added anything to the state.
func (o Output[S]) HasDurable() bool { return o.novel }

// Empty reports whether there is nothing to do.
func (o Output[S]) Empty() bool { return !o.novel && len(o.Messages) == 0 }

// New returns the replica of cfg.Self at time now with the given state, which it
// owns from here on. The state is taken for stable: only members that a repair finds to lack
// something of it are told. Use Restore where updates may have been pending. The state's key
// must not be zero.
func New[S crdt.Lattice[S]](cfg Config, state S, now time.Duration) (*Replica[S], error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if isNil(state) {
		return nil, errors.New("replica: a nil state")
	}
	if err := checkKey(state.Key()); err != nil {
		return nil, err
	}
	if !cfg.Members.Contains(cfg.Self) {
		return nil, fmt.Errorf("replica: %q is not among the members", cfg.Self)
	}
	key := state.Key()
	seed := fnv.New64a()
	fmt.Fprintf(seed, "%x %d %s", key, cfg.Incarnation, cfg.Self)
	r := &Replica[S]{
		cfg:     cfg,
		cluster: ClusterOf(key),
		key:     key,
		point:   ring.Point(cfg.Self),
		rand:    rand.New(rand.NewPCG(key[1], seed.Sum64())),
		values:  newValues(state),
		rtt:     newEstimator(),
	}
	r.round = newRound(r.none)
	r.setMembers(cfg.Members)
	r.hub = r.appointed()
	r.turn = ring.Turn{Order: r.rand.Uint64(), At: r.rand.Uint64()}
	r.sketchAhead()
	r.rearm(now)
	r.suspicion.since -= r.jittered(cfg.Probe) / 2 // nobody knows what it missed
	return r, nil
}

// appointed returns the hub that the view appoints.
func (r *Replica[S]) appointed() ID { return r.members.hub(draw(r.key, r.view+r.passed)) }

// alone reports whether there is nobody else.
func (r *Replica[S]) alone() bool { return r.others == 0 }

// listed reports whether this replica is on the list of members.
func (r *Replica[S]) listed() bool { return r.others < r.members.Len() }

// setMembers notes who is in the cluster.
func (r *Replica[S]) setMembers(members *Members) {
	r.members, r.others = members, members.Len()
	if members.Contains(r.cfg.Self) {
		r.others--
	}
}

// nextPeer returns the peer whose turn it is, and takes the turn on to the next one. There must be a peer.
func (r *Replica[S]) nextPeer() ID { return ring.Next(&r.turn, r.members.ring, r.cfg.Self) }

// View returns the replica's view, a Lamport number that appoints the hub.
func (r *Replica[S]) View() uint64 { return r.view }

// Hub returns the hub of the replica's view: the member that gathers and scatters.
func (r *Replica[S]) Hub() ID { return r.hub }

// fingerprint returns the prefix of the stable digest that goes on messages.
func (r *Replica[S]) fingerprint() crdt.Fingerprint { return r.stable.Digest().Fingerprint() }

// Update joins delta, made here by a client, into the state. The caller may
// change delta afterwards. It fails, changing nothing, if delta is nil, under another
// key, or has a cell that does not fit a message.
func (r *Replica[S]) Update(now time.Duration, delta S) (Output[S], error) {
	if err := r.admit(delta); err != nil {
		return Output[S]{}, err
	}
	if r.alone() {
		r.hear(delta)
		return r.act(now), nil
	}
	eager := r.eager(now)
	if novel := r.learn(delta.Minus(r.stable), now); novel.Len() > 0 { // a copy: the caller may change delta
		r.load.add(novel.Len(), now)
		if eager {
			r.scatter(now)
		}
	}
	return r.act(now), nil
}

// Take is Update for a caller who leaves delta to the replica, and has seen that nothing of it is in the
// state: nobody may change it afterwards. While the replica is alone it spares a comparison and a copy.
func (r *Replica[S]) Take(now time.Duration, delta S) (Output[S], error) {
	if !r.alone() || r.pending.Len() > 0 {
		return r.Update(now, delta)
	}
	if err := r.admit(delta); err != nil {
		return Output[S]{}, err
	}
	if r.keep(delta).Len() > 0 {
		crdt.Merge(r.stable, delta)
	}
	return r.act(now), nil
}

// ErrTooLarge is the error of an update with a cell that does not fit a message.
var ErrTooLarge = errors.New("replica: a cell is too large for a message")

// admit checks that a delta can be sent: each of its cells fits a message.
func (r *Replica[S]) admit(delta S) error {
	if isNil(delta) {
		return errors.New("replica: an update without a delta")
	}
	if delta.Key() != r.key {
		return errors.New("replica: an update under another hash key")
	}
	if _, ok := any(delta).(crdt.Divider[S]); ok && r.payload() >= crdt.MaxCell {
		return nil // a cell that is longer than a message can be divided
	}
	if _, whole, err := r.encoded(delta, r.payload()); err != nil || whole {
		return err
	}
	return r.admitCells(delta)
}

// admitCells checks that each cell of a delta fits a message. Like cutUp it is a function of its own because
// a loop over Split puts the variables of the function around it on the heap.
func (r *Replica[S]) admitCells(delta S) error {
	for _, err := range crdt.Split(delta, 0, r.payload()) {
		if err != nil {
			return fmt.Errorf("%w of %d bytes: %w", ErrTooLarge, r.cfg.MaxMessage, err)
		}
	}
	return nil
}

// maxDensity is how many irreducible parts a byte there may be of a state that is encoded to see whether it
// fits. A dense set may have more, but takes milliseconds to encode, and is split without a try.
const maxDensity = 64

// encoded returns the binary form of a state if it takes at most limit bytes; whole says whether it
// does. The bytes are good until the next call.
func (r *Replica[S]) encoded(state S, limit int) (b []byte, whole bool, err error) {
	if state.Len() > maxDensity*limit {
		return nil, false, nil
	}
	r.scratch, err = state.AppendBinary(r.scratch[:0])
	if err != nil {
		return nil, false, fmt.Errorf("replica: a state without a binary form: %w", err)
	}
	return r.scratch, len(r.scratch) <= limit, nil
}

// Receive takes in a message. It fails, changing nothing, with ErrForeign if the message comes from
// another cluster, and with ErrMalformed if no replica would have sent it. The sender need not
// be on the list of members, for lists take time to get about. The message must not
// be changed afterwards: what is passed on shares its memory.
func (r *Replica[S]) Receive(now time.Duration, from ID, m Message[S]) (Output[S], error) {
	if err := r.check(from, &m); err != nil {
		return Output[S]{}, err
	}
	if m.Kind == Scatter {
		r.relay(from, m)
		if m.Root != "" {
			from = m.Root
		}
	}
	r.adopt(m.View, now)
	r.measure(now, from, &m)
	calm := r.calm(now)
	switch m.Kind {
	case Gather:
		r.receiveGather(now, from, m)
	case Scatter, Answer:
		r.receiveScatter(now, from, m)
	case Probe, Diff:
		r.receiveDiff(now, from, m)
	case Cells:
		r.receiveCells(now, from, m)
	}
	r.compare(now, from, m, calm)
	return r.act(now), nil
}

// measure remembers the message's stamp, to be echoed to its sender, and takes a sample from the
// echo of ours. An echo that comes later than any retry would, and later than a probe interval,
// says nothing of the present round trip: the message was replayed, or a process stood still. On reliable links
// it says that the hub hears us all the same.
func (r *Replica[S]) measure(now time.Duration, from ID, m *Message[S]) {
	r.heard = heard{from: from, stamp: m.Stamp, at: now}
	if from == r.hub {
		r.leaf.heardAt = now
	}
	for _, e := range m.Echoes {
		if e.Member != r.cfg.Self || e.Stamp > max(now, r.stamped) {
			continue
		}
		roundTrip := max(0, now-e.Stamp-e.Wait)
		late := m.Queued || roundTrip > max(r.cfg.Probe, initialRoundTrip)
		if from == r.hub && (r.cfg.Reliable || !late) {
			r.leaf.strikes = 0
		}
		if late {
			continue
		}
		r.rtt.sample(roundTrip)
		if from == r.hub {
			r.leaf.way.track(m.Stamp-e.Wait-e.Stamp, &r.rtt)
		}
	}
}

// Tick does what has come due. Call it at Deadline or soon after; calling it at
// any other time is harmless.
func (r *Replica[S]) Tick(now time.Duration) Output[S] { return r.act(now) }

// Deadline is the time at which Tick should be called next, or Never. It may change with
// every event. It may be past: then the last event had more to send than the budget of one event
// allows, and Tick sends more.
func (r *Replica[S]) Deadline() time.Duration {
	return min(r.scatterDue(), r.gatherDue(), r.retryDue(), r.probeDue(), r.walkDue(), r.serveDue())
}

// act does whatever is due and hands over the output.
func (r *Replica[S]) act(now time.Duration) Output[S] {
	if now >= r.retryDue() {
		r.retry(now)
	}
	if now >= r.scatterDue() {
		r.scatter(now)
	}
	if now >= r.gatherDue() {
		r.gather(now)
	}
	if now >= r.serveDue() && len(r.out.Messages) == 0 { // else the next event does
		r.serve(now)
	}
	if now >= r.walkDue() {
		r.resume(now)
	}
	if now >= r.probeDue() {
		r.probe(now)
	}
	r.sketchAhead()
	out := r.out
	r.out = Output[S]{}
	return out
}

// learn takes in updates that not every member has been told: a client's, a gather's. What is new
// of them is pending from here on.
func (r *Replica[S]) learn(delta S, now time.Duration) (novel S) {
	idle := r.fresh.Len() == 0
	if novel = r.keep(r.values.learn(delta)); novel.Len() > 0 && idle {
		r.leaf.aimed = r.nextSlot(now)
	}
	return novel
}

// hear takes in updates that every member is being told, or is taken to be: a scatter's, a repair's.
// They are stable from here on.
func (r *Replica[S]) hear(delta S) (novel S) {
	return r.keep(r.values.hear(delta))
}

// keep puts a novel delta into the output, to be made durable. The delta must not change afterwards.
func (r *Replica[S]) keep(novel S) S {
	switch {
	case novel.Len() == 0:
	case r.out.novel:
		r.out.Durable = joined(r.out.Durable, novel)
	default:
		r.out.Durable, r.out.novel = novel, true
	}
	return novel
}

// send puts a message into the output, with the fields that all messages have. A peer with a longer
// name than any on the list gets no echo, for which payload leaves no room.
func (r *Replica[S]) send(now time.Duration, to ID, m Message[S]) {
	m.Cluster, m.View, m.Digest, m.Stamp = r.cluster, r.view, r.fingerprint(), r.stamp(now)
	if to == r.heard.from {
		m.Echoes = r.closing(r.heard.echo(now))
	}
	r.out.Messages = append(r.out.Messages, Envelope[S]{to, m})
}

// stamp returns the clock, or a grain more: no two messages that differ have one stamp, so an echo tells which was heard.
func (r *Replica[S]) stamp(now time.Duration) time.Duration {
	r.stamped = max(whole(now), r.stamped+time.Microsecond)
	return r.stamped
}

// closing returns the echoes of a message to a single member, unless its name is longer than messages
// have room for: a stranger's may be.
func (r *Replica[S]) closing(e Echo) []Echo {
	if len(e.Member) > r.longestName() {
		return nil
	}
	if len(r.echoed) == cap(r.echoed) { // one allocation for the echoes of some messages
		r.echoed = make([]Echo, 0, 8)
	}
	r.echoed = append(r.echoed, e)
	n := len(r.echoed)
	return r.echoed[n-1 : n : n]
}

// payload is the room in a message behind its header.
func (r *Replica[S]) payload() int {
	return r.cfg.MaxMessage - maxHeader - 2*r.longestName()
}

// longestName is the most bytes in a name that messages have room for.
func (r *Replica[S]) longestName() int { return max(r.members.longest, len(r.cfg.Self)) }

// The *budget of an event*: what it sends at most, besides scatters and those that it relays, so that
// a driver's queues can be bounded. What is beyond it goes out with a later event.
const (
	budgetBytes    = 240 << 10
	budgetMessages = 16
)

// budget is how many messages an event may send besides scatters.
func (r *Replica[S]) budget() int { return max(1, min(budgetMessages, budgetBytes/r.payload())) }

// cut cuts a delta into at most count parts of at most limit bytes each, and returns what is left of
// it. Cells that fit no part are in neither. The list of parts is good until the next call.
func (r *Replica[S]) cut(delta S, limit, count int) (parts []S, rest S) {
	if _, whole, err := r.encoded(delta, limit); err == nil && whole {
		r.single[0] = delta
		return r.single[:], r.none
	}
	return r.cutUp(delta, limit, count)
}

func (r *Replica[S]) cutUp(delta S, limit, count int) (parts []S, rest S) {
	taken := r.none
	for part, err := range crdt.Split(delta, 0, limit) {
		if len(parts) == count {
			return parts, delta.Minus(taken)
		}
		if cell := (*crdt.CellError)(nil); errors.As(err, &cell) { // a peer with a greater MaxMessage made it
			r.observe(Event{Kind: Unsendable})
			taken = grown(taken, delta.Extract([]crdt.CellID{cell.ID}))
			continue
		}
		parts = append(parts, part)
		taken = grown(taken, part)
	}
	return parts, r.none
}
