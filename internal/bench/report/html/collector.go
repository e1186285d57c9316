package html

import (
	"time"

	"gset/internal/bench/report/messages"
)

// Bounds of what a [Collector] keeps.
const (
	maxDrawn   = 16_000 // messages between servers that were delivered
	maxClients = 8_000  // messages with a client at either end
	maxDropped = 8_000  // messages that were not delivered
	bodyKept   = 512    // bytes of each body
	maxTypes   = 64     // types of messages that are told apart
)

// services are the names that Maelstrom's services have on the network.
var services = [...]string{"lin-kv", "seq-kv", "lww-kv", "lin-tso"}

// otherType stands for the types past maxTypes.
const otherType = "(other)"

// A Collector gathers what a report shows of a test's messages while they stream by:
// counts by time, node and type, a random part of the messages, and the way of each
// element from node to node. It holds at most some 60 MB, however many messages there
// are. It is not safe for concurrent use.
type Collector struct {
	columns map[string]int // of nodes and services
	names   []string       // by column: nodes, then services
	nodes   int            // how many of them are nodes
	follow  *spread        // nil for workloads without elements

	types     map[string]int
	typeNames []string

	delivered, clients, dropped sample
	total                       [messages.Fates]int64

	sent    *series // between servers, by type
	undone  *series // those of them not delivered
	load    []load  // by column
	lastEnd time.Duration
}

// load is what one name on the network sent to servers and received from them, by type.
type load struct{ sent, received [maxTypes]traffic }

type traffic struct{ count, bytes int64 }

// NewCollector returns a collector for a test with the given nodes. If elements is
// set, clients add elements of a set, and the collector follows these.
func NewCollector(nodes []string, elements bool) *Collector {
	c := &Collector{
		columns:   make(map[string]int),
		types:     make(map[string]int),
		delivered: sample{limit: maxDrawn, clip: bodyKept},
		clients:   sample{limit: maxClients, clip: bodyKept},
		dropped:   sample{limit: maxDropped, clip: bodyKept},
		sent:      newSeries(maxTypes),
		undone:    newSeries(1),
	}
	join := func(names []string) {
		for _, name := range names {
			if _, twice := c.columns[name]; !twice {
				c.columns[name] = len(c.names)
				c.names = append(c.names, name)
			}
		}
	}
	join(nodes)
	c.nodes = len(c.names)
	join(services[:])
	c.load = make([]load, len(c.names))
	if elements {
		c.follow = newSpread(len(c.names))
	}
	return c
}

// isClient tells clients from others, as Maelstrom does: by their names' first letter.
func (c *Collector) isClient(name string) bool {
	if name == "" || name[0] != 'c' {
		return false
	}
	_, node := c.columns[name]
	return !node
}

// Add gathers a message. Messages come in the order in which their fates were settled:
// a message that a node was moved to send comes after the one that moved it. The
// collector keeps no reference to m or its body.
func (c *Collector) Add(m *messages.Message) {
	c.lastEnd = max(c.lastEnd, m.Settled)
	c.total[min(int(m.Fate), messages.Fates-1)]++
	fromClient, toClient := c.isClient(m.Src), c.isClient(m.Dest)
	switch {
	case m.Fate != messages.Delivered:
		c.dropped.add(m)
	case fromClient || toClient:
		c.clients.add(m)
	default:
		c.delivered.add(m)
	}
	if !fromClient && !toClient {
		c.count(m)
	}
	if c.follow != nil {
		c.followed(m, fromClient, toClient)
	}
}

// count counts a message between servers.
func (c *Collector) count(m *messages.Message) {
	kind := c.typeIndex(m.Type)
	c.sent.add(kind, m.Sent)
	if src, ok := c.columns[m.Src]; ok {
		t := &c.load[src].sent[kind]
		t.count++
		t.bytes += int64(m.Size)
	}
	if m.Fate != messages.Delivered {
		c.undone.add(0, m.Settled)
		return
	}
	if dest, ok := c.columns[m.Dest]; ok {
		t := &c.load[dest].received[kind]
		t.count++
		t.bytes += int64(m.Size)
	}
}

// typeIndex returns the index of a type, the last one for types past maxTypes.
func (c *Collector) typeIndex(name string) int {
	if i, ok := c.types[name]; ok {
		return i
	}
	if len(c.typeNames) >= maxTypes-1 {
		if len(c.typeNames) < maxTypes {
			c.typeNames = append(c.typeNames, otherType)
		}
		return maxTypes - 1
	}
	i := len(c.typeNames)
	c.types[name] = i
	c.typeNames = append(c.typeNames, name)
	return i
}

// followed follows the elements that a message carries.
func (c *Collector) followed(m *messages.Message, fromClient, toClient bool) {
	src, srcKnown := c.columns[m.Src]
	dest, destKnown := c.columns[m.Dest]
	switch {
	case fromClient && destKnown:
		if m.Type != "read" && m.Type != "init" && m.Type != "topology" {
			c.follow.begin(m, dest)
		}
	case toClient && srcKnown && m.Fate == messages.Delivered:
		c.follow.answered(m, src)
	case srcKnown && destKnown:
		c.follow.carried(m, src, dest)
	}
}
