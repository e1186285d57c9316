// Package scale measures how the replica's costs grow with the cluster: messages, latency,
// load and bytes at the hub, and how long a cluster takes to recover from a partition, or
// from members that failed for good.
//
// Every measurement is a run of internal/simnet in virtual time, and a function of its
// seed: but for how fast the run was and how much memory it took, it gives the same
// numbers on any machine. The command lab scale writes them into docs/SCALE.md.
package scale
