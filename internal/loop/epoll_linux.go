package loop

import (
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// epoll is the poller of Linux. It is level-triggered: a connection of which the loop has not
// read all is reported again, so that one read a turn is enough and none is in vain.
type epoll struct {
	loop      *Loop
	fd        int
	waker     int // an eventfd, edge-triggered: it need not be read
	events    []unix.EpollEvent
	conns     []*Conn // by file descriptor
	listeners map[int]*listener
	stalled   time.Time // since when the system has been out of what a connection needs
	reserve   int       // a descriptor to be given up for a connection that is to be refused; -1 for none
}

const (
	pollEvents   = 256 // events taken by one wait
	stallTimeout = time.Second
)

func newPoller(l *Loop) (poller, error) {
	if l.config.portable {
		return newChannel(l), nil
	}
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	waker, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("eventfd", err)
	}
	p := &epoll{loop: l, fd: fd, waker: waker, events: make([]unix.EpollEvent, pollEvents), listeners: map[int]*listener{}, reserve: -1}
	p.keepReserve()
	if err := p.control(unix.EPOLL_CTL_ADD, waker, unix.EPOLLIN|unix.EPOLLET); err != nil {
		_ = p.close()
		return nil, err
	}
	return p, nil
}

func (p *epoll) control(op, fd int, events uint32) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(p.fd, op, fd, &unix.EpollEvent{Fd: int32(fd), Events: events}))
}

// wait makes one system call. Asking without waiting first, as other loops do, saves nothing:
// under load, too, nearly every turn ends with nothing more to read.
func (p *epoll) wait(timeout int) error {
	if timeout != 0 && !p.loop.sleep() {
		timeout = 0
	}
	if !p.stalled.IsZero() {
		if most := int(stallTimeout / time.Millisecond); timeout < 0 || timeout > most {
			timeout = most
		}
	}
	n, err := unix.EpollWait(p.fd, p.events, timeout)
	p.loop.awake()
	if err != nil && err != unix.EINTR {
		return os.NewSyscallError("epoll_wait", err)
	}
	for i := range max(n, 0) {
		p.dispatch(p.events[i])
	}
	if !p.stalled.IsZero() && time.Since(p.stalled) >= stallTimeout {
		p.retry()
	}
	return nil
}

func (p *epoll) dispatch(e unix.EpollEvent) {
	fd := int(e.Fd)
	if fd < len(p.conns) && p.conns[fd] != nil {
		dead := e.Events&(unix.EPOLLERR|unix.EPOLLHUP) != 0
		p.loop.ready(p.conns[fd], event{
			readable: dead || e.Events&unix.EPOLLIN != 0,
			writable: dead || e.Events&unix.EPOLLOUT != 0,
			hangup:   dead || e.Events&unix.EPOLLRDHUP != 0,
		})
	} else if ln := p.listeners[fd]; ln != nil {
		ln.accept()
	}
}

func (p *epoll) wake() {
	one := [8]byte{1} // in any byte order it is not 0
	_, _ = unix.Write(p.waker, one[:])
}

func (p *epoll) close() error {
	_ = unix.Close(p.waker)
	if p.reserve >= 0 {
		_ = unix.Close(p.reserve)
	}
	return os.NewSyscallError("close", unix.Close(p.fd))
}

// open makes a connection of an accepted socket.
func (p *epoll) open(fd int, tcp bool, local, remote net.Addr) {
	if tcp {
		p.tune(fd)
	}
	for fd >= len(p.conns) {
		p.conns = append(p.conns, nil)
	}
	c := p.loop.add(&socket{poller: p, fd: fd}, local, remote)
	p.conns[fd] = c
	if err := p.control(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN|unix.EPOLLRDHUP); err != nil {
		c.Close(err)
	}
}

// tune sets what a socket needs for short replies, and to find out when its peer is gone. An
// option that the kernel does not have is done without.
func (p *epoll) tune(fd int) {
	idle := p.loop.config.KeepAlive
	for _, o := range []struct{ level, option, value int }{
		{unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, seconds(idle)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, seconds(idle / keepAliveProbes)},
		{unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveProbes},
		{unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(2 * idle / time.Millisecond)},
	} {
		_ = unix.SetsockoptInt(fd, o.level, o.option, o.value)
	}
}

func seconds(d time.Duration) int { return max(1, int(d/time.Second)) }

// limitSilence ends a connection whose peer has not acknowledged what was sent for so long.
// Keepalive alone does not while something is unacknowledged.
func limitSilence(tcp *net.TCPConn, silence time.Duration) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(silence/time.Millisecond))
	})
}
