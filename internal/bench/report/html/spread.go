package html

import (
	"maps"
	"slices"
	"time"

	"gset/internal/bench/report/messages"
)

// maxCells bounds the memory of a spread: a cell is one element at one node, 64 bytes.
const maxCells = 1 << 18

// Bounds of how many bytes of bodies are searched for elements.
const (
	serverBytes = 256 << 20 // between servers
	readBytes   = 128 << 20 // in what nodes answer to clients
)

// spread follows elements from node to node. An element begins with a client's
// request. A node holds it once it was delivered a message whose body names it, from a
// sender that held it when it sent the message: numbers that happen to be equal hardly
// ever pass both tests. Where bodies cannot be read, such as binary ones, a node is
// taken to hold an element when one of its answers to a client first shows it.
type spread struct {
	columns  int               // nodes, then services
	elements map[int64]*record // followed
	held     []bitmap          // by column: elements that came to it, as far as a bitmap goes
	shift    uint              // an element is followed if the hash of it begins with as many zeros
	begun    int64             // elements begun, followed or not

	servers, reads int           // bytes still to search
	until          time.Duration // when the search ended for lack of them; 0 if it did not
}

// record is one element's way. It is at no node where cell.how is notYet.
type record struct {
	began time.Duration
	cells []cell // by column
}

// how says how an element came to a node.
type how uint8

const (
	notYet    how = iota
	byClient      // a client's request
	byMessage     // a message from another node or a service
	byRead        // unknown: a read at the node showed it
)

// cell is an element at a node.
type cell struct {
	how      how
	dropFate messages.Fate
	src      int16 // column of the sender, if by a message
	dropSrc  int16 // column of the sender of the last message that would have brought it; -1 for a client
	drops    uint32
	msg      int64 // that brought it or first showed it
	dropMsg  int64
	sent, at time.Duration
	dropSent time.Duration
}

func newSpread(columns int) *spread {
	return &spread{columns: columns, elements: make(map[int64]*record), held: make([]bitmap, columns), servers: serverBytes, reads: readBytes}
}

// bitmap is a set of numbers from 0 to maxBit. Most numbers in most bodies are elements that came
// to the node long ago: a bitmap tells so at a tenth of the cost of looking at their cells.
type bitmap []uint64

// maxBit bounds the memory of a bitmap: 32 KB.
const maxBit = 1<<18 - 1

func (b bitmap) has(n int64) bool {
	return uint64(n)/64 < uint64(len(b)) && b[n/64]>>(n%64)&1 != 0
}

func (b *bitmap) add(n int64) {
	if n < 0 || n > maxBit {
		return
	}
	for int64(len(*b)) <= n/64 {
		*b = append(*b, 0)
	}
	(*b)[n/64] |= 1 << (n % 64)
}

// begin follows the elements of a client's request.
func (s *spread) begin(m *messages.Message, dest int) {
	numbers(m.Body, func(n int64) {
		if s.elements[n] != nil {
			return
		}
		s.begun++
		if !s.follows(n) {
			return
		}
		s.elements[n] = &record{began: m.Sent, cells: make([]cell, s.columns)}
		for len(s.elements)*s.columns > maxCells {
			s.shift++
			maps.DeleteFunc(s.elements, func(n int64, _ *record) bool { return !s.follows(n) })
		}
	})
	s.search(m, -1, dest)
}

func (s *spread) follows(n int64) bool { return mix(uint64(n))>>(64-s.shift) == 0 }

// carried looks at a message between servers.
func (s *spread) carried(m *messages.Message, src, dest int) {
	if s.spend(&s.servers, m) {
		s.search(m, src, dest)
	}
}

// answered looks at what a node answers to a client.
func (s *spread) answered(m *messages.Message, src int) {
	if !s.spend(&s.reads, m) {
		return
	}
	held := &s.held[src]
	numbers(m.Body, func(n int64) {
		if held.has(n) {
			return
		}
		if r := s.elements[n]; r != nil && r.cells[src].how == notYet && r.began <= m.Sent {
			c := &r.cells[src]
			c.how, c.src, c.msg, c.sent, c.at = byRead, -1, m.ID, m.Sent, m.Sent
			held.add(n)
		}
	})
}

// spend takes a body's length off a budget.
func (s *spread) spend(left *int, m *messages.Message) bool {
	if len(m.Body) > *left {
		if s.until == 0 {
			s.until = m.Settled
		}
		*left = 0
		return false
	}
	*left -= len(m.Body)
	return true
}

// search moves the elements of a message on its way from src, -1 for a client, to dest.
func (s *spread) search(m *messages.Message, src, dest int) {
	held := &s.held[dest]
	numbers(m.Body, func(n int64) {
		if held.has(n) {
			return
		}
		r := s.elements[n]
		if r == nil || r.cells[dest].how != notYet {
			return
		}
		if src >= 0 && (r.cells[src].how == notYet || r.cells[src].at > m.Sent) {
			return
		}
		c := &r.cells[dest]
		if m.Fate != messages.Delivered {
			c.drops++
			c.dropFate, c.dropSrc, c.dropMsg, c.dropSent = m.Fate, int16(src), m.ID, m.Sent
			return
		}
		held.add(n)
		c.how, c.src, c.msg, c.sent, c.at = byMessage, int16(src), m.ID, m.Sent, m.Settled
		if src < 0 {
			c.how = byClient
		}
	})
}

// values returns the elements followed, in order.
func (s *spread) values() []int64 { return slices.Sorted(maps.Keys(s.elements)) }

// A Way is how an element came to a node, or that it did not.
type Way struct {
	Node    string
	Came    bool          // what follows means something only then
	From    string        // who sent it, "" if a client did
	Message int64         // that brought it
	At      time.Duration // when, on the clock of the messages
}

// Ways tells of each node whether an element came to it, and how; nil if that cannot be told, because the element
// was not followed or because messages cannot be read.
func (c *Collector) Ways(element int64) []Way {
	if c.follow == nil || c.follow.until > 0 {
		return nil
	}
	r := c.follow.elements[element]
	if r == nil {
		return nil
	}
	var ways []Way
	for column, name := range c.names[:c.nodes] {
		cell := &r.cells[column]
		if cell.how == byRead {
			return nil // it came in a way that cannot be read
		}
		w := Way{Node: name, Came: cell.how != notYet, Message: cell.msg, At: cell.at}
		if cell.how == byMessage {
			w.From = c.names[cell.src]
		}
		ways = append(ways, w)
	}
	return ways
}
