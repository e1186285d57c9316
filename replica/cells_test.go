package replica

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gset/crdt"
)

// wordsCluster returns a cluster of n members that hold words.
func wordsCluster(t *testing.T, n int, cfg Config) *cluster[words] {
	t.Helper()
	return clusterOf(t, n, cfg, words{})
}

// TestLongValuesTravelLikeShortOnes adds values of 600, 2,000 and 30,000 bytes: by gather and scatter, by
// an eager push, and in repairs to a member that starts with nothing.
func TestLongValuesTravelLikeShortOnes(t *testing.T) {
	for _, length := range []int{600, 2000, 30_000} {
		for _, interval := range []time.Duration{DefaultInterval, Eager} {
			c := wordsCluster(t, 4, Config{Interval: interval})
			all := words{}
			for i := range 8 {
				w := strings.Repeat(string(rune('a'+i)), length)
				all[w] = true
				c.update(names(4)[i%4], wordsOf(w))
				c.run(100 * time.Millisecond)
			}
			c.run(time.Second)
			if !c.equal() || !c.settled() {
				t.Fatalf("%d bytes, interval %v: they are not equal", length, interval)
			}
			x := c.node("n3")
			c.start(x.cfg, words{})
			if !c.runUntil(5*DefaultProbe, c.equal) {
				t.Errorf("%d bytes, interval %v: who starts with nothing does not catch up", length, interval)
			}
			if len(all.Minus(x.State())) > 0 {
				t.Errorf("%d bytes, interval %v: %d words are missing", length, interval, len(all.Minus(x.State())))
			}
		}
	}
}

// TestACellThatFitsNoMessageIsRefused where it is made: by Update, and by Restore, with ErrTooLarge, and
// nothing of the delta is taken in.
func TestACellThatFitsNoMessageIsRefused(t *testing.T) {
	huge := strings.Repeat("x", 60<<10)
	for _, delta := range []words{wordsOf(huge), wordsOf("a", huge, "b")} {
		r := start(t, Config{Self: "n1", Members: listOf(t, names(4)...)}, words{})
		before, deadline := r.Status(), r.Deadline()
		out, err := r.Update(1, delta)
		if !errors.Is(err, ErrTooLarge) {
			t.Fatalf("the error is %v", err)
		}
		if !out.Empty() || len(r.State()) > 0 || r.Status() != before || r.Deadline() != deadline {
			t.Errorf("something changed: %+v", r.Status())
		}
		if _, err := Restore(r.cfg, Snapshot[words]{0, words{}, delta}, 0); !errors.Is(err, ErrTooLarge) {
			t.Errorf("the error of Restore is %v", err)
		}
	}
}

// TestTheBoundOfACellIsTheRoomInAMessage: with greater messages a greater cell travels; one byte more than
// there is room for is refused.
func TestTheBoundOfACellIsTheRoomInAMessage(t *testing.T) {
	for _, limit := range []int{MinMessage, DefaultMaxMessage, 70_000} {
		c := wordsCluster(t, 3, Config{MaxMessage: limit})
		r := c.node("n1")
		room := r.payload()
		most := 0
		for n := room - 8; n <= room; n++ {
			word := strings.Repeat("y", n)
			_, err := r.Replica.Update(r.clock(c.now), wordsOf(word))
			if fits := len(mustBinary(wordsOf(word))) <= room; fits != (err == nil) {
				t.Errorf("a word of %d bytes, in messages of %d: %v", n, limit, err)
			}
			if err == nil {
				most = n
			}
		}
		c.run(3 * time.Second)
		if most == 0 || !c.equal() || !c.settled() {
			t.Errorf("words of up to %d bytes do not get around", most)
		}
	}
}

func mustBinary(s words) []byte {
	b, _ := s.AppendBinary(nil) // the error is always nil
	return b
}

// TestACellFromAPeerWithGreaterMessagesDoesNoHarm: a member that can send shorter messages than another
// takes in a cell that it cannot pass on, says so to its observer, and goes on with all else.
func TestACellFromAPeerWithGreaterMessagesDoesNoHarm(t *testing.T) {
	for _, hub := range []ID{"n0", "n1"} { // who can send greater messages: the hub of view 0, or a leaf
		c := newCluster[words](t)
		m := listOf(t, names(4)...)
		unsendable := 0
		for _, id := range names(4) {
			cfg := Config{Self: id, Members: m, MaxMessage: MinMessage, Observer: func(e Event) {
				if e.Kind == Unsendable {
					unsendable++
				}
			}}
			if id == hub {
				cfg.MaxMessage = 70_000
			}
			c.start(cfg, words{})
		}
		huge := strings.Repeat("x", 30_000)
		c.update(hub, wordsOf(huge))
		for i := range 100 {
			c.update(names(4)[i%4], wordsOf(strings.Repeat(string(rune('a'+i%26)), 1+i)))
			c.run(50 * time.Millisecond)
		}
		c.run(20 * time.Second)
		for _, x := range c.nodes {
			others := x.State().Clone()
			delete(others, huge)
			if len(others) != 100 {
				t.Errorf("%s has greater messages, and %s holds %d of the other 100 words", hub, x.id, len(others))
			}
			if x.View() > 3 {
				t.Errorf("%s has greater messages, and %s is in view %d", hub, x.id, x.View())
			}
		}
		if hub == "n1" && unsendable == 0 {
			t.Error("nobody was told that the hub cannot pass on a cell")
		}
	}
}

// TestALatticeMayBeAMap: a type whose values cannot be compared, and whose nil is no state, goes through
// everything that a set goes through: rounds, losses, a split, and a heal by walks.
func TestALatticeMayBeAMap(t *testing.T) {
	c := wordsCluster(t, 5, Config{MaxMessage: MinMessage})
	add := func(count int, prefix string) {
		for i := range count {
			id := names(5)[i%5]
			c.update(id, wordsOf(strings.Repeat(prefix, 1+i%7)+string(id)+strings.Repeat("z", i)))
			c.run(10 * time.Millisecond)
		}
	}
	add(100, "a")
	c.cut = func(from, to ID) bool { return (from < "n2") != (to < "n2") }
	add(100, "b")
	c.run(2 * time.Second)
	c.cut = nil
	if !c.runUntil(time.Minute, func() bool { return c.equal() && c.settled() }) {
		t.Error("they are not equal a minute after the split")
	}
	if n := len(c.nodes[0].State()); n != 200 {
		t.Errorf("they hold %d words of 200", n)
	}
}

// TestWhatFitsNoMessageIsNotLeftOver: a cell that no message has room for is in no part, and not in the rest
// either, whose first cell tells a peer from where on to ask.
func TestWhatFitsNoMessageIsNotLeftOver(t *testing.T) {
	r := start(t, Config{Self: "a", Members: listOf(t, "a", "b"), MaxMessage: MinMessage}, crdt.NewKeySet(key))
	rest := crdt.NewKeySet(key)
	for size := range 3 {
		if _, err := rest.Insert([]byte(strings.Repeat("x", 2*MinMessage+size))); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		if _, err := rest.Insert([]byte(strings.Repeat("y", 50+i))); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	for rest.Len() > 0 {
		var parts []*crdt.KeySet
		if parts, rest = r.cut(rest, r.payload(), 1); len(parts) == 0 {
			break
		}
		told += parts[0].Len()
	}
	if told != 100 || rest.Len() > 0 {
		t.Errorf("%d of 100 elements are told, %d are left over", told, rest.Len())
	}
}
