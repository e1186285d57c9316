package squall

import (
	"maps"
	"slices"
	"sync/atomic"
)

// traffic counts messages while a test runs. Those between servers are counted
// apart from those with a client at either end.
type traffic struct {
	serverSends, serverReceives atomic.Int64
	clientSends, clientReceives atomic.Int64
}

func (t *traffic) sent(servers bool) {
	if servers {
		t.serverSends.Add(1)
	} else {
		t.clientSends.Add(1)
	}
}

func (t *traffic) received(servers bool) {
	if servers {
		t.serverReceives.Add(1)
	} else {
		t.clientReceives.Add(1)
	}
}

// maxTypes bounds how many message types are told apart: a node may make up
// as many as it likes.
const maxTypes = 1000

// otherTypes is where the rest, and messages without a type, are counted.
const otherTypes = "(other)"

// tally counts what one endpoint sent to servers, by type. It is not safe for
// concurrent use: it belongs to the one goroutine that sends for the endpoint,
// and is read when that has ended.
type tally struct {
	types map[string]*int64
	bytes int64
}

// add counts a message with the given type, a raw JSON value or nil, and size.
func (t *tally) add(rawType []byte, size int) {
	t.bytes += int64(size)
	if t.types == nil {
		t.types = make(map[string]*int64)
	}
	if count := t.types[string(rawType)]; count != nil { // keyed by raw text: no allocation
		*count++
		return
	}
	key := string(rawType)
	if _, ok := jsonString(rawType); !ok || len(t.types) >= maxTypes {
		key = ""
	}
	if t.types[key] == nil {
		t.types[key] = new(int64)
	}
	*t.types[key]++
}

// addTo adds the counts to byType, under the decoded names of the types.
func (t *tally) addTo(byType map[string]int64) {
	for raw, count := range t.types {
		name, ok := jsonString([]byte(raw))
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

// stats sums up the counts. The endpoints whose tallies are given must have fallen silent.
func (t *traffic) stats(ops int64, tallies []*tally) NetStats {
	count := func(sent, received int64) CountStats { return CountStats{sent, received, sent} }
	s := NetStats{Ops: ops, ByType: make(map[string]int64)}
	s.Clients = count(t.clientSends.Load(), t.clientReceives.Load())
	s.Servers = count(t.serverSends.Load(), t.serverReceives.Load())
	s.All = count(s.Clients.SendCount+s.Servers.SendCount, s.Clients.RecvCount+s.Servers.RecvCount)
	for _, t := range tallies {
		s.ServerBytes += t.bytes
		t.addTo(s.ByType)
	}
	if ops > 0 {
		s.AllMsgsPerOp = float64(s.All.MsgCount) / float64(ops)
		s.ServersMsgsPerOp = float64(s.Servers.MsgCount) / float64(ops)
		s.ServersBytesPerOp = float64(s.ServerBytes) / float64(ops)
	}
	return s
}

func (c CountStats) edn() Map {
	return Map{
		{Keyword("send-count"), c.SendCount},
		{Keyword("recv-count"), c.RecvCount},
		{Keyword("msg-count"), c.MsgCount},
	}
}

func (s *NetStats) edn() Map {
	all, clients, servers := s.All.edn(), s.Clients.edn(), s.Servers.edn()
	if s.Ops > 0 {
		all = append(all, Pair{Keyword("msgs-per-op"), float32(s.AllMsgsPerOp)})
		servers = append(servers,
			Pair{Keyword("msgs-per-op"), float32(s.ServersMsgsPerOp)},
			Pair{Keyword("bytes-per-op"), float32(s.ServersBytesPerOp)})
	}
	byType := Map{}
	for _, name := range slices.Sorted(maps.Keys(s.ByType)) {
		byType = append(byType, Pair{name, s.ByType[name]})
	}
	servers = append(servers, Pair{Keyword("byte-count"), s.ServerBytes}, Pair{Keyword("by-type"), byType})
	return Map{
		{Keyword("all"), all},
		{Keyword("clients"), clients},
		{Keyword("servers"), servers},
		{Keyword("valid?"), true},
	}
}
