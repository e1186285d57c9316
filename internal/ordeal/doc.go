// Package ordeal proves what gsetd promises with whole processes: clusters of real gsetd, on real disks and in
// networks that are really cut. It has tests and nothing else; package sim and package mistakes do the same for
// the engine in virtual time, where a failure can be played again.
//
//	go test ./internal/ordeal    some seconds: each promise, in a small size
//	make ordeals                 an hour: each promise in its full size, with its figures
//
// No test depends on how fast anything is: each waits for an event, and gives up after patience.
//
// # The network
//
// Each member has a network namespace, and its interface is a port of a bridge in a namespace of the test; a
// partition is several bridges. Packets are then lost without a word, as they are where a cable is cut, and the
// interfaces count what the members send. Clients come through Unix sockets, which no partition cuts. All of it is
// in a user namespace, so that root is not needed, and is gone when the test has ended. Where a user namespace
// cannot be made, the members are on loopback behind relays, which hold back what the others send to a member; a
// test says in its log which network it had.
//
// # The journal
//
// Each client writes down, before it sends an update, that the update is uncertain, and after the reply that it is
// acknowledged. At the end a member must hold everything acknowledged, and nothing that no client has sent.
package ordeal
