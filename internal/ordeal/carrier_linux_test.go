package ordeal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// carrier is a switch that holds every frame for some time, as tc netem does, which not every kernel has. It is a
// process in the namespace of the ports: it reads the frames that the hosts send from packet sockets, and
// writes each to the port of the host that it is for. Frames from one port stay in order, and none is lost
// unless the carrier says so at its end.
type carrier struct {
	delay                  time.Duration
	carried, dropped, late atomic.Int64 // late is microseconds, of all that was carried

	mu    sync.Mutex
	ports []*port
	at    map[address]*port
}

type address [6]byte

// port is an interface whose other end is a host's.
type port struct {
	file  *os.File
	queue chan frame
}

// frame is a frame of Ethernet behind a header of virtio: the kernel hands on frames that it has not cut into
// packets of the network's size, and has not summed up, and the header says so to the kernel that takes them.
type frame struct {
	data []byte
	due  time.Time
}

const (
	virtioHeader = 10 // bytes
	mostFrame    = virtioHeader + 18 + 64<<10
	portQueue    = 1 << 14 // frames
)

// carry carries frames between the ports that commands name, one a line, until the commands end. It answers each. An
// empty one asks what was carried since the last.
func carry(delay time.Duration, commands io.Reader, replies io.Writer) error {
	c := &carrier{delay: delay, at: map[address]*port{}}
	lines := bufio.NewScanner(commands)
	for lines.Scan() {
		reply := "ok"
		if name := lines.Text(); name == "" {
			reply = c.account()
		} else if err := c.plug(name); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(replies, reply); err != nil {
			return err
		}
	}
	return lines.Err()
}

// account says what was carried since the last time: how many frames, by how many microseconds all of them together were too
// late, and how many were lost.
func (c *carrier) account() string {
	return fmt.Sprint(c.carried.Swap(0), " ", c.late.Swap(0), " ", c.dropped.Swap(0))
}

// plug adds a port.
func (c *carrier) plug(name string) error {
	const everything = unix.ETH_P_ALL
	device, err := net.InterfaceByName(name)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	protocol := uint16(everything)<<8 | uint16(everything)>>8 // in network order
	err = errors.Join(
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1),
		unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1),
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20),
		unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: protocol, Ifindex: device.Index}),
	)
	if err != nil {
		return fmt.Errorf("%s: %w", name, errors.Join(err, unix.Close(fd)))
	}
	p := &port{os.NewFile(uintptr(fd), name), make(chan frame, portQueue)}
	c.mu.Lock()
	c.ports = append(c.ports, p)
	c.mu.Unlock()
	go c.take(p)
	go c.pass(p)
	return nil
}

// take takes the frames of a host.
func (c *carrier) take(p *port) {
	buf := make([]byte, mostFrame)
	for {
		n, err := p.file.Read(buf)
		switch {
		case errors.Is(err, unix.ENETDOWN):
			continue
		case err != nil:
			return
		case n < virtioHeader+12:
			continue
		}
		select {
		case p.queue <- frame{append([]byte(nil), buf[:n]...), time.Now().Add(c.delay)}:
		default:
			c.dropped.Add(1)
		}
	}
}

// pass hands the frames of a host on when they are due.
func (c *carrier) pass(from *port) {
	for f := range from.queue {
		time.Sleep(time.Until(f.due))
		c.late.Add(time.Since(f.due).Microseconds())
		for _, to := range c.route(from, f.data[virtioHeader:]) {
			if _, err := to.file.Write(f.data); err != nil {
				c.dropped.Add(1)
			} else {
				c.carried.Add(1)
			}
		}
	}
}

// route returns the ports that a frame goes to, and learns where its sender is.
func (c *carrier) route(from *port, ethernet []byte) []*port {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at[address(ethernet[6:12])] = from
	if to := c.at[address(ethernet[:6])]; to != nil {
		return []*port{to}
	}
	var others []*port
	for _, p := range c.ports {
		if p != from {
			others = append(others, p)
		}
	}
	return others
}
