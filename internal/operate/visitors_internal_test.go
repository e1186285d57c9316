package operate

import (
	"net"
	"net/http"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// fakeConn is a connection that notes that it was closed.
type fakeConn struct {
	net.Conn
	closed bool
}

func (c *fakeConn) Close() error {
	c.closed = true
	return nil
}

// Of the connections that were let in, the one that has been idle for longest makes room, and none on which a request is under
// way.
func TestIdleConnectionsMakeRoomAndBusyOnesDoNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 4
		vs := visitors{most: most}
		var busy, idle []*fakeConn
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				c := new(fakeConn)
				ctx, closed := vs.enter(t.Context(), c)
				switch {
				case closed != (len(busy)+len(idle) == most):
					t.Fatalf("one was closed: %v, of %d busy and %d idle", closed, len(busy), len(idle))
				case closed && len(idle) == 0:
					if !c.closed {
						t.Fatal("all were busy, and this one entered")
					}
					continue
				case closed:
					if !idle[0].closed {
						t.Fatal("the one that was idle for longest has not made room")
					}
					idle = idle[1:]
				}
				vs.know(ctx.Value(visitorKey{}).(*visitor))
				busy = append(busy, c)
			case 1:
				if len(busy) > 0 {
					vs.follow(busy[0], http.StateIdle)
					busy, idle = busy[1:], append(idle, busy[0])
				}
			case 2:
				if i := len(idle) - 1; i >= 0 {
					vs.follow(idle[i], http.StateActive)
					busy, idle = append(busy, idle[i]), idle[:i]
				}
			}
			for _, c := range slices.Concat(busy, idle) {
				if c.closed {
					t.Fatal("one was closed that was to stay")
				}
			}
		}
	})
}

// However connections come, are let in and go, there are no more than the bound, and nobody who was let in is closed
// for others.
func TestStrangersMakeRoomAndOthersDoNot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 5).Draw(t, "most")
		vs := visitors{most: most}
		var strangers, friends []*visitor
		for range rapid.IntRange(1, 100).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0, 1:
				c := new(fakeConn)
				ctx, closed := vs.enter(t.Context(), c)
				if full := len(strangers)+len(friends) == most; closed != full {
					t.Fatalf("full is %v, and one was closed is %v", full, closed)
				}
				switch {
				case closed && len(strangers) == 0:
					if !c.closed {
						t.Fatal("all were let in, and this one entered")
					}
					continue
				case closed:
					if !strangers[0].conn.(*fakeConn).closed {
						t.Fatal("the oldest stranger has not made room")
					}
					strangers = strangers[1:]
				}
				strangers = append(strangers, ctx.Value(visitorKey{}).(*visitor))
			case 2:
				if len(strangers) > 0 {
					i := rapid.IntRange(0, len(strangers)-1).Draw(t, "let in")
					vs.know(strangers[i])
					friends = append(friends, strangers[i])
					strangers = slices.Delete(strangers, i, i+1)
				}
			case 3:
				if len(friends) > 0 {
					vs.follow(friends[0].conn, http.StateClosed)
					friends = friends[1:]
				}
			}
			for _, v := range slices.Concat(strangers, friends) {
				if v.conn.(*fakeConn).closed {
					t.Fatal("one was closed that was to stay")
				}
			}
			if len(vs.all) != len(strangers)+len(friends) || len(vs.all) > most {
				t.Fatalf("%d connections", len(vs.all))
			}
		}
		vs.closeAll()
		for _, v := range slices.Concat(strangers, friends) {
			if !v.conn.(*fakeConn).closed {
				t.Fatal("one was not closed")
			}
		}
	})
}
