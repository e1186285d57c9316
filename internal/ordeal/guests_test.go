package ordeal

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"
)

// Members come and go, each with a name of its own on a host that was another's before. What they have added
// stays, and those that stay are as quick as before. What the guests leave behind is printed.
func TestGuestsComeAndGo(t *testing.T) {
	c := newCluster(t, "a", "b", "c")
	for _, m := range c.members {
		c.start(m)
	}
	c.agree()
	idle := time.Duration(size(5, 0)) * time.Second
	before := c.burden(idle)
	place := c.network.host(t, "place")
	guests := size(60, 3)
	for i := range guests {
		g := c.addOn(place, fmt.Sprint("guest", i))
		c.start(g)
		conn := c.connect(g)
		if n, err := redis.Int(conn.Do("SADD", "s", g.name)); n != 1 || err != nil {
			t.Fatalf("SADD: %d, %v", n, err)
		}
		if held := c.number(conn, "WAIT", 3, patience.Milliseconds()*9/10); held < 3 {
			t.Fatalf("%d others hold what %s has added, want 3", held, g.name)
		}
		c.stop(g)
		if err := os.RemoveAll(g.dir); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	c.agree()
	t.Logf("%d guests have come and gone; the members agree within %v", guests, time.Since(began).Round(time.Millisecond))
	for _, m := range c.members[:3] {
		if n := c.number(c.connect(m), "SCARD", "s"); n != guests {
			t.Errorf("%s holds %d elements, want %d", m.name, n, guests)
		}
	}
	t.Logf("before: %v", before)
	t.Logf("after:  %v", c.burden(idle))
	if err := c.crashes(); err != nil {
		t.Error(err)
	}
}

// burden says what it takes the first member to be one, and what while nothing happens for so long.
func (c *cluster) burden(idle time.Duration) string {
	m := c.members[0]
	conn := c.connect(m)
	var said []string
	show := func(section string, fields ...string) {
		values := c.info(conn, section)
		for _, f := range fields {
			said = append(said, f+" "+values[f])
		}
	}
	show("replication", "gset_members", "connected_slaves")
	show("memory", "used_memory_rss_human")
	if files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", m.cmd.Process.Pid)); err == nil {
		said = append(said, fmt.Sprint("open files ", len(files)))
	}
	if h, ok := m.host.(metered); ok && idle > 0 {
		used := c.processor(m)
		sent, received := h.traffic(c.t)
		<-time.After(idle)
		s, r := h.traffic(c.t)
		said = append(said, fmt.Sprintf("idle: %.1f kB/s sent, %.1f kB/s received, %.1f%% of a processor",
			float64(s-sent)/idle.Seconds()/1000, float64(r-received)/idle.Seconds()/1000, 100*(c.processor(m)-used).Seconds()/idle.Seconds()))
	}
	return strings.Join(said, ", ")
}

// info returns what INFO says of a section.
func (c *cluster) info(conn redis.Conn, section string) map[string]string {
	c.t.Helper()
	text, err := redis.String(conn.Do("INFO", section))
	if err != nil {
		c.t.Fatal(err)
	}
	values := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		values[name] = value
	}
	return values
}

// processor returns the processor time that members have taken.
func (c *cluster) processor(members ...*member) (took time.Duration) {
	c.t.Helper()
	for _, m := range members {
		values := c.info(c.connect(m), "cpu")
		for _, field := range []string{"used_cpu_user", "used_cpu_sys"} {
			seconds, err := strconv.ParseFloat(values[field], 64)
			if err != nil {
				c.t.Fatal(err)
			}
			took += time.Duration(seconds * float64(time.Second))
		}
	}
	return took
}
