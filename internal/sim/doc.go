// Package sim plays schedules of faults against a cluster of replicas in virtual time, and
// holds what happens against what must hold.
//
// A [Schedule] is a run as data: the cluster, its network, and a list of what
// happens when. [Generate] draws one from a seed, [Play] plays it, and [Shrink] removes
// events from a failing schedule as long as it still fails. A run depends on its schedule and
// nothing else, on any machine: it draws whole numbers from its own seeds, and does
// not go through maps. [Result] has a hash of what all messages say, to show it.
//
// Messages are lost, delivered twice, damaged, replayed and dropped where buffers are full (simnet).
// Links break and nodes stop, slow down and start again (fault.go), in the middle of an event or from
// an old snapshot (crash.go); members come and go (members.go); nodes may be configured differently
// (mixed.go), and the hashes of cells may be weak (weak.go).
//
// In one schedule of four every node keeps its state in a store (package store) on a file system that crashes
// (package modelfs; disk.go), and does with it what a node does (durable.go): it commits a client's update before
// it acknowledges it, and what others sent before it sends what follows from that. What befalls disks
// (mishap.go, schedule.go):
//
//	power     the power fails in the middle of a call: a write, a sync, a rename, while the store is opened.
//	          Of what was not synced each sector is written, lost, or has an older content: commits are torn
//	kill      the process dies there, and all that it wrote is kept
//	full      the disk has room for so many bytes more
//	fail      some calls fail, syncs among them
//	rollback  the folder is replaced by a copy that was made earlier: a restored backup
//	crash     the process dies between two events; if it loses its state, the folder is empty
//
// In the others a node keeps all that it was told to make durable.
//
// What clients add is kept in a model of plain numbers (model.go). Invariants hold at every
// step (invariant.go), and of disks (kept.go); while faults last, among nodes that stay connected (progress.go); after the last
// fault (bound.go); and at last, when nothing is wrong, of what updates cost (steady.go).
//
// A [History] of a run tells an oracle what was out when (oracle.go), and the oracle says how early each
// node could have held what was added: what a protocol takes beyond that is its own.
package sim
