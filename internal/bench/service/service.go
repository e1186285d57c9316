// Package service has Maelstrom's services, endpoints of the bench's own that nodes may build
// on: key-value stores and a source of timestamps.
package service

import (
	"math/rand/v2"
	"strconv"
	"sync"

	"gset/internal/bench/message"
	"gset/internal/bench/network"
	"gset/internal/bench/rawjson"
)

// Services are endpoints of the bench's own that nodes may build on:
//
//	lin-kv   a linearizable key-value store
//	seq-kv   a sequentially consistent one
//	lww-kv   an eventually consistent one, where the last write wins
//	lin-tso  a source of ever greater timestamps
//
// They are no clients: messages to and from them have latency, can be lost,
// and count as messages between servers.

// The stores know these requests, with these members, and the source of
// timestamps the last:
//
//	read   key                                    -> read_ok   value
//	write  key, value                             -> write_ok
//	cas    key, from, to, create_if_not_exists    -> cas_ok
//	ts                                            -> ts_ok     ts

// handler answers one request with the body of a reply, without its closing
// brace; nil if it knows no such request.
type handler interface {
	handle(client string, r *serviceRequest) []byte
}

// serviceRequest is a request to a service; its memory is its own.
type serviceRequest struct {
	src             *network.Endpoint
	typ             string
	key             string // canonical JSON
	value, from, to []byte // raw JSON
	create          bool
	msgID           []byte // raw JSON
}

// Service is an endpoint that answers requests one by one.
type Service struct {
	net      *network.Network
	Endpoint *network.Endpoint
	handler  handler
	done     chan struct{} // closed when its goroutine has ended

	mu      sync.Mutex
	more    sync.Cond
	pending []*serviceRequest
	stopped bool
}

// Names are the services' names, in order.
var Names = []string{"lin-kv", "lin-tso", "lww-kv", "seq-kv"}

// Start puts all services on the network.
func Start(n *network.Network, rng *rand.Rand) []*Service {
	handlers := map[string]handler{
		"lin-kv":  &linearKV{store: kvStore{}},
		"seq-kv":  newSequentialKV(rng),
		"lww-kv":  newEventualKV(rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))),
		"lin-tso": &timestamps{},
	}
	var all []*Service
	for _, name := range Names {
		s := &Service{net: n, handler: handlers[name], done: make(chan struct{})}
		s.more.L = &s.mu
		s.Endpoint = n.Join(name, s)
		go s.run()
		all = append(all, s)
	}
	return all
}

// Stop ends the service. It answers nothing more.
func (s *Service) Stop() {
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
	s.more.Signal()
	<-s.done
}

// Deliver implements network.Sink.
func (s *Service) Deliver(_ int64, src, _ string, body []byte, _ *message.Message) {
	fields, _, err := rawjson.Fields(nil, append([]byte(nil), body...))
	if err != nil {
		return // cannot happen: it has been scanned
	}
	r := &serviceRequest{value: []byte("null"), from: []byte("null"), to: []byte("null"), msgID: []byte("null"), key: "null"}
	for _, f := range fields {
		switch string(f.Key) {
		case "type":
			r.typ, _ = rawjson.String(f.Value)
		case "key":
			r.key = rawjson.Canonical(f.Value)
		case "value":
			r.value = f.Value
		case "from":
			r.from = f.Value
		case "to":
			r.to = f.Value
		case "create_if_not_exists":
			r.create = string(f.Value) != "false" && string(f.Value) != "null"
		case "msg_id":
			r.msgID = f.Value
		}
	}
	r.src = s.net.Lookup(src)
	s.mu.Lock()
	s.pending = append(s.pending, r)
	s.mu.Unlock()
	s.more.Signal()
}

func (s *Service) run() {
	defer close(s.done)
	for {
		s.mu.Lock()
		for len(s.pending) == 0 && !s.stopped {
			s.more.Wait()
		}
		if s.stopped {
			s.mu.Unlock()
			return
		}
		requests := s.pending
		s.pending = nil
		s.mu.Unlock()
		for _, r := range requests {
			s.answer(r)
		}
		s.net.Flush()
	}
}

func (s *Service) answer(r *serviceRequest) {
	if r.src == nil {
		return // it has left
	}
	body := s.handler.handle(r.src.Name, r)
	if body == nil {
		return // Maelstrom does not answer what it does not know either
	}
	body = append(append(append(body, `,"in_reply_to":`...), r.msgID...), '}')
	m := message.Message{Body: body}
	// The body was made here: there is no error to expect.
	m.Fields, _, _ = rawjson.Fields(nil, body)
	s.net.Send(s.Endpoint, r.src, body, &m)
}

func replyType(typ string) []byte {
	return append(append([]byte(`{"type":"`), typ...), '"')
}

func errorReply(code int, text string) []byte {
	b := strconv.AppendInt(append(replyType("error"), `,"code":`...), int64(code), 10)
	return rawjson.AppendString(append(b, `,"text":`...), text)
}

// timestamps is the state of lin-tso.
type timestamps struct{ next int64 }

func (t *timestamps) handle(_ string, r *serviceRequest) []byte {
	if r.typ != "ts" {
		return nil
	}
	t.next++
	return strconv.AppendInt(append(replyType("ts_ok"), `,"ts":`...), t.next-1, 10)
}
