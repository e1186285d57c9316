package loop_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gset/internal/loop"
	"gset/internal/resp"
)

func toyConfig() loop.Config { return loop.Config{Handler: newToy()} }

func TestCommandsAreAnsweredInOrder(t *testing.T) {
	eachKind(t, toyConfig, func(t *testing.T, s server) {
		clients := []*client{s.dial(), s.dial(), s.dial()}
		for round := range 20 {
			for i, c := range clients {
				c.send(fmt.Sprintf("INCR c%d\r\n", i) + multibulk("SADD", "s", fmt.Sprint(i, round)) + "\r\n*0\r\n" + multibulk("ECHO", strings.Repeat("x", round*1000)))
			}
			for _, c := range clients {
				c.expect(fmt.Sprintf(":%d\r\n:1\r\n$%d\r\n%s\r\n", round+1, round*1000, strings.Repeat("x", round*1000)))
			}
		}
	})
}

func TestACommandThatArrivesInPiecesIsAnsweredOnce(t *testing.T) {
	eachKind(t, toyConfig, func(t *testing.T, s server) {
		c := s.dial()
		for _, b := range []byte(multibulk("ECHO", "hello") + "PING\r\n") {
			c.send(string(b))
		}
		c.expect("$5\r\nhello\r\n+PONG\r\n")
	})
}

func TestOneSADDOf200000Elements(t *testing.T) {
	elements := 200_000
	if testing.Short() { // the race detector takes its time
		elements = 20_000
	}
	args := []string{"SADD", "s"}
	for i := range elements {
		args = append(args, "element:"+strconv.Itoa(i))
	}
	command := multibulk(args...)
	eachKind(t, toyConfig, func(t *testing.T, s server) {
		c := s.dial()
		c.send(command + command + fmt.Sprintf("SISMEMBER s element:%d\r\n", elements-1))
		c.expect(fmt.Sprintf(":%d\r\n:0\r\n:1\r\n", elements))
	})
}

// The client reads nothing until it has written everything, as some do.
func TestAMillionPipelinedCommandsDoNotKeepOthersWaiting(t *testing.T) {
	commands := 1_000_000
	if testing.Short() {
		commands = 100_000
	}
	eachKind(t, func() loop.Config {
		inBatch := map[*loop.Conn]int{}
		most := 0
		h := handler{toy: newToy()}
		h.commit = func() error { clear(inBatch); return nil }
		h.before = func(c *loop.Conn, args [][]byte) bool {
			inBatch[c]++
			most = max(most, inBatch[c])
			if is(args, "MOST") {
				c.Reply().Int(int64(most))
				return true
			}
			return false
		}
		return loop.Config{Handler: h}
	}, func(t *testing.T, s server) {
		busy, other := s.dial(), s.dial()
		busy.send(strings.Repeat("PING\r\n", commands))
		other.send("PING\r\n")
		other.expect("+PONG\r\n")
		busy.expect(strings.Repeat("+PONG\r\n", commands))
		other.send("MOST\r\n")
		reply, err := other.r.ReadString('\n')
		most, _ := strconv.Atoi(strings.Trim(reply, ":\r\n"))
		if err != nil || most == 0 || most > loop.TurnCommands {
			t.Fatalf("%d commands of a client in one batch, %v", most, err)
		}
	})
}

// A batch of few commands with large replies is as bounded as one of many with small ones.
func TestLargeRepliesEndAClientsTurn(t *testing.T) {
	const size, commands = 100_000, 50
	eachKind(t, func() loop.Config {
		inBatch := 0
		h := handler{toy: newToy()}
		h.commit = func() error { inBatch = 0; return nil }
		h.before = func(c *loop.Conn, args [][]byte) bool {
			if inBatch += size; inBatch > loop.TurnOutput+size {
				t.Errorf("replies of %d bytes in a batch", inBatch)
			}
			c.Reply().BulkString(strings.Repeat("x", size))
			return true
		}
		return loop.Config{Handler: h}
	}, func(t *testing.T, s server) {
		c := s.dial()
		c.send(strings.Repeat("LARGE\r\n", commands))
		c.expect(strings.Repeat(fmt.Sprintf("$%d\r\n%s\r\n", size, strings.Repeat("x", size)), commands))
	})
}

func TestNoReplyPrecedesItsCommit(t *testing.T) {
	eachKind(t, func() loop.Config {
		h := handler{toy: newToy()}
		handled, committed := 0, 0
		h.before = func(c *loop.Conn, args [][]byte) bool {
			if is(args, "COMMITTED") {
				c.Reply().Int(int64(committed))
				return true
			}
			handled++
			return false
		}
		h.commit = func() error { committed = handled; return nil }
		return loop.Config{Handler: h}
	}, func(t *testing.T, s server) {
		c, other := s.dial(), s.dial()
		for i := range 100 {
			c.send("INCR a\r\n")
			c.expect(fmt.Sprintf(":%d\r\n", i+1))
			other.send("COMMITTED\r\n")
			other.expect(fmt.Sprintf(":%d\r\n", i+1))
		}
	})
}

var errDisk = errors.New("no space left")

func TestAFailedCommitAnswersWritesByErrorsAndReadsAsEver(t *testing.T) {
	eachKind(t, func() loop.Config {
		h := handler{toy: newToy()}
		fail := false
		h.before = func(c *loop.Conn, args [][]byte) bool {
			switch {
			case is(args, "FAIL"):
				fail = true
				c.Reply().Simple("OK")
			case is(args, "SILENT"): // awaits the commit and says nothing
				c.AwaitCommit()
			default:
				return false
			}
			return true
		}
		h.commit = func() error {
			if fail {
				fail = false
				return errDisk
			}
			return nil
		}
		return loop.Config{Handler: h}
	}, func(t *testing.T, s server) {
		c := s.dial()
		c.send("INCR a\r\nECHO before\r\n")
		c.expect(":1\r\n$6\r\nbefore\r\n")
		c.send("INCR a\r\nECHO x\r\nFAIL\r\nINCR a\r\nSADD s e\r\nSILENT\r\nGET a\r\n")
		c.expect("-ERR no space left\r\n$1\r\nx\r\n+OK\r\n-ERR no space left\r\n-ERR no space left\r\n-ERR no space left\r\n$1\r\n3\r\n")
		c.send("INCR a\r\n")
		c.expect(":4\r\n")
	})
}

// toyThatTells configures a toy that says why each connection was closed.
func toyThatTells(causes chan<- error) func() loop.Config {
	return func() loop.Config {
		c := toyConfig()
		c.Closed = func(_ *loop.Conn, err error) { causes <- err }
		return c
	}
}

func TestAProtocolErrorIsToldAndEndsTheConnection(t *testing.T) {
	causes := make(chan error, 1)
	eachKind(t, toyThatTells(causes), func(t *testing.T, s server) {
		c := s.dial()
		c.offer("PING\r\n*1\r\n$9223372036854775808\r\nPING\r\n" + strings.Repeat("x", 10_000))
		c.expect("+PONG\r\n-ERR Protocol error: invalid bulk length\r\n")
		c.expectEnd()
		if err := <-causes; !errors.As(err, new(resp.ProtocolError)) {
			t.Fatal(err)
		}
	})
}

func TestAClientThatEndsItsStreamGetsAllReplies(t *testing.T) {
	causes := make(chan error, 1)
	eachKind(t, toyThatTells(causes), func(t *testing.T, s server) {
		c := s.dial()
		c.send(strings.Repeat(multibulk("ECHO", strings.Repeat("x", 1000)), 5000) + "*2\r\n$4\r\nECHO\r\n$5\r\nhal")
		c.closeWrite()
		c.expect(strings.Repeat("$1000\r\n"+strings.Repeat("x", 1000)+"\r\n", 5000))
		c.expectEnd()
		if err := <-causes; !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	})
}

func TestQuitAnswersAndClosesAndReadsNoMore(t *testing.T) {
	eachKind(t, toyConfig, func(t *testing.T, s server) {
		c := s.dial()
		c.send("PING\r\nQUIT\r\nPING\r\n")
		c.expect("+PONG\r\n+OK\r\n")
		c.expectEnd()
	})
}

func TestOneConnectionTooManyIsToldSo(t *testing.T) {
	eachKind(t, func() loop.Config {
		c := toyConfig()
		c.MaxConns = 2
		return c
	}, func(t *testing.T, s server) {
		first, second := s.dial(), s.dial()
		for _, c := range []*client{first, second} {
			c.send("PING\r\n")
			c.expect("+PONG\r\n")
		}
		conn, err := s.dials()
		if err == nil { // a TLS client is not even greeted
			third := &client{conn, t, nil}
			text, _ := io.ReadAll(third)
			if string(text) != "-ERR max number of clients reached\r\n" {
				t.Fatalf("%q", text)
			}
			_ = conn.Close()
		}
		s.inLoop(func() {
			if got := s.Stats(); got.Rejected != 1 || got.Accepted != 2 || got.Received != 2*uint64(len("PING\r\n")) || got.Sent != 2*uint64(len("+PONG\r\n")) {
				t.Errorf("%+v", got)
			}
		})
		first.send("QUIT\r\n")
		first.expect("+OK\r\n")
		first.expectEnd()
		s.inLoop(func() {}) // the turn in which the first was closed is over
		fourth := s.dial()
		fourth.send("PING\r\n")
		fourth.expect("+PONG\r\n")
	})
}

func TestABlockedClientWaitsAndThenGoesOn(t *testing.T) {
	blocked := make(chan *loop.Conn, 1)
	causes := make(chan error, 2)
	eachKind(t, func() loop.Config {
		h := handler{toy: newToy()}
		h.before = func(c *loop.Conn, args [][]byte) bool {
			if is(args, "BLOCK") {
				c.Block()
				blocked <- c
				return true
			}
			return false
		}
		return loop.Config{Handler: h, Closed: func(_ *loop.Conn, err error) { causes <- err }}
	}, func(t *testing.T, s server) {
		c, other := s.dial(), s.dial()
		c.send("PING\r\nBLOCK\r\nECHO later\r\n")
		c.expect("+PONG\r\n")
		conn := <-blocked
		c.send("PING\r\n")
		other.send("PING\r\n")
		other.expect("+PONG\r\n")
		s.inLoop(func() {
			conn.Reply().Int(7)
			conn.Unblock()
		})
		c.expect(":7\r\n$5\r\nlater\r\n+PONG\r\n")

		c.send("BLOCK\r\n")
		<-blocked
		_ = c.Close()
		if err := <-causes; !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		_ = other.Close()
		<-causes
	})
}

func TestFunctionsRunOnceAndInOrder(t *testing.T) {
	for _, kind := range kinds[:2] {
		t.Run(kind.name, func(t *testing.T) {
			l := run(t, kind.adapt(toyConfig()))
			const callers, calls = 4, 3 * loop.TurnCalls
			var ran [callers][]int
			var wg sync.WaitGroup
			for caller := range callers {
				wg.Go(func() {
					for i := range calls {
						if err := l.Do(func() { ran[caller] = append(ran[caller], i) }); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			last := make(chan struct{})
			if err := l.Do(func() { close(last) }); err != nil {
				t.Fatal(err)
			}
			<-last
			for caller := range callers {
				for i := range calls {
					if ran[caller][i] != i {
						t.Fatal(caller, i, ran[caller][i])
					}
				}
			}
		})
	}
}

func TestFunctionsAreRefusedWhenTooManyWaitOrTheLoopHasEnded(t *testing.T) {
	config := toyConfig()
	config.MaxFunctions = 3
	l, err := loop.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for range 3 {
		if err := l.Do(func() { ran++ }); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Do(func() { ran++ }); !errors.Is(err, loop.ErrBusy) {
		t.Fatal(err)
	}
	l.Stop()
	if err := l.Run(); err != nil || ran != 3 {
		t.Fatal(err, ran)
	}
	if err := l.Do(func() {}); !errors.Is(err, loop.ErrStopped) {
		t.Fatal(err)
	}
	if err := l.Serve(listen(t)); !errors.Is(err, loop.ErrStopped) {
		t.Fatal(err)
	}
	server, _ := net.Pipe()
	if err := l.Adopt(server); !errors.Is(err, loop.ErrStopped) {
		t.Fatal(err)
	}
}

func TestWhatAFunctionWritesIsCommittedAndSent(t *testing.T) {
	opened := make(chan *loop.Conn, 1)
	batches := 0
	eachKind(t, func() loop.Config {
		h := newToy()
		h.commit = func() error { batches++; return nil }
		return loop.Config{Handler: h, Opened: func(c *loop.Conn) { opened <- c }}
	}, func(t *testing.T, s server) {
		c := s.dial()
		conn := <-opened
		s.inLoop(func() {
			batches = 0
			conn.SetProtocol(resp.RESP3)
			w := conn.Reply()
			w.Push(2)
			w.BulkString("new")
			w.Int(1)
		})
		c.expect(">2\r\n$3\r\nnew\r\n:1\r\n")
		s.inLoop(func() {
			if batches == 0 {
				t.Error("no batch was ended")
			}
		})
	})
}

func TestStopClosesEverything(t *testing.T) {
	for _, kind := range kinds[:2] {
		t.Run(kind.name, func(t *testing.T) {
			causes := make(chan error, 1)
			ln := listen(t)
			addr := ln.Addr().String()
			config := toyConfig()
			config.Closed = func(_ *loop.Conn, err error) { causes <- err }
			l, err := loop.New(kind.adapt(config))
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Serve(ln); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error)
			go func() { ended <- l.Run() }()
			s := server{t: t, dials: func() (net.Conn, error) { return net.Dial("tcp", addr) }}
			c := s.dial()
			c.send("PING\r\n")
			c.expect("+PONG\r\n")
			l.Stop()
			c.expectEnd()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if err := <-causes; !errors.Is(err, loop.ErrStopped) {
				t.Fatal(err)
			}
			if _, err := net.Dial("tcp", addr); err == nil {
				t.Fatal("the listener is still there")
			}
		})
	}
}
