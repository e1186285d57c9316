package freeport

import (
	"net"
	"testing"
)

// Who names a reserved port listens there, again and again, with connections open; who asks for any port gets another.
func TestAReservedPortIsGivenToWhoNamesIt(t *testing.T) {
	reserved := map[string]bool{}
	for range 8 {
		reserved[Reserve(t)] = true
	}
	if len(reserved) != 8 {
		t.Fatal(reserved)
	}
	// Some 28,000 ports are given out, so that a port that is not reserved would come up among them.
	for range 60_000 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if addr := ln.Addr().String(); reserved[addr] {
			t.Fatalf("%s was given to another", addr)
		}
		_ = ln.Close()
	}
	for addr := range reserved {
		for range 3 {
			ln, err := net.Listen("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			s, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_, _, _ = ln.Close(), s.Close(), c.Close() // the server's end closes first, and lingers
		}
	}
}
