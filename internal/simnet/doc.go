// Package simnet drives many replicas over a simulated network in virtual time.
//
// Everything happens in one goroutine, in an order that depends on nothing but the
// seed: a run can be repeated exactly, and hours pass in seconds. Every message is
// encoded and decoded on its way, so that what is tested is what travels.
package simnet
