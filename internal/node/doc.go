// Package node runs a replica as a Maelstrom node: a process that reads JSON messages
// from its standard input and writes them to its standard output, one a line.
//
// A Workload says which requests clients make and what they mean for a lattice; the
// rest is the same for all. Client requests are answered at once from the local
// replica. Gossip travels in one-way messages, whose type is the kind of the
// replica's message and whose "data" is its binary form in base64:
//
//	{"src":"n1","dest":"n2","body":{"type":"scatter","data":"EgAAAQ..."}}
//
// No line to another node exceeds 60 KiB, whatever the size of the state, because
// nodes on the Maelstrom Go library end on a line of 64 KiB. The bound is on what a node
// sends by itself: the reply to a read is as long as the set.
//
// With Options.Data a node keeps its state on disk, by package store. An update is committed before the
// replica learns it, so nobody reads it, hears of it or is told that it was added before it is on
// disk; updates that wait for the disk share a commit. What other nodes send is committed before any message that follows
// from it leaves. Reads wait for nothing. Without Data, a node's state is in memory only.
//
// A counter's entry belongs to this node and its incarnation: Ledger says what happens when somebody else
// counts under it.
//
// A node that has stood still for longer than clients wait leaves the requests that it finds then: standstill.go
// says why.
//
// Nothing that comes in ends the node, but the end of the input, and the end of the
// output that a write fails on. A request that makes no sense gets an error reply that
// names the field, and one that the replica refuses gets the definite error "abort": its
// update was not added. Everything else that makes no sense is counted, logged once for each
// kind of fault, and ignored.
package node
