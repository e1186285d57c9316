// Package dashboardtest makes up states and a Source that look like real ones, for tests of the
// dashboard and for whoever wants to see it without running a cluster.
package dashboardtest

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"gset/internal/dashboard"
)

// epoch is when made up states begin, in milliseconds since 1970.
const epoch = 1_800_000_000_000

// State returns a state of a cluster of n members, of which one is down and one not equal if
// there are enough. It is the same at each call.
func State(n int) dashboard.State {
	s := dashboard.State{
		At: epoch,
		Node: dashboard.Node{
			Name: member(0), Cluster: "paris", Version: "v1.2.3", Address: "10.0.0.1:7070", Serves: "127.0.0.1:7379",
			Incarnation: "6f1d0c2ab7e94a10", Uptime: 93784.5, Ready: true,
			Clients: 212, MaxClients: 10000, Commands: 18450.5, Processed: 1204991823, Updates: 48112004,
			Memory: 5321 << 20, MemoryLimit: 8 << 30, Resident: 6 << 30, Durable: "always", Log: 193 << 20, Snapshot: 4096 << 20,
			View: "7", Hub: member(n / 2), Pending: 3, RoundTrip: 1.25,
		},
		Collections: dashboard.Collections{Count: 1204, Elements: 48112004, Every: 5, Scanned: 1},
		Views:       []dashboard.ViewChange{{At: epoch - 5000, View: "7", Hub: member(n / 2)}, {At: epoch - 900000, View: "6", Hub: member(0)}},
		Repairs: []dashboard.Repair{
			{Peer: member(1), Began: epoch - 2000, Took: 1.5, Messages: 12, Sent: 48211, Heard: 1932},
			{Peer: member(1), Began: epoch - 90000, Took: 0.25, Messages: 4, Sent: 1021, Heard: 833, End: "equal"},
			{Peer: member(2), Began: epoch - 190000, Took: 5, Messages: 3, Sent: 921, Heard: 0, End: "quiet"},
		},
		Events: []dashboard.Event{
			{At: epoch - 1500, Level: "info", Text: "holds another state: a repair begins", Peer: member(1), Count: 3},
			{At: epoch - 5000, Level: "info", Text: "view 7", Count: 1},
			{At: epoch - 60000, Level: "warn", Text: "is down", Peer: member(n - 1), Count: 1},
			{At: epoch - 93784500, Level: "good", Text: "the node serves", Count: 1},
		},
	}
	for i := range 60 {
		s.Node.Rates = append(s.Node.Rates, math.Round(15000+4000*math.Sin(float64(i)/7)+float64(i*i*7919%997)))
	}
	for i, kind := range []string{"gather", "scatter", "answer", "probe", "diff", "cells"} {
		m := uint64(48112 / (i*i*i + 1))
		s.Traffic = append(s.Traffic, dashboard.Traffic{Kind: kind, Sent: m, SentBytes: m * 212, Heard: m * 3, HeardBytes: m * 3 * 186})
	}
	for i := 1; i < n; i++ {
		s.Members = append(s.Members, other(i, n))
		s.Latency = append(s.Latency, dashboard.Latency{
			From: member(0), To: member(i), P50: 2.048 * float64(i), P99: 16.384 * float64(i), Last: 1.7 * float64(i), Count: uint64(9000 + i), Missed: uint64(i / 20),
		})
	}
	for i, name := range []string{"revoked", "seen:2026-11", "visitors", "hits", "größe 日本", "a\xff\xfe\x00", "pages:<b>home</b>"} {
		s.Collections.Shown = append(s.Collections.Shown, collection(name, i))
	}
	return s
}

func member(i int) dashboard.Name { return dashboard.Name(fmt.Sprintf("node%02d", i+1)) }

func other(i, n int) dashboard.Member {
	m := dashboard.Member{
		Name: member(i), Address: fmt.Sprintf("10.0.0.%d:7070", i+1), Up: true, Since: float64(4000 * i),
		Life: fmt.Sprintf("%016x", uint64(i)*0x9e3779b97f4a7c15), Equal: i != 1, Connected: true, Sent: uint64(i) * 48211,
	}
	if i == 1 {
		m.Waiting, m.Behind = 1932, 2.5
	}
	if i == 7 {
		m.Equal, m.Behind = false, 75
	}
	if i == n-1 && n > 3 {
		m.Up, m.Equal, m.Connected, m.Since, m.Behind, m.Problem = false, false, false, 60, 60, "dial tcp 10.0.0."+strconv.Itoa(i+1)+":7070: connection refused"
	}
	return m
}

func collection(name string, i int) dashboard.Collection {
	c := dashboard.Collection{Name: dashboard.Name(name), Kind: "set", Size: 20_000_000 >> (2 * i)}
	if i == 3 {
		c.Kind, c.Size, c.Value = "counter", 12, "98231551"
	}
	if i == 6 {
		c.Growth = []int64{int64(c.Size)}
		return c
	}
	c.Growth, c.Rate = []int64{int64(c.Size) - 30*int64(100-10*i)}, float64(12*(100-10*i))
	for j := range 30 {
		c.Growth = append(c.Growth, int64(100-10*i+(j*j*31%7-3)*(8-i)))
	}
	return c
}

// Source is a Source whose state is set by its user. It is safe for concurrent use.
type Source struct {
	mu    sync.Mutex
	state dashboard.State
	flow  []dashboard.Message
	err   error
}

// NewSource returns a source with a state.
func NewSource(s dashboard.State) *Source { return &Source{state: s} }

// Change changes the state.
func (s *Source) Change(f func(*dashboard.State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.state)
}

// Fail has States fail; nil ends that.
func (s *Source) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Happen has messages seen, in their order.
func (s *Source) Happen(m ...dashboard.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flow = append(s.flow, m...)
}

// Cross has an update that was written at a member cross the cluster, as the first member sees it.
func (s *Source) Cross(writer int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	self, hub := s.state.Node.Name, s.state.Node.Hub
	from := member(writer)
	add := func(kind string, from, to, root dashboard.Name) {
		s.flow = append(s.flow, dashboard.Message{Kind: kind, From: from, To: to, Root: root, Count: 1, Parts: 2, Bytes: 180, At: epoch})
	}
	if from == self {
		add("write", self, "", "")
		if self != hub {
			add("gather", self, hub, "")
		}
	}
	if self != hub {
		add("scatter", hub, self, "")
		return
	}
	if from != self {
		add("gather", from, self, "")
	}
	for _, m := range s.state.Members {
		if m.Up {
			add("scatter", self, m.Name, "")
		}
	}
}

// State returns the state.
func (s *Source) State(context.Context) (dashboard.State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.Node.Uptime++
	s.state.At = time.Now().UnixMilli()
	return s.state, s.err
}

// Flow returns what has happened.
func (s *Source) Flow() (f dashboard.Flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Messages, s.flow = s.flow, nil
	return f
}

// Find searches what is shown, two at a time.
func (s *Source) Find(_ context.Context, q dashboard.Query) (f dashboard.Found, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Collections = []dashboard.Collection{}
	at := 0
	if q.Cursor != "" {
		if at, err = strconv.Atoi(q.Cursor); err != nil || at < 0 {
			return f, fmt.Errorf("no cursor: %q", q.Cursor)
		}
	}
	for _, c := range s.state.Collections.Shown[min(at, len(s.state.Collections.Shown)):] {
		if len(f.Collections) == 2 {
			f.Cursor = strconv.Itoa(at)
			break
		}
		at++
		f.Looked++
		if strings.Contains(strings.ToLower(string(c.Name)), strings.ToLower(q.Name)) {
			c.Growth = []int64{}
			f.Collections = append(f.Collections, c)
		}
	}
	return f, nil
}
