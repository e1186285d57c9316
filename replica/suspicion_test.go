package replica

import (
	"testing"
	"time"

	"gset/crdt"
)

// TestWhoHasNoProofProbes: the first probe comes within R or so of the start, each later one R to 1.5 R after the one
// before, to each peer in its turn; a probe has a digest and no coded symbols.
func TestWhoHasNoProofProbes(t *testing.T) {
	seeds(t, 20, func(t *testing.T, seed uint64) {
		r := start(t, Config{Self: "n1", Members: listOf(t, names(6)...), Incarnation: seed}, set(1, 2))
		last, seen := time.Duration(0), map[ID]int{}
		for i := range 15 {
			due := r.Deadline()
			low, high := r.cfg.Probe, r.cfg.Probe*3/2
			if i == 0 {
				low, high = r.cfg.Probe/2, r.cfg.Probe*3/4
			}
			if wait := due - last; wait < low || wait > high {
				t.Errorf("probe %d comes after %v, outside %v to %v", i, wait, low, high)
			}
			e := only(t, r.Tick(due))
			if e.Message.Kind != Probe || e.Message.Digest != r.fingerprint() || e.Message.Sketch.Len() != 0 || e.Message.Range != Everything {
				t.Errorf("what is sent is %+v", e.Message)
			}
			seen[e.To]++
			last = due
		}
		for _, id := range peers(r) {
			if seen[id] != 3 {
				t.Errorf("of 15 probes %s gets %d", id, seen[id])
			}
		}
	})
}

// TestAMatchIsProof: whatever the message, and whoever sends it; the next probe is R and more away. A digest that does not
// match is none.
func TestAMatchIsProof(t *testing.T) {
	for _, kind := range Kinds() {
		for _, equal := range []bool{true, false} {
			r := newLeaf(t)
			r.stable.Join(set(1, 2))
			m := message{Kind: kind, Digest: r.fingerprint()}
			if !equal {
				m.Digest[0]++
			}
			if kind == Probe {
				m.Sketch = crdt.SketchOf(set(1), 0)
			}
			const now = 900 * time.Millisecond // less than any probe is due at
			receive(t, r, now, peers(r)[0], m)
			if equal && r.Deadline() < now+r.cfg.Probe {
				t.Errorf("after a %v that matches a probe is due at %v", kind, r.Deadline())
			}
			if !equal && r.Status().Proof == now {
				t.Errorf("a %v that does not match is taken for proof", kind)
			}
		}
	}
}

// TestEqualMembersAreQuiet: they send nothing but probes, of a size that does not depend on the state, at most one a
// member and R.
func TestEqualMembersAreQuiet(t *testing.T) {
	sizes := map[int]int{}
	for _, elements := range []int64{1, 10, 100_000} {
		c := newCluster[*crdt.GSet](t)
		state := set()
		for x := range elements {
			state.Insert(x * 7)
		}
		m := listOf(t, names(5)...)
		for _, id := range names(5) {
			c.start(Config{Self: id, Members: m}, state.Clone())
		}
		kinds := counted(c)
		watch := c.watch
		c.watch = func(fate string, l letter[*crdt.GSet]) {
			watch(fate, l)
			sizes[int(elements)] = max(sizes[int(elements)], l.size)
		}
		const long = time.Minute
		c.run(long)
		if most := 5 * int(long/DefaultProbe); kinds[Probe] > most || kinds[Probe] < most/10 || len(kinds) != 1 {
			t.Errorf("in %v five members send %v, more than %d probes", long, kinds, most)
		}
	}
	if sizes[100_000] > 80 {
		t.Errorf("the longest probes are of so many bytes: %v", sizes)
	}
}

// TestWhatIsPendingDoesNotCountForDigests: members have different updates pending all the time, and their digests agree.
func TestWhatIsPendingDoesNotCountForDigests(t *testing.T) {
	r := newLeaf(t)
	busy(r, 0)
	before := r.fingerprint()
	out := update(t, r, 0, set(1, 2, 3))
	if r.fingerprint() != before || only(t, out).Message.Digest != before {
		t.Error("an update changes the digest before it is acknowledged")
	}
	receive(t, r, 1, r.hub, message{Kind: Scatter, Delta: set(1, 2, 3)})
	if r.fingerprint() == before || r.fingerprint() != set(1, 2, 3).Digest().Fingerprint() {
		t.Error("an acknowledged update does not change the digest")
	}
}

// TestAMismatchWithTheHubIsAskedAboutAfterTheReorderingWindow, and not before: a scatter may be late and not lost.
func TestAMismatchWithTheHubIsAskedAboutAfterTheReorderingWindow(t *testing.T) {
	r := newLeaf(t)
	measured(r, 200*time.Millisecond)
	const now = 100 * time.Millisecond
	receive(t, r, now, r.hub, message{Kind: Scatter, Digest: crdt.Fingerprint{1}, Delta: set(1)})
	window := r.window()
	if r.Status().Suspect != r.hub || window < 200*time.Millisecond || window > r.cfg.Probe {
		t.Fatalf("the suspect is %q, the window %v", r.Status().Suspect, window)
	}
	if early := tick(t, r, now+window-1); !early.Empty() {
		t.Errorf("before the window is over there is %v", kindsOf(early))
	}
	if late := tick(t, r, now+window*3/2); len(of(late, Probe)) != 1 || of(late, Probe)[0].To != r.hub {
		t.Errorf("when the window is over there is %v", kindsOf(late))
	}
}

// TestAMatchWithTheHubClearsEverySuspicion: one with somebody else does not, even with the suspect.
func TestAMatchWithTheHubClearsEverySuspicion(t *testing.T) {
	for _, c := range []struct {
		match ID
		clear bool
	}{{"n0", true}, {"n2", false}, {"n3", false}} {
		r := newLeaf(t) // n1
		measured(r, 200*time.Millisecond)
		receive(t, r, time.Millisecond, "n2", message{Kind: Scatter, Digest: crdt.Fingerprint{1}})
		if r.Status().Suspect != "n2" {
			t.Fatalf("the suspect is %q", r.Status().Suspect)
		}
		receive(t, r, 2*time.Millisecond, c.match, message{Kind: Scatter, Digest: r.fingerprint()})
		if clear := r.Status().Suspect == ""; clear != c.clear {
			t.Errorf("after a match with %s the suspect is %q", c.match, r.Status().Suspect)
		}
	}
}

// TestALostScatterIsFoundByTheNext: whatever is lost, whoever lost it asks within a window of the next scatter, not
// after a probe interval.
func TestALostScatterIsFoundByTheNext(t *testing.T) {
	c := clusterOf(t, 5, Config{Probe: time.Minute}, bottom)
	c.latency = constant(30 * time.Millisecond)
	hub := c.nodes[0].hub
	for _, x := range c.nodes {
		measured(x.Replica, 60*time.Millisecond)
	}
	c.update("n1", set(0))
	c.run(time.Second)
	losing := false
	c.lose = func(l letter[*crdt.GSet]) bool { return losing && l.To == "n3" }
	losing = true
	for i := range int64(4) { // one more than the overlap makes up for
		c.update(hub, set(i+1))
		c.run(time.Second)
	}
	losing = false
	c.update(hub, set(9))
	if !c.runUntil(time.Second, c.equal) {
		t.Errorf("a second after the next scatter n3 holds %v", c.node("n3").State())
	}
}

// TestThoseWhoNoticeDoNotAllAskAtOnce: a member has pushed something that was lost to all. Their suspicions are spread, and
// the first to ask mends what there is.
func TestThoseWhoNoticeDoNotAllAskAtOnce(t *testing.T) {
	const n = 20
	asked := 0
	for seed := range uint64(10) {
		c := newCluster[*crdt.GSet](t)
		c.latency = constant(10 * time.Millisecond)
		m := listOf(t, names(n)...)
		for _, id := range names(n) {
			c.start(Config{Self: id, Members: m, Probe: 20 * time.Second, Incarnation: seed}, set())
			measured(c.node(id).Replica, 20*time.Millisecond)
		}
		x := c.node("n7")
		kinds := counted(c)
		losing := true
		c.lose = func(l letter[*crdt.GSet]) bool { return losing && l.from == "n7" }
		c.update("n7", set(1))
		for range overlap {
			c.run(2 * time.Second)
			c.update("n7", set(int64(x.State().Len()+1)))
		}
		c.run(2 * time.Second)
		losing = false
		c.update("n7", set(100))
		c.run(15 * time.Second)
		if !c.equal() {
			t.Errorf("seed %d: they are not equal", seed)
		}
		asked += kinds[Probe]
	}
	if asked > 10*n/2 {
		t.Errorf("in ten runs of %d members there are %d probes", n, asked)
	}
}

// TestAStaleScatterIsAnsweredByTwo: an old hub that no up-to-date member reaches would go on serving those that it
// reaches. Two of its hearers tell it, on average, and the others do not.
func TestAStaleScatterIsAnsweredByTwo(t *testing.T) {
	const n = 20
	asked, rounds := 0, 0
	for seed := range uint64(10) {
		for _, self := range names(n) {
			r := start(t, Config{Self: self, Members: listOf(t, names(n)...), Incarnation: seed}, set())
			r.adopt(5, 0)
			if from := draw(key, 0); r.members.hub(from) != self {
				out := receive(t, r, time.Millisecond, r.members.hub(from), message{Kind: Scatter, View: 0})
				asked += len(of(out, Probe))
				for _, e := range of(out, Probe) {
					if e.To != r.members.hub(from) || e.Message.View != 5 {
						t.Errorf("%s tells %s of view %d", self, e.To, e.Message.View)
					}
				}
			}
		}
		rounds++
	}
	if mean := float64(asked) / float64(rounds); mean < 1 || mean > 3 {
		t.Errorf("a stale scatter is answered by %.1f of %d on average", mean, n-1)
	}
	for range 20 { // of two members the other one always answers
		r := memberOf(t, 2, false, Config{})
		r.adopt(5, 0)
		if out := receive(t, r, 1, "n0", message{Kind: Scatter, View: 0}); len(of(out, Probe)) != 1 {
			t.Errorf("of two members the other one sends %v", kindsOf(out))
		}
	}
}

// TestAHubThatSuspectsItselfScatters: it shows everyone its digest, and probes nobody.
func TestAHubThatSuspectsItselfScatters(t *testing.T) {
	hub := newHub(t)
	measured(hub, 100*time.Millisecond)
	receive(t, hub, 0, peers(hub)[0], message{Kind: Cells, Delta: apart(5, 5000)})
	if hub.Status().Suspect != hub.cfg.Self {
		t.Fatalf("the suspect is %q", hub.Status().Suspect)
	}
	out := tick(t, hub, time.Second)
	if len(of(out, Scatter)) != hub.others || len(of(out, Probe)) > 0 || hub.Status().Suspect != "" {
		t.Errorf("%v are sent, and the suspect is %q", kindsOf(out), hub.Status().Suspect)
	}
}

// TestAGuessOfTheWindowIsShort: before a round trip was measured a suspicion waits for less than a probe interval.
func TestAGuessOfTheWindowIsShort(t *testing.T) {
	r := newLeaf(t)
	if r.window() > r.cfg.Probe/4 || r.window() <= 0 {
		t.Errorf("the window is %v", r.window())
	}
	measured(r, time.Minute)
	if r.window() > r.cfg.Probe {
		t.Errorf("after a round trip of a minute it is %v", r.window())
	}
}
