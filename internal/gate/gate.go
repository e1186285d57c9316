// Package gate bounds what connections cost before it is known who they are of. A TLS handshake takes
// a server some 0.2 ms of a core; whoever reaches the port can ask for as many as the network carries.
//
// A [Gate] lets hosts in that have completed a handshake lately, the known ones, as often as they
// like. All others, the strangers, share a number of handshakes a second; beyond it a
// connection is closed unanswered, which costs a tenth. A host whose handshake fails is a stranger
// from then on. So a flood of strangers keeps other strangers waiting, and the known hosts are not
// concerned. Handshakes under way are bounded, too: the oldest one makes room for a new one, so that
// those who connect and stay silent displace each other.
//
// A host is an address of IPv4, or 64 bits of one of IPv6.
package gate

import (
	"container/list"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Config is how much strangers may cost. The zero value of each field stands for its default.
type Config struct {
	Rate      int           // handshakes a second with strangers; default 100
	Burst     int           // of those at once, after some quiet; default 200
	Strangers int           // handshakes with strangers under way; default 64
	Known     int           // handshakes with known hosts under way; default 1024
	Timeout   time.Duration // of a handshake; default 5 s
	Now       func() time.Time
}

// mostHosts bounds how many known hosts are remembered.
const mostHosts = 4096

func (c Config) withDefaults() Config {
	set := func(value *int, otherwise int) {
		if *value <= 0 {
			*value = otherwise
		}
	}
	set(&c.Rate, 100)
	set(&c.Burst, 200)
	set(&c.Strangers, 64)
	set(&c.Known, 1024)
	if c.Timeout <= 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Gate counts handshakes. Its methods are safe for concurrent use.
type Gate struct {
	config Config

	mu     sync.Mutex
	known  map[netip.Prefix]struct{}
	tokens float64 // handshakes that strangers may begin now
	filled time.Time
	told   time.Time // when a refusal was last to be told of
	under  [2]list.List
	stats  Stats
}

// Stats counts what has come to a gate.
type Stats struct {
	Good    uint64            // handshakes that succeeded
	Refused uint64            // connections that were closed unanswered
	Failed  map[string]uint64 // handshakes, by Reason
}

// New returns a gate that knows nobody.
func New(config Config) *Gate {
	c := config.withDefaults()
	return &Gate{config: c, known: map[netip.Prefix]struct{}{}, tokens: float64(c.Burst), filled: c.Now(), stats: Stats{Failed: map[string]uint64{}}}
}

// Errors of a gate.
var (
	ErrTooMany   = errors.New("too many handshakes with strangers in a second")
	ErrDisplaced = errors.New("too many handshakes at a time, of which this one was the oldest")
)

// Turn is a handshake under way.
type Turn struct {
	gate      *Gate
	conn      net.Conn
	host      netip.Prefix
	under     *list.List
	at        *list.Element
	displaced bool
	done      bool
}

// Enter begins a handshake, and sets the connection's deadline for it. It fails if strangers have had
// their share. Done must be called at the handshake's end; the connection may be closed before.
func (g *Gate) Enter(conn net.Conn) (*Turn, error) {
	t := &Turn{gate: g, conn: conn, host: host(conn.RemoteAddr())}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, known := g.known[t.host]
	t.under = &g.under[0]
	room := g.config.Known
	if !known {
		if !g.take() {
			g.stats.Refused++
			return nil, ErrTooMany
		}
		t.under, room = &g.under[1], g.config.Strangers
	}
	if t.under.Len() >= room {
		oldest := t.under.Remove(t.under.Front()).(*Turn)
		oldest.at, oldest.displaced = nil, true
		_ = oldest.conn.Close()
	}
	t.at = t.under.PushBack(t)
	_ = conn.SetDeadline(time.Now().Add(g.config.Timeout)) // fails on a closed connection only
	return t, nil
}

// take takes a stranger's handshake, if there is one left.
func (g *Gate) take() bool {
	now := g.config.Now()
	if passed := now.Sub(g.filled).Seconds(); passed > 0 {
		g.tokens = min(g.tokens+passed*float64(g.config.Rate), float64(g.config.Burst))
	}
	g.filled = now
	if g.tokens < 1 {
		return false
	}
	g.tokens--
	return true
}

// Tell reports whether a refusal should be told of: once a second.
func (g *Gate) Tell() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.config.Now()
	if passed := now.Sub(g.told); passed >= 0 && passed < time.Second {
		return false
	}
	g.told = now
	return true
}

// Done ends the handshake, and returns the error that it ended with: err, or ErrDisplaced. After a
// handshake without an error the host is known. A second call changes nothing.
func (t *Turn) Done(err error) error {
	g := t.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.done {
		return err
	}
	t.done = true
	if t.at != nil {
		t.under.Remove(t.at)
		t.at = nil
	}
	if t.displaced {
		err = ErrDisplaced
	}
	if err != nil {
		delete(g.known, t.host)
		g.stats.Failed[Reason(err)]++
		return err
	}
	g.stats.Good++
	g.remember(t.host)
	return nil
}

// Know has a host be known that has proved itself otherwise.
func (g *Gate) Know(address net.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remember(host(address))
}

// Forget has a host be a stranger again.
func (g *Gate) Forget(address net.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, host(address))
}

func (g *Gate) remember(h netip.Prefix) {
	if _, known := g.known[h]; !known && len(g.known) >= mostHosts {
		for other := range g.known { // any
			delete(g.known, other)
			break
		}
	}
	g.known[h] = struct{}{}
}

// Stats returns the counts.
func (g *Gate) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.stats
	s.Failed = make(map[string]uint64, len(g.stats.Failed))
	for reason, n := range g.stats.Failed {
		s.Failed[reason] = n
	}
	return s
}

// host returns the host of an address. Those that have none, as of Unix sockets, are one.
func host(address net.Addr) netip.Prefix {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	a := tcp.AddrPort().Addr().Unmap().WithZone("")
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // zero of an invalid address
	return p
}
