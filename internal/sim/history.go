package sim

import (
	"math/rand/v2"
	"time"
)

// History is what an oracle needs to know of a run: when which link and which node was
// out, what was added where, and when each node first held it. A run writes it if
// [Player].History is set; use one for one run.
type History struct {
	// Hop is the least time that a message is under way.
	Hop time.Duration

	// End is when all faults ended, and Sent how many messages had been sent by then.
	End  time.Duration
	Sent int

	// Floor is the fewest messages that the rounds until End could do with; see floor.
	Floor int

	nodes   int
	links   []spans  // by sender and receiver: when the link was cut
	down    []spans  // by node: when it was stopped
	frozen  []spans  // by node: when it did nothing
	lags    [][]lag  // by node: how slow it was, by time
	lives   []life   // of all nodes
	current []int    // by node: its life
	adds    []add    // by place in the model
	floor   floorman // counts the floor
}

// life is a node from when it has had its state until it loses it. A node that is stopped
// and keeps its state goes on with the same life.
type life struct {
	node        int
	from, until time.Duration
}

// lag is how long everything takes a node from a time on.
type lag struct{ at, by time.Duration }

// add is something that clients have added.
type add struct {
	sources []source
	held    []time.Duration // by life: when it first had it; never, or left out, if it had not
}

// source is an addition of something: who did it, and when.
type source struct {
	life int
	at   time.Duration
}

// start sets a history up for a run.
func (h *History) start(s Schedule) {
	n := s.Nodes
	*h = History{End: s.End, nodes: n, links: make([]spans, n*n), down: make([]spans, n), frozen: make([]spans, n), lags: make([][]lag, n)}
	if s.Shape == Constant {
		h.Hop = s.Hop
	}
	for node := range n {
		h.lags[node] = []lag{{}}
		h.current = append(h.current, node)
		h.lives = append(h.lives, life{node, 0, never})
	}
}

// fault notes a fault as it happens. That of a crash is noted by stop and restart.
func (h *History) fault(now time.Duration, e Event) {
	if h == nil {
		return
	}
	until := min(h.End, now+e.For)
	switch e.What {
	case Cut:
		if draw := cuts[e.Kind]; draw != nil {
			cut := draw(h.nodes, rand.New(rand.NewPCG(e.Seed, 0)))
			for link := range h.links {
				if cut(link/h.nodes, link%h.nodes) {
					h.links[link].add(now, until)
				}
			}
		}
	case Break:
		h.links[e.Node*h.nodes+e.Peer].add(now, until)
	case Flap:
		period := max(time.Duration(e.Value), 1)
		for at := now; at < until; at += 2 * period {
			h.links[e.Node*h.nodes+e.Peer].add(at, min(until, at+period))
		}
	case Slow:
		h.slow(e.Node, lag{now, time.Duration(e.Value)})
		h.slow(e.Node, lag{until, 0})
	case Freeze:
		if stops := h.down[e.Node]; len(stops) > 0 && now < stops[len(stops)-1].until {
			until = min(until, stops[len(stops)-1].until) // it starts awake
		}
		h.frozen[e.Node].add(now, until)
	}
}

// slow puts a lag in its place by time, behind those of the same time.
func (h *History) slow(node int, l lag) {
	lags := append(h.lags[node], l)
	for i := len(lags) - 1; i > 0 && lags[i-1].at > l.at; i-- {
		lags[i-1], lags[i] = lags[i], lags[i-1]
	}
	h.lags[node] = lags
}

// stop notes that a node stops, until a time or never to start again.
func (h *History) stop(now time.Duration, e Event) {
	if h == nil {
		return
	}
	back := never
	if e.For > 0 {
		back = min(h.End, now+e.For)
		h.frozen[e.Node].clip(back) // it starts awake
	}
	h.down[e.Node].add(now, back)
	if e.Lose {
		h.lives[h.current[e.Node]].until = now
		h.current[e.Node] = len(h.lives)
		h.lives = append(h.lives, life{e.Node, back, never})
	}
}

// added notes that a client of a node has added what has a place in the model.
func (h *History) added(now time.Duration, node, place int) {
	if h == nil {
		return
	}
	for len(h.adds) <= place {
		h.adds = append(h.adds, add{})
	}
	h.adds[place].sources = append(h.adds[place].sources, source{h.current[node], now})
}

// got notes that what has a place in the model is new to a node.
func (h *History) got(now time.Duration, node, place int) {
	if h == nil {
		return
	}
	held, life := &h.adds[place].held, h.current[node]
	for len(*held) <= life {
		*held = append(*held, never)
	}
	(*held)[life] = min((*held)[life], now)
}

// faultless notes the end of all faults.
func (h *History) faultless(sent int) {
	if h == nil {
		return
	}
	h.Sent, h.Floor = sent, h.floor.messages
	for _, all := range [][]spans{h.links, h.down, h.frozen} {
		for i := range all {
			all[i].merge()
		}
	}
	for node := range h.lags {
		h.slow(node, lag{h.End, 0})
	}
}
