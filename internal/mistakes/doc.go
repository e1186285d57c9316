// Package mistakes plants mistakes into the protocol, one at a time, and has the
// simulator catch each of them: a test of the invariants in package sim. It has
// nothing but that test.
package mistakes
