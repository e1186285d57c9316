package main

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"

	"gset/internal/freeport"
)

// The last member that is up waits for nobody when it is interrupted, however long it may, and does not speak of others.
func TestTheLastMemberEndsAtOnce(t *testing.T) {
	ca := newCA(t)
	clients, peers, stopB := member(t, ca, "b", t.TempDir(), "--peer-leave=0")
	ctx, cancel := context.WithCancel(t.Context())
	in, out := io.Pipe()
	log := new(watched) // is the process' log since a has begun last
	ended := make(chan int)
	args := append(memberArgs(t, ca, "a", t.TempDir()), "--peer-leave=1h", "--peer-join="+peers)
	go func() {
		ended <- run(ctx, args, out, log)
		_ = out.Close()
	}()
	printed := bufio.NewReader(in)
	serving, err := printed.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, printed) }()
	b := connect(t, clients)
	others(t, b, 1)
	_ = b.Close()
	stopB() // a has it on its list, and finds out later that it is down
	a := connect(t, strings.TrimSuffix(servedAt([]string{serving}), "\n"))
	do(t, a, 1, "SADD", "s", "x") // which nobody else holds
	_ = a.Close()
	cancel()
	if status := <-ended; status != 0 || !strings.Contains(log.String(), "no other member is up") || strings.Contains(log.String(), "take this member for one that is down") {
		t.Errorf("status %d: %s", status, log.String())
	}
}

// A cluster whose members were all stopped is there again when they are started, in another order.
func TestAClusterIsStoppedAndStartedInAnyOrder(t *testing.T) {
	ca := newCA(t)
	names, dirs, addresses := []string{"a", "b"}, []string{t.TempDir(), t.TempDir()}, []string{freeport.Reserve(t), freeport.Reserve(t)}
	serve := func(i int, args ...string) (clients string, stop func()) {
		clients, _, stop = member(t, ca, names[i], dirs[i], append(args, "--peer-listen="+addresses[i])...)
		return clients, stop
	}
	a, stopA := serve(0)
	_, stopB := serve(1, "--peer-join="+addresses[0])
	c := connect(t, a)
	others(t, c, 1)
	do(t, c, 1, "SADD", "s", "x")
	_ = c.Close()
	for range 2 { // stopped in one order, and then in the other
		stopA()
		stopB()
		var b string
		b, stopB = serve(1, "--peer-join="+addresses[0])
		_, stopA = serve(0, "--peer-join="+addresses[1])
		c := connect(t, b)
		others(t, c, 1)
		do(t, c, 1, "SISMEMBER", "s", "x")
		_ = c.Close()
		stopA, stopB = stopB, stopA
	}
	stopA()
	stopB()
}
