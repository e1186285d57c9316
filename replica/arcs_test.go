package replica

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/internal/ring"

	"pgregory.net/rapid"
)

// walkTree follows the arcs of a scatter from its root, every member with the list that it knows, and
// counts who is reached how often. It fails the test if anyone has more children than the fanout.
func walkTree(t *rapid.T, root ID, begin uint64, fanout int, lists map[ID]*Members) (reached map[ID]int, depth int) {
	type visit struct {
		id         ID
		begin, end uint64
		more       bool
	}
	reached = map[ID]int{}
	level := []visit{{root, begin, begin, true}}
	for ; len(level) > 0; depth++ {
		var next []visit
		for _, v := range level {
			reached[v.id]++
			if !v.more || lists[v.id] == nil {
				continue
			}
			children := 0
			for a := range lists[v.id].ring.Arcs(v.begin, v.end, fanout, [2]ID{v.id, root}) {
				children++
				next = append(next, visit{a.First.ID, a.First.Point, a.End, a.More})
			}
			if children > fanout {
				t.Fatalf("%s has %d children, more than %d", v.id, children, fanout)
			}
		}
		if level = next; depth > 1000 {
			t.Fatal("the tree has no end")
		}
	}
	return reached, depth
}

// TestATreeReachesEveryMemberOnce walks the tree of any root from any point, among any number of
// members, in as few levels as have room for all.
func TestATreeReachesEveryMemberOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 400).Draw(t, "members")
		fanout := rapid.IntRange(2, 70).Draw(t, "fanout")
		m := listOf(t, names(n)...)
		lists := map[ID]*Members{}
		for _, id := range names(n) {
			lists[id] = m
		}
		root := rapid.SampledFrom(names(n)).Draw(t, "root")
		begin := rapid.OneOf(rapid.Uint64(), rapid.Just(ring.Point(root))).Draw(t, "begin")
		reached, depth := walkTree(t, root, begin, fanout, lists)
		for _, id := range names(n) {
			if reached[id] != 1 {
				t.Fatalf("%s is reached %d times", id, reached[id])
			}
		}
		least := 1 // levels that have room for all
		for room, width := 1, 1; room < n; least++ {
			width *= fanout
			room += width
		}
		if depth != least {
			t.Fatalf("%d members are %d deep at a fanout of %d, want %d", n, depth, fanout, least)
		}
	})
}

// TestNobodyGetsAScatterTwiceWhateverListsSay: every member has a list of its own. Whoever is on the
// list of all members is reached once, and nobody twice.
func TestNobodyGetsAScatterTwiceWhateverListsSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 120).Draw(t, "members")
		fanout := rapid.IntRange(2, 12).Draw(t, "fanout")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		missing := rapid.Float64Range(0, 0.5).Draw(t, "missing")
		everywhere := map[ID]bool{}
		lists := map[ID]*Members{}
		for _, id := range names(n) {
			everywhere[id] = true
		}
		for _, self := range names(n) {
			list := []ID{self}
			for _, id := range names(n) {
				if id == self {
					continue
				}
				if rng.Float64() < missing {
					everywhere[id] = false
				} else {
					list = append(list, id)
				}
			}
			lists[self] = listOf(t, list...)
		}
		root := rapid.SampledFrom(names(n)).Draw(t, "root")
		reached, _ := walkTree(t, root, rng.Uint64(), fanout, lists)
		for _, id := range names(n) {
			if reached[id] > 1 || reached[id] == 0 && everywhere[id] {
				t.Fatalf("%s, whom everyone knows: %v, is reached %d times", id, everywhere[id], reached[id])
			}
		}
	})
}

// TestEachScatterGoesDownATreeOfItsOwn counts the members that pass on to one, in many scatters.
func TestEachScatterGoesDownATreeOfItsOwn(t *testing.T) {
	hub := memberOf(t, 40, true, Config{Fanout: 4, Interval: Eager})
	first := map[ID]bool{}
	for i := range int64(100) {
		for _, e := range update(t, hub, time.Duration(i)*time.Second, set(i)).Messages {
			if e.Message.End != nil {
				first[e.To] = true
			}
		}
	}
	if len(first) < 30 {
		t.Errorf("in 100 scatters %d of 39 members have others behind them", len(first))
	}
}

// TestAScatterIsPassedOnAsItCame has a member in the middle of a tree relay a scatter, at once, and to
// those in its arc only, with the echoes that are for them.
func TestAScatterIsPassedOnAsItCame(t *testing.T) {
	const n, fanout = 40, 3
	hub := memberOf(t, n, true, Config{Fanout: fanout, Interval: Eager})
	for _, id := range names(n) { // all have gathered
		if id != hub.cfg.Self {
			hub.round.gatherers[id] = gatherer[*crdt.GSet]{heard{id, ring.Point(id), time.Duration(len(id)) * time.Second, 0}, set()}
		}
	}
	reached := map[ID]int{}
	var pass func(to Envelope[*crdt.GSet], from ID)
	pass = func(e Envelope[*crdt.GSet], from ID) {
		reached[e.To]++
		own := slices.ContainsFunc(e.Message.Echoes, func(echo Echo) bool { return echo.Member == e.To })
		if !own {
			t.Errorf("%s is sent the echoes of others and not its own: %v", e.To, e.Message.Echoes)
		}
		r := start(t, Config{Self: e.To, Members: hub.cfg.Members, Fanout: fanout, Interval: Eager}, bottom.New())
		passed := of(receive(t, r, time.Hour, from, e.Message), Scatter)
		if (len(passed) > 0) != (e.Message.End != nil) {
			t.Errorf("%s passes on to %d, and has an arc: %v", e.To, len(passed), e.Message.End != nil)
		}
		for _, behind := range passed {
			want := e.Message
			want.Root, want.Echoes, want.End = hub.cfg.Self, behind.Message.Echoes, behind.Message.End
			if !same(behind.Message, want) {
				t.Errorf("%+v was passed on as %+v", e.Message, behind.Message)
			}
			pass(behind, e.To)
		}
		if !r.State().Equal(set(1, 2)) || r.Stable().Len() != 2 || !r.rtt.measured {
			t.Errorf("%s has not taken in the scatter: %v, measured %v", e.To, r.State(), r.rtt.measured)
		}
	}
	for _, e := range of(update(t, hub, time.Hour, set(1, 2)), Scatter) {
		pass(e, hub.cfg.Self)
	}
	for _, id := range names(n) {
		if want := 1; id != hub.cfg.Self && reached[id] != want {
			t.Errorf("%s is reached %d times", id, reached[id])
		}
	}
}

// TestEchoesOfAnArcLeaveRoomForUpdates: an inner member gets the echoes of those behind it as long as they
// take a quarter of a message and no more than 256.
func TestEchoesOfAnArcLeaveRoomForUpdates(t *testing.T) {
	hub := memberOf(t, 900, true, Config{Fanout: 2, Interval: Eager, MaxMessage: 100_000})
	small := memberOf(t, 900, true, Config{Fanout: 2, Interval: Eager, MaxMessage: MinMessage})
	for _, r := range []*setReplica{hub, small} {
		for _, id := range names(900) {
			if id != r.cfg.Self {
				r.round.gatherers[id] = gatherer[*crdt.GSet]{heard{id, ring.Point(id), time.Second, 0}, set()}
			}
		}
		out := update(t, r, time.Hour, apart(0, 2000))
		checkOutput(t, r, out)
		for _, e := range out.Messages {
			if len(e.Message.Echoes) > maxEchoes {
				t.Errorf("%s gets %d echoes", e.To, len(e.Message.Echoes))
			}
		}
	}
}

// TestAStrangerWhoGatheredIsScatteredToDirectly: a joiner, whom nobody has on the list yet, gets the scatter
// that acknowledges its gather, in a tree as well; so does a leaver. Nobody else gets the stranger's echo.
func TestAStrangerWhoGatheredIsScatteredToDirectly(t *testing.T) {
	for _, name := range []ID{"joiner", ID(fmt.Sprintf("%0255d", 7))} {
		hub := memberOf(t, 20, true, Config{Fanout: 3, MaxMessage: MinMessage})
		update(t, hub, 0, set(1))
		receive(t, hub, time.Millisecond, name, message{Kind: Gather, Stamp: time.Hour, Delta: apart(7, 300)})
		out := tick(t, hub, time.Second)
		checkOutput(t, hub, out)
		got := set()
		for _, e := range of(out, Scatter) {
			if e.To == name {
				got.Join(e.Message.Delta)
				if e.Message.End != nil {
					t.Error("the stranger is to pass the scatter on")
				}
			}
			for _, echo := range e.Message.Echoes {
				if echo.Member == name && e.To != name {
					t.Errorf("%s gets the stranger's echo", e.To)
				}
			}
		}
		if missing := apart(7, 300).Minus(got); missing.Len() > 0 {
			t.Errorf("%.9s has gathered 300 elements, and %d are not acknowledged", name, missing.Len())
		}
	}
}

// TestAStrangerIsToldAsLongAsItGathersNowAndThen: who gathered is scattered to for four probe intervals, once a scatter. A
// member that is then put on the list is not told twice. Of many strangers only so many are told.
func TestAStrangerIsToldAsLongAsItGathersNowAndThen(t *testing.T) {
	echoed := 0
	told := func(out output, id ID) (n int) {
		for _, e := range of(out, Scatter) {
			if e.To == id {
				n++
				echoed += len(e.Message.Echoes)
			}
		}
		return n
	}
	hub := memberOf(t, 4, true, Config{})
	patience := strangerProbes * hub.cfg.Probe
	told(receive(t, hub, 0, "j", message{Kind: Gather, Delta: set(7)}), "j")
	if peer := peers(hub)[0]; echoed != 1 {
		t.Errorf("the scatter that acknowledges the gather has %d echoes of the joiner's, want 1", echoed)
	} else {
		receive(t, hub, time.Second, peer, message{Kind: Cells, Delta: set()})
	}
	element := int64(10_000)
	scatter := func(now time.Duration) output {
		element++
		out := update(t, hub, now, set(element))
		out.Messages = append(out.Messages, tick(t, hub, now+hub.cfg.Interval).Messages...)
		return out
	}
	if got := told(scatter(patience-hub.cfg.Interval), "j"); got != 1 {
		t.Errorf("a joiner that gathered four probe intervals ago gets %d scatters, want 1", got)
	}
	if got := told(scatter(patience+time.Second), "j"); got != 0 {
		t.Errorf("long after its gather a stranger still gets %d scatters", got)
	}

	if echoed != 1 {
		t.Errorf("a gather is echoed %d times: later echoes would say that the hub still hears the joiner", echoed)
	}

	receive(t, hub, 2*patience, "j", message{Kind: Gather, Delta: set(8)})
	if _, err := hub.SetMembers(2*patience, listOf(t, append(names(4), "j")...)); err != nil {
		t.Fatal(err)
	}
	if got := told(scatter(2*patience+time.Second), "j"); hub.Hub() == hub.cfg.Self && got != 1 {
		t.Errorf("on the list and remembered as a stranger it gets %d scatters, want 1", got)
	}

	hub = memberOf(t, 4, true, Config{})
	for i := range 2 * maxStrangers {
		receive(t, hub, 0, ID(fmt.Sprintf("s%03d", i)), message{Kind: Gather, Delta: set(int64(i))})
	}
	tick(t, hub, time.Second)
	out := scatter(2 * time.Second)
	sent := 0
	for i := range 2 * maxStrangers {
		sent += told(out, ID(fmt.Sprintf("s%03d", i)))
	}
	if sent != maxStrangers {
		t.Errorf("%d strangers are told, want %d", sent, maxStrangers)
	}
}
