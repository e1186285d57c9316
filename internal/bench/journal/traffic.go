// Package journal counts the messages of a test, as Maelstrom's network journal does.
package journal

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"gset/internal/bench/edn"
	"gset/internal/bench/rawjson"
)

// Traffic counts messages while a test runs. Those between servers are counted
// apart from those with a client at either end.
type Traffic struct {
	ServerSends, ServerReceives atomic.Int64
	clientSends, clientReceives atomic.Int64
}

// Sent counts a message as sent; servers says that neither end is a client.
func (t *Traffic) Sent(servers bool) {
	if servers {
		t.ServerSends.Add(1)
	} else {
		t.clientSends.Add(1)
	}
}

// Received counts a message as received; servers says that neither end is a client.
func (t *Traffic) Received(servers bool) {
	if servers {
		t.ServerReceives.Add(1)
	} else {
		t.clientReceives.Add(1)
	}
}

// maxTypes bounds how many message types are told apart: a node may make up
// as many as it likes.
const maxTypes = 1000

// maxTypeLength bounds the length of a type that is told apart, in bytes of JSON.
const maxTypeLength = 100

// otherTypes is where the rest, and messages without a type, are counted.
const otherTypes = "(other)"

// Tally counts what one endpoint sent to servers, by type. It is safe for concurrent use:
// as a rule one goroutine sends for an endpoint, but a node may print messages with
// another's name.
type Tally struct {
	mu    sync.Mutex
	types map[string]*int64
	bytes int64
}

// Sent is how many messages have been counted.
func (t *Tally) Sent() (sent int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, count := range t.types {
		sent += *count
	}
	return sent
}

// Add counts a message with the given type, a raw JSON value or nil, and size.
func (t *Tally) Add(rawType []byte, size int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bytes += int64(size)
	if t.types == nil {
		t.types = make(map[string]*int64)
	}
	if count := t.types[string(rawType)]; count != nil { // keyed by raw text: no allocation
		*count++
		return
	}
	key := string(rawType)
	if _, ok := rawjson.String(rawType); !ok || len(t.types) >= maxTypes || len(key) > maxTypeLength {
		key = ""
	}
	if t.types[key] == nil {
		t.types[key] = new(int64)
	}
	*t.types[key]++
}

// addTo adds the counts to byType, under the decoded names of the types.
func (t *Tally) addTo(byType map[string]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for raw, count := range t.types {
		name, ok := rawjson.String([]byte(raw))
		if !ok {
			name = otherTypes
		}
		byType[name] += *count
	}
}

// CountStats are the message counts of one kind of traffic. Every message is
// counted when it is sent, whether or not it was lost later.
type CountStats struct {
	SendCount int64
	RecvCount int64
	MsgCount  int64 // distinct messages: as many as were sent
}

// NetStats are a test's message counts.
type NetStats struct {
	All     CountStats
	Clients CountStats // a client is at either end
	Servers CountStats // neither end is a client

	// Ops is the number of client operations invoked, reads and final reads
	// included. The ratios below are meaningless when it is 0.
	Ops              int64
	AllMsgsPerOp     float64
	ServersMsgsPerOp float64

	// What Maelstrom does not tell, of messages between servers.

	ServerBytes       int64            // total size of the bodies
	ServersBytesPerOp float64          // the same over Ops
	ByType            map[string]int64 // messages sent, by the body's type
}

// Stats sums up the counts. The endpoints whose tallies are given must have fallen silent.
func (t *Traffic) Stats(ops int64, tallies []*Tally) NetStats {
	count := func(sent, received int64) CountStats { return CountStats{sent, received, sent} }
	s := NetStats{Ops: ops, ByType: make(map[string]int64)}
	s.Clients = count(t.clientSends.Load(), t.clientReceives.Load())
	s.Servers = count(t.ServerSends.Load(), t.ServerReceives.Load())
	s.All = count(s.Clients.SendCount+s.Servers.SendCount, s.Clients.RecvCount+s.Servers.RecvCount)
	for _, t := range tallies {
		t.mu.Lock()
		s.ServerBytes += t.bytes
		t.mu.Unlock()
		t.addTo(s.ByType)
	}
	if ops > 0 {
		s.AllMsgsPerOp = float64(s.All.MsgCount) / float64(ops)
		s.ServersMsgsPerOp = float64(s.Servers.MsgCount) / float64(ops)
		s.ServersBytesPerOp = float64(s.ServerBytes) / float64(ops)
	}
	return s
}

func (c CountStats) edn() edn.Map {
	return edn.Map{
		{edn.Keyword("send-count"), c.SendCount},
		{edn.Keyword("recv-count"), c.RecvCount},
		{edn.Keyword("msg-count"), c.MsgCount},
	}
}

// EDN is the counts as Maelstrom writes them.
func (s *NetStats) EDN() edn.Map {
	all, clients, servers := s.All.edn(), s.Clients.edn(), s.Servers.edn()
	if s.Ops > 0 {
		all = append(all, edn.Pair{edn.Keyword("msgs-per-op"), float32(s.AllMsgsPerOp)})
		servers = append(servers, edn.Pair{edn.Keyword("msgs-per-op"), float32(s.ServersMsgsPerOp)})
	}
	return edn.Map{
		{edn.Keyword("all"), all},
		{edn.Keyword("clients"), clients},
		{edn.Keyword("servers"), servers},
		{edn.Keyword("valid?"), true},
	}
}

// Own is what Maelstrom does not count.
func (s *NetStats) Own() edn.Map {
	servers := edn.Map{}
	if s.Ops > 0 {
		servers = append(servers, edn.Pair{edn.Keyword("bytes-per-op"), float32(s.ServersBytesPerOp)})
	}
	byType := edn.Map{}
	for _, name := range slices.Sorted(maps.Keys(s.ByType)) {
		byType = append(byType, edn.Pair{name, s.ByType[name]})
	}
	return append(servers, edn.Pair{edn.Keyword("byte-count"), s.ServerBytes}, edn.Pair{edn.Keyword("by-type"), byType})
}
