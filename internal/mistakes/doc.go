// Package mistakes plants mistakes into the protocol, one at a time, and has the simulator or a test of
// its own catch each of them: a test of the invariants in package sim, and of these tests. It
// has nothing but tests. docs/MISTAKES.md lists the mistakes.
package mistakes
