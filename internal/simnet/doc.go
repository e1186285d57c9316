// Package simnet drives many replicas over a simulated network in virtual time.
//
// Everything happens in one goroutine, in an order that depends on nothing but the
// seed: a run can be repeated exactly, and hours pass in seconds. [Net.Trace] tells
// two runs apart.
//
// The network delays, reorders, loses, duplicates and damages messages, delivers some again much
// later, carries so many bytes a second, buffers no more than fits, and can be cut in any way, one
// direction at a time. Nodes can be stopped, also in the middle of an event, and started again with
// whatever state they had kept; slowed down, and frozen. They may be configured differently, and
// have different lists of members. No two clocks agree; they may run at different rates, and jump.
//
// A message is not changed once it was sent, so receivers are handed what was sent,
// and a message's length is measured without a copy. One message in sixty-four is
// encoded and decoded on its way all the same, and every one if the network is paranoid,
// so that what is tested is what travels.
//
// What must never happen panics, unless [Net.Fail] is set: a message above the limit,
// or one that its receiver cannot read.
package simnet
