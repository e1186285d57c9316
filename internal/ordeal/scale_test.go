package ordeal

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gset/internal/seeded"
)

// newDistantCluster makes members that are down, any two of them so far from one another.
func newDistantCluster(t *testing.T, members int, delay time.Duration, flags ...string) *cluster {
	t.Helper()
	var network network
	n, err := delayed(t, delay)
	if network = n; err != nil {
		network = &relays{}
		t.Logf("there is no delay, as there are no namespaces: %v", err)
	}
	t.Log("network:", network.kind())
	c := newClusterIn(t, network)
	for i := range members {
		m := c.add(fmt.Sprintf("n%d", i+1))
		m.flags = append(append(m.flags, flags...), "--http=127.0.0.1:0")
	}
	return c
}

// metrics are what a member, or all of them together, tell the operator: values by name and labels.
type metrics map[string]float64

// metrics returns the sums of the members' metrics.
func (c *cluster) metrics(members ...*member) metrics {
	c.t.Helper()
	sums := metrics{}
	for _, m := range members {
		if err := m.scrape(sums); err != nil {
			c.t.Fatalf("%s: %v", m.name, err)
		}
	}
	return sums
}

// scrape adds a member's metrics.
func (m *member) scrape(sums metrics) error {
	text, err := m.fetch("/metrics")
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		if at := strings.LastIndexByte(line, '}'); at >= 0 {
			name, value = line[:at+1], strings.TrimSpace(line[at+1:])
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return fmt.Errorf("%q: %w", line, err)
		}
		sums[name] += v
	}
	return nil
}

// since returns by how much metrics have risen.
func (m metrics) since(before metrics) metrics {
	rise := metrics{}
	for name, v := range m {
		rise[name] = v - before[name]
	}
	return rise
}

// sum sums up the metrics of a name, whatever their labels, but for those with labels of which one is excluded.
func (m metrics) sum(name string, but ...string) (sum float64) {
	for series, v := range m {
		base, _, _ := strings.Cut(series, "{")
		if base == name && !slices.ContainsFunc(but, func(label string) bool { return strings.Contains(series, label) }) {
			sum += v
		}
	}
	return sum
}

// What no message of the engine is, in the metrics of traffic, and what is received.
var notEngine = []string{`kind="packet"`, `kind="word"`, `direction="in"`}

// kinds says how many frames were sent of each kind, for each operation.
func (m metrics) kinds(operations float64) string {
	var said []string
	for _, series := range slices.Sorted(maps.Keys(m)) {
		rest, ok := strings.CutPrefix(series, `gset_traffic_frames_total{direction="out",kind="`)
		if ok && m[series] > 0 {
			said = append(said, fmt.Sprintf("%s %.3f", strings.TrimSuffix(rest, `"}`), m[series]/operations))
		}
	}
	return strings.Join(said, ", ")
}

// An element that a client has added at any of 25 members is soon at all of them, at few messages, where it takes
// 100 ms from any member to any other: what the bench shows of the engine holds for the daemon. The short form has
// few members, which are near.
func TestTwentyFiveNodesAHundredMillisecondsApart(t *testing.T) {
	second := time.Duration(size(20, 1)) * time.Second
	const rate = 100
	half, all := work{"half", rate, second, 0.5}, work{"all", rate, second, 1}
	if !*full {
		distant(t, nil, half)
		return
	}
	t.Run("on disk", func(t *testing.T) { distant(t, nil, half, all) })
	t.Run("on disk every second", func(t *testing.T) { distant(t, []string{"--fsync=everysec"}, half) })
}

// distant gives distant members with these flags one work after the other.
func distant(t *testing.T, flags []string, all ...work) {
	t.Helper()
	members, delay := size(25, 5), time.Duration(size(100, 20))*time.Millisecond
	c := newDistantCluster(t, members, delay, flags...)
	if _, err := gsetd(); err != nil { // builds it
		t.Fatal(err)
	}
	began := time.Now()
	c.startAll()
	t.Logf("%d members, %v apart, know one another after %v", members, delay, time.Since(began).Round(time.Millisecond))
	c.agree()
	seed := seeded.Seed(t)
	for _, w := range all {
		c.measure(w, rand.New(rand.NewPCG(seed, 0)))
		c.agree()
	}
	if err := c.crashes(); err != nil {
		t.Error(err)
	}
}

// measure gives the members work, and prints what it comes to.
func (c *cluster) measure(w work, random *rand.Rand) {
	c.t.Helper()
	all, adds := w.draw(random)
	s := newSpread(w.set, adds, len(c.members))
	s.subscribe(c)
	before, wire, used := c.metrics(c.members...), c.sent(), c.processor(c.members...)
	_ = c.delays()
	began := time.Now()
	late := w.run(c.t, c, all, s, random)
	select {
	case <-s.done:
	case <-time.After(patience):
		c.t.Fatalf("elements of %d are not at all members after %v", adds, patience)
	}
	long := time.Since(began)
	used, wire = c.processor(c.members...)-used, c.sent()-wire
	if said := c.delays(); said != "" {
		c.t.Log("the network: ", said)
	}
	rise := c.metrics(c.members...).since(before)
	for _, m := range c.members {
		if n := c.number(c.connect(m), "SCARD", w.set); n != adds {
			c.t.Errorf("%s holds %d elements, want %d", m.name, n, adds)
		}
	}
	c.t.Logf("%d operations in %v, %v too late at most, %d of them SADD; the members take %.0f%% of a processor", len(all), long.Round(time.Millisecond), late.Round(time.Millisecond), adds, 100*used.Seconds()/long.Seconds())
	for _, of := range []struct {
		what string
		all  []time.Duration
	}{{"until each member's clients can read it", s.latencies()}, {"until the last read that misses it, as the bench has it", s.stable()}} {
		if len(of.all) > 0 {
			c.t.Logf("%s: median, p95, p99, max in ms: %v", of.what, quantiles(of.all, 0.5, 0.95, 0.99, 1))
		}
	}
	rise.print(c.t, float64(len(all)), float64(adds), float64(wire))
}

// sent returns what all members have sent, where the network counts it.
func (c *cluster) sent() (bytes int64) {
	for _, each := range c.traffic() {
		bytes += each[0]
	}
	return bytes
}

// print prints by how much the metrics of all members have risen in so many operations.
func (m metrics) print(t *testing.T, operations, adds, wire float64) {
	t.Helper()
	frames, bytes := m.sum("gset_traffic_frames_total", notEngine...), m.sum("gset_traffic_bytes_total", notEngine...)
	t.Logf("messages of the engine an operation: %.2f, of %.0f bytes; an SADD comes to %.0f bytes of them, and %.0f on the wire, all in all",
		frames/operations, bytes/frames, bytes/adds, wire/adds)
	t.Logf("frames by kind: %s", m.kinds(operations))
	mean := func(name string) (count, ms float64) {
		count = m.sum(name + "_count")
		return count, 1000 * m.sum(name+"_sum") / count
	}
	commits, commit := mean("gset_store_commit_duration_seconds")
	beacons, proof := mean("gset_replication_latency_seconds")
	t.Logf("commits: %.0f, of %.1f ms in the mean; beacons: %.0f, proved after %.0f ms in the mean", commits, commit, beacons, proof)
}
