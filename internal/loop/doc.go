// Package loop serves Redis clients from one goroutine that owns the data: no command needs a
// lock, and one log write and one sync commit whatever all clients have sent meanwhile.
//
// # How to use it
//
//	l, err := loop.New(loop.Config{Handler: h, Timer: tick})
//	...
//	err = l.Serve(listener)                               // TCP or Unix sockets
//	err = l.Serve(tls.NewListener(listener, certificates)) // TLS
//	go gossip(func(f func()) error { return l.Do(f) })
//	err = l.Run() // until l.Stop()
//
// A Handler executes commands and commits batches:
//
//	func (h *handler) Handle(c *loop.Conn, args [][]byte) {
//		switch string(args[0]) {
//		case "SADD":
//			added := h.add(args[1], args[2:]) // args are valid until Handle returns
//			c.AwaitCommit()                   // an error if EndBatch fails
//			c.Reply().Int(added)
//		...
//	}
//
//	func (h *handler) EndBatch() error { return h.store.Commit(h.takeDelta()) }
//
// # A turn
//
// The loop waits until something is ready, and then, in this order: runs the functions that were
// given to Do, and the timer; reads once from each connection that is ready, and executes the
// commands that are whole; calls EndBatch, if any of that has run; writes the replies; closes
// connections that have come to their end. So a client that has its reply knows that the batch
// was committed, and while a commit is under way all clients wait for its end. A command that
// reads sees what earlier commands of its batch have written; if that must not be told when the
// commit fails, the reading command awaits it as well.
//
// All of a connection's commands are executed in order, and their replies keep that order.
//
// # Bounds
//
// In a turn a connection may have 1,024 commands executed, and begin none after 256 KiB of its
// replies; it goes on in the next turn, after the others. A turn ends after 16 MiB of replies to
// all. A command has the limits of resp. While more than Config.PauseOutput bytes of replies
// wait for a client, its commands are not read, so that a client that only writes fills its own
// socket's buffer; one whose output exceeds Config.MaxOutput is disconnected, and so is the one
// that holds most when all together exceed Config.MaxBuffered. A connection without a command
// or a reply under way holds no buffer. Functions wait in a queue of Config.MaxFunctions. TCP
// keepalive finds clients that have gone without a word.
//
// # Systems
//
// On Linux the loop itself reads and writes TCP and Unix sockets, with epoll: two system calls
// for a batch of commands from a connection, and one for the whole turn. TLS connections, and all
// connections on other systems, have two goroutines each, which hand bytes to the same loop; the
// rules above hold for them, too.
//
// # How fast it is
//
// About as fast as redis-server without pipelining, where both spend their time in the same three
// system calls, and faster with it. A test prints the table, with CPU time, and with Redis beside
// a second Redis to tell how far the machine's noise goes:
//
//	go test ./internal/loop -run TestBesideRedis -v -full
//
// # Why not gnet
//
// github.com/panjf2000/gnet/v2 (read at v2.9.7) has the same shape with one loop. But it calls its
// handler inside the loop over epoll's events and tells nobody when that loop has ended. A task
// given to its poller at a batch's first command runs after the events of the next epoll_wait,
// not of this one: a group commit would cost two more system calls a batch, and hold back all
// replies for a turn. Nor can it stop reading from one connection, or bound what it has read and
// the handler has not taken.
package loop
