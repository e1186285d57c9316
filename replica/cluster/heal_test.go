package cluster_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"gset/crdt"
	"gset/replica/cluster"
	"gset/replica/cluster/internal/memnet"
)

// healed is what a heal took.
type healed struct {
	after    time.Duration // until all held the same
	bytes    float64       // that were written, for each byte of an element and member that lacked it
	greatest float64       // what the member wrote that wrote most, in times of the median
}

// healOf has three members cut apart for ten seconds, one from the other two, while each side adds each elements of 15 bytes.
// A refused cut closes connections and refuses new ones; a silent one loses all that is sent.
func healOf(t *testing.T, each int, hubAlone, silent bool) (h healed) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, 3, func(*cluster.Config) {})
		alone := v.hub(t)
		if !hubAlone {
			alone = (alone + 1) % 3
		}
		heal := v.cutOff(alone, silent)
		const ticks = 1000
		for i := range ticks {
			for side, node := range []int{alone, (alone + 1) % 3} {
				v.addBatch(t, node, side*each+i*(each/ticks), each/ticks)
			}
			time.Sleep(10 * time.Second / ticks)
		}
		synctest.Wait()
		before, equal := v.writtenEach(), v.whenAllHave(t, 2*each)
		start := time.Now()
		heal()
		for range v.nodes {
			if h.after = (<-equal).Sub(start); h.after > time.Minute {
				t.Fatal("not equal within a minute")
			}
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		wrote, all := v.writtenEach(), int64(0)
		for i := range wrote {
			wrote[i] -= before[i]
			all += wrote[i]
		}
		slices.Sort(wrote)
		h.bytes = float64(all) / float64(3*each*len(element(0)))
		h.greatest = float64(wrote[2]) / float64(wrote[1])
	})
	return h
}

// cutOff cuts a member off the others, until the function returned is called.
func (v *virtual) cutOff(alone int, silent bool) (heal func()) {
	if silent {
		host := v.hosts[alone]
		v.net.Cut(func(a, b *memnet.Host) bool { return (a == host) != (b == host) })
		return func() { v.net.Cut(nil) }
	}
	name := v.nodes[alone].Name()
	for i, n := range v.nodes {
		n.Cut(func(peer string) bool { return i == alone || peer == name })
	}
	return func() {
		for _, n := range v.nodes {
			n.Cut(nil)
		}
	}
}

// whenAllHave tells when each of the members has come to hold so many elements.
func (v *virtual) whenAllHave(t *testing.T, count int) <-chan time.Time {
	t.Helper()
	at := make(chan time.Time, len(v.nodes))
	for _, n := range v.nodes {
		err := n.Do(func(c *cluster.Core) {
			held := c.View().Elements()
			c.OnLearned(func(delta *crdt.Collections) {
				if held += delta.Elements(); held == count && delta.Elements() > 0 {
					at <- time.Now()
				}
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait()
	return at
}

// addBatch adds elements at a member in one commit.
func (v *virtual) addBatch(t *testing.T, node, first, count int) {
	t.Helper()
	all := make([][]byte, count)
	for i := range all {
		all[i] = element(first + i)
	}
	err := v.nodes[node].Do(func(c *cluster.Core) {
		if _, err := c.Add("set", all...); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// writtenEach returns how many bytes each member has written so far.
func (v *virtual) writtenEach() (bytes []int64) {
	for _, h := range v.hosts {
		bytes = append(bytes, h.Written())
	}
	return bytes
}

// requireHeal holds heals of a kind of cut, with the hub alone and with a leaf alone, against the bounds that the project has
// promised. Measured are, of 270 silent cuts beside four busy loops, 1.09 to 1.22 bytes a byte that differed, but for one in
// seventy, after which two members repair what a third is about to tell both, 1.6 at worst, and 0.1 to 1.4 s; of 200 where
// connections are refused 1.09 to 1.17, and 0.3 s at most.
func requireHeal(t *testing.T, silent bool) {
	t.Helper()
	each, runs := sized(20_000, 50_000, 100_000), 5
	for _, hubAlone := range []bool{true, false} {
		var bytes []float64
		for range runs {
			h := healOf(t, each, hubAlone, silent)
			what := fmt.Sprintf("%d a side, hub alone: %v: equal after %v, %.2f bytes a byte that differed, "+
				"the greatest sender %.2f times the median", each, hubAlone, h.after.Round(time.Millisecond), h.bytes, h.greatest)
			t.Log(what)
			if h.after > 2*time.Second || h.bytes > 2.5 || h.greatest > 4 {
				t.Errorf("%s: more than 2 s, 2.5 or 4", what)
			}
			bytes = append(bytes, h.bytes)
		}
		slices.Sort(bytes)
		if median := bytes[runs/2]; median > 1.5 {
			t.Errorf("%d a side, hub alone: %v: %.2f bytes a byte that differed in the median of %d heals, more than 1.5", each, hubAlone, median, runs)
		}
	}
}

// TestAPartitionHealsInTwoSecondsForLittleMoreThanDiffered, and no member sends more than four times the
// median, where connections are refused. With 100,000 elements a side, several times:
//
//	go test ./replica/cluster -run Partition -v -full
func TestAPartitionHealsInTwoSecondsForLittleMoreThanDiffered(t *testing.T) {
	requireHeal(t, false)
}

// TestASilentPartitionHeals as well: the scatters that were in the connections are sent again.
func TestASilentPartitionHeals(t *testing.T) {
	requireHeal(t, true)
}
