package cluster_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gset/replica"
	"gset/replica/cluster"
)

var full = flag.Bool("full", false, "measure more: tables, and numbers as large as are promised")

// sized returns how large a test is: in short, as usual, or as large as is promised.
func sized[T int | time.Duration](short, usual, whole T) T {
	switch {
	case *full:
		return whole
	case testing.Short():
		return short
	default:
		return usual
	}
}

// maxWire is how many bytes members may write to the network for each byte of an element and each peer. In rounds of some
// hundreds of elements it is 1.0 to 1.1. A round that takes more than one scatter, with some 8,000 elements, spares nobody
// what it gathered: it is 1.6 if all is added at one leaf.
const maxWire = 1.5

// wireLoad is a steady load on three members.
type wireLoad struct {
	interval time.Duration
	rate     int    // elements of 15 bytes a second
	at       string // who adds: the hub, a leaf, all in turn
}

// wireBytes returns what a load writes to the network for each byte of an element and peer, and of that what the
// engine's messages are, by kind. All bytes count that members write to their connections: records of TLS, frames,
// probes and what memberlist sends.
func wireBytes(t *testing.T, l wireLoad) (all float64, kinds string) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, 3, func(c *cluster.Config) { c.Interval = l.interval })
		hub := v.hub(t)
		at := map[string][]int{"hub": {hub}, "leaf": {(hub + 1) % 3}, "all": {0, 1, 2}}[l.at]
		first := v.addEvenly(t, at, 0, l.rate, time.Second)
		sent, before := v.tally(t), v.written()
		long := sized(time.Second/2, 2*time.Second, 10*time.Second)
		unit := float64(v.addEvenly(t, at, first, l.rate, long) * 2 * len(element(0)))
		synctest.Wait()
		all = float64(v.written()-before) / unit
		rest := all
		for _, kind := range replica.Kinds() {
			if k := sent[kind]; k != nil {
				kinds += fmt.Sprintf(" %v %.3f", kind, float64(k.bytes)/unit)
				rest -= float64(k.bytes) / unit
			}
		}
		kinds = strings.TrimSpace(kinds) + fmt.Sprintf(" rest %.3f", rest)
	})
	return all, kinds
}

// TestWireBytesOfAnAddAreAtMostHalfAsManyAgainAsItsElement, for each peer, in steady load of some dozens to some thousands
// of elements a round. For a table of intervals and rates, also beyond that:
//
//	go test ./replica/cluster -run WireBytes -v -full
func TestWireBytesOfAnAddAreAtMostHalfAsManyAgainAsItsElement(t *testing.T) {
	intervals, rates := []time.Duration{20 * time.Millisecond, 250 * time.Millisecond}, []int{10_000}
	if *full {
		intervals = append(intervals, 50*time.Millisecond, 100*time.Millisecond, time.Second)
		rates = []int{300, 1000, 3000, 10_000, 30_000}
	}
	for _, interval := range intervals {
		for _, rate := range rates {
			for _, at := range []string{"hub", "leaf", "all"} {
				all, kinds := wireBytes(t, wireLoad{interval, rate, at})
				t.Logf("T = %v, %d/s at %s: %.2f (%s)", interval, rate, at, all, kinds)
				round := float64(rate) * interval.Seconds()
				if round >= 60 && round < 5000 && all > maxWire {
					t.Errorf("T = %v, %d/s at %s: %.2f bytes a byte of an element and peer, more than %.1f", interval, rate, at, all, maxWire)
				}
			}
		}
	}
}
