package cluster

import (
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"

	"gset/replica/cluster/internal/link"
	"gset/replica/cluster/internal/wire"
)

// transport carries memberlist's packets in frames on the links, and its streams as connections
// of their own, all through the node's one port.
type transport struct {
	endpoint *link.Endpoint
	traffic  *traffic
	ip       net.IP
	port     int
	packets  chan *memberlist.Packet
	streams  chan net.Conn

	mu     sync.Mutex
	closed bool
}

var _ memberlist.NodeAwareTransport = (*transport)(nil)

// packetQueue is how many packets may wait for memberlist. More are lost, as UDP's would be.
const packetQueue = 1024

func newTransport(ip net.IP, port int) *transport {
	return &transport{
		ip: ip, port: port,
		packets: make(chan *memberlist.Packet, packetQueue), streams: make(chan net.Conn, 16),
	}
}

// FinalAdvertiseAddr returns the address that Open found out.
func (t *transport) FinalAdvertiseAddr(string, int) (net.IP, int, error) { return t.ip, t.port, nil }

// WriteTo sends a packet to the peer at an address.
func (t *transport) WriteTo(b []byte, address string) (time.Time, error) {
	return t.WriteToAddress(b, memberlist.Address{Addr: address})
}

// WriteToAddress sends a packet to a peer. To one that has no link, since it has left, the packet is lost as UDP's would be: an
// error memberlist takes for its own, and then never finds out that nobody is there.
func (t *transport) WriteToAddress(b []byte, to memberlist.Address) (time.Time, error) {
	name := to.Name
	if name == "" {
		name, _ = t.endpoint.Named(to.Addr)
	}
	if _, known := t.endpoint.Address(name); !known {
		return time.Now(), nil
	}
	t.traffic.of(wire.Packet).sent(b)
	return time.Now(), t.endpoint.Tell(name, wire.Packet, b)
}

// PacketCh returns the packets that have come in.
func (t *transport) PacketCh() <-chan *memberlist.Packet { return t.packets }

// DialTimeout opens a stream to whoever is at an address.
func (t *transport) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	return t.endpoint.DialStream("", address, timeout)
}

// DialAddressTimeout opens a stream to a peer.
func (t *transport) DialAddressTimeout(to memberlist.Address, timeout time.Duration) (net.Conn, error) {
	return t.endpoint.DialStream(to.Name, to.Addr, timeout)
}

// StreamCh returns the streams that have come in.
func (t *transport) StreamCh() <-chan net.Conn { return t.streams }

// Shutdown refuses streams from now on. The endpoint is closed by the node.
func (t *transport) Shutdown() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	for {
		select {
		case conn := <-t.streams:
			_ = conn.Close()
		default:
			return nil
		}
	}
}

func (t *transport) packet(from net.Addr, payload []byte) {
	t.traffic.of(wire.Packet).received(payload)
	select {
	case t.packets <- &memberlist.Packet{Buf: payload, From: from, Timestamp: time.Now()}:
	default:
	}
}

func (t *transport) stream(conn net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	select {
	case t.streams <- conn:
		return true
	default:
		return false
	}
}

// advertised returns the address where peers reach a node that listens on one.
func advertised(advertise string, listens net.Addr) (net.IP, int, error) {
	if advertise != "" {
		a, err := net.ResolveTCPAddr("tcp", advertise)
		if err != nil {
			return nil, 0, fmt.Errorf("cluster: the address to advertise: %w", err)
		}
		if a.IP == nil || a.IP.IsUnspecified() || a.Port == 0 {
			return nil, 0, fmt.Errorf("cluster: the address to advertise, %q, is of no one host and port", advertise)
		}
		return a.IP, a.Port, nil
	}
	a, ok := listens.(*net.TCPAddr)
	if !ok {
		return nil, 0, fmt.Errorf("cluster: the listener is of %s, and not of TCP", listens.Network())
	}
	if !a.IP.IsUnspecified() {
		return a.IP, a.Port, nil
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, 0, fmt.Errorf("cluster: the address to advertise: %w", err)
	}
	for _, x := range all {
		if n, ok := x.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP, a.Port, nil
		}
	}
	return nil, 0, fmt.Errorf("cluster: %v is of no one interface; say in Advertise where peers reach the node", a)
}

func hostPort(ip net.IP, port int) string { return net.JoinHostPort(ip.String(), strconv.Itoa(port)) }
