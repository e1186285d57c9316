package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = time.Millisecond

func TestSpansAreMergedAndSkipped(t *testing.T) {
	var s spans
	s.add(5, 7)
	s.add(1, 3)
	s.add(3, 4) // touches
	s.add(6, 9)
	s.add(2, 2)
	s.merge()
	if want := (spans{{1, 4}, {5, 9}}); !slices.Equal(s, want) {
		t.Fatalf("merged to %v, want %v", s, want)
	}
	for at, want := range []time.Duration{0, 1, 4, 4, 4, 5, 9, 9, 9, 9, 10} {
		if got := s.after(time.Duration(at)); got != want {
			t.Errorf("after %d comes %d, want %d", at, got, want)
		}
	}
}

// byHand returns the history of a schedule in which nothing is added, as the oracle is
// to be shown it.
func byHand(s Schedule) *History {
	h := &History{}
	h.start(s)
	for _, e := range s.Events {
		if e.What == Crash {
			h.stop(e.At, e)
		} else {
			h.fault(e.At, e)
		}
	}
	h.faultless(0)
	return h
}

func TestTheOracleGoesAroundWhatIsOut(t *testing.T) {
	const hop, end = 100 * ms, 10 * time.Second
	for _, c := range []struct {
		name   string
		events []Event
		want   []time.Duration // of what n0 adds at 1 s, by life
	}{
		{"nothing is out", nil, []time.Duration{1000 * ms, 1100 * ms, 1100 * ms}},
		{"a link is cut", []Event{{What: Break, Node: 0, Peer: 2, For: end}}, []time.Duration{1000 * ms, 1100 * ms, 1200 * ms}},
		{"a link is cut while the message is under way", []Event{{At: 1050 * ms, What: Break, Node: 0, Peer: 2, For: 70 * ms}}, []time.Duration{1000 * ms, 1100 * ms, 1120 * ms}},
		{"a link is cut until the message comes", []Event{{What: Break, Node: 0, Peer: 2, For: 1100 * ms}}, []time.Duration{1000 * ms, 1100 * ms, 1100 * ms}},
		{"all links to it are cut", []Event{
			{What: Break, Node: 0, Peer: 2, For: 5 * time.Second}, {What: Break, Node: 1, Peer: 2, For: 3 * time.Second},
		}, []time.Duration{1000 * ms, 1100 * ms, 3000 * ms}},
		{"its maker is frozen", []Event{{What: Freeze, Node: 0, For: 2 * time.Second}}, []time.Duration{1000 * ms, 2100 * ms, 2100 * ms}},
		{"it is frozen, and gets what waited", []Event{{What: Freeze, Node: 2, For: 2 * time.Second}}, []time.Duration{1000 * ms, 1100 * ms, 2000 * ms}},
		{"it is down", []Event{{What: Crash, Node: 2, For: 2 * time.Second}}, []time.Duration{1000 * ms, 1100 * ms, 2000 * ms}},
		{"it comes back with nothing", []Event{{At: 3 * time.Second, What: Crash, Node: 2, For: 2 * time.Second, Lose: true}}, []time.Duration{1000 * ms, 1100 * ms, 1100 * ms, 5000 * ms}},
		{"its maker loses it and gets it back", []Event{{At: 1010 * ms, What: Crash, Node: 0, For: time.Second, Lose: true}}, []time.Duration{1000 * ms, 1100 * ms, 1100 * ms, 2010 * ms}},
		{"its maker loses it, and nobody is there", []Event{
			{What: Break, Node: 0, Peer: 1, For: end}, {What: Break, Node: 0, Peer: 2, For: end},
			{At: 1010 * ms, What: Crash, Node: 0, For: time.Second, Lose: true},
		}, []time.Duration{1000 * ms, never, never, never}},
		{"it is gone for good", []Event{{At: 1050 * ms, What: Crash, Node: 2}}, []time.Duration{1000 * ms, 1100 * ms, never}},
		{"it is slow", []Event{{What: Slow, Node: 2, Value: int64(300 * ms), For: end}}, []time.Duration{1000 * ms, 1100 * ms, 1400 * ms}},
		{"it is faster soon", []Event{{What: Slow, Node: 2, Value: int64(300 * ms), For: 1050 * ms}}, []time.Duration{1000 * ms, 1100 * ms, 1150 * ms}},
		{"a link flaps", []Event{{What: Flap, Node: 0, Peer: 2, Value: int64(130 * ms), For: end}}, []time.Duration{1000 * ms, 1100 * ms, 1170 * ms}},
	} {
		h := byHand(Schedule{Nodes: 3, Shape: Constant, Hop: hop, End: end, Events: c.events})
		if got := h.earliest([]source{{0, 1000 * ms}}); !slices.Equal(got, c.want) {
			t.Errorf("%s: n0's is everywhere by %v, want %v", c.name, got, c.want)
		}
	}
}

// TestTheOracleIsAFlood holds the oracle against a flood that goes through time a
// millisecond a step, and has everyone send to everyone in each.
func TestTheOracleIsAFlood(t *testing.T) {
	for seed := range uint64(150) {
		d := draw{rand.New(rand.NewPCG(seed, 7))}
		s := Schedule{Nodes: 2 + d.IntN(5), Shape: Constant, Hop: d.between(0, 20*ms), End: 400 * ms}
		at := time.Duration(0)
		for range d.IntN(40) {
			at = min(s.End, at+d.between(0, 20*ms))
			e := Event{At: at, For: d.between(0, 150*ms), Node: d.IntN(s.Nodes)}
			e.Peer = (e.Node + 1 + d.IntN(s.Nodes-1)) % s.Nodes
			switch e.What = []What{Cut, Break, Break, Flap, Slow, Freeze, Crash}[d.IntN(7)]; e.What {
			case Cut:
				e.Kind, e.Seed = cutKinds[d.IntN(len(cutKinds))], d.Uint64N(1000)
			case Flap:
				e.Value = int64(d.between(ms, 30*ms))
			case Slow:
				e.Value = int64(d.between(0, 40*ms))
			case Crash:
				if e.Lose = d.IntN(2) == 0; d.IntN(8) == 0 {
					e.For = 0
				}
			}
			s.Events = append(s.Events, e)
		}
		s.Events = slices.DeleteFunc(s.Events, twiceDown(s.Nodes, s.End))
		h := byHand(s)
		start := source{d.IntN(s.Nodes), d.between(0, 200*ms)}
		if l := &h.lives[start.life]; l.until < start.at {
			continue
		}
		if got, want := h.earliest([]source{start}), h.flood(start); !slices.Equal(got, want) {
			t.Errorf("seed %d: n%d's of %v is everywhere by %v, in a flood by %v\n%v", seed, start.life, start.at, got, want, s)
		}
	}
}

// twiceDown reports of one event after another whether it is the crash of a node that is
// down.
func twiceDown(nodes int, end time.Duration) func(Event) bool {
	back := make([]time.Duration, nodes)
	return func(e Event) bool {
		if e.What != Crash {
			return false
		}
		if e.At <= back[e.Node] && back[e.Node] > 0 {
			return true
		}
		back[e.Node] = min(end, e.At+e.For)
		if e.For == 0 {
			back[e.Node] = never
		}
		return false
	}
}

// flood is a dumb twin of earliest: a millisecond at a time.
func (h *History) flood(start source) []time.Duration {
	f := &flood{History: h, at: make([]time.Duration, len(h.lives)), due: map[time.Duration]map[message]bool{}, lags: make([][]time.Duration, h.nodes)}
	for i := range f.at {
		f.at[i] = never
	}
	f.at[start.life] = start.at
	for f.now = 0; f.now <= h.End+time.Second; f.now += ms {
		for node := range f.lags { // the last of the past, and all of now
			f.lags[node] = f.lags[node][max(0, len(f.lags[node])-1):]
			for _, l := range h.lags[node] {
				if l.at == f.now {
					f.lags[node] = append(f.lags[node], l.by)
				}
			}
		}
		for range f.at { // as many times as a message that takes no time can be passed on
			f.receive()
			f.pass()
		}
		delete(f.due, f.now)
	}
	return f.at
}

// flood is a flood under way.
type flood struct {
	*History
	now  time.Duration
	at   []time.Duration // by life: when it had it
	due  map[time.Duration]map[message]bool
	lags [][]time.Duration // by node
}

type message struct{ from, to int } // from nobody, -1, once it has come through

func (f *flood) out(all spans) bool {
	return slices.ContainsFunc(all, func(s span) bool { return s.from < f.now && f.now < s.until })
}

func (f *flood) up(life int) bool {
	l := &f.lives[life]
	return l.from <= f.now && f.now <= l.until && !f.out(f.down[l.node])
}

func (f *flood) send(at time.Duration, m message) {
	if f.due[at] == nil {
		f.due[at] = map[message]bool{}
	}
	f.due[at][m] = true
}

// receive has what is due come through.
func (f *flood) receive() {
	for m := range f.due[f.now] {
		node := f.lives[m.to].node
		switch {
		case !f.up(m.to) || m.from >= 0 && f.out(f.links[m.from*f.nodes+node]):
		case f.out(f.frozen[node]):
			f.send(f.now+ms, message{-1, m.to})
		default:
			f.at[m.to] = min(f.at[m.to], f.now)
		}
	}
}

// pass has everyone who has it send it to everyone who has not.
func (f *flood) pass() {
	for from := range f.at {
		node := f.lives[from].node
		if f.at[from] > f.now || !f.up(from) || f.out(f.frozen[node]) {
			continue
		}
		for to := range f.at {
			if peer := f.lives[to].node; peer != node && f.at[to] > f.now {
				for _, by := range f.lags[peer] {
					f.send(f.now+f.Hop+by, message{node, to})
				}
			}
		}
	}
}

// TestNobodyIsFasterThanTheOracle plays schedules in which anything goes wrong.
func TestNobodyIsFasterThanTheOracle(t *testing.T) {
	pairs := 0
	for seed := range uint64(20) {
		var h History
		s := Generate(seed, Options{})
		if r := (Player{History: &h}).Play(s); r.Violation != nil {
			t.Fatalf("seed %d: %v", seed, r.Violation)
		}
		for p := range h.Pairs() {
			pairs++
			if !p.Lost && p.Excess() < 0 {
				t.Fatalf("seed %d: n%d has part %d, which n%d made at %v, at %v, and the oracle at %v", seed, p.To, p.Place, p.From, p.Made, p.Got, p.Earliest)
			}
		}
	}
	t.Logf("%d pairs", pairs)
}
