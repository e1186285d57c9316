package loop

import (
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lingerReads bounds what is read of a client after its last reply.
const lingerReads = 16

// socket is the link of a connection that the loop itself reads and writes.
type socket struct {
	poller *epoll
	fd     int
}

// quickly reads from a descriptor that does not block, or writes to it, without a word to Go's scheduler, which
// would look for other work meanwhile.
func quickly(call uintptr, fd int, p []byte) (int, syscall.Errno) {
	n, _, err := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if err != 0 {
		return 0, err
	}
	return int(n), 0
}

func (s *socket) read(p []byte) (int, error) {
	for {
		n, err := quickly(unix.SYS_READ, s.fd, p)
		switch {
		case n > 0:
			return n, nil
		case err == 0:
			return 0, io.EOF
		case err == unix.EAGAIN:
			return 0, errAgain
		case err != unix.EINTR:
			return 0, os.NewSyscallError("read", err)
		}
	}
}

func (s *socket) write(p []byte) (int, error) {
	for {
		n, err := quickly(unix.SYS_WRITE, s.fd, p)
		switch err {
		case 0:
			return n, nil
		case unix.EAGAIN:
			return 0, errAgain
		case unix.EINTR:
		default:
			return 0, os.NewSyscallError("write", err)
		}
	}
}

func (s *socket) watch(i interest) error {
	events := uint32(0)
	if i.read {
		events |= unix.EPOLLIN
	}
	if i.write {
		events |= unix.EPOLLOUT
	}
	if i.hup {
		events |= unix.EPOLLRDHUP
	}
	return s.poller.control(unix.EPOLL_CTL_MOD, s.fd, events)
}

// close closes the socket, which takes it out of the poller. What the client has sent until now is
// read before: a socket that is closed with something unread is reset, and replies that the
// client's side has no room for yet are lost.
func (s *socket) close(linger bool) {
	for i := 0; linger && i < lingerReads; i++ {
		if n, err := unix.Read(s.fd, s.poller.loop.scratch); n <= 0 || err != nil {
			break
		}
	}
	s.poller.conns[s.fd] = nil
	_ = unix.Close(s.fd)
	if !s.poller.stalled.IsZero() {
		s.poller.retry()
	}
}
