package replica

import (
	"slices"
	"testing"
	"time"

	"gset/crdt"

	"pgregory.net/rapid"
)

// play has members add an integer each in turn, every gap, for so long, and returns how long each took to be
// everywhere; Never for those that are not everywhere at the end of a rest.
func play(c *cluster[*crdt.GSet], ids []ID, first int64, gap, long, rest time.Duration) (latencies []time.Duration) {
	made := map[int64]time.Duration{}
	missing := map[int64]bool{}
	look := func() {
		for x := range missing {
			everywhere := true
			for _, n := range c.running() {
				everywhere = everywhere && n.State().Contains(x)
			}
			if everywhere {
				latencies = append(latencies, c.now-made[x])
				delete(missing, x)
			}
		}
	}
	const grain = 5 * time.Millisecond
	for passed := time.Duration(0); passed < long+rest; passed += grain {
		if passed < long && passed%gap == 0 {
			id := ids[int(passed/gap)%len(ids)]
			c.update(id, set(first))
			made[first], missing[first] = c.now, true
			first++
		}
		c.run(grain)
		look()
	}
	for range missing {
		latencies = append(latencies, Never)
	}
	slices.Sort(latencies)
	return latencies
}

// counted counts a cluster's messages by kind.
func counted(c *cluster[*crdt.GSet]) map[Kind]int {
	kinds := map[Kind]int{}
	c.watch = func(fate string, l letter[*crdt.GSet]) {
		if fate == "" {
			kinds[l.Message.Kind]++
		}
	}
	return kinds
}

// TestARoundCostsOneGatherALeafAndAScatterToEach is rules gather, scatter and phase in numbers: under steady load of all
// members a round of m leaves with updates costs m + n-1 messages, and nothing else is sent. Every update is
// everywhere after T and two hops.
func TestARoundCostsOneGatherALeafAndAScatterToEach(t *testing.T) {
	const n, hop = 8, 50 * time.Millisecond
	c := clusterOf(t, n, Config{}, bottom)
	c.latency = constant(hop)
	play(c, names(n), 0, 10*time.Millisecond, 3*time.Second, 0)
	kinds := counted(c)
	latencies := play(c, names(n), 1000, 10*time.Millisecond, 10*time.Second, time.Second)
	rounds := kinds[Scatter] / (n - 1)
	if kinds[Scatter]%(n-1) != 0 || kinds[Gather] > (n-1)*(rounds+1) || kinds[Gather] < (n-1)*(rounds-2) {
		t.Errorf("%d rounds of a scatter to each of %d have %d gathers", rounds, n-1, kinds[Gather])
	}
	period := c.nodes[0].period()
	if most := int(11*time.Second/period) + 1; rounds > most || rounds < most-6 {
		t.Errorf("%d rounds in 10 s, with a period of %v", rounds, period)
	}
	if others := kinds[Answer] + kinds[Diff] + kinds[Cells]; others > 0 || kinds[Probe] > n {
		t.Errorf("besides, there are %v", kinds)
	}
	if worst := latencies[len(latencies)-1]; worst > DefaultInterval+2*hop+5*time.Millisecond {
		t.Errorf("the slowest update takes %v, more than T and two hops of %v", worst, hop)
	}
}

// TestTheLeavesMeetTheHubsScatterThroughJitterAndClockJumps: latencies vary, and clocks jump ahead by hours. An update
// is everywhere after T, two hops and the leeway, but for one in fifty right after a jump.
func TestTheLeavesMeetTheHubsScatterThroughJitterAndClockJumps(t *testing.T) {
	seeds(t, 4, func(t *testing.T, seed uint64) {
		c := clusterOf(t, 6, Config{}, bottom)
		c.latency = between(40*time.Millisecond, 60*time.Millisecond, seed)
		play(c, names(6), 0, 10*time.Millisecond, 3*time.Second, 0)
		first := int64(10_000)
		for _, id := range []ID{"", "n1", "n0"} { // nobody's clock jumps, a leaf's, the hub's
			if x := c.find(id); x != nil {
				x.ahead += 5 * time.Hour
			}
			all := play(c, names(6), first, 10*time.Millisecond, 5*time.Second, 2*time.Second)
			first += 10_000
			limit, late := DefaultInterval+2*60*time.Millisecond+DefaultInterval/4, 0
			for _, latency := range all {
				if latency > limit {
					late++
				}
			}
			allowed := 0
			if id != "" {
				allowed = len(all) / 20
			}
			if late > allowed || slices.Contains(all, Never) {
				t.Errorf("after a jump of the clock of %q %d of %d updates take more than %v, the slowest %v", id, late, len(all), limit, all[len(all)-1])
			}
		}
		for _, x := range c.nodes {
			if x.View() > 0 {
				t.Errorf("%s is in view %d", x.id, x.View())
			}
		}
	})
}

// TestBeforeTheHubHasAnsweredALeafSendsFewGathers: before it has an answer the leaf knows no phase. It sends a gather
// when an update comes in, but only so many in an interval and in a second.
func TestBeforeTheHubHasAnsweredALeafSendsFewGathers(t *testing.T) {
	const gap, long = 5 * time.Millisecond, 990 * time.Millisecond
	for interval, want := range map[time.Duration]int{
		10 * time.Millisecond:  int(long/unheardGap) + 1,
		250 * time.Millisecond: int(long/unheardGap) + 1,
		2 * time.Second:        int(long/(250*time.Millisecond)) + 1,
	} {
		leaf := memberOf(t, 4, false, Config{Interval: interval})
		gathers := 0
		for i := range int64(long / gap) {
			now := time.Duration(i) * gap
			out := tick(t, leaf, now)
			out.Messages = append(out.Messages, update(t, leaf, now, set(i)).Messages...)
			gathers += len(of(out, Gather))
		}
		if gathers < want*3/4 || gathers > want {
			t.Errorf("in %v the leaf sends %d gathers at T = %v, want %d", long, gathers, interval, want)
		}
	}
}

// TestALostGatherIsMissedUnderSteadyLoad: a leaf gathers all the time, and one gather is lost. Later gathers are
// acknowledged meanwhile, and must not hide that one is not.
func TestALostGatherIsMissedUnderSteadyLoad(t *testing.T) {
	for lost := range 5 {
		c := clusterOf(t, 5, Config{}, bottom)
		c.latency = constant(50 * time.Millisecond)
		play(c, names(5), 0, 20*time.Millisecond, 2*time.Second, 0)
		seen := 0
		c.lose = func(l letter[*crdt.GSet]) bool {
			if l.from == "n3" && l.Message.Kind == Gather {
				seen++
				return seen == lost+1
			}
			return false
		}
		all := play(c, names(5), 1000, 20*time.Millisecond, 3*time.Second, 2*time.Second)
		if worst := all[len(all)-1]; worst > 3*DefaultInterval {
			t.Errorf("gather %d of n3 is lost, and what it had takes %v", lost, worst)
		}
		if seen < 5 || c.node("n3").View() > 0 {
			t.Errorf("n3 has sent %d gathers, and is in view %d", seen, c.node("n3").View())
		}
	}
}

// TestALostGatherOfALoneUpdateIsSentAgain: by T, the round trip and its margin the update goes out once more.
func TestALostGatherOfALoneUpdateIsSentAgain(t *testing.T) {
	leaf := newLeaf(t)
	measured(leaf, 100*time.Millisecond)
	busy(leaf, 0)
	sent := of(update(t, leaf, 0, set(7)), Gather)
	if len(sent) == 0 {
		sent = of(tick(t, leaf, leaf.cfg.Interval), Gather)
	}
	at := sent[0].Message.Stamp
	again := of(tick(t, leaf, at+leaf.cfg.Interval+leaf.rtt.timeout()), Gather)
	if len(again) != 1 || again[0].To != leaf.hub || !again[0].Message.Delta.Contains(7) {
		t.Errorf("after T and a timeout there is %v", again)
	}
	if leaf.leaf.strikes != silence {
		t.Errorf("the silent hub has %d strikes, want %d", leaf.leaf.strikes, silence)
	}
}

// TestACutOffMemberSendsLittle: a member that nobody hears goes on adding. What it sends a second does not grow with
// what is pending, and its views stay as they are. When it is back everything gets around.
func TestACutOffMemberSendsLittle(t *testing.T) {
	c := clusterOf(t, 5, Config{}, bottom)
	play(c, names(5), 0, 50*time.Millisecond, 2*time.Second, time.Second)
	c.cut = func(from, to ID) bool { return from == "n3" || to == "n3" }
	bytes := 0
	c.watch = func(fate string, l letter[*crdt.GSet]) {
		if fate == "" && l.from == "n3" {
			bytes += l.size
		}
	}
	x := c.node("n3")
	var perSecond []int
	for second := range int64(30) {
		before := bytes
		for i := range int64(50) {
			c.update("n3", set((second*50+i)<<40+1)) // each in a cell of its own
			c.run(20 * time.Millisecond)
		}
		perSecond = append(perSecond, bytes-before)
	}
	if late := slices.Max(perSecond[10:]); late > 5000 {
		t.Errorf("with %d parts pending it sends up to %d bytes a second: %v", x.Pending().Len(), late, perSecond)
	}
	if x.View() > 0 {
		t.Errorf("alone it has moved to view %d", x.View())
	}
	c.cut = nil
	if !c.runUntil(4*DefaultProbe, func() bool { return c.equal() && c.settled() }) {
		t.Errorf("%d parts are pending after the cut", x.Pending().Len())
	}
}

// TestAnAdoptedViewRecallsWhatWasSent: updates that went to the hub of the earlier view go to the hub of the
// later one, at once.
func TestAnAdoptedViewRecallsWhatWasSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		leaf := newLeaf(t)
		busy(leaf, 0)
		out := update(t, leaf, 0, set(5))
		if only(t, out).Message.Kind != Gather {
			t.Fatal("the update is not gathered")
		}
		view := rapid.Uint64Min(1).Draw(t, "view")
		from := peers(leaf)[0]
		out = receive(t, leaf, time.Millisecond, from, message{Kind: rapid.SampledFrom([]Kind{Scatter, Answer, Cells}).Draw(t, "kind"), View: view})
		if leaf.View() != view {
			t.Fatalf("the view is %d, want %d", leaf.View(), view)
		}
		told := false
		for _, e := range of(out, Gather, Scatter) {
			told = told || e.Message.View == view && e.Message.Delta.Contains(5) && (e.Message.Kind == Scatter || e.To == leaf.hub)
		}
		if !told || leaf.Pending().Len() == 0 && leaf.hub != leaf.cfg.Self {
			t.Fatalf("in view %d, of hub %s, it sends %v, and has %v pending", view, leaf.hub, kindsOf(out), leaf.Pending())
		}
	})
}

// TestALossShowsInTheFirstScatterThatShouldHaveHadTheUpdate: it is a strike, and the update goes with the next gather, to the hub.
// A scatter that the hub made before the gather can have come in says nothing.
func TestALossShowsInTheFirstScatterThatShouldHaveHadTheUpdate(t *testing.T) {
	for _, c := range []struct {
		after   time.Duration // the gather
		strikes int
	}{{50 * time.Millisecond, 0}, {150 * time.Millisecond, 1}} {
		r := newLeaf(t)
		measured(r, 100*time.Millisecond)
		const now = time.Minute
		busy(r, now)
		r.suspicion.since = now
		update(t, r, now, set(7))
		at := r.sent[0].at
		busy(r, at+c.after)
		told := joined(r.stable, set(1)).Digest().Fingerprint()
		out := receive(t, r, at+c.after, r.hub, message{Kind: Scatter, Digest: told, Next: 100 * time.Millisecond, Delta: set(1)})
		if r.leaf.strikes != c.strikes || len(r.sent) != 1-c.strikes {
			t.Errorf("%v after the gather a scatter without it is %d strikes, want %d", c.after, r.leaf.strikes, c.strikes)
		}
		again := append(of(out, Gather), of(tick(t, r, at+c.after+r.period()), Gather)...)
		if c.strikes > 0 && (len(again) != 1 || again[0].To != r.hub || !again[0].Message.Delta.Contains(7)) {
			t.Errorf("in the next round there is %v", again)
		}
	}
}

// TestTheSlotDoesNotDependOnHowTheScatterCame: one scatter comes directly and the next by several hops of a tree. What counts is
// the hub's clock, which is hours ahead: gathers keep to arrive shortly before the hub's next scatter.
func TestTheSlotDoesNotDependOnHowTheScatterCame(t *testing.T) {
	const ahead, hop, period = 5 * time.Hour, 50 * time.Millisecond, 187500 * time.Microsecond
	r := newLeaf(t)
	measured(r, 4*hop)
	for round := range time.Duration(40) {
		hops := 1 + round*round%4 // 1 or 2
		if round%5 == 0 {
			hops = 4
		}
		stamp := ahead + time.Minute + round*period
		receive(t, r, stamp-ahead+hops*hop, r.hub, message{
			Kind: Scatter, Digest: r.fingerprint(), Stamp: stamp, Next: period,
			Echoes: []Echo{{r.cfg.Self, stamp - ahead - 3*hop, 2 * hop}}, // the gather has waited for two hops
		})
		arrives := r.leaf.slot + hop + ahead // of the next gather, on the hub's clock
		early := ((stamp+period-arrives)%period + period) % period
		if round >= 20 && (early <= 0 || early > r.leeway()) {
			t.Errorf("round %d, by %d hops: the next gather arrives %v before a scatter, outside 0 to %v", round, hops, early, r.leeway())
		}
	}
}
