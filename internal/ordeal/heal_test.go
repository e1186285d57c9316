package ordeal

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// elementSize is the bytes of an element of a healed partition.
const elementSize = 15

// The two sides of a partition, each with adds of its own, hold the same soon after it ends. What it costs is
// measured, at the members' interfaces.
func TestPartitionHeals(t *testing.T) {
	c := newCluster(t, "a", "b", "c")
	for _, m := range c.members {
		m.flags = append(m.flags, "--http=127.0.0.1:0")
		c.start(m)
	}
	c.agree()
	began := time.Now()
	c.network.split(t, []string{"a"}, []string{"b", "c"})
	adds := size(100_000, 1000)
	for _, m := range c.members[:2] {
		c.fill(m, adds)
	}
	t.Logf("%d adds on each side took %v", adds, time.Since(began).Round(time.Millisecond))
	if *full { // what is measured is the end of a partition of 10 s
		<-time.After(time.Until(began.Add(10 * time.Second)))
	}
	before, kinds, used := c.traffic(), c.sentKinds(), c.processor(c.members...)
	began = time.Now()
	c.network.heal(t)
	first, reached := c.reach(adds, 2*adds)
	c.agree()
	agreed := time.Since(began)
	used = c.processor(c.members...) - used
	for _, m := range c.members {
		conn := c.connect(m)
		if n := c.number(conn, "SCARD", "s"); n != 2*adds {
			t.Errorf("%s holds %d elements, want %d", m.name, n, 2*adds)
		}
	}
	var after []string
	for i, m := range c.members {
		after = append(after, fmt.Sprintf("%s: %v to %v", m.name, first[i].Sub(began).Round(time.Millisecond), reached[i].Sub(began).Round(time.Millisecond)))
	}
	t.Logf("after the partition elements of the other side come, the first to the last: %s; all is proved after %v; the members take %v of a processor",
		strings.Join(after, ", "), agreed.Round(time.Millisecond), used.Round(time.Millisecond))
	c.logTraffic(before, 3*adds*elementSize)
	for i, now := range c.sentKinds() {
		t.Logf("%s sent %s", c.members[i].name, now.since(kinds[i]))
	}
	if err := c.crashes(); err != nil {
		t.Error(err)
	}
}

// kinds is what a member has sent to others, in bytes, by kind of message.
type kinds map[string]int64

// sentKinds returns what each member has sent.
func (c *cluster) sentKinds() (all []kinds) {
	c.t.Helper()
	for _, m := range c.members {
		text, err := m.fetch("/metrics")
		if err != nil {
			c.t.Fatal(err)
		}
		k := kinds{}
		for _, match := range sentKind.FindAllStringSubmatch(text, -1) {
			bytes, err := strconv.ParseFloat(match[2], 64)
			if err != nil {
				c.t.Fatal(err)
			}
			k[match[1]] = int64(bytes)
		}
		all = append(all, k)
	}
	return all
}

var sentKind = regexp.MustCompile(`gset_traffic_bytes_total{direction="out",kind="([^"]+)"} (.+)`)

// since says what has been sent since.
func (k kinds) since(before kinds) string {
	var each []string
	for _, kind := range slices.Sorted(maps.Keys(k)) {
		if bytes := k[kind] - before[kind]; bytes > 0 {
			each = append(each, fmt.Sprintf("%s %.1f kB", kind, float64(bytes)/1000))
		}
	}
	return strings.Join(each, ", ")
}

// fill adds elements to a member that no other member has.
func (c *cluster) fill(m *member, adds int) {
	c.t.Helper()
	conn := c.connect(m)
	const atOnce = 500
	for first := 0; first < adds; first += atOnce {
		for i := first; i < first+atOnce; i++ {
			_ = conn.Send("SADD", "s", fmt.Sprintf("%s%0*d", m.name, elementSize-len(m.name), i))
		}
		_ = conn.Flush()
		for range atOnce {
			if n, err := redis.Int(conn.Receive()); n != 1 || err != nil {
				c.t.Fatalf("%s: SADD: %d, %v", m.name, n, err)
			}
		}
	}
}

// reach returns when each member had more elements than it has had, and all.
func (c *cluster) reach(had, all int) (first, last []time.Time) {
	c.t.Helper()
	first, last = make([]time.Time, len(c.members)), make([]time.Time, len(c.members))
	var conns []redis.Conn
	for _, m := range c.members {
		conns = append(conns, c.connect(m))
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for missing := len(conns); missing > 0; {
		for i, conn := range conns {
			if !last[i].IsZero() {
				continue
			}
			n := c.number(conn, "SCARD", "s")
			if n > had && first[i].IsZero() {
				first[i] = time.Now()
			}
			if n == all {
				last[i] = time.Now()
				missing--
			}
		}
		select {
		case <-tick.C:
		case <-deadline:
			c.t.Fatalf("the members do not hold the same %v after the partition", patience)
		}
	}
	return first, last
}

// traffic returns what each member has sent, and received, where the network counts it.
func (c *cluster) traffic() (all [][2]int64) {
	for _, m := range c.members {
		if h, ok := m.host.(metered); ok {
			sent, received := h.traffic(c.t)
			all = append(all, [2]int64{sent, received})
		}
	}
	return all
}

// logTraffic prints what the members have sent since, beside the bytes of the elements that members lacked.
func (c *cluster) logTraffic(before [][2]int64, lacked int) {
	var each []string
	var sent []int64
	total := int64(0)
	for i, now := range c.traffic() {
		s, r := now[0]-before[i][0], now[1]-before[i][1]
		each = append(each, fmt.Sprintf("%s sent %d kB, received %d kB", c.members[i].name, s/1000, r/1000))
		sent, total = append(sent, s), total+s
	}
	if len(sent) == 0 {
		return
	}
	slices.Sort(sent)
	c.t.Logf("%s; in all %.2f x the %d kB that members lacked; the most of one is %.1f x the median",
		strings.Join(each, "; "), float64(total)/float64(lacked), lacked/1000, float64(sent[len(sent)-1])/float64(sent[len(sent)/2]))
}
