package replica_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"gset/crdt"
	"gset/replica"
)

// udpNode drives a replica over UDP. A member's name is its address, so that no address
// book is needed.
type udpNode struct {
	conn  *net.UDPConn
	start time.Time

	mu      sync.Mutex // guards what follows
	replica *replica.Replica[*crdt.GSet]
	timer   *time.Timer // fires at the replica's deadline
	closed  bool
	refused int        // datagrams that were no messages of this cluster
	changed *sync.Cond // the state, or refused
}

// maxDatagram fits the packets of an Ethernet, so that no datagram is sent in pieces.
const maxDatagram = 1400

func newUDPNode(conn *net.UDPConn, members *replica.Members, state *crdt.GSet) (*udpNode, error) {
	n := &udpNode{conn: conn, start: time.Now()}
	n.changed = sync.NewCond(&n.mu)
	n.mu.Lock() // the timer may fire before it is assigned
	defer n.mu.Unlock()
	cfg := replica.Config{Self: replica.ID(conn.LocalAddr().String()), Members: members, MaxMessage: maxDatagram}
	var err error
	if n.replica, err = replica.New(cfg, state, 0); err != nil {
		return nil, err
	}
	n.timer = time.AfterFunc(n.replica.Deadline(), func() {
		n.event(func(now time.Duration) (replica.Output[*crdt.GSet], error) { return n.replica.Tick(now), nil })
	})
	go n.read(state.New())
	return n, nil
}

// event has something happen to the replica, and does what the replica asks for.
func (n *udpNode) event(happen func(now time.Duration) (replica.Output[*crdt.GSet], error)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return net.ErrClosed
	}
	out, err := happen(time.Since(n.start))
	for _, e := range out.Messages {
		data, encodeErr := e.Message.AppendBinary(nil)
		to, parseErr := netip.ParseAddrPort(string(e.To))
		if errors.Join(encodeErr, parseErr) == nil { // an error is one more way to lose a message
			n.conn.WriteToUDPAddrPort(data, to)
		}
	}
	n.timer.Reset(n.replica.Deadline() - time.Since(n.start))
	n.changed.Broadcast()
	return err
}

// add adds an element, as a client's request would.
func (n *udpNode) add(x int64) error {
	return n.event(func(now time.Duration) (replica.Output[*crdt.GSet], error) {
		return n.replica.Update(now, crdt.NewGSet(n.replica.Stable().Key(), x))
	})
}

// read hands datagrams to the replica until the connection is closed. factory is an empty state.
func (n *udpNode) read(factory *crdt.GSet) {
	buffer := make([]byte, 1<<16)
	for {
		size, from, err := n.conn.ReadFromUDPAddrPort(buffer)
		if err != nil && !errors.As(err, new(net.Error)) || errors.Is(err, net.ErrClosed) {
			return // else a datagram of ours was refused
		}
		n.event(func(now time.Duration) (out replica.Output[*crdt.GSet], err error) {
			m, err := replica.Decode(factory, buffer[:size])
			if err == nil {
				out, err = n.replica.Receive(now, replica.ID(from.String()), m)
			}
			if err != nil {
				n.refused++
			}
			return out, err
		})
	}
}

func (n *udpNode) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	n.timer.Stop()
	n.conn.Close() // which ends read
}

// await waits until the node has so many elements and has refused so many datagrams, and
// describes it then: convergence is an event, and no time is guessed.
func (n *udpNode) await(elements, refused int) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.replica.State().Len() < elements || n.refused < refused {
		n.changed.Wait()
	}
	return fmt.Sprint(n.replica.State(), ", refused: ", n.refused)
}

// A driver over UDP, and three nodes of it on the loopback interface.
func Example_udp() {
	var (
		key   = crdt.Key{0x5f0c1a6be2d94873, 0x93c07ab1f4e6582d} // from crypto/rand, once for a cluster
		conns [3]*net.UDPConn
		ids   []replica.ID
	)
	for i := range conns {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		check(err)
		conns[i] = conn
		ids = append(ids, replica.ID(conn.LocalAddr().String()))
	}
	members, err := replica.NewMembers(ids...)
	check(err)
	var nodes []*udpNode
	for _, conn := range conns {
		n, err := newUDPNode(conn, members, crdt.NewGSet(key))
		check(err)
		defer n.close()
		nodes = append(nodes, n)
	}

	conns[0].WriteTo([]byte("no message"), conns[1].LocalAddr())
	for i, n := range nodes {
		check(n.add(int64(i)))
	}
	fmt.Println(nodes[0].await(3, 0))
	fmt.Println(nodes[1].await(3, 1))
	fmt.Println(nodes[2].await(3, 0))
	// Output:
	// {0..2}, refused: 0
	// {0..2}, refused: 1
	// {0..2}, refused: 0
}
