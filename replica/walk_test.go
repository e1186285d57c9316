package replica

import (
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"

	"pgregory.net/rapid"
)

// TestALargeStateIsWalkedThroughInSteps: a joiner with nothing, or with half of everything, catches up on 30,000 random
// integers through messages of 2,000 bytes. No event sends more than its budget (the cluster checks that), and in
// all little more is sent than was missing.
func TestALargeStateIsWalkedThroughInSteps(t *testing.T) {
	for name, missing := range map[string]float64{"everything": 1, "half": 0.5, "a hundredth": 0.01} {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 1))
			all, part := set(), set()
			for range 30_000 {
				x := rng.Int64()
				all.Insert(x)
				if rng.Float64() >= missing {
					part.Insert(x)
				}
			}
			lack := len(mustEncode(t, all.Minus(part)))
			c := pair(t, all, part, 2000)
			bytes := 0
			c.watch = func(fate string, l letter[*crdt.GSet]) {
				if fate == "" {
					bytes += l.size
				}
			}
			if !c.runUntil(20*DefaultProbe, c.equal) {
				t.Fatalf("n1 holds %d of %d", c.node("n1").State().Len(), all.Len())
			}
			if most := 3*lack + 20_000; bytes > most {
				t.Errorf("%d bytes are missing, and %d are sent", lack, bytes)
			}
		})
	}
}

func mustEncode(t rapid.TB, s *crdt.GSet) []byte {
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestALostMessageOfAWalkCostsAStep: one message in twenty is lost. A joiner catches up, and what is sent again is a part of
// what it lacked: the walk does not begin anew with every loss.
func TestALostMessageOfAWalkCostsAStep(t *testing.T) {
	seeds(t, 3, func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 1))
		all := random(rng, 30_000)
		lack := len(mustEncode(t, all))
		c := pair(t, all, set(), 2000)
		c.lose = func(letter[*crdt.GSet]) bool { return rng.IntN(20) == 0 }
		bytes := 0
		c.watch = func(fate string, l letter[*crdt.GSet]) {
			if fate == "" {
				bytes += l.size
			}
		}
		if !c.runUntil(60*DefaultProbe, c.equal) {
			t.Fatalf("n1 holds %d of %d", c.node("n1").State().Len(), all.Len())
		}
		if bytes > 3*lack {
			t.Errorf("%d bytes are missing, and %d are sent", lack, bytes)
		}
	})
}

// TestALostStepIsAskedForAgain: the whole answer to a step is lost, or the request. The next request, a few round trips
// later and without a probe interval's wait, is for the same rest, of the same peer.
func TestALostStepIsAskedForAgain(t *testing.T) {
	rest := Range{1 << 54, Everything.Last}
	for _, m := range []message{
		{Kind: Diff, Digest: crdt.Fingerprint{1}, Range: Range{0, 1<<54 - 1}, Rest: rest, Delta: set()},
		{Kind: Cells, Digest: crdt.Fingerprint{1}, Rest: rest, Delta: set()},
		{Kind: Diff, Digest: crdt.Fingerprint{1}, Range: Range{0, 1<<54 - 1}, Rest: rest, Sketch: crdt.SketchOf(set(), 1)},
	} {
		r := newLeaf(t)
		measured(r, 20*time.Millisecond)
		r.suspicion.since = time.Second
		first := of(receive(t, r, time.Second, "n2", m), Probe)
		if len(first) != 1 || first[0].To != "n2" || first[0].Message.Range != rest {
			t.Fatalf("after a %v with a rest there is %v", m.Kind, first)
		}
		again := of(tick(t, r, time.Second+6*20*time.Millisecond), Probe)
		if len(again) == 0 || again[0].To != "n2" || again[0].Message.Range != rest {
			t.Errorf("after a %v whose rest nobody answers there is %v", m.Kind, again)
		}
	}
}

// TestTheAnswersToTwoProbesAreOneWalk: a seeker probes again before it is answered, and each step of a second walk beside the first
// would bring the same cells once more.
func TestTheAnswersToTwoProbesAreOneWalk(t *testing.T) {
	r := newLeaf(t)
	measured(r, 20*time.Millisecond)
	r.suspicion.since = time.Second
	for _, step := range []struct {
		first crdt.CellID // of the rest
		asked bool
	}{{2 << 54, true}, {2 << 54, false}, {1 << 54, false}, {3 << 54, true}} {
		rest := Range{step.first, Everything.Last}
		m := message{Kind: Diff, Digest: crdt.Fingerprint{1}, Range: Range{0, rest.First - 1}, Rest: rest, Delta: set()}
		asked := of(receive(t, r, time.Second, "n2", m), Probe)
		if (len(asked) == 1 && asked[0].Message.Range == rest) != step.asked || len(asked) > 1 {
			t.Errorf("after an answer whose rest begins at %x there is %v", step.first, asked)
		}
	}
}

// TestAWalkGoesOnWithAnotherPeer when the one that it was with has died, and is given up when nobody answers.
func TestAWalkGoesOnWithAnotherPeer(t *testing.T) {
	r := newLeaf(t)
	measured(r, 20*time.Millisecond)
	receive(t, r, time.Second, "n2", message{Kind: Cells, Digest: crdt.Fingerprint{1}, Rest: Range{1 << 54, Everything.Last}})
	asked := map[ID]int{}
	var until time.Duration
	for until = time.Second; r.Status().Walk != "" && until < time.Minute; until = r.Deadline() {
		for _, e := range of(tick(t, r, until), Probe) {
			asked[e.To]++
		}
	}
	if len(asked) < 3 || until > 10*time.Second {
		t.Errorf("the walk is over after %v, and has asked %v", until, asked)
	}
}

// large returns a leaf that holds much, and a probe of another state.
func large(t *testing.T) (r *setReplica, probe func(of *crdt.GSet) message) {
	r = newLeaf(t)
	measured(r, 20*time.Millisecond)
	r.stable.Join(random(rand.New(rand.NewPCG(1, 1)), 200_000))
	return r, func(of *crdt.GSet) message {
		return message{Kind: Probe, Digest: crdt.Fingerprint{1}, Sketch: crdt.SketchOf(of, 0)}
	}
}

// TestTwoAgreeBeforeEitherSendsMuch: a first probe is answered by a probe, and an answer by all cells, or by one more probe
// if it comes from the smaller state. Whoever is agreed with is sent the cells, unless it is the smaller one and sends its own.
func TestTwoAgreeBeforeEitherSendsMuch(t *testing.T) {
	for name, c := range map[string]struct {
		elements   int
		answer     bool
		wantsCells bool
	}{
		"first":               {300_000, false, false},
		"answer of a larger":  {300_000, true, true},
		"answer of a smaller": {100_000, true, false},
	} {
		r, probe := large(t)
		m := probe(random(rand.New(rand.NewPCG(2, 2)), c.elements))
		if c.answer {
			m.Echoes = []Echo{{Member: r.cfg.Self, Stamp: time.Second}}
		}
		for _, cells := range []bool{c.wantsCells, true} {
			out := receive(t, r, time.Second, "n2", m)
			m.Echoes = nil
			if probes, diffs := len(of(out, Probe)), len(of(out, Diff)); cells && (probes != 0 || diffs == 0) || !cells && (probes != 1 || diffs != 0) {
				t.Errorf("%s: %d probes and %d diffs are sent", name, probes, diffs)
			}
		}
	}
}

// TestAnEventSendsLittleOfAnAnswer: a peer asks for the rest of all cells. The answer, a budget of messages, comes out of several
// events, each due at once, and its last message names the rest. What else a replica has to send meanwhile does not wait for it: such
// an event sends nothing of it. Events may be slow: the replica stays busy with the peer.
func TestAnEventSendsLittleOfAnAnswer(t *testing.T) {
	r, _ := large(t)
	about := Range{1 << 55, Everything.Last} // of what is not negative
	ask := message{Kind: Probe, Digest: crdt.Fingerprint{1}, Range: about, Sketch: riblt.New(0)}
	now, out := time.Second, receive(t, r, time.Second, "n2", ask)
	next, portions := about.First, 0
	for {
		sent := of(out, Diff)
		if (len(sent)-1)*r.payload() > much || len(sent) > 0 && len(sent) < len(out.Messages) {
			t.Fatalf("an event sends %d of %d messages", len(sent), len(out.Messages))
		}
		for _, e := range sent {
			if e.To != "n2" || e.Message.Range.First != next || !e.Message.Delta.Equal(partOf(r.stable, next, e.Message.Range.Last)) {
				t.Fatalf("cells from %x on are sent, or not all of them; %x comes next", e.Message.Range.First, next)
			}
			next = e.Message.Range.Last + 1
			portions++
			switch rest := e.Message.Rest; {
			case rest == about.from(next):
				if portions != r.budget() || r.Deadline() <= now+1 {
					t.Errorf("the rest is named after %d messages, of %d, and the next event is due at %v", portions, r.budget(), r.Deadline())
				}
				return
			case rest != (Range{}) || r.Deadline() > now+1:
				t.Fatalf("after %d messages the rest is %x, and more is due at %v, not at once", portions, rest, r.Deadline())
			}
		}
		if len(sent) == 0 && portions != 1 {
			t.Fatalf("an event sends nothing after %d messages", portions)
		}
		now += r.stepTimeout() / 2
		switch {
		case len(sent) == 0 || portions > 2:
			out = r.Tick(now)
		case portions == 1:
			out = update(t, r, now, set(-5))
		default: // a third member asks
			out = receive(t, r, now, "n3", ask)
			if m := only(t, out).Message; m.Rest != Everything {
				t.Errorf("a third member is sent %v", m)
			}
			out = r.Tick(now)
		}
	}
}

// TestAMemberWalksWithOnePeerAtATime: a second peer that asks for much is told that the rest is everything. A small repair is never refused.
func TestAMemberWalksWithOnePeerAtATime(t *testing.T) {
	r, probe := large(t)
	receive(t, r, time.Second, "n2", probe(set()))
	m := only(t, receive(t, r, time.Second, "n3", probe(set()))).Message
	if m.Kind != Cells || m.Rest != Everything || m.Delta.Len() > 0 {
		t.Errorf("the second is sent %+v", m)
	}
	near := only(t, receive(t, r, time.Second, "n3", probe(r.stable.Minus(set(r.stable.Elements()[0]))))).Message
	if near.Kind != Diff {
		t.Errorf("who lacks little is sent %+v", near)
	}
}

// TestWhoBeginsAWalkSaysSo to several peers, and each of them seeks a peer of its own: it probes several others.
func TestWhoBeginsAWalkSaysSo(t *testing.T) {
	r, probe := large(t)
	busy := of(receive(t, r, time.Second, "n2", probe(set())), Cells)
	if len(busy) < several-1 {
		t.Fatalf("%d are told", len(busy))
	}
	told := newLeaf(t)
	measured(told, 20*time.Millisecond)
	told.suspicion.since = time.Second
	asked := map[ID]bool{}
	for _, e := range of(receive(t, told, time.Second, "n3", busy[0].Message), Probe) {
		asked[e.To] = e.Message.Range == Everything && e.To != "n3"
	}
	if len(asked) < several-1 || asked["n3"] {
		t.Errorf("who is told probes %v", asked)
	}
	if again := receive(t, told, time.Second, "n2", busy[0].Message); len(again.Messages) > 0 {
		t.Errorf("who seeks already sends %v", kindsOf(again))
	}
}

// TestHalvesFindEachOtherInPairs: ten members of two halves, each half with 10,000 random integers that the other lacks. They
// heal, and no member sends many times as much as the median.
func TestHalvesFindEachOtherInPairs(t *testing.T) {
	c := newCluster[*crdt.GSet](t)
	c.latency = constant(20 * time.Millisecond)
	rng := rand.New(rand.NewPCG(3, 3))
	halves := []*crdt.GSet{random(rng, 10_000), random(rng, 10_000)}
	m := listOf(t, names(10)...)
	for i, id := range names(10) {
		x := c.start(Config{Self: id, Members: m}, halves[i%2].Clone())
		measured(x.Replica, 40*time.Millisecond)
	}
	sent := map[ID]int{}
	c.watch = func(fate string, l letter[*crdt.GSet]) {
		if fate == "" {
			sent[l.from] += l.size
		}
	}
	if !c.runUntil(5*DefaultProbe, c.equal) {
		t.Fatal("they are not equal")
	}
	lack, total := 0, 0
	for i := range 10 {
		lack += len(mustEncode(t, halves[1-i%2]))
	}
	var all []int
	for _, id := range names(10) {
		all = append(all, sent[id])
		total += sent[id]
	}
	slices.Sort(all)
	if total > 3*lack || all[9] > 6*all[5] {
		t.Errorf("%d bytes are missing, %d are sent, by each: %v", lack, total, all)
	}
}

// TestWhatAMemberLearnsInAWalkIsNotToldAgain by the hub, who only shows its digest.
func TestWhatAMemberLearnsInAWalkIsNotToldAgain(t *testing.T) {
	all := random(rand.New(rand.NewPCG(1, 1)), 20_000)
	c := pair(t, set(), all, 2000) // the hub has nothing
	told := 0
	c.watch = func(fate string, l letter[*crdt.GSet]) {
		if fate == "" && l.Message.Kind == Scatter {
			told += l.size
		}
	}
	c.runUntil(10*DefaultProbe, c.equal)
	if c.run(time.Second); !c.equal() || told > len(mustEncode(t, all))/4 {
		t.Errorf("equal: %v; the hub scatters %d bytes", c.equal(), told)
	}
}

// coarse is a GSet of four cells, as if ids collided: a cell takes several messages.
type coarse struct{ *crdt.GSet }

func (s *coarse) New() *coarse               { return &coarse{s.GSet.New()} }
func (s *coarse) Clone() *coarse             { return &coarse{s.GSet.Clone()} }
func (s *coarse) Join(d *coarse) *coarse     { return &coarse{s.GSet.Join(d.GSet)} }
func (s *coarse) Minus(o *coarse) *coarse    { return &coarse{s.GSet.Minus(o.GSet)} }
func (s *coarse) Sketch(n int) *riblt.Sketch { return crdt.SketchOfCells(s.Cells(0), n) }

func (s *coarse) Decode(data []byte) (*coarse, error) {
	g, err := s.GSet.Decode(data)
	return &coarse{g}, err
}

func (s *coarse) part(in func(id crdt.CellID) bool) *coarse {
	part := s.New()
	for x := range s.All() {
		if in(crdt.CellID(uint64(x)^1<<63) >> 62 << 60) {
			part.Insert(x)
		}
	}
	return part
}

func (s *coarse) Extract(ids []crdt.CellID) *coarse {
	return s.part(func(id crdt.CellID) bool { return slices.Contains(ids, id) })
}

func (s *coarse) Cells(first crdt.CellID) iter.Seq[crdt.Cell] {
	return func(yield func(crdt.Cell) bool) {
		for i := range crdt.CellID(4) {
			cell := s.Extract([]crdt.CellID{i << 60})
			if i<<60 >= first && cell.Len() > 0 && !yield(crdt.Cell{ID: i << 60, Hash: cell.Digest().Hash}) {
				return
			}
		}
	}
}

func (s *coarse) Divide() (first, rest *coarse) {
	n := 0
	half := func(is bool) *coarse {
		n = 0
		part := s.New()
		for x := range s.All() {
			if n++; (n <= s.Len()/2) == is {
				part.Insert(x)
			}
		}
		return part
	}
	return half(true), half(false)
}

// TestACellOfSeveralMessagesDoesNotHoldUpAWalk: a joiner learns cells that are each sent in pieces.
func TestACellOfSeveralMessagesDoesNotHoldUpAWalk(t *testing.T) {
	for _, size := range []int{8000, DefaultMaxMessage} {
		c := newCluster[*coarse](t)
		m := listOf(t, names(2)...)
		all := &coarse{random(rand.New(rand.NewPCG(4, 4)), 20_000)}
		for _, id := range names(2) {
			c.start(Config{Self: id, Members: m, MaxMessage: size}, all.Clone())
			all = all.New()
		}
		if !c.runUntil(10*DefaultProbe, c.equal) || c.nodes[1].State().Len() != 20_000 {
			t.Errorf("messages of %d bytes: the joiner has %d", size, c.nodes[1].State().Len())
		}
	}
}

// TestPiecesOfACellAreInTheKeyRangesOfTheirMessages: a receiver refuses a diff with a cell outside its range.
func TestPiecesOfACellAreInTheKeyRangesOfTheirMessages(t *testing.T) {
	all := &coarse{random(rand.New(rand.NewPCG(4, 4)), 20_000)}
	for _, size := range []int{8000, 20_000, DefaultMaxMessage} {
		cfg := Config{Self: "n1", Members: listOf(t, names(2)...), MaxMessage: size}
		r := start(t, cfg, all.Clone())
		cfg.Self = "n0"
		peer := start(t, cfg, all.New())
		r.sendAll(0, "n0", Message[*coarse]{Kind: Diff, Range: Everything.from(1)})
		for r.serving.left != (Range{}) {
			r.serve(0)
		}
		for _, e := range r.out.Messages {
			if _, err := peer.Receive(time.Second, "n1", e.Message); err != nil {
				t.Errorf("messages of %d bytes: one about %x is refused: %v", size, e.Message.Range, err)
			}
		}
	}
}
