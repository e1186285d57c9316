package replica

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"gset/crdt"
)

// never is the time of what is not going to happen.
const never = time.Duration(math.MaxInt64)

// Replica is one member's state machine over a lattice S. See the package
// documentation for what the caller owes. It is not safe for concurrent use.
type Replica[S crdt.Lattice[S]] struct {
	cfg  Config
	coin coin
	self int // this replica's place in the sorted list of members
	rand *rand.Rand
	turn circle // whose turn it is to be probed

	shape  tree // of the scatters of the view shaped
	shaped uint64

	state S
	view  uint64
	hub   ID // of the view
	rtt   estimator
	load  load
	heard heard

	pending pending[S]
	leaf    leaf
	round   round[S]
	audit   audit

	out     Output[S]
	scratch []byte // room for an encoding
}

// heard is the message heard last: its stamp goes back with whatever is next sent
// to its sender.
type heard struct {
	from  ID
	stamp time.Duration
	at    time.Duration
}

// Output is what an event asks of the caller: first make Durable durable, where
// states have to survive a crash, then send Messages. Both are the caller's to keep.
type Output[S crdt.Lattice[S]] struct {
	// Durable is what the event added to the state; the zero S if nothing.
	Durable S

	// Messages may be sent in any order. They may share deltas with each other
	// and with Durable, which must not be changed.
	Messages []Envelope[S]
}

// New returns the replica of cfg.Self at time now with the given state, which it
// owns from here on. What the state holds is old news, to be told to nobody but
// those who are found to lack it.
func New[S crdt.Lattice[S]](cfg Config, state S, now time.Duration) (*Replica[S], error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	members := cfg.sorted()
	if cfg.Fanout == 0 {
		cfg.Fanout = DefaultFanout
	}
	self := fnv.New64a()
	self.Write([]byte(cfg.Self))
	r := &Replica[S]{
		cfg:     cfg,
		coin:    coin{cfg.Seed, members},
		rand:    rand.New(rand.NewPCG(cfg.Seed, self.Sum64())),
		state:   state,
		rtt:     newEstimator(),
		pending: newPending(state),
		round:   newRound(state),
	}
	r.hub = r.coin.hub(r.view)
	r.self, _ = slices.BinarySearch(members, cfg.Self)
	r.turn = newCircle(r.others(), r.rand)
	r.rearm(now)
	r.audit.proof -= r.jittered(cfg.Probe) / 2 // nobody knows what it missed
	return r, nil
}

// others is the number of peers: everyone but this replica.
func (r *Replica[S]) others() int { return len(r.coin.members) - 1 }

// peer returns the i-th of everyone else, from 0 on.
func (r *Replica[S]) peer(i int) ID {
	if i >= r.self {
		i++
	}
	return r.coin.members[i]
}

// State returns the replica's state, to be read and not changed, until the next event.
func (r *Replica[S]) State() S { return r.state }

// View returns the replica's view.
func (r *Replica[S]) View() uint64 { return r.view }

// Hub returns the hub of the replica's view: the member that gathers, scatters, and
// tells everyone what it learns in repairs. At an interval of 0 there is no time to
// gather, and the last is all it does.
func (r *Replica[S]) Hub() ID { return r.hub }

// Settled is the digest of the state less pending news. Replicas that have heard
// the same hub agree on it, whatever each has just been told by a client.
func (r *Replica[S]) Settled() crdt.Digest { return r.pending.digest(r.state) }

// fingerprint is what is told of Settled.
func (r *Replica[S]) fingerprint() crdt.Fingerprint { return r.Settled().Fingerprint() }

// Update joins delta, made here by a client, into the state. The caller may
// change delta afterwards.
func (r *Replica[S]) Update(now time.Duration, delta S) Output[S] {
	if news := r.learn(delta); news.Len() > 0 && r.others() > 0 {
		lone := r.lone(now)
		r.load.add(news.Len(), now)
		r.tell(news, now)
		if lone {
			r.scatter(now)
		}
	}
	return r.act(now)
}

// ErrStranger is the error of a message from someone who is not a peer.
var ErrStranger = errors.New("replica: message from a stranger")

// ErrMalformed is the error of a message that no replica would have sent.
var ErrMalformed = errors.New("replica: malformed message")

// Receive takes in a message. It fails, changing nothing, if the sender is not a
// peer, or the message one that no replica would have sent. The caller may change the
// message afterwards.
func (r *Replica[S]) Receive(now time.Duration, from ID, m Message[S]) (Output[S], error) {
	sender, known := slices.BinarySearch(r.coin.members, from)
	if !known || sender == r.self {
		return Output[S]{}, fmt.Errorf("%w: %q", ErrStranger, from)
	}
	if err := m.check(r.self, len(r.coin.members)); err != nil {
		return Output[S]{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var differing []crdt.CellID
	var decoded bool
	if m.Kind == Sketch {
		var err error
		if differing, decoded, err = r.difference(m); err != nil {
			return Output[S]{}, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
	}
	if m.Relay != nil {
		r.relay(m)
		sender, m.Answer = m.Relay.Root, r.own(m.Relay.Echoes)
		from = r.coin.members[sender]
	}
	r.adopt(m.View, now)
	r.heard = heard{from, m.Stamp, now}
	if m.Answer != nil {
		r.rtt.sample(now-m.Answer.Stamp-m.Answer.Wait, 1+len(r.round.answers))
	}
	calm := r.calm(now)
	switch m.Kind {
	case Gather:
		r.receiveGather(now, sender, m)
	case Scatter:
		r.receiveScatter(now, from, m)
	case Probe:
		r.receiveProbe(now, from, m)
	case Sketch:
		r.receiveSketch(now, from, m, differing, decoded)
	case Repair:
		r.receiveRepair(now, from, m)
	}
	r.compare(now, from, m, calm)
	return r.act(now), nil
}

// Tick does what has come due. Call it at Deadline or soon after; calling it at
// any other time is harmless.
func (r *Replica[S]) Tick(now time.Duration) Output[S] { return r.act(now) }

// Deadline is the time at which Tick should be called next. It may change with
// every event.
func (r *Replica[S]) Deadline() time.Duration {
	return min(r.scatterDue(), r.gatherDue(), r.retryDue(), r.probeDue())
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
	if now >= r.probeDue() {
		r.probe(now)
	}
	out := r.out
	r.out = Output[S]{}
	return out
}

// learn joins into the state what nobody has told everyone, and returns the news
// in it, which is pending from here on.
func (r *Replica[S]) learn(delta S) (news S) {
	if r.others() == 0 {
		news = r.state.Join(delta)
	} else {
		news = r.pending.learn(r.state, delta)
	}
	r.keep(news)
	return news
}

// hear joins into the state what everyone is told, or what is taken for that: what a leaf
// learns in a repair. It acknowledges pending news.
func (r *Replica[S]) hear(delta S) (news S) {
	news = r.state.Join(delta)
	r.keep(news)
	if r.pending.heard(delta) {
		r.leaf.tries = 0
	}
	return news
}

// keep has news made durable. Nobody changes it from here on.
func (r *Replica[S]) keep(news S) {
	if news.Len() > 0 {
		r.out.Durable = news
	}
}

// tell makes news fresh, to go out with the next gather or scatter.
func (r *Replica[S]) tell(news S, now time.Duration) {
	if news.Len() == 0 || r.others() == 0 {
		return
	}
	if r.pending.fresh.Len() == 0 {
		r.leaf.aimed = r.nextSlot(now)
	}
	r.pending.add(news)
}

// adopt moves on to a greater view. News on its way to the old hub goes to the new
// one, and the old hub's round is over.
func (r *Replica[S]) adopt(view uint64, now time.Duration) {
	if view <= r.view {
		return
	}
	former := r.hub
	r.view, r.hub = view, r.coin.hub(view)
	if r.audit.doubted == former {
		r.doubt(r.Hub(), min(r.audit.due, now+r.window()))
	}
	r.pending.recall()
	r.leaf = leaf{heard: now}
	r.round.answers, r.round.echoes = nil, r.state.New()
}

// send puts a message into the output, with the fields that all messages have.
func (r *Replica[S]) send(now time.Duration, to ID, m Message[S]) {
	m.View, m.Digest, m.Stamp = r.view, r.fingerprint(), now
	if m.Answer == nil && to == r.heard.from {
		m.Answer = &Answer{r.heard.stamp, now - r.heard.at}
	}
	r.out.Messages = append(r.out.Messages, Envelope[S]{to, m})
}

// payload is the room in a message behind its header.
func (r *Replica[S]) payload() int { return r.cfg.MaxMessage - maxHeader }

// parts cuts a delta into parts of at most limit bytes. The only part may be the delta
// itself.
func (r *Replica[S]) parts(delta S, limit int) []S {
	if delta.Len() <= limit { // most of the time it fits as it is
		var err error
		if r.scratch, err = delta.AppendBinary(r.scratch[:0]); err == nil && len(r.scratch) <= limit {
			return []S{delta}
		}
	}
	var parts []S
	for part, err := range crdt.Split(delta, 0, limit) {
		if err != nil { // no cell is longer than crdt.MaxCell, and limit never shorter
			panic(fmt.Sprintf("replica: a lattice breaks its contract: %v", err))
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return []S{delta}
	}
	return parts
}
