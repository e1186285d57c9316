package loop_test

import (
	"bufio"
	"fmt"
	"net"

	"gset/internal/loop"
)

// counter is a server that knows one command.
type counter struct{ n, committed int64 }

func (h *counter) Handle(c *loop.Conn, args [][]byte) {
	if string(args[0]) != "INCR" {
		c.Reply().Error("ERR", "unknown command")
		return
	}
	h.n++
	c.AwaitCommit()
	c.Reply().Int(h.n)
}

// EndBatch is where a log would be written and synced.
func (h *counter) EndBatch() error {
	h.committed = h.n
	return nil
}

func Example() {
	l, err := loop.New(loop.Config{Handler: &counter{}})
	if err != nil {
		panic(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if err := l.Serve(ln); err != nil {
		panic(err)
	}
	ended := make(chan error)
	go func() { ended <- l.Run() }()

	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		panic(err)
	}
	fmt.Fprint(conn, "INCR\r\nINCR\r\nDECR\r\n")
	replies := bufio.NewScanner(conn)
	for range 3 {
		replies.Scan()
		fmt.Println(replies.Text())
	}
	l.Stop()
	fmt.Println(<-ended)
	_ = conn.Close()
	// Output:
	// :1
	// :2
	// -ERR unknown command
	// <nil>
}
