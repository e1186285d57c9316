package operate_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"gset/internal/gsetd"
	"gset/replica/cluster"
)

func TestEachMetricMovesWhenWhatItCountsHappens(t *testing.T) {
	n := alone(t, func(c *gsetd.Config) { c.MaxMemory = 1 << 20 })
	c := n.dial(t)
	do := func(name string, args ...any) { _, _ = c.Do(name, args...) } // some are refused
	do("PING")                                                          // the connection is counted
	before := n.scrape(t)
	do("SADD", "set", "a", "b")
	do("INCR", "set")
	do("SADD", "set")
	do("SISMEMBER", "set", "a")
	large := []any{"set"}
	for i := range 32 {
		large = append(large, strings.Repeat(string(rune('a'+i)), 40<<10))
	}
	do("SADD", large...)
	after := n.scrape(t)
	for name, by := range map[string]float64{
		"gset_commands_total{command=sadd,outcome=ok}":       1,
		"gset_commands_total{command=sadd,outcome=rejected}": 2,
		"gset_commands_total{command=incr,outcome=failed}":   1,
		"gset_commands_total{command=sismember,outcome=ok}":  1,
		"gset_command_duration_seconds{command=sadd}":        1,
		"gset_errors_total{code=WRONGTYPE}":                  1,
		"gset_errors_total{code=OOM}":                        1,
		"gset_memory_refused_total":                          1,
		"gset_updates_total":                                 2,
		"gset_collections":                                   1,
		"gset_store_deltas_total":                            1,
		"gset_store_commit_duration_seconds":                 1,
		"gset_connections":                                   0,
		"gset_connections_refused_total{reason=too many}":    0,
	} {
		if got := after[name] - before[name]; got != by {
			t.Errorf("%s has moved by %v, and not by %v", name, got, by)
		}
	}
	for _, name := range []string{
		"gset_clients_bytes_total{direction=in}", "gset_clients_bytes_total{direction=out}", "gset_loop_turns_total",
		"gset_loop_busy_seconds_total", "gset_uptime_seconds", "gset_store_log_bytes", "gset_command_duration_seconds_sum{command=sadd}",
	} {
		if after[name] <= before[name] {
			t.Errorf("%s: %v, and then %v", name, before[name], after[name])
		}
	}
	if after["gset_memory_limit_bytes"] != 1<<20 || after["gset_memory_resident_bytes"] == 0 || after["gset_store_failing"] != 0 {
		t.Error(after)
	}
	if s := after["gset_certificate_expires_seconds{use=peer}"]; s <= 0 || s > 3600 {
		t.Error("a certificate of an hour expires in seconds:", s)
	}
	if s, there := after["gset_certificate_expires_seconds{use=none}"]; s != 0 || !there {
		t.Error("a certificate that nobody accepts expires in seconds:", s, there)
	}
}

func TestRefusedConnectionsAreCounted(t *testing.T) {
	n := alone(t, func(c *gsetd.Config) { c.MaxConns = 1 })
	c := n.dial(t)
	if _, err := c.Do("PING"); err != nil {
		t.Fatal(err)
	}
	other, err := net.Dial("tcp", n.clients)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	n.until(t, "refused", func(s scrape) bool {
		return s["gset_connections_refused_total{reason=too many}"] == 1 && s["gset_connections"] == 1
	})
}

func TestMembersMeasureEachOther(t *testing.T) {
	nodes := three(t)
	a := nodes[0]
	if _, err := a.dial(t).Do("SADD", "set", "x"); err != nil {
		t.Fatal(err)
	}
	a.until(t, "latency of each pair", func(s scrape) bool {
		for _, name := range []string{"b", "c"} {
			l := "{member=" + name + "}"
			if s["gset_replication_latency_seconds"+l] == 0 || s["gset_member_equal"+l] == 0 || s["gset_member_up"+l] == 0 {
				return false
			}
			if _, there := s["gset_member_beacon_age_seconds"+l]; !there || s["gset_member_behind_seconds"+l] > 0 {
				return false
			}
		}
		return s["gset_members{state=up}"] == 2 && s["gset_members{state=down}"] == 0 && s["gset_collections"] == 1 && s["gset_elements"] == 1 &&
			s["gset_traffic_bytes_total{direction=out,kind=packet}"] > 0 && s["gset_traffic_bytes_total{direction=in,kind=word}"] > 0
	})
	for _, command := range []string{"SADD", "INCRBY"} {
		if _, err := a.dial(t).Do(command, cluster.BeaconName, "1"); err == nil || !strings.HasPrefix(err.Error(), "ERR this name is reserved") {
			t.Errorf("%s of the members' beacons: %v", command, err)
		}
	}
	// A stranger is refused, and counted.
	strangerAt(t, a.peers)
	a.until(t, "a stranger", func(s scrape) bool {
		return s["gset_member_connections_refused_total{by=this node,reason=identity}"] == 1
	})
}

// strangerAt has somebody speak to a member who is none.
func strangerAt(t *testing.T, address string) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Write([]byte("not a handshake of TLS at all")); err != nil {
		t.Fatal(err)
	}
}

func TestEachMetricIsServedAndSaysWhatItIs(t *testing.T) {
	n := three(t)[0]
	if _, err := n.dial(t).Do("GET", "x", "y"); err == nil {
		t.Fatal("no error")
	}
	strangerAt(t, n.peers)
	n.until(t, "all", func(s scrape) bool {
		return s["gset_replication_latency_seconds{member=c}"] > 0 && s["gset_replication_latency_seconds{member=b}"] > 0 &&
			s["gset_member_connections_refused_total{by=this node,reason=identity}"] > 0
	})
	_, text := n.get(t, "/metrics")
	_, families := parse(t, text)
	source, err := os.ReadFile("families.go")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(source)) {
		rest, is := strings.CutPrefix(line, "\t{\"")
		name, _, _ := strings.Cut(rest, "\"")
		if !is {
			continue
		}
		f := families["gset_"+name]
		if f == nil || f.GetHelp() == "" {
			t.Errorf("gset_%s is not served", name)
			continue
		}
		delete(families, "gset_"+name)
	}
	for name := range families {
		if strings.HasPrefix(name, "gset_") {
			t.Errorf("%s is not in families.go", name)
		}
	}
}
