package loop

import "errors"

// link carries a connection's bytes. The loop calls its methods; none blocks.
type link interface {
	// read returns what has arrived, errAgain if that is nothing, or io.EOF at the end.
	read(p []byte) (int, error)
	// write takes as many bytes as it can; fewer than all, or errAgain, if that is all now.
	write(p []byte) (int, error)
	// watch says what to report to the loop from now on.
	watch(interest) error
	// close ends the link. With linger, what write has taken is still sent if the peer reads.
	close(linger bool)
}

// errAgain says that nothing can be read or written now.
var errAgain = errors.New("not now")

// poller waits for what the loop has to do.
type poller interface {
	// wait returns when a connection is ready, when wake was called, or after the timeout in
	// milliseconds, -1 for none. It marks the ready connections by Loop.ready.
	wait(timeout int) error
	// wake makes the current or the next wait return. Any goroutine may call it.
	wake()
	// close frees the poller.
	close() error
}
