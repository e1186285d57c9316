package process

import (
	"errors"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// pipeOutlet is the reading end of a pipe of the operating system. It saves a call to the system for each piece that a
// node prints: a read that fills less than its room has emptied the pipe, and there is no need to ask again before
// waiting for more.
type pipeOutlet struct {
	*os.File
	conn    syscall.RawConn
	hurried atomic.Pointer[time.Duration] // how long to go on; nil: until the pipe ends
}

func newPipeOutlet(f *os.File) (*pipeOutlet, error) {
	conn, err := f.SyscallConn()
	return &pipeOutlet{File: f, conn: conn}, err
}

// hurry ends the reading of what a program left in a pipe after some time at most: a child of the program may hold
// the pipe open for ever.
func hurry(o Outlet, most time.Duration) {
	pipe, ok := o.(*pipeOutlet)
	if !ok {
		_ = o.SetReadDeadline(time.Now().Add(most))
		return
	}
	pipe.hurried.Store(&most)
	_ = pipe.SetReadDeadline(time.Now()) // whoever waits looks again
}

// pump reads the pipe into lines until it ends, and returns why it did.
func (o *pipeOutlet) pump(l *lines) error {
	err := o.read(l)
	most := o.hurried.Load()
	if most == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	// The news that the program is gone may have come together with its last words, and been taken for these alone:
	// so from now on the pipe is asked until it says that it is empty, or at its end.
	_ = o.SetReadDeadline(time.Now().Add(*most))
	return o.read(l)
}

// read is pump until the deadline. It must be one call of RawConn.Read: that forgets at its beginning what the pipe
// has announced, and remembers from then on what it announces while a piece is being taken.
func (o *pipeOutlet) read(l *lines) error {
	var end error
	err := o.conn.Read(func(fd uintptr) (done bool) {
		for {
			room := l.room()
			n, err := readQuickly(fd, room)
			switch {
			case errors.Is(err, syscall.EINTR):
				continue
			case errors.Is(err, syscall.EAGAIN):
				return false
			case err != nil:
				end = &os.PathError{Op: "read", Path: o.Name(), Err: err}
			case n == 0:
				end = io.EOF
			default:
				end = l.add(n)
			}
			switch {
			case end != nil:
				return true
			case n < len(room) && runtime.GOOS == "linux" && o.hurried.Load() == nil:
				return false
			}
		}
	})
	return errors.Join(end, err)
}
