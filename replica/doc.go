// Package replica keeps copies of a lattice equal by gossip. A Replica is one
// member's part in it: a state machine that is handed events and the time, and
// hands back messages. It does no I/O, reads no clock, starts no goroutine and
// draws no randomness but from its seed, so the same events always give the same
// messages. A driver connects it to a network; there can be many kinds.
//
// # What the caller owes
//
// The caller serialises calls. It passes the time as a duration since an origin of
// its own choosing, never running backwards; members' clocks need not agree. It
// calls Update when a client adds something, Receive when a message arrives,
// and Tick at Deadline, which it asks for after every event. Of every Output it makes
// Durable durable, if states must survive a crash, and then sends Messages. It
// may lose, duplicate, delay and reorder them as it likes, but not alter them.
//
// # What it promises
//
// Whatever happened before: once messages get through again, all members come to
// hold the same state within a few probe intervals. That follows from the merge
// alone. No message has to arrive, and none is tracked: memory is the state, the
// pending news, and a handful of numbers.
//
// While messages do get through, an update is everywhere within an interval and two
// hops, a late gather aside, or after one hop when little is going on; a round of news from m
// members costs m + n-1 messages; and a quiet cluster of equal members sends
// nothing but probes of constant size, at most one per member and probe interval.
//
// # The protocol
//
// Each rule has its place in the code under the name it has here.
//
//   - Gather and scatter: all members draw the same hub from a shared coin
//     (coin.go). A leaf sends its news to the hub (gather.go). The hub joins what
//     came in and, once a period at most, sends the join to everyone (scatter.go).
//   - Lone: an update made while little is going on goes straight to everyone; its
//     maker appoints itself. Two hubs at once are harmless, since scatters only merge.
//   - Pending: news is pending until somebody says it back. The scatter that carries
//     it is the acknowledgement (pending.go).
//   - Answer: a hub answers every gather, by its next scatter or directly.
//   - Retry: a hub that does not say news back is asked again, or done without if little is
//     going on, then given up for the next that the coin draws. The view is a Lamport
//     number on every message; everyone adopts the greatest.
//   - Phase: a leaf times its gather to just meet the hub's next scatter.
//   - Overlap: a scatter repeats the news of the last rounds.
//   - Scale: in a large cluster a scatter goes down a tree, another one in each view (tree.go).
//   - Audit: every message carries the digest of its sender's settled state. A match
//     is proof of equality; a scatter that does not match casts doubt (audit.go).
//   - Probe: a member in doubt, or without proof for a probe interval, sends its digest.
//   - Repair: two unequal members exchange what differs (repair.go).
//   - Quiet: who has proof sends nothing.
package replica
