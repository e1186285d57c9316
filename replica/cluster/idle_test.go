package cluster_test

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"gset/replica/cluster"
)

// idle is what a member of a cluster comes to while nobody adds anything.
type idle struct {
	members    int
	bytes      float64 // that a member writes to the network a second
	most       float64 // that the one does that writes most
	heap       float64 // bytes
	goroutines float64
	kinds      string // frames and bytes a second of each kind
}

func (i idle) String() string {
	return fmt.Sprintf("%d members: %.0f bytes/s a member, %.0f of the one that sends most; heap %.0f kB, %.1f goroutines (%s)",
		i.members, i.bytes, i.most, i.heap/1000, i.goroutines, i.kinds)
}

// idling measures a cluster of a size in virtual time, as gsetd configures its members.
func idling(t *testing.T, members int, beacon, long time.Duration) (i idle) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		heap, goroutines := inUse(), runtime.NumGoroutine()
		v := newVirtual(t, members, func(c *cluster.Config) { c.Beacon = beacon })
		time.Sleep(30 * time.Second) // what joining leaves to be done is done
		synctest.Wait()
		before, frames := v.writtenBy(), v.traffic(t)
		time.Sleep(long)
		synctest.Wait()
		i.members = members
		for k, written := range v.writtenBy() {
			rate := float64(written-before[k]) / long.Seconds()
			i.bytes += rate / float64(members)
			i.most = max(i.most, rate)
		}
		for k, now := range v.traffic(t) {
			if sent := now.SentFrames - frames[k].SentFrames; sent > 0 {
				each := long.Seconds() * float64(members)
				i.kinds += fmt.Sprintf(" %s %.2f, %.1f;", now.Kind, float64(sent)/each, float64(now.SentBytes-frames[k].SentBytes)/each)
			}
		}
		i.goroutines = float64(runtime.NumGoroutine()-goroutines) / float64(members)
		i.heap = (inUse() - heap) / float64(members)
	})
	return i
}

// inUse returns how many bytes of the heap are in use.
func inUse() float64 {
	runtime.GC()
	runtime.GC() // what finalizers have let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// writtenBy returns how many bytes each member has written to the network so far.
func (v *virtual) writtenBy() (bytes []int64) {
	for _, h := range v.hosts {
		bytes = append(bytes, h.Written())
	}
	return bytes
}

// traffic sums up what members have sent, by kind of frame.
func (v *virtual) traffic(t *testing.T) (sum []cluster.Traffic) {
	t.Helper()
	for _, n := range v.nodes {
		s, err := n.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if sum == nil {
			sum = make([]cluster.Traffic, len(s.Traffic))
		}
		for k, each := range s.Traffic {
			sum[k].Kind = each.Kind
			sum[k].SentFrames += each.SentFrames
			sum[k].SentBytes += each.SentBytes
		}
	}
	return sum
}

// TestWhatAnIdleMemberTakesGrowsNoFasterThanItsCluster: bytes a second, heap and goroutines, as members are gsetd's,
// with beacons and the failure detector. The member that sends most is the hub, which in large clusters scatters some of
// the beacons. For 100 members, and without beacons, in ten minutes:
//
//	go test ./replica/cluster -run IdleMember -v -full -timeout 1h
//
// It is measured in a process of its own: what the tests before it have left in the heap goes in between.
func TestWhatAnIdleMemberTakesGrowsNoFasterThanItsCluster(t *testing.T) {
	const ownProcess = "GSET_IDLE_MEMBERS"
	if os.Getenv(ownProcess) == "" {
		c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", fmt.Sprintf("-test.short=%v", testing.Short()), fmt.Sprintf("-full=%v", *full))
		c.Env = append(os.Environ(), ownProcess+"=1")
		out, err := c.CombinedOutput()
		if t.Logf("%s", out); err != nil {
			t.Error(err)
		}
		return
	}
	sizes, beacons := []int{8, 24}, []time.Duration{cluster.DefaultBeacon}
	if *full {
		sizes, beacons = []int{10, 25, 50, 100}, append(beacons, 0)
	}
	for _, beacon := range beacons {
		var all []idle
		for _, members := range sizes {
			i := idling(t, members, beacon, sized(30*time.Second, time.Minute, 2*time.Minute))
			t.Logf("beacons each %v: %v", beacon, i)
			all = append(all, i)
		}
		less := all[0]
		for _, i := range all[1:] {
			bound := float64(i.members-1) / float64(less.members-1) // as the others do, whom it has links with
			for what, grown := range map[string]float64{
				"bytes/s": i.bytes / less.bytes, "bytes/s of the one that sends most": i.most / less.most,
				"heap": i.heap / less.heap, "goroutines": i.goroutines / less.goroutines,
			} {
				if grown > bound {
					t.Errorf("%s grow by %.2f from %d members to %d", what, grown, less.members, i.members)
				}
			}
		}
	}
}
