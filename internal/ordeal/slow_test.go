package ordeal

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// slow limits what a host sends, and what it is sent.
func (h *namespace) slow(kilobits int) error {
	const bucket = "tbf burst 32kbit latency 400ms rate"
	rate := fmt.Sprintf("%s %dkbit", bucket, kilobits)
	tc := func(where func(program string, args ...string) error, device string) error {
		return where("tc", append([]string{"qdisc", "replace", "dev", device, "root"}, strings.Fields(rate)...)...)
	}
	if err := tc(h.run, "peers"); err != nil {
		return err
	}
	return tc(h.network.run, fmt.Sprint("port", h.number))
}

// run runs a program on the host.
func (h *namespace) run(program string, args ...string) error {
	if out, err := h.command(program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w: %s", program, args, err, out)
	}
	return nil
}

// run runs a program beside the bridges.
func (n *namespaces) run(program string, args ...string) error {
	if out, err := n.inside(append([]string{program}, args...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w: %s", program, args, err, out)
	}
	return nil
}

// A member behind a link that is far slower than what clients add elsewhere delays no client and takes no memory of the
// others, and comes to hold everything.
func TestSlowMemberCatchesUp(t *testing.T) {
	c := newCluster(t, "a", "b", "slow")
	for _, m := range c.members {
		c.start(m)
	}
	c.agree()
	const mbits, elementBytes = 8, 1000
	adds := size(20_000, 2000)
	c.addLarge("before", adds, elementBytes)
	c.agree()
	began, used := time.Now(), c.processor(c.members...)
	c.addLarge("fast", adds, elementBytes)
	t.Logf("%d MB were added in %v, and the members took %v of a processor", adds*elementBytes>>20,
		time.Since(began).Round(time.Millisecond), (c.processor(c.members...) - used).Round(time.Millisecond))
	c.agree()
	if h, ok := c.members[2].host.(*namespace); ok {
		if err := h.slow(mbits * 1000); err != nil {
			t.Log("no link is slow here:", err)
		}
	}
	before := c.burden(0)
	began = time.Now()
	c.addLarge("s", adds, elementBytes)
	took := time.Since(began)
	behind := adds - c.number(c.connect(c.members[2]), "SCARD", "s")
	during := c.burden(0)
	c.agree()
	t.Logf("%d MB more were added in %v; the slow member lacked %d of %d elements then, and had all after %v, at %d Mbit/s",
		adds*elementBytes>>20, took.Round(time.Millisecond), behind, adds, time.Since(began).Round(time.Millisecond), mbits)
	t.Logf("a before: %s; when all was added: %s; at the end: %s", before, during, c.burden(0))
	for _, m := range c.members {
		if n := c.number(c.connect(m), "SCARD", "s"); n != adds {
			t.Errorf("%s holds %d elements, want %d", m.name, n, adds)
		}
	}
	if err := c.crashes(); err != nil {
		t.Error(err)
	}
}

// addLarge adds elements of some bytes to a set of the first member.
func (c *cluster) addLarge(set string, adds, bytes int) {
	c.t.Helper()
	conn := c.connect(c.members[0])
	const atOnce, digits = 100, 12
	fill := strings.Repeat("x", bytes-digits)
	for first := 0; first < adds; first += atOnce {
		for i := range atOnce {
			_ = conn.Send("SADD", set, fmt.Sprintf("%0*d%s", digits, first+i, fill))
		}
		_ = conn.Flush()
		for range atOnce {
			if n, err := redis.Int(conn.Receive()); n != 1 || err != nil {
				c.t.Fatalf("SADD: %d, %v", n, err)
			}
		}
	}
}
