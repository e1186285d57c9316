// Package replica keeps the copies of a lattice at the members of a cluster equal, by
// gossip. A [Replica] is one member's part: a state machine that takes events and the time,
// and returns messages. It does no I/O, reads no clock, starts no goroutine, and draws
// randomness from a seed of its own, so the same events always give the same messages. A
// driver connects it to a clock, a network and a disk.
//
// The state is any [crdt.Lattice]: a set, a counter, a type of yours. Updates are deltas,
// states of the same type. Messages may be lost, duplicated, delayed and reordered: a join
// comes out the same in any order, any number of times.
//
// # What it promises
//
// Convergence. Once messages get through, all members come to hold the join of all states
// within a few probe intervals, whatever happened before. No message has to arrive, and no
// record is kept per message and receiver. Memory is the state, the updates that nobody has
// acknowledged, those of the last two rounds and of the gathers of this one, and a few numbers
// for each member that gathers.
//
// Speed. In a connected cluster an update is at every member within Config.Interval and two
// hops, and within one hop while there are few updates. Until a member that has just come up has
// measured a round trip, its updates may take an eighth of an interval more. A lost message
// costs an interval or two under load, and a few probe intervals at worst.
//
// Cost. A round with updates from m of n members costs m + n-1 messages. A cluster of equal
// members without updates sends nothing but probes, some 50 bytes each, at most one per
// member and probe interval.
//
// # What it never does
//
// A replica never invents or drops state: its state is a join of deltas that clients gave
// to members, and it only grows. It does not order updates, elect a leader or count a
// quorum: every member takes updates at any time, also when it is cut off. It does not
// detect failed members, and needs no one who does. It does not protect messages: the
// transport must tell a corrupted or forged message from a true one. Members trust each
// other; clients need not be trusted, see [crdt.Key].
//
// # Start
//
// All members have states under the same hash key, which is drawn once for a cluster. Give
// a replica its name and the list of members; every other field of a [Config] has a
// default.
//
//	members, err := replica.NewMembers("a", "b", "c")
//	...
//	r, err := replica.New(replica.Config{Self: "a", Members: members}, crdt.NewGSet(key), now())
//
// The state given to New belongs to the replica from then on. New takes all of that state
// for stable: nobody is told of it but members that a repair finds to lack it.
//
// # The driver loop
//
// One goroutine owns the replica, or a mutex guards it. Time is a duration since an origin
// of the driver's choice, and never below zero: time.Since(start) will do. Every event, and not
// only a Tick, does what has come due.
//
//	timer := time.NewTimer(0)
//	for {
//		var out replica.Output[*crdt.GSet]
//		var err error
//		select {
//		case delta := <-updates: // a client adds something
//			out, err = r.Update(now(), delta)
//		case packet := <-packets: // a message has come in
//			var m replica.Message[*crdt.GSet]
//			if m, err = replica.Decode(factory, packet.Data); err == nil {
//				out, err = r.Receive(now(), packet.From, m)
//			}
//		case list := <-lists: // the members have changed
//			out, err = r.SetMembers(now(), list)
//		case <-timer.C:
//			out = r.Tick(now())
//		}
//		if err != nil {
//			log.Print(err) // the replica is as it was; tell the client whose update it was
//			continue
//		}
//		if out.HasDurable() {
//			appendToDisk(out.Durable) // before anything is sent
//		}
//		for _, e := range out.Messages {
//			data, err := e.Message.AppendBinary(nil)
//			...
//			send(e.To, data) // may fail, or lose the message
//		}
//		timer.Reset(r.Deadline() - now()) // Deadline may be past: Tick has more to send
//	}
//
// factory is an empty state under the cluster's key. Config.MaxMessage says what the transport
// carries: 1,400 bytes are one datagram of UDP. A driver that has its own encoding can
// carry the fields of a [Message] instead of AppendBinary's bytes; docs/PROTOCOL.md
// describes those.
//
// # What the caller owes
//
//   - Calls are made one at a time.
//   - The time never runs backwards. Members' clocks need not agree, but should run at
//     about the same rate.
//   - Tick is called at Deadline or soon after. Deadline may change with every event.
//   - Of an Output, Durable is made durable before Messages are sent, where states have to
//     survive a crash. Messages may be sent in any order, late, twice, or not at all, but see
//     the next section.
//   - No two members that are up share a name, and none that restarts with an older state
//     repeats the Incarnation of its earlier life.
//   - A receiver is told the true name of a message's sender.
//
// # Links that lose nothing
//
// A driver over streams may set Config.Reliable, at all members alike, and saves up to two thirds
// of the bytes. It owes more then. Messages to a member arrive once and in their order while a
// connection lasts. When one ends, and whenever a gather was dropped, [Replica.Unreachable] is called, and
// before that gather's receiver gets a later message. A message that had to wait for a
// connection is marked, by its receiver, as Message.Queued: it measures no round trip. If any of that fails, nothing is lost,
// but a repair has to find what is missing.
//
// # Reading
//
// [Replica.Stable] and [Replica.Pending] are the two values whose join is the state; both
// cost nothing. An element is in a set if it is in either. [Replica.State] is the join, a
// copy while anything is pending: counters need it, as an entry may be in both values with
// different counts.
//
// An update is in Pending until this replica has scattered it or has heard it from another
// member. Being scattered is no proof of having arrived: lost scatters are found by
// digests, within a few probe intervals.
//
// # Restart
//
// Append every Durable to a log. From time to time save a [Replica.Snapshot] in its place:
// the view, and the two values of the state. To restart, join the log's deltas into the
// snapshot's Pending, and choose an Incarnation that this member never had:
//
//	for _, delta := range log {
//		snapshot.Pending.Join(delta)
//	}
//	cfg := replica.Config{Self: "a", Members: members, Incarnation: starts}
//	r, err := replica.Restore(cfg, snapshot, now())
//
// Restore sends what is pending once more. Updates that other members have already are
// acknowledged at once, and cost bytes only. Join the log into Stable instead if it is
// long, or if MaxMessage has become smaller than a cell of it, which Restore refuses: then
// nothing is sent but what a repair finds missing, within a few probe intervals.
//
// A member without a disk restarts with an empty state and gets everything back by a
// repair, except for updates that no other member had heard. A lattice that gives each life
// of a member cells of its own must have new ones then, see [crdt.Origin].
//
// # Members come and go
//
// Call SetMembers whenever the list changes, at each member at its own time. Members with
// different lists understand each other: a member hears and answers a sender that is not on
// its list, but does not probe it in turn, take it for the hub, or scatter to it for long unless it is heard.
//
//   - To join, start a replica with a list that has itself and some members, and add it to
//     the lists of the others before or after. It gets the state by its first repair.
//   - To leave, give it a list without itself and go on driving it. It gathers what is
//     pending, and gives up each view in which it would be the hub if it were on the list, as it
//     is on the lists of others. Stop it a few probe intervals after
//     Pending has become empty, and while it is connected: then a scatter of its last
//     updates that was lost has been mended.
//   - A member that is down may stay on the list. Scatters to it are wasted, and while it
//     is the hub updates take as long as it takes two members to find that out.
//     [Replica.Unreachable] shortens that.
//
// # Messages
//
// [Message] describes the fields. Every message carries the cluster's id, the sender's
// view, the digest of its stable value and its clock. An echo returns the clock of a message
// that came from the receiver, which measures a round trip by it. No message needs an earlier
// one to be understood.
//
//	Gather   A leaf sends updates to the hub, or to peers when the hub is silent. The
//	         receiver answers.
//	Scatter  A hub, or whoever pushes an update, tells everyone. It may have an arc of
//	         members that the receiver passes it on to.
//	Answer   Answers a gather that no scatter will answer: by the updates that everyone has
//	         been told already, or by nothing from a member that is not the hub.
//	Probe    Describes the sender's stable value by a digest and an estimator, some 50
//	         bytes. Equal digests end it; else the receiver answers by a Diff.
//	Diff     Describes the stable cells of a key range: by a sketch, or by the cells
//	         themselves. The receiver answers by what it holds beyond them, or by a Diff of
//	         its own with a longer sketch.
//	Cells    Has cells that the receiver lacks, and asks for cells that the sender lacks.
//
// Drivers need not tell kinds apart. A driver can do with short queues: besides scatters
// and those that it passes on, one event makes some 16 messages at most. If there is more
// to gather, Deadline is past; if there is more to repair, the last message leaves the next
// step to its receiver.
//
// # Ownership and concurrency
//
// A Replica is not safe for concurrent use. [Members] are immutable and may be shared.
// Update copies its delta. New and Restore own the states that they are given, and Receive
// the message. What Stable, Pending, State and Snapshot return belongs to the replica, and
// may be read until the next event.
//
// Messages and Durable may share memory with each other and with the replica. Nobody
// changes them. They stay as they are, so a driver may encode and send them in other
// goroutines, and after later events. Decode may run in any goroutine as well.
//
// # Errors
//
// After an error the replica is as it was before the call.
//
//   - New, Restore and SetMembers fail on what cannot work: a nil list, a name that is
//     empty or too long, a state without a hash key, an interval out of bounds.
//   - Update fails with [ErrTooLarge] on a cell that no message has room for, and on a
//     delta that is nil or under another key.
//   - Receive fails with [ErrForeign] on a message of another cluster, and with
//     [ErrMalformed] on one that no replica would send. Decode fails with ErrMalformed, too.
//     Drop the message and count it.
//   - A cell that came from a member with a greater MaxMessage, and that no message of this
//     member has room for, is left out of its messages. The Observer is told.
//
// # Watching
//
// [Replica.Status] tells what a replica knows of itself. Config.Observer is called when the view
// changes, when a peer is suspected, when a repair begins or goes on, at each step of a walk, and
// when a cell cannot be sent.
//
// # The protocol, on a whiteboard
//
// Each rule has a name and a file.
//
// Two values (*pending*, values.go). A state is the join of two lattice values. Stable is
// what every member has been told, as far as this one knows. Pending is what clients added
// here, or leaves gathered here, and this one has neither scattered nor heard back. A replica
// learns a client's update and a gather: what is new becomes pending. It hears a scatter, an
// answer and a repair: all of it becomes stable, but for the little that a repair taught a hub,
// which is pending until the hub has told it. To hear an update back is its acknowledgement, and
// the only one but for the echo of *spare*. Digests, sketches and repairs are of stable only. Members that
// have heard the same scatters have equal digests, whatever clients are adding meanwhile.
//
// The hub (*view*, internal/ring, standin.go). A view is a Lamport number on every message.
// Everyone adopts the greatest that it meets. A view appoints a hub by rendezvous hashing:
// the members that agree on the view and nearly agree on the list agree on the hub, without
// an election. Two hubs at once cost messages, and no more: scatters only merge.
//
// Rounds (*gather*, gather.go; *scatter*, *answer*, scatter.go). A leaf sends its updates
// to the hub. The hub joins what came in, and once a period sends the join to everyone,
// leaves that gathered it among them. A gather that finds the hub without anything to tell
// is answered at once. A leaf learns from echoes when the hub's next scatter is due, and
// sends its gather just early enough to meet it, by a measured margin (*phase*, gather.go); a
// hub's period is shorter than the interval by a leeway, so that there is time for the margin.
// A leaf that has never measured a round trip knows no phase, and sends up to eight gathers an
// interval. A scatter repeats the updates of two rounds before it, if they fit its
// message, to make up for those that were lost (*overlap*, scatter.go). Whoever gathers, or was
// heard last, and is not on the hub's list is told as well, for some probe intervals (*strangers*,
// scatter.go).
//
// Links that lose nothing save bytes. A scatter repeats nothing, and spares a leaf what the
// leaf gathered itself (*spare*, scatter.go), unless it goes down a tree. An echo on it acknowledges that:
// the message that a scatter echoes, and all before it, the hub has heard and told. What has not come yet
// is late and not lost: a gather is not sent again while the hub is heard, for a probe interval at
// most (*late, not lost*, gather.go), and other waits are half of one at least (*patience*, suspicion.go).
//
// Trees (*arcs*, arcs.go, internal/ring). Every member has a point on a ring, the hash of its name. Who
// scatters cuts the ring into at most Fanout arcs and sends to the first member of each,
// which does the same with the rest of its arc. In a cluster of up to Fanout others, each
// arc is a single member. Each scatter begins at another point of the
// ring, and so goes down another tree.
//
// Few updates (*eager push*, scatter.go, load.go). While there are few updates, fewer than
// five irreducible parts an interval over the last four and none in the last round trip, a round
// would save nothing. Whoever has an update, and no gather under way, scatters it, without the hub.
//
// A silent hub (*retry*, *overdue*, *sample*, gather.go; *stand-in*, *two witnesses*, standin.go). A gather that
// nobody acknowledges in time is two strikes against the hub. One that is missing from a scatter of the hub's that has all
// else is one: most likely it was lost. Its updates are sent again. After the former, and if there were fewer than
// twenty over the last two probe intervals, they go to everyone, else to the hub. What went to
// everyone is stable from then on, and digests find out whether that was lost, too. While there
// is a strike, one gather is under way at a time. At four a sample of the updates goes to three peers as well.
// The first of those to answer is the leaf's stand-in: it takes the updates as its own, and the
// leaf's next gathers. An echo of the hub, which says that the hub hears the leaf, ends the
// strikes. The view moves on when two members have found the same hub silent: one that has two
// strikes against it, and is sent the gather of another. So a badly connected leaf moves
// nobody's view.
//
// Proof (*audit*, *probe*, *quiet*, *suspicion*, suspicion.go). Every message carries a
// digest. A match proves equality with the sender. A replica that has no proof for a probe
// interval probes the peer whose turn it is; one that has proof sends nothing. A scatter
// that does not match makes its sender a suspect, the hub before anyone else. There is one
// suspect at a time: it is probed next, and sooner, unless a match with the hub clears it first.
//
// Repair (*repair*, repair.go). Two unequal members find what differs by two shapes of
// message. A diff describes the sender's cells in a key range, by a rateless IBLT or by all
// of them, whatever wastes less. Cells are the answer: what the peer lacks, and ids of what
// it should send. A hub scatters what a repair taught it, or only its digest if that is
// much. A leaf that was taught something asks the hub by a probe.
//
// Large repairs (*walk*, walk.go; *budget of an event*, replica.go). A step of a repair is a few messages,
// and all cells of a range that are asked for come out of a few events, so that nothing else waits for long. The last message
// names the rest of the key range, and its receiver asks for the rest by a probe. A member
// walks with one peer at a time, after both have agreed, and sends others on, some of them
// unasked: after a partition, members of both sides pair up.
//
// # Glossary
//
//	view        a Lamport number that appoints a hub: a view of Viewstamped Replication
//	            without quorums
//	hub         the coordinator of a view, as a primary or a rotating coordinator (Chandra
//	            and Toueg); two at once are safe
//	leaf        a member that is not the hub of its view
//	gather      many to one: MPI's gather
//	scatter     one to all, the same to each: MPI's broadcast, not its scatter
//	round       the gathers that one scatter answers: group commit
//	eager push  Plumtree's eager push, to all; direct mail (Demers et al. 1987)
//	stable      told to everyone, as far as known; in Isis it would be known to have arrived
//	pending     not acknowledged: a sender's retransmission buffer
//	strike      a gather in vain: a failure detector's missed heartbeat
//	stand-in    a relay around a bad link to the hub, akin to SWIM's indirect ping
//	suspicion   that a peer holds another state, not that it has failed
//	probe       an anti-entropy exchange that is one digest long if there is nothing to do
//	repair      push-pull anti-entropy (Demers et al. 1987) by set reconciliation
//	walk        a repair by key ranges, in steps that the receiver asks for
//	cell        the unit of comparison and repair: a page of a set, an entry of a counter
//	digest      the sum of the cells' hashes, of which messages carry the leading 80 bits
package replica
