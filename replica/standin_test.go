package replica

import (
	"math"
	"slices"
	"testing"
	"time"

	"gset/crdt"
)

// silent lets a leaf find its hub silent: it sends updates that nobody acknowledges, until the hub has so many
// strikes. It returns the leaf's gathers, and the time.
func silent(t *testing.T, r *setReplica, strikes int) (gathers []Envelope[*crdt.GSet], now time.Duration) {
	t.Helper()
	measured(r, 100*time.Millisecond)
	now = time.Minute
	busy(r, now)
	r.suspicion.since = now
	out := update(t, r, now, set(1, 2, 3))
	gathers = of(out, Gather)
	for r.leaf.strikes < strikes {
		now = r.Deadline()
		busy(r, now)
		gathers = append(gathers, of(r.Tick(now), Gather)...)
	}
	return gathers, now
}

// TestASilentHubIsAskedTwiceAndThenThreePeersAreAsWell: at four strikes the updates go to the hub and to three peers.
func TestASilentHubIsAskedTwiceAndThenThreePeersAreAsWell(t *testing.T) {
	for _, heard := range memberOf(t, 6, false, Config{}).members.ring {
		r := memberOf(t, 6, false, Config{})
		if heard.ID == r.cfg.Self {
			continue
		}
		r.heard.from = heard.ID // it is one of the three, if it is not the hub
		threeAreAsked(t, r)
	}
}

func threeAreAsked(t *testing.T, r *setReplica) {
	t.Helper()
	last := r.heard.from
	gathers, _ := silent(t, r, maxStrikes)
	var to []ID
	for _, e := range gathers {
		to = append(to, e.To)
	}
	if len(to) < 5 || !slices.Equal(to[:3], []ID{r.hub, r.hub, r.hub}) {
		t.Fatalf("the gathers go to %v", to)
	}
	seen := map[ID]bool{}
	for _, id := range to[3:] {
		seen[id] = true
		if id == r.hub || id == r.cfg.Self {
			t.Errorf("the third try goes to %s", id)
		}
	}
	if len(seen) != 3 || r.View() > 0 || last != r.hub && !seen[last] {
		t.Errorf("heard last is %s, the hub is %s: the third try goes to %v, in view %d", last, r.hub, to[3:], r.View())
	}
}

// TestWhoScattersMeanwhileIsNoStandIn: only an answer shows that a peer has the leaf's updates.
func TestWhoScattersMeanwhileIsNoStandIn(t *testing.T) {
	r := memberOf(t, 6, false, Config{})
	_, now := silent(t, r, maxStrikes)
	for _, peer := range peers(r) {
		if peer != r.hub {
			receive(t, r, now, peer, message{Kind: Scatter, Delta: set(99)})
		}
	}
	if r.Status().StandIn != "" {
		t.Errorf("%q has taken nothing, and is the stand-in", r.Status().StandIn)
	}
}

// TestTheFirstToAnswerStandsIn: it gets the next gathers, one at a time, and is probed after a detour. Its probe's answer
// acknowledges. No view moves.
func TestTheFirstToAnswerStandsIn(t *testing.T) {
	r := memberOf(t, 6, false, Config{})
	gathers, now := silent(t, r, maxStrikes)
	first := gathers[len(gathers)-1].To
	now += time.Millisecond
	receive(t, r, now, first, message{Kind: Answer, Digest: r.fingerprint()})
	if r.Status().StandIn != first {
		t.Fatalf("the stand-in is %q, want %q", r.Status().StandIn, first)
	}
	other := slices.DeleteFunc(peers(r), func(id ID) bool { return id == first || id == r.hub })[0]
	receive(t, r, now, other, message{Kind: Answer, Digest: r.fingerprint()})
	if r.Status().StandIn != first || r.Status().Suspect != first {
		t.Errorf("after another answer the stand-in is %q, and %q is to be probed", r.Status().StandIn, r.Status().Suspect)
	}
	if out := update(t, r, now, set(7)); len(out.Messages) > 0 {
		t.Errorf("before the gather under way is acknowledged there is %v", kindsOf(out))
	}
	probes := of(tick(t, r, now+r.detour()), Probe)
	if len(probes) != 1 || probes[0].To != first {
		t.Fatalf("after a detour of %v there is %v", r.detour(), probes)
	}
	now += r.detour()
	out := receive(t, r, now, first, message{Kind: Diff, Digest: crdt.Fingerprint{1}, Delta: set(1, 2, 3, 50)})
	next := of(out, Gather)
	if len(next) == 0 {
		next = of(tick(t, r, now+r.cfg.Interval), Gather)
	}
	if len(next) != 1 || next[0].To != first || !next[0].Message.Delta.Equal(set(7)) || !r.Stable().Equal(set(1, 2, 3, 50)) {
		t.Errorf("the next gather is %v; stable is %v", next, r.Stable())
	}
	if r.View() > 0 {
		t.Errorf("the view is %d", r.View())
	}
}

// TestAScatterOfTheHubEndsTheServiceOfAStandIn, and so does a hint that the stand-in cannot be reached.
func TestAScatterOfTheHubEndsTheServiceOfAStandIn(t *testing.T) {
	for name, end := range map[string]func(r *setReplica, now time.Duration){
		"a scatter": func(r *setReplica, now time.Duration) {
			receive(t, r, now, r.hub, message{Kind: Scatter, Delta: set(1, 2, 3)})
		},
		"a hint": func(r *setReplica, now time.Duration) { r.Unreachable(now, r.leaf.standIn) },
	} {
		r := memberOf(t, 6, false, Config{})
		gathers, now := silent(t, r, maxStrikes)
		receive(t, r, now, gathers[len(gathers)-1].To, message{Kind: Answer})
		if end(r, now+1); r.Status().StandIn != "" || r.View() > 0 {
			t.Errorf("after %s the stand-in is %q, the view %d", name, r.Status().StandIn, r.View())
		}
	}
}

// TestAnEchoOfTheHubClearsTheStrikes: the hub hears the leaf after all. A scatter without an echo does not
// say so, though it acknowledges what others have told the hub for the leaf.
func TestAnEchoOfTheHubClearsTheStrikes(t *testing.T) {
	for _, heard := range []bool{true, false} {
		r := newLeaf(t)
		_, now := silent(t, r, silence)
		m := message{Kind: Scatter, Delta: set(1, 2, 3)}
		if heard {
			m.Echoes = []Echo{{Member: r.cfg.Self, Stamp: now}}
		}
		receive(t, r, now+1, r.hub, m)
		if forgiven := r.leaf.strikes == 0; forgiven != heard || r.Pending().Len() > 0 {
			t.Errorf("the hub hears the leaf: %v; %d strikes, %v is pending", heard, r.leaf.strikes, r.Pending())
		}
	}
}

// TestWhileNobodyAcknowledgesAGatherIsASample: what a member tells peers that may take its updates is at most sixteen cells.
func TestWhileNobodyAcknowledgesAGatherIsASample(t *testing.T) {
	r := memberOf(t, 6, false, Config{})
	_, now := silent(t, r, maxStrikes)
	update(t, r, now, apart(5, 1000))
	out := tick(t, r, now+10*time.Second)
	tries := 0
	for _, e := range of(out, Gather) {
		tries++
		if cells := cellCount(e.Message.Delta); cells > sample {
			t.Errorf("a gather has %d cells", cells)
		}
	}
	if tries < 3 {
		t.Errorf("%d gathers in ten seconds", tries)
	}
}

func cellCount[S crdt.Lattice[S]](s S) (n int) {
	for range s.Cells(0) {
		n++
	}
	return n
}

// TestTheViewMovesOnTwoWitnessesAlone: a member that has found the hub silent, and that gets a gather in the same view.
func TestTheViewMovesOnTwoWitnessesAlone(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(r *setReplica)
		view    uint64 // of the gather
		moves   bool
	}{
		"it has two strikes":           {func(r *setReplica) { silent(t, r, silence) }, 0, true},
		"it has four":                  {func(r *setReplica) { silent(t, r, maxStrikes) }, 0, true},
		"it has one strike":            {func(r *setReplica) { r.leaf.strikes = 1 }, 0, false},
		"it has none":                  {func(*setReplica) {}, 0, false},
		"the other is in another view": {func(r *setReplica) { r.adopt(3, 0); silent(t, r, silence) }, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := memberOf(t, 6, false, Config{})
			c.prepare(r)
			before, hub := r.View(), r.hub
			receive(t, r, r.Deadline(), "n4", message{Kind: Gather, View: c.view, Delta: set(99)})
			if moved := r.View() > before; moved != c.moves || moved && r.hub == hub {
				t.Errorf("the view moved: %v, want %v; the hub is %s, was %s", moved, c.moves, r.hub, hub)
			}
		})
	}
	t.Run("nobody else", func(t *testing.T) {
		r := memberOf(t, 6, false, Config{})
		silent(t, r, 4*maxStrikes)
		if r.View() > 0 {
			t.Errorf("alone it has moved to view %d", r.View())
		}
	})
	t.Run("of two", func(t *testing.T) {
		r := memberOf(t, 2, false, Config{})
		silentOfTwo(t, r)
		if r.View() == 0 || r.hub != r.cfg.Self {
			t.Errorf("the view is %d, the hub %s", r.View(), r.hub)
		}
	})
}

func silentOfTwo(t *testing.T, r *setReplica) {
	measured(r, 100*time.Millisecond)
	busy(r, time.Minute)
	update(t, r, time.Minute, set(1))
	for until := r.Deadline() + 10*time.Second; r.Deadline() < until && r.View() == 0; {
		busy(r, r.Deadline())
		r.Tick(r.Deadline())
	}
}

// TestWhoBecomesTheHubByAGatherAnswersItWithItsScatter, once.
func TestWhoBecomesTheHubByAGatherAnswersItWithItsScatter(t *testing.T) {
	r := memberOf(t, 6, false, Config{})
	for r.members.hub(draw(key, r.view+1)) != r.cfg.Self {
		r.adopt(r.view+1, 0)
	}
	silent(t, r, silence)
	out := receive(t, r, r.Deadline(), "n4", message{Kind: Gather, View: r.view, Delta: set(99)})
	if r.hub != r.cfg.Self {
		t.Fatalf("the hub is %s", r.hub)
	}
	out.Messages = append(out.Messages, tick(t, r, r.round.due).Messages...)
	answers := 0
	for _, e := range of(out, Answer, Scatter) {
		if e.To == "n4" {
			answers++
			if !e.Message.Delta.Contains(99) || len(e.Message.Echoes) != 1 {
				t.Errorf("n4 is answered by %v", e.Message)
			}
		}
	}
	if answers != 1 {
		t.Errorf("n4 gets %d answers", answers)
	}
}

// TestADeadHubIsReplaced: with much going on and with little, whoever is the hub. Updates made after it died are
// everywhere soon, and views move once or twice, not more.
func TestADeadHubIsReplaced(t *testing.T) {
	for _, gap := range []time.Duration{20 * time.Millisecond, 500 * time.Millisecond} {
		seeds(t, 5, func(t *testing.T, seed uint64) {
			c := clusterOf(t, 7, Config{Incarnation: seed}, bottom)
			c.latency = between(20*time.Millisecond, 60*time.Millisecond, seed)
			play(c, names(7), 0, gap, 3*time.Second, 0)
			hub := c.nodes[0].hub
			c.find(hub).Replica = nil
			alive := slices.DeleteFunc(names(7), func(id ID) bool { return id == hub })
			all := play(c, alive, 1000, gap, 10*time.Second, 5*time.Second)
			if worst := all[len(all)-1]; worst > 2*DefaultProbe {
				t.Errorf("every %v: the slowest update takes %v", gap, worst)
			}
			for _, x := range c.running() {
				if gap < 100*time.Millisecond && (x.hub == hub || x.View() > 2) {
					t.Errorf("%s is in view %d of hub %s", x.id, x.View(), x.hub)
				}
			}
		})
	}
}

// TestAnOddLeafTroublesNobody: two leaves reach one peer each, and not the hub. Their updates get around by stand-ins,
// they hear what the others add, and nobody's view moves.
func TestAnOddLeafTroublesNobody(t *testing.T) {
	seeds(t, 3, func(t *testing.T, seed uint64) {
		c := clusterOf(t, 8, Config{Incarnation: seed}, bottom)
		c.latency = between(20*time.Millisecond, 60*time.Millisecond, seed)
		play(c, names(8), 0, 20*time.Millisecond, 2*time.Second, 0)
		only := map[ID]ID{"n3": "n4", "n5": "n6"}
		c.cut = func(from, to ID) bool {
			return only[from] != "" && only[from] != to || only[to] != "" && only[to] != from
		}
		all := play(c, names(8), 1000, 40*time.Millisecond, 20*time.Second, 5*time.Second)
		if worst := all[len(all)-1]; worst > 3*DefaultProbe {
			t.Errorf("the slowest update takes %v", worst)
		}
		for _, x := range c.nodes {
			if x.View() > 0 {
				t.Errorf("%s is in view %d", x.id, x.View())
			}
		}
	})
}

// TestTheGreatestViewIsNoTrap: a message brings it, and its hub dies. There is no greater view to move on to; updates get
// around all the same, and whoever the hub is can die.
func TestTheGreatestViewIsNoTrap(t *testing.T) {
	for _, view := range []uint64{math.MaxUint64, math.MaxUint64 - 1, 1 << 63} {
		c := clusterOf(t, 5, Config{}, bottom)
		c.latency = constant(30 * time.Millisecond)
		play(c, names(5), 0, 50*time.Millisecond, 2*time.Second, 0)
		x := c.node("n1")
		if err := c.inject("n2", "n1", fromCluster(x.Replica, message{Kind: Scatter, View: view})); err != nil {
			t.Fatal(err)
		}
		play(c, names(5), 1000, 50*time.Millisecond, 2*time.Second, 0)
		alive := names(5)
		for range 3 { // three hubs die, one after the other
			hub := c.node(alive[0]).hub
			if x := c.find(hub); x.Replica == nil {
				t.Fatalf("%s takes the dead %s for the hub", alive[0], hub)
			}
			c.find(hub).Replica = nil
			alive = slices.DeleteFunc(alive, func(id ID) bool { return id == hub })
			all := play(c, alive, int64(len(alive))*10_000, 50*time.Millisecond, 8*time.Second, 5*time.Second)
			if worst := all[len(all)-1]; worst > 4*DefaultProbe {
				t.Errorf("view %d, %d are left: the slowest update takes %v", view, len(alive), worst)
			}
		}
		for _, x := range c.running() {
			if x.View() < view {
				t.Errorf("%s is in view %d, below %d", x.id, x.View(), view)
			}
		}
	}
}

// TestAViewOnlyGrows, whatever views messages bring.
func TestAViewOnlyGrows(t *testing.T) {
	r := newLeaf(t)
	for _, view := range []uint64{0, 5, 3, 5, 9, 0, math.MaxUint64, 7, 0} {
		before := r.View()
		receive(t, r, time.Second, "n2", message{Kind: Scatter, View: view, Digest: r.fingerprint()})
		if r.View() != max(before, view) || r.hub != r.members.hub(draw(key, r.View())) {
			t.Errorf("in view %d, told of view %d, it is in view %d of hub %s", before, view, r.View(), r.hub)
		}
	}
}

// TestAHintIsAStrikeAndNoMore: wrong hints, however many, move nobody's view, unless another witness agrees; they lose
// nothing.
func TestAHintIsAStrikeAndNoMore(t *testing.T) {
	c := clusterOf(t, 5, Config{}, bottom)
	c.latency = constant(30 * time.Millisecond)
	for i := range int64(200) {
		c.update(names(5)[i%5], set(i))
		x := c.node("n3")
		for _, id := range append(names(5), "stranger", "") {
			_ = c.event(x, func(now time.Duration) (output, error) { return x.Unreachable(now, id), nil })
		}
		c.run(20 * time.Millisecond)
	}
	if !c.runUntil(2*DefaultProbe, func() bool { return c.equal() && c.settled() }) || c.nodes[0].State().Len() != 200 {
		t.Errorf("equal: %v, they hold %d of 200", c.equal(), c.nodes[0].State().Len())
	}
	r := newLeaf(t)
	update(t, r, 0, set(1)) // is under way to the hub
	r.Unreachable(0, r.hub)
	if r.leaf.strikes != 1 || r.View() > 0 {
		t.Errorf("a hint about the hub: %d strikes, view %d", r.leaf.strikes, r.View())
	}
	before := r.Status()
	for _, id := range []ID{"n2", "n3", "stranger", "", r.cfg.Self} {
		if out := r.Unreachable(0, id); !out.Empty() || r.Status() != before || r.leaf.strikes != 1 {
			t.Errorf("a hint about %q changes something", id)
		}
	}
}

// TestAWrongHintCostsNothingLasting: a driver cries wolf about everyone, while nothing is pending. What the replica
// does later is what it would have done without the hints.
func TestAWrongHintCostsNothingLasting(t *testing.T) {
	for _, n := range []int{2, 4} {
		warned, other := memberOf(t, n, false, Config{}), memberOf(t, n, false, Config{})
		for _, r := range []*setReplica{warned, other} {
			measured(r, 100*time.Millisecond)
		}
		for range 100 {
			for _, id := range append(names(n), "stranger", "") {
				if out := warned.Unreachable(time.Second, id); !out.Empty() {
					t.Errorf("a hint about %q: %v", id, kindsOf(out))
				}
			}
		}
		if warned.Status() != other.Status() || warned.leaf != other.leaf || warned.suspicion != other.suspicion {
			t.Errorf("after hints %+v, without %+v", warned.Status(), other.Status())
		}
		busy(warned, time.Second)
		busy(other, time.Second)
		for at := time.Second; at < 3*time.Second; at += 100 * time.Millisecond {
			after, without := update(t, warned, at, set(int64(at))), update(t, other, at, set(int64(at)))
			if len(after.Messages) != len(without.Messages) || len(after.Messages) > 0 && after.Messages[0].To != without.Messages[0].To {
				t.Errorf("at %v: %v, without hints %v", at, kindsOf(after), kindsOf(without))
			}
		}
	}
}
