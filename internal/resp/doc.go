// Package resp reads requests and writes replies of RESP2 and RESP3, the protocol of Redis.
//
// # Requests
//
// A [Parser] takes commands out of the bytes that a connection has received so far:
//
//	var p resp.Parser
//	for {
//		args, n, err := p.Next(buf)
//		if err != nil {
//			w.Error("ERR", err.Error()) // the bytes of a real redis-server
//			return                      // write w.Buf, then close the connection
//		}
//		if args != nil {
//			execute(args, &w) // args are slices into buf: copy what is kept
//		}
//		buf = buf[n:]
//		if args == nil {
//			buf = receiveMore(buf) // appends at least one byte
//		}
//	}
//
// The parser reads arrays of bulks and inline commands, pipelined or not. It accepts and refuses
// what Redis 7.0 accepts and refuses, with the same error texts, in the places where Redis is
// lenient as well: the byte after the carriage return of a header and the two bytes after a bulk
// may be anything, a count below one makes no command, and a zero byte before the end of a line
// hides that end. Tests hold both against a redis-server. Two differences are meant: [Limits] are
// lower than those of Redis; and a line that is too long is refused at the same byte however the
// stream was cut into reads, where Redis may still accept a long line that arrives at once.
//
// # What a hostile client can cost
//
// The parser allocates for arguments that it has received, never for counts or lengths that a
// header announces. It looks at every byte a bounded number of times, however small the pieces
// are in which they arrive: it continues where it stopped. A command is at most
// [Limits.Command] bytes; the caller holds at most that and one read.
//
// # Replies
//
// A [Writer] appends replies to a byte slice, in the form of the protocol that the client has
// chosen with HELLO. It allocates nothing but the slice's growth.
//
// Neither type may be used by two goroutines at a time.
package resp
