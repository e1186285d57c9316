package loop

import (
	"errors"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// listener accepts connections in the loop.
type listener struct {
	poller *epoll
	fd     int
	addr   net.Addr
	off    bool // not in the poller, for the system is out of something
}

// listen has the poller accept from a listener of TCP or Unix sockets, and says whether it does.
func (l *Loop) listen(ln net.Listener) (polled bool, err error) {
	p, ok := l.poller.(*epoll)
	if !ok {
		return false, nil
	}
	var file *os.File
	switch ln := ln.(type) {
	case *net.TCPListener:
		file, err = ln.File()
	case *net.UnixListener:
		file, err = ln.File()
	default:
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return false, os.NewSyscallError("fcntl", err)
	}
	// File() has made the socket block, for ln as well, which nobody accepts from any more.
	if err := unix.SetNonblock(fd, true); err != nil {
		return false, errors.Join(os.NewSyscallError("fcntl", err), unix.Close(fd))
	}
	started := l.do(func() {
		s := &listener{poller: p, fd: fd, addr: ln.Addr()}
		p.listeners[fd] = s
		l.atEnd(func() {
			delete(p.listeners, fd)
			_ = unix.Close(fd)
			_ = ln.Close()
		})
		if err := p.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN); err != nil {
			l.failure = err
		}
	})
	if !started {
		return false, errors.Join(ErrStopped, unix.Close(fd), ln.Close())
	}
	return true, nil
}

func (s *listener) accept() {
	for range turnAccepts {
		fd, from, err := unix.Accept4(s.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		switch err {
		case nil:
			s.open(fd, from)
		case unix.EAGAIN:
			return
		case unix.EMFILE, unix.ENFILE:
			switch s.turnAway() {
			case nil:
			case unix.EAGAIN: // Linux says that there is no descriptor before it looks for a connection
				return
			default:
				s.stall()
				return
			}
		case unix.ENOBUFS, unix.ENOMEM:
			s.stall()
			return
		default: // of the connection that was to be accepted
		}
	}
}

func (s *listener) open(fd int, from unix.Sockaddr) {
	if !s.poller.loop.enter() {
		_, _ = unix.Write(fd, tooMany)
		_ = unix.Close(fd)
		return
	}
	local, tcp := s.addr, s.addr.Network() == "tcp"
	if at, err := unix.Getsockname(fd); err == nil && tcp {
		local = address(at)
	}
	s.poller.open(fd, tcp, local, address(from))
}

// keepReserve takes the reserved descriptor, unless there is none.
func (p *epoll) keepReserve() {
	if p.reserve >= 0 {
		return
	}
	if fd, err := unix.FcntlInt(uintptr(p.fd), unix.F_DUPFD_CLOEXEC, 0); err == nil {
		p.reserve = fd
	}
}

// turnAway accepts a connection for which there is no descriptor by the reserved one, and refuses it: without an
// answer its client would wait until another client leaves.
func (s *listener) turnAway() error {
	p := s.poller
	if p.reserve < 0 {
		return unix.EMFILE
	}
	_ = unix.Close(p.reserve)
	p.reserve = -1
	defer p.keepReserve()
	fd, _, err := unix.Accept4(s.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return err // another goroutine may have taken the descriptor
	}
	p.loop.rejected.Add(1)
	_, _ = unix.Write(fd, tooMany)
	_ = unix.Close(fd)
	return nil
}

// stall takes the listener out of the poller, which would report it over and over.
func (s *listener) stall() {
	s.off, s.poller.stalled = true, time.Now()
	_ = s.poller.control(unix.EPOLL_CTL_DEL, s.fd, 0)
}

// retry puts stalled listeners back: a connection was closed, or time has passed.
func (p *epoll) retry() {
	p.stalled = time.Time{}
	p.keepReserve()
	for _, s := range p.listeners {
		if s.off {
			s.off = false
			if err := p.control(unix.EPOLL_CTL_ADD, s.fd, unix.EPOLLIN); err != nil {
				s.off, p.stalled = true, time.Now()
			}
		}
	}
}

func address(from unix.Sockaddr) net.Addr {
	switch a := from.(type) {
	case *unix.SockaddrInet4:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
	case *unix.SockaddrInet6:
		return &net.TCPAddr{IP: a.Addr[:], Port: a.Port}
	case *unix.SockaddrUnix:
		return &net.UnixAddr{Name: a.Name, Net: "unix"}
	}
	return &net.UnixAddr{Net: "unix"}
}
