package cluster_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gset/crdt"
	"gset/replica"
	"gset/replica/cluster"
	"gset/replica/cluster/internal/memnet"
)

// loopbackHop is a hop of the network in memory: loopback takes less.
const loopbackHop = 100 * time.Microsecond

// virtual is a cluster on a network in memory, in virtual time: computing takes none. It must be used in a
// bubble of synctest.
type virtual struct {
	nodes []*cluster.Node
	hosts []*memnet.Host
	net   *memnet.Net
	start func(name string) (*cluster.Node, *memnet.Host) // the caller closes the node
}

// newVirtual opens n members, a, b, c and so on, which know each other. edit may change the configuration of each.
func newVirtual(t *testing.T, n int, edit func(*cluster.Config)) *virtual {
	t.Helper()
	return newVirtualAt(t, loopbackHop, n, edit)
}

// newVirtualAt is newVirtual on a network whose hops take so long.
func newVirtualAt(t *testing.T, hop time.Duration, n int, edit func(*cluster.Config)) *virtual {
	t.Helper()
	ca := newCA(t)
	v := &virtual{net: memnet.New(hop)}
	v.start = func(name string) (*cluster.Node, *memnet.Host) {
		id, err := ca.Identity(name)
		if err != nil {
			t.Fatal(err)
		}
		host := v.net.Host()
		c := cluster.Config{Identity: cluster.Static(id), Listener: host}.Over(host.Dial)
		if len(v.nodes) > 0 {
			c.Join = []string{v.nodes[0].Addr()}
		}
		edit(&c)
		n, err := cluster.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		return n, host
	}
	t.Cleanup(func() { time.Sleep(time.Minute) }) // after Close a probe of memberlist's may be under way
	for i := range n {
		name := string(rune('a' + i%26))
		if i >= 26 {
			name += fmt.Sprint(i / 26)
		}
		node, host := v.start(name)
		t.Cleanup(func() {
			if err := node.Close(); err != nil {
				t.Error(err)
			}
		})
		v.nodes, v.hosts = append(v.nodes, node), append(v.hosts, host)
	}
	awaitMembers(t, v.nodes...)
	return v
}

// hub returns the index of the hub, on which all agree after some seconds.
func (v *virtual) hub(t *testing.T) int {
	t.Helper()
	time.Sleep(5 * time.Second)
	synctest.Wait()
	s, err := v.nodes[0].Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range v.nodes {
		if n.Name() == string(s.Engine.Hub) {
			return i
		}
	}
	t.Fatalf("no hub: %+v", s.Engine)
	return 0
}

// written returns how many bytes all members have written to the network so far.
func (v *virtual) written() (bytes int64) {
	for _, h := range v.hosts {
		bytes += h.Written()
	}
	return bytes
}

// element returns a new element of 15 bytes.
func element(number int) []byte { return fmt.Appendf(nil, "element%08d", number) }

// addEvenly adds elements at the members named, in turn, rate of them a second, for so long. It returns how many.
func (v *virtual) addEvenly(t *testing.T, at []int, first, rate int, long time.Duration) int {
	t.Helper()
	const tick = time.Millisecond
	ticks := int(long / tick)
	made := 0
	for i := 1; i <= ticks; i++ {
		time.Sleep(tick)
		for n := rate * i / 1000; made < n; made++ {
			number, node := first+made, v.nodes[at[made%len(at)]]
			err := node.Do(func(c *cluster.Core) {
				if _, err := c.Add("set", element(number)); err != nil {
					t.Error(err)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return made
}

// tally sums up what members send, by kind of message.
type tally map[replica.Kind]*kindTally

type kindTally struct {
	messages, bytes int // of the engine's binary form
	elements        int // in their deltas
}

func (v *virtual) tally(t *testing.T) tally {
	t.Helper()
	all, mu := tally{}, new(sync.Mutex)
	for _, n := range v.nodes {
		err := n.Do(func(c *cluster.Core) {
			c.OnSent(func(_ string, m *replica.Message[*crdt.Collections], size int) {
				mu.Lock()
				defer mu.Unlock()
				all.count(m, size)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait()
	return all
}

func (all tally) count(m *replica.Message[*crdt.Collections], size int) {
	k := all[m.Kind]
	if k == nil {
		k = new(kindTally)
		all[m.Kind] = k
	}
	k.messages++
	k.bytes += size
	if m.Delta != nil {
		k.elements += m.Delta.Len()
	}
}
