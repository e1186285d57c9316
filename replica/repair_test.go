package replica

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gset/crdt"
	"gset/crdt/riblt"

	"pgregory.net/rapid"
)

// pair returns a hub and a leaf of two that start with states, have measured a round trip of 20 ms, and whose messages
// take 10 ms.
func pair(t rapid.TB, hub, leaf *crdt.GSet, limit int) *cluster[*crdt.GSet] {
	c := newCluster[*crdt.GSet](t)
	c.latency = constant(10 * time.Millisecond)
	m := listOf(t, "n0", "n1") // the hub of view 0 is n0
	for i, state := range []*crdt.GSet{hub, leaf} {
		x := c.start(Config{Self: names(2)[i], Members: m, MaxMessage: limit}, state)
		measured(x.Replica, 20*time.Millisecond)
	}
	return c
}

// random returns so many random integers.
func random(rng *rand.Rand, count int) *crdt.GSet {
	s := set()
	for range count {
		s.Insert(rng.Int64())
	}
	return s
}

// TestARepairCostsTheDifferenceAndNotTheState: of two members with 20,000 random integers each, a few of which the
// other lacks, the first probe leads to four messages at most, whose bytes grow with the difference.
func TestARepairCostsTheDifferenceAndNotTheState(t *testing.T) {
	for _, differing := range []int{0, 1, 10, 100} {
		seeds(t, 3, func(t *testing.T, seed uint64) {
			rng := rand.New(rand.NewPCG(seed, uint64(differing)))
			shared := random(rng, 20_000)
			c := pair(t, joined(shared, random(rng, differing)), joined(shared, random(rng, differing)), 0)
			kinds := map[Kind]int{}
			bytes := 0
			c.watch = func(fate string, l letter[*crdt.GSet]) {
				if fate == "" && l.Message.Kind != Scatter {
					kinds[l.Message.Kind]++
					bytes += l.size
				}
			}
			if !c.runUntil(3*DefaultProbe, c.equal) {
				t.Fatal("they are not equal")
			}
			if most := 300 + 2*differing*60; bytes > most || kinds[Diff]+kinds[Cells] > 5 {
				t.Errorf("a difference of twice %d takes %d bytes, more than %d: %v", differing, bytes, most, kinds)
			}
		})
	}
}

// TestAnyTwoStatesAreMended: of any size and any difference, in messages of any size.
func TestAnyTwoStatesAreMended(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		sizes := []int{0, 1, 5, 50, 500, 3000}
		part := func(name string) *crdt.GSet {
			n := rapid.SampledFrom(sizes).Draw(t, name)
			if rapid.Bool().Draw(t, name+" is dense") {
				s, first := set(), rng.Int64()>>1
				for i := range int64(n) {
					s.Insert(first + i)
				}
				return s
			}
			return random(rng, n)
		}
		shared := part("shared")
		hub, leaf := joined(shared, part("hub's")), joined(shared, part("leaf's"))
		want := joined(hub, leaf)
		c := pair(t, hub, leaf, rapid.SampledFrom([]int{MinMessage, 2500, 0}).Draw(t, "limit"))
		if !c.runUntil(10*DefaultProbe, c.equal) || !c.nodes[0].State().Equal(want) {
			t.Fatalf("after ten probe intervals n0 holds %d and n1 %d of %d", c.nodes[0].State().Len(), c.nodes[1].State().Len(), want.Len())
		}
	})
}

// TestRepairsOfCountersMend: counters whose entries are behind at either side.
func TestRepairsOfCountersMend(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "origins")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		counter := func() *crdt.GCounter {
			c := crdt.NewGCounter(key)
			for i := range n {
				if _, err := c.Increment(crdt.Origin{Node: fmt.Sprint("origin", i), Incarnation: 1}, 1+uint64(rng.IntN(3))); err != nil {
					t.Fatal(err)
				}
			}
			return c
		}
		c := newCluster[*crdt.GCounter](t)
		m := listOf(t, names(2)...)
		for _, id := range names(2) {
			c.start(Config{Self: id, Members: m, MaxMessage: MinMessage}, counter())
		}
		want := joined(c.nodes[0].State(), c.nodes[1].State())
		if !c.runUntil(10*DefaultProbe, c.equal) || !c.nodes[0].State().Equal(want) {
			t.Fatal("they are not equal")
		}
	})
}

// TestKeyRangesLeaveNoCellOutBetweenThem: whatever is cut into messages, the key ranges of the messages and the rest follow each
// other without a gap, from the beginning of what they are about to its end, and each has all cells in it.
func TestKeyRangesLeaveNoCellOutBetweenThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		state := random(rng, rapid.IntRange(0, 12_000).Draw(t, "cells"))
		// Ends of the range may be cells, or between them.
		about := Everything
		if !rapid.Bool().Draw(t, "everything") {
			a, b := crdt.CellID(rng.Uint64()>>8), crdt.CellID(rng.Uint64()>>8)
			for c := range state.Cells(0) {
				if rng.IntN(1000) == 0 {
					a = c.ID
				}
				if rng.IntN(1000) == 0 {
					b = c.ID
				}
			}
			about = Range{min(a, b), max(a, b)}
		}
		size := rapid.SampledFrom([]int{MinMessage, 8000, 20_000}).Draw(t, "bytes of a message") // the largest goes out in several events
		r := start(t, Config{Self: "n1", Members: listOf(t, names(3)...), MaxMessage: size}, state)
		var messages []message
		send := rapid.SampledFrom([]string{"all", "beyond", "sketches", "cells"}).Draw(t, "sends")
		behind := Range{}
		if about.Last != Everything.Last && rapid.Bool().Draw(t, "something is behind") {
			behind = Range{about.Last + 1, Everything.Last}
		}
		switch send {
		case "all":
			r.sendAll(0, "n2", message{Kind: Diff, Range: about, Rest: behind})
			for r.serving.left != (Range{}) {
				r.serve(0)
			}
		case "beyond":
			parts, left := r.beyond(about, set())
			r.sendCells(0, "n2", parts, nil, left)
		case "sketches":
			r.sendSketches(0, "n2", message{Kind: Diff, Range: about, Rest: behind}, rapid.IntRange(1, 3000).Draw(t, "cells in each"))
		case "cells":
			var wanted []crdt.CellID
			for c := range state.Cells(about.First) {
				if c.ID <= about.Last {
					wanted = append(wanted, c.ID)
				}
			}
			about, behind = Everything, Range{}
			r.receiveCells(0, "n2", message{Kind: Cells, Want: wanted, Delta: set()})
			checkCut(t, r.out, state, wanted)
			return
		}
		for _, e := range r.out.Messages {
			if e.To == "n2" { // others may be sent a busy
				messages = append(messages, e.Message)
			}
		}
		checkRanges(t, messages, state, about, behind, send)
	})
}

// checkRanges holds the key ranges of messages against what they are about.
func checkRanges(t *rapid.T, messages []message, state *crdt.GSet, about, behind Range, send string) {
	if len(messages) > budgetMessages {
		t.Fatalf("%d messages", len(messages))
	}
	told := set()
	next, ended := about.First, false
	for i, m := range messages {
		if m.Kind == Cells { // has no range of its own
			told.Join(m.Delta)
		} else {
			if ended || m.Range.First != next || m.Range.Last > about.Last {
				t.Fatalf("message %d is about %x, and %x comes next of %x", i, m.Range, next, about)
			}
			part := partOf(state, m.Range.First, m.Range.Last)
			if m.Sketch == nil && !m.Delta.Equal(part) || m.Sketch != nil && !sketchIsOf(m.Sketch, part) {
				t.Fatalf("message %d does not have all cells of %x", i, m.Range)
			}
			told.Join(part)
			next, ended = m.Range.Last+1, m.Range.Last == about.Last
		}
		if i+1 < len(messages) && m.Rest != (Range{}) {
			t.Fatalf("message %d of %d names a rest", i, len(messages))
		}
	}
	rest := Range{}
	if n := len(messages); n > 0 {
		rest = messages[n-1].Rest
	} else if send != "beyond" {
		t.Fatal("nothing is sent")
	}
	switch {
	case send == "beyond":
		all := partOf(state, about.First, about.Last)
		if rest == (Range{}) && !told.Equal(all) || rest != (Range{}) && (rest.Last != about.Last || !joined(told, partOf(state, rest.First, rest.Last)).Equal(all)) {
			t.Fatalf("between what is told and the rest %x cells are left out", rest)
		}
	case ended && rest != behind:
		t.Fatalf("behind %x the rest is %x, want %x", about, rest, behind)
	case !ended && (rest.First != next || behind == (Range{}) && rest.Last != about.Last || behind != (Range{}) && rest.Last != behind.Last):
		t.Fatalf("the rest is %x, and %x comes next of %x and then %x", rest, next, about, behind)
	}
}

func sketchIsOf(s *riblt.Sketch, state *crdt.GSet) bool {
	return string(sketchBytes(s)) == string(sketchBytes(crdt.SketchOf(state, s.Len())))
}

// checkCut holds cells that were asked for against what was sent and what was left for later.
func checkCut(t *rapid.T, out output, state *crdt.GSet, wanted []crdt.CellID) {
	told, rest := set(), Range{}
	for _, e := range out.Messages {
		told.Join(e.Message.Delta)
		rest = e.Message.Rest
	}
	if rest != (Range{}) {
		told.Join(partOf(state, rest.First, rest.Last))
	}
	if !state.Extract(wanted).Minus(told).Equal(set()) {
		t.Fatalf("of %d wanted cells some are neither sent nor left for later", len(wanted))
	}
}

// TestTwoVersionsOfACellThatLookAlikeAreMended: once in 2^24 times a sketch decodes to nothing while the digests differ.
// Then all cells are sent.
func TestTwoVersionsOfACellThatLookAlikeAreMended(t *testing.T) {
	r := newLeaf(t)
	r.stable.Join(set(1, 2, 1000))
	out := receive(t, r, 1, "n2", message{Kind: Diff, Digest: crdt.Fingerprint{1}, Sketch: crdt.SketchOf(set(1, 2, 1000), 5)})
	e := only(t, out)
	if e.Message.Kind != Diff || e.Message.Sketch != nil || !e.Message.Delta.Equal(r.Stable()) {
		t.Errorf("the answer is %+v", e.Message)
	}
}

// TestASketchThatIsTooShortIsAnsweredByALongerOne: at least twice as long, so that in the end it decodes, or all cells are
// sent.
func TestASketchThatIsTooShortIsAnsweredByALongerOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	state := random(rng, 5000)
	for _, length := range []int{1, 10, 100} {
		r := newLeaf(t)
		r.stable.Join(state)
		theirs := joined(state, random(rng, 400))
		out := receive(t, r, 1, "n2", message{Kind: Diff, Digest: crdt.Fingerprint{1}, Sketch: crdt.SketchOf(theirs, length)})
		m := only(t, out).Message
		if m.Kind != Diff || m.Sketch == nil || m.Sketch.Len() < 2*length {
			t.Errorf("a sketch of %d is answered by %v", length, m)
		}
	}
}

// TestWhatAPeerHasIsNotSentToIt: cells beyond what the peer sent, or the part of a cell beyond it.
func TestWhatAPeerHasIsNotSentToIt(t *testing.T) {
	r := newLeaf(t)
	r.stable.Join(set(1, 2, 3, 5000))
	theirs := set(1, 2, 7, 9000)
	var want []crdt.CellID
	for c := range joined(theirs, r.stable).Cells(0) {
		want = append(want, c.ID)
	}
	for name, m := range map[string]message{
		"all cells": {Kind: Diff, Digest: crdt.Fingerprint{1}, Delta: theirs},
		"wants":     {Kind: Cells, Want: want, Delta: theirs},
	} {
		m.Delta = m.Delta.Clone()
		sent := set()
		r := newLeaf(t)
		r.stable.Join(set(1, 2, 3, 5000))
		for _, e := range of(receive(t, r, 1, "n2", m), Cells) {
			sent.Join(e.Message.Delta)
		}
		if !sent.Equal(set(3, 5000)) {
			t.Errorf("%s: %v is sent, and the peer lacks {3 5000}", name, sent)
		}
	}
}

// TestWhatIsPendingIsNotToldInARepair: it is on its way to everyone.
func TestWhatIsPendingIsNotToldInARepair(t *testing.T) {
	r := newLeaf(t)
	busy(r, 0)
	r.stable.Join(set(1))
	update(t, r, 0, set(50))
	for _, m := range []message{
		{Kind: Probe, Digest: crdt.Fingerprint{1}, Sketch: crdt.SketchOf(set(), 0)},
		{Kind: Diff, Digest: crdt.Fingerprint{1}, Delta: set(2)},
		{Kind: Cells, Want: slices.Collect(cellIDs(set(1, 50))), Delta: set()},
	} {
		for _, e := range of(receive(t, r, 1, "n2", m), Diff, Cells) {
			if e.Message.Delta.Contains(50) {
				t.Errorf("a %v is answered with what is pending", m.Kind)
			}
		}
	}
}

// partOf returns the part of state in the cells from first to last, both included.
func partOf(state *crdt.GSet, first, last crdt.CellID) *crdt.GSet {
	var ids []crdt.CellID
	for c := range state.Cells(first) {
		if c.ID > last {
			break
		}
		ids = append(ids, c.ID)
	}
	return state.Extract(ids)
}
