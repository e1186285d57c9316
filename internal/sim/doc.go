// Package sim plays schedules of faults against a cluster of replicas in virtual time, and
// holds what happens against what must hold.
//
// A [Schedule] is a run as data: the cluster, its network, and a list of what
// happens when. [Generate] draws one from a seed, [Play] plays it, and [Shrink] leaves
// out of one that fails whatever it fails without. A run depends on its schedule and
// nothing else, on any machine: it draws whole numbers from its own seeds, and does
// not go through maps. [Result] has a hash of all messages to show it.
//
// A [History] of a run tells an oracle what was out when (oracle.go), and the oracle how early each
// node could have held what was added: what a protocol takes beyond that is its own.
//
// What clients add is kept in a model of plain numbers (model.go), and what must
// hold is in invariant.go: some of it at every step, some after the last fault.
package sim
