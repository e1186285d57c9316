package cluster_test

import (
	"testing"
	"testing/synctest"
	"time"

	"gset/replica/cluster"
)

func TestWireExplore(t *testing.T) {
	for _, interval := range []time.Duration{20 * time.Millisecond, 250 * time.Millisecond} {
		for _, rate := range []int{1000, 10000} {
			for _, where := range []string{"hub", "leaf", "all"} {
				synctest.Test(t, func(t *testing.T) {
					v := newVirtual(t, 3, func(c *cluster.Config) { c.Interval = interval })
					hub := v.hub(t)
					at := []int{hub}
					switch where {
					case "leaf":
						at = []int{(hub + 1) % 3}
					case "all":
						at = []int{0, 1, 2}
					}
					first := v.addEvenly(t, at, 0, rate, 2*time.Second)
					all, before := v.tally(t), v.written()
					n := v.addEvenly(t, at, first, rate, 5*time.Second)
					synctest.Wait()
					bytes := v.written() - before
					per := float64(bytes) / float64(n) / 2 / 15
					t.Logf("interval %v rate %d at %s: %.3f x the element; %d bytes", interval, rate, where, per, bytes)
					engine := 0
					for kind, k := range all {
						t.Logf("   %8s %6d messages %9d bytes %8d elements  %.3f", kind, k.messages, k.bytes, k.elements, float64(k.bytes)/float64(n)/30)
						engine += k.bytes
					}
					t.Logf("   %8s %9d bytes %.3f", "other", bytes-int64(engine), float64(bytes-int64(engine))/float64(n)/30)
				})
			}
		}
	}
}
