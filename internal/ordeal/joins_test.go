package ordeal

import (
	"slices"
	"testing"
	"time"
)

// A fresh member comes to hold all that the others do, under a load of their clients. How long that takes, and for how long
// clients wait meanwhile, is measured with 1,000,000 elements:
//
//	go test ./internal/ordeal -run TestAFreshMemberHoldsAll -full -v
func TestAFreshMemberHoldsAll(t *testing.T) {
	c := newCluster(t, "a", "b", "fresh")
	for _, m := range c.members[:2] {
		c.start(m)
	}
	held := size(1_000_000, 2000)
	c.fill(c.members[0], held)
	conn := c.connect(c.members[1])
	for c.number(conn, "SCARD", "s") < held {
		<-time.After(10 * time.Millisecond)
	}
	calm := make(chan struct{})
	time.AfterFunc(time.Duration(size(10_000, 100))*time.Millisecond, func() { close(calm) })
	before := c.waits(c.members[1], calm)

	ready := make(chan struct{})
	meanwhile := make(chan []time.Duration)
	go func() { meanwhile <- c.waits(c.members[1], ready) }()
	began := time.Now()
	fresh := c.members[2]
	c.start(fresh)
	serves := time.Since(began)
	conn = c.connect(fresh)
	for c.number(conn, "SCARD", "s") < held {
		<-time.After(time.Millisecond)
	}
	took := time.Since(began)
	close(ready)
	after := <-meanwhile
	c.agree()
	t.Logf("%d elements: a fresh member serves %v after its start, and holds all after %v", held, serves.Round(time.Millisecond), took.Round(time.Millisecond))
	t.Logf("an INCR at another member, median, p99 and longest: %v before, %v meanwhile", spans(before), spans(after))
	if n := c.number(conn, "GET", "waits"); n != len(before)+len(after) {
		t.Errorf("%d increments were acknowledged, and the fresh member counts %d", len(before)+len(after), n)
	}
	if err := c.crashes(); err != nil {
		t.Error(err)
	}
}

// waits has a client of a member count, a thousand times a second at most, until end is closed. It returns how long each
// answer took, sorted.
func (c *cluster) waits(m *member, end <-chan struct{}) (all []time.Duration) {
	conn, err := m.dial()
	if err != nil {
		c.t.Error(err)
		return nil
	}
	defer conn.Close()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-end:
			slices.Sort(all)
			return all
		case <-tick.C:
		}
		began := time.Now()
		if _, err := conn.Do("INCR", "waits"); err != nil {
			c.t.Error(err)
			<-end
			return all
		}
		all = append(all, time.Since(began))
	}
}

// spans returns the median, the 99th percentile and the greatest of durations that are sorted.
func spans(sorted []time.Duration) (some []time.Duration) {
	if len(sorted) == 0 {
		return nil
	}
	for _, i := range []int{len(sorted) / 2, len(sorted) * 99 / 100, len(sorted) - 1} {
		some = append(some, sorted[i].Round(10*time.Microsecond))
	}
	return some
}
