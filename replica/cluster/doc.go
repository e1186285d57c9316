// Package cluster is a member of a live cluster: named sets and counters that every member reads
// and writes locally, through any outage, and that only grow. It drives the engine of package
// replica over one crdt.Collections, finds the members by github.com/hashicorp/memberlist, and
// keeps the state on a disk.
//
//	n, err := cluster.Open(cluster.Config{
//		Identity: cluster.Files("a.pem", "a.key", "ca.pem", nil),
//		Listen:   "10.0.0.1:7070",
//		Join:     []string{"10.0.0.2:7070"},
//		Dir:      "/var/lib/app",
//	})
//	...
//	_, err = n.Add(ctx, "revoked", serial)
//	revoked, err := n.Contains(ctx, "revoked", serial)
//	_, err = n.Wait(ctx, 1) // one other member holds it, too
//
// # What it promises
//
//   - A node takes every update at any time, also when it is cut off. It refuses updates while its
//     disk takes nothing, and when it is leaving, and for no other reason.
//   - An update that was acknowledged is on the node's disk, if Config.Dir is given and Config.Sync
//     is SyncAlways. All that wait while a commit is under way share the next. An update leaves the
//     node after its commit only. One that failed with an error that does not wrap ErrUncertain was
//     never made.
//   - Connected members come to hold the same, whatever was lost; package replica says how soon.
//   - Counters are exact: a node that comes back with less than it had, from a copy or an old disk, counts
//     under a new incarnation. It need not be told.
//   - All memory but that of the state is bounded: queues, frames, handshakes, what is kept of refusals.
//
// # Who is who
//
// A member is its certificate: the name is one of its DNS names, both sides of each connection
// check it, and both certificates must come from an authority in Identity.Authorities.
// Certificates and authorities are asked for at each handshake, so they are renewed without a
// restart. Links that are open are verified again every ten seconds, and end with the certificate or
// its authority. Each process draws a life, a random number, by which a member that came back is told from
// two that share a name. The second is refused by the members that know the first, as long as
// the first answers: Open fails with ErrNameTaken, or Status counts it.
//
// A cluster is its name and its hash key (crdt.Key). The first member draws the key. A member that
// joins without one is told it over mutual TLS, and keeps it in Config.Dir. Members with another key are
// refused even if their certificates are good. Members trust each other; clients need not be trusted.
// Who can read Config.Dir of a member, or has its certificate's key, is that member.
//
// # One port
//
// All of a node's traffic goes through one TCP port, in mutual TLS 1.3. Behind it is a handshake: versions,
// purpose, life, key's id, cluster, name, address. The acceptor answers by its own or by a reason to
// refuse, which both sides count and show in Status. A link carries length-prefixed frames one way: the
// engine's messages, memberlist's packets, and the words that Wait needs. memberlist's streams
// have connections of their own. A frame's limit is checked before memory is allocated: 72 KiB for a
// message, which holds an element of 64 KiB.
//
// # When a peer is slow
//
// Each link has a bounded queue in three classes. Packets of the failure detector go first. Updates
// follow: gathers, scatters, answers, probes. Repairs go last, and no faster than Config.RepairRate,
// so that a repair of gigabytes delays no update. A probe that waits is replaced by a newer one. If
// updates have no more room, the oldest message is dropped, and that is the merging of what waits:
// the next message has a digest that shows what is missing, and a repair sends the join of all that
// was dropped, once. A connection that fails is dialed again when something waits for the peer,
// after a pause of 50 ms to 5 s that doubles and is jittered; where nothing answers, of half a second at most, and at once when
// the peer is heard of.
//
// Scatters that were on their way when a connection ended are sent again by the next one. Gathers are not: the engine is told, and
// gathers anew. While a peer that was cut off hears what had waited for it, its probes are not answered, since a repair
// would bring the same.
//
// # Members come and go
//
// A member that is down stays on the engine's list, and is called again until it is back: after a
// partition of any length the two sides find each other. memberlist alone would not: it gives
// members up for good. A member is off the list when it has left, or has been down for Config.Forget.
// A suspicion of memberlist's and a dial that failed are hints to the engine (Replica.Unreachable), and
// nothing depends on them.
//
// # Wait
//
// Wait proves that members hold what was written here by digests, and keeps nothing for a write. A node
// numbers the latest 256 digests of its stable state. States only grow, so a member that shows
// one of them holds all of that state, for good. While somebody waits, the node asks the members for their digests;
// a member answers after its commit. See proof.go.
//
// # Who is behind, and by how much
//
// Status says of each member for how long there has been something stable here that the member has not
// proved to hold. With Config.Beacon each node also raises a counter of its own from time to time, and
// measures how long the others take to hold it, on its own clock: see beacon.go. These counters share one
// name, BeaconName, that views do not show and that clients cannot use.
//
// # An event loop that owns the data
//
// A server that executes commands in one goroutine gives that goroutine as Config.Do. It calls the
// methods of the node's [Core] there, without locks and without waiting, and Node.Commit once at the
// end of each turn: one write and one sync for all commands of the turn and all that peers have sent
// meanwhile. Replies wait for Commit. Node's own methods then serve other goroutines only.
//
//	n, err := cluster.Open(cluster.Config{Do: loop.Do, ...})
//
//	func (h *handler) Handle(c *loop.Conn, args [][]byte) {
//		added, err := h.node.Core().Add(string(args[1]), args[2:]...)
//		c.AwaitCommit()
//		...
//	}
//
//	func (h *handler) EndBatch() error { return h.node.Commit() }
//
// Without Config.Do the node has such a goroutine of its own. Reads then take a lock for readers, which
// nobody holds while the disk writes.
//
// # What it is not for
//
// Nothing is ever removed. There is no order between updates of different members, and no read
// that is guaranteed to see another member's latest update.
package cluster
