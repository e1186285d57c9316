package loop_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gset/internal/loop"

	"pgregory.net/rapid"
)

// A client that does not read its replies is not read from: its commands wait in its own socket.
func TestAClientThatDoesNotReadIsNotReadFrom(t *testing.T) {
	const size, commands = 10_000, 3000 // 30 MB: more than the sockets take
	handled := 0
	enough := make(chan struct{})
	eachKind(t, func() loop.Config {
		handled, enough = 0, make(chan struct{})
		h := handler{toy: newToy()}
		h.before = func(c *loop.Conn, args [][]byte) bool {
			if is(args, "LARGE") {
				if handled++; handled == 100 {
					close(enough)
				}
				c.Reply().BulkString(strings.Repeat("x", size))
				return true
			}
			return false
		}
		return loop.Config{Handler: h, PauseOutput: 100_000}
	}, func(t *testing.T, s server) {
		c, other := s.dial(), s.dial()
		c.send(strings.Repeat("LARGE\r\n", commands))
		<-enough
		for range 100 { // as many turns, and more, as the pause takes
			other.send("PING\r\n")
			other.expect("+PONG\r\n")
		}
		s.inLoop(func() {
			if handled == commands {
				t.Errorf("all %d commands were executed", commands)
			}
		})
		for range commands {
			c.expect(fmt.Sprintf("$%d\r\n%s\r\n", size, strings.Repeat("x", size)))
		}
		c.send("PING\r\n")
		c.expect("+PONG\r\n")
	})
}

func TestAClientThatDoesNotReadItsMessagesIsDisconnected(t *testing.T) {
	opened, closed := make(chan *loop.Conn, 2), make(chan error, 2)
	eachKind(t, func() loop.Config {
		return loop.Config{
			Handler: newToy(), MaxOutput: 1 << 20,
			Opened: func(c *loop.Conn) { opened <- c }, Closed: func(_ *loop.Conn, err error) { closed <- err },
		}
	}, func(t *testing.T, s server) {
		s.dial()
		conn := <-opened
		message := strings.Repeat("m", 100_000)
		for len(closed) == 0 {
			s.inLoop(func() {
				w := conn.Reply()
				w.Push(1)
				w.BulkString(message)
			})
		}
		if err := <-closed; !errors.Is(err, loop.ErrSlowReader) {
			t.Fatal(err)
		}
		s.inLoop(func() {
			if got := s.Stats(); got.Evicted != 1 || got.Accepted != 1 || got.Open != 0 || got.Held != 0 || got.Sent == 0 {
				t.Errorf("%+v", got)
			}
		})
		other := s.dial()
		<-opened
		other.send("PING\r\n")
		other.expect("+PONG\r\n")
		_ = other.Close()
		<-closed
	})
}

func TestTheConnectionThatHoldsMostGoesWhenAllHoldTooMuch(t *testing.T) {
	closed := make(chan string, 3)
	eachKind(t, func() loop.Config {
		h := handler{toy: newToy()}
		h.before = func(c *loop.Conn, args [][]byte) bool {
			if is(args, "NAME") {
				c.Data = string(args[1])
			}
			return false
		}
		return loop.Config{
			Handler: h, MaxBuffered: 3 << 20,
			Closed: func(c *loop.Conn, err error) { closed <- fmt.Sprint(c.Data, ": ", err) },
		}
	}, func(t *testing.T, s server) {
		clients := []*client{s.dial(), s.dial(), s.dial()}
		for i, c := range clients {
			c.send(fmt.Sprintf("NAME client%d\r\n", i))
			c.expect("-ERR unknown command 'name'\r\n")
		}
		// Unfinished commands of 0.1, 0.3, and then more and more megabytes.
		part := multibulk("ECHO", strings.Repeat("x", 100_000))
		part = strings.TrimPrefix(part, "*2\r\n$4\r\nECHO\r\n")
		clients[0].send("*100\r\n" + part)
		clients[1].send("*100\r\n" + part + part + part)
		clients[2].send("*100\r\n")
		for len(closed) == 0 {
			if _, err := clients[2].Write([]byte(part)); err != nil {
				break
			}
		}
		if got, want := <-closed, "client2: "+loop.ErrMemory.Error(); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		for _, c := range clients[:2] {
			_ = c.Close()
			<-closed
		}
	})
}

func TestAnUnauthenticatedClientHasTheLimitsOfRedis(t *testing.T) {
	eachKind(t, func() loop.Config {
		h := handler{toy: newToy()}
		h.before = func(c *loop.Conn, args [][]byte) bool {
			if is(args, "AUTH") {
				c.SetAuthenticated(true)
				c.Reply().Simple("OK")
				return true
			}
			return false
		}
		return loop.Config{Handler: h, NeedsPassword: true}
	}, func(t *testing.T, s server) {
		large := multibulk("ECHO", strings.Repeat("x", 20_000))
		c := s.dial()
		c.offer(large)
		c.expect("-ERR Protocol error: unauthenticated bulk length\r\n")
		c.expectEnd()
		c = s.dial()
		c.send("AUTH x\r\n" + large)
		c.expect("+OK\r\n$20000\r\n" + strings.Repeat("x", 20_000) + "\r\n")
	})
}

// Whatever the pieces in which clients' commands arrive, whichever connection has them.
func TestAnyPiecesOfAnyClientsAreAnsweredInOrder(t *testing.T) {
	eachKind(t, toyConfig, func(t *testing.T, s server) {
		rapid.Check(t, func(t *rapid.T) {
			var clients []*client
			var streams, replies []string
			for i := range rapid.IntRange(1, 4).Draw(t, "clients") {
				stream, reply := "", ""
				for j := range rapid.IntRange(1, 8).Draw(t, "commands") {
					value := fmt.Sprint(i, "-", j, strings.Repeat("x", rapid.SampledFrom([]int{0, 1, 100, 5_000, 70_000, 200_000}).Draw(t, "size")))
					stream += rapid.SampledFrom([]string{"", "\r\n", "*-1\r\n"}).Draw(t, "empty") + multibulk("ECHO", value)
					reply += fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
				}
				clients, streams, replies = append(clients, s.dial()), append(streams, stream), append(replies, reply)
			}
			for sent := true; sent; {
				sent = false
				for i, c := range clients {
					n := min(rapid.SampledFrom([]int{1, 10, 1000, 4096, 65_536, 150_000}).Draw(t, "piece"), len(streams[i]))
					c.send(streams[i][:n])
					streams[i] = streams[i][n:]
					sent = sent || len(streams[i]) > 0
				}
				if !sent || rapid.IntRange(0, 50).Draw(t, "rest") == 0 {
					for i, c := range clients {
						c.send(streams[i])
						streams[i] = ""
					}
					sent = false
				}
			}
			for i, c := range clients {
				c.expect(replies[i])
				_ = c.Close()
			}
		})
	})
}
