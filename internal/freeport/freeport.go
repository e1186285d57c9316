// Package freeport finds ports of loopback for tests that must name a port before a process listens there.
package freeport

import "testing"

// Reserve returns an address on 127.0.0.1 whose port is free. On Linux it stays free until the test ends: other
// sockets are given other ports, but who names this one can listen there, and listen again. Elsewhere it is
// free at the time, and another process may be given it.
func Reserve(t testing.TB) string {
	t.Helper()
	addr, release, err := reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return addr
}
