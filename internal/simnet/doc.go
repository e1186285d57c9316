// Package simnet drives many replicas over a simulated network in virtual time.
//
// Everything happens in one goroutine, in an order that depends on nothing but the
// seed: a run can be repeated exactly, and hours pass in seconds. [Net.Trace] tells
// two runs apart. Every message is encoded and decoded on its way, so that what is
// tested is what travels.
//
// The network delays, reorders, loses and duplicates messages, and can be cut in
// any way, one direction at a time. Nodes can be stopped, and started again with
// whatever state they had kept. No two clocks agree.
//
// What must never happen panics: a message above the limit, or one that its
// receiver cannot read.
package simnet
