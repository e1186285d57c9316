package cluster_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A member that was started when no other one could be reached calls those of its folder until one answers, however
// long that takes.
func TestAMemberGoesOnCallingThoseOfItsFolder(t *testing.T) {
	ca := newCA(t)
	ac := config(t, ca, "a")
	ac.Dir = t.TempDir()
	a := open(t, ac)
	bc := config(t, ca, "b", a)
	bc.Dir = t.TempDir()
	b := open(t, bc)
	awaitMembers(t, a, b)
	add(t, b, "set", "x")
	for ctx := within(t); ; { // b notes where a is
		text, err := os.ReadFile(filepath.Join(bc.Dir, "cluster.json"))
		if err != nil || ctx.Err() != nil {
			t.Fatal(err, ctx.Err())
		}
		if strings.Contains(string(text), a.Addr()) {
			break
		}
	}
	closed(t, b)
	ac.Listen = a.Addr()
	closed(t, a)

	ln, err := net.Listen("tcp", ac.Listen) // nobody who answers
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	bc.Join = nil
	b = open(t, bc) // elsewhere, so that a could not call it
	for range 4 {   // tries
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = c.Close()
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	a = open(t, ac)
	awaitMembers(t, a, b)
	awaitElements(t, a, "set", 1)
}
