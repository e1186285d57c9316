package cluster_test

import (
	"bufio"
	"fmt"
	"net"
	"testing"

	"gset/internal/loop"
	"gset/replica/cluster"
)

// server executes SADD and SISMEMBER in an event loop that owns a node's data.
type server struct{ node *cluster.Node }

func (s *server) Handle(c *loop.Conn, args [][]byte) {
	core := s.node.Core()
	switch string(args[0]) {
	case "SADD":
		added, err := core.Add(string(args[1]), args[2:]...)
		if err != nil {
			c.Reply().Error("ERR", err.Error())
			return
		}
		c.AwaitCommit()
		c.Reply().Int(int64(added))
	default:
		has := int64(0)
		if core.View().Contains(string(args[1]), args[2]) {
			has = 1
		}
		c.Reply().Int(has)
	}
}

func (s *server) EndBatch() error { return s.node.Commit() }

func TestAnEventLoopOwnsANodesData(t *testing.T) {
	ca := newCA(t)
	peer := open(t, config(t, ca, "peer"))
	s := new(server)
	l, err := loop.New(loop.Config{Handler: s})
	if err != nil {
		t.Fatal(err)
	}
	c := config(t, ca, "served", peer)
	c.Do, c.Dir = l.Do, t.TempDir()
	if s.node, err = cluster.Open(c); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Serve(listener); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- l.Run() }()

	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	replies := bufio.NewScanner(conn)
	ask := func(want string, command ...string) {
		t.Helper()
		fmt.Fprintf(conn, "*%d\r\n", len(command))
		for _, word := range command {
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(word), word)
		}
		if !replies.Scan() || replies.Text() != want {
			t.Errorf("%q: %q, %v", command, replies.Text(), replies.Err())
		}
	}
	ask(":2", "SADD", "set", "x", "y", "x")
	ask(":1", "SADD", "set", "x", "z")
	awaitElements(t, peer, "set", 3)
	add(t, peer, "set", "theirs")
	awaitElements(t, s.node, "set", 4)
	ask(":1", "SISMEMBER", "set", "theirs")
	ask(":0", "SISMEMBER", "set", "none")
	if held, err := s.node.Wait(within(t), 1); err != nil || held != 1 {
		t.Errorf("%d, %v", held, err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	l.Stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := s.node.Close(); err != nil { // the loop has ended: nobody else owns the data now
		t.Error(err)
	}
}
