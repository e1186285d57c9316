package gsetd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gset/internal/gsetd"
	"gset/internal/resp/redistest"
)

// COMMAND INFO has the arities, flags and keys that Redis has.
func TestCommandInfoIsThatOfRedis(t *testing.T) {
	theirs, ours := dial(t, "unix", redistest.Start(t).Socket), dial(t, "tcp", serve(t, gsetd.Config{}))
	names := ours.do("COMMAND LIST").parts
	if len(names) < 70 {
		t.Fatalf("%d commands", len(names))
	}
	for _, name := range names {
		compareInfo(t, name.text, theirs, ours)
	}
}

func compareInfo(t *testing.T, name string, theirs, ours *peer) {
	t.Helper()
	want, got := theirs.call("COMMAND", "INFO", name).parts[0], ours.call("COMMAND", "INFO", name).parts[0]
	if want.null { // newer than this Redis
		if name != "client|setinfo" {
			t.Errorf("%s is not in Redis", name)
		}
		return
	}
	if docs := ours.call("COMMAND", "DOCS", name).parts; len(docs) != 2 || docs[0].text != name {
		t.Errorf("%s has no documentation", name)
	}
	for i, what := range []string{"name", "arity", "flags", "first key", "last key", "step"} {
		w, g := want.parts[i], got.parts[i]
		if what == "flags" {
			if ours.call("COMMAND", "DOCS", name).parts[1].parts[3].text == "refused" {
				continue
			}
			w, g = w.sorted(), g.sorted()
		}
		if w.String() != g.String() {
			t.Errorf("%s of %s: %s, Redis has %s", what, name, g, w)
		}
	}
	for _, sub := range got.parts[9].parts {
		if sub := sub.parts[0].text; !strings.HasSuffix(sub, "|help") {
			compareInfo(t, sub, theirs, ours)
		}
	}
}

// INFO has what exporters for Prometheus read.
func TestInfoHasWhatExportersRead(t *testing.T) {
	p := dial(t, "tcp", serve(t, gsetd.Config{MaxMemory: 1 << 30}))
	p.expect("SADD s a", ":1")
	p.expect("SADD s", "-ERR wrong number of arguments for 'sadd' command")
	p.expect("SISMEMBER s b", ":0")
	p.expect("GET s", "-WRONGTYPE Operation against a key holding the wrong kind of value")
	info := p.do("INFO all").text
	for _, key := range strings.Fields(`redis_version redis_mode os process_id run_id tcp_port uptime_in_seconds
		connected_clients maxclients blocked_clients used_memory used_memory_rss used_memory_peak maxmemory maxmemory_policy
		mem_fragmentation_ratio loading rdb_changes_since_last_save rdb_last_bgsave_status aof_enabled aof_last_write_status
		total_connections_received total_commands_processed instantaneous_ops_per_sec total_net_input_bytes
		total_net_output_bytes rejected_connections expired_keys evicted_keys keyspace_hits keyspace_misses pubsub_channels
		pubsub_patterns role connected_slaves master_repl_offset used_cpu_sys used_cpu_user cluster_enabled`) {
		if field(info, key) == "" {
			t.Errorf("INFO has no %s", key)
		}
	}
	for key, want := range map[string]string{
		"cmdstat_sadd":        "calls=1,",
		"errorstat_WRONGTYPE": "count=1",
		"errorstat_ERR":       "count=1",
		"db0":                 "keys=1,expires=0,avg_ttl=0",
		"keyspace_misses":     "1",
		"maxmemory":           "1073741824",
	} {
		if got := field(info, key); !strings.HasPrefix(got, want) {
			t.Errorf("%s:%s, want %s", key, got, want)
		}
	}
	if got := field(info, "cmdstat_sadd"); !strings.HasSuffix(got, "rejected_calls=1,failed_calls=0") {
		t.Errorf("cmdstat_sadd:%s", got)
	}
	histogram := p.do("LATENCY HISTOGRAM sadd").String()
	if !strings.HasPrefix(histogram, `*["sadd" *["calls" :1 "histogram_usec" *[:1 `) || !strings.HasSuffix(histogram, ":1]]]") {
		t.Errorf("LATENCY HISTOGRAM: %s", histogram)
	}
	p.expect("CONFIG RESETSTAT", "+OK")
	if got := field(p.do("INFO all").text, "cmdstat_sadd"); got != "" {
		t.Errorf("after CONFIG RESETSTAT cmdstat_sadd:%s", got)
	}
}

// SRANDMEMBER draws different elements when asked to, and each at about even chances.
func TestRandomElements(t *testing.T) {
	p := dial(t, "tcp", serve(t, gsetd.Config{}))
	const n, draws = 200, 40_000
	args := []string{"SADD", "s"}
	for i := range n {
		args = append(args, fmt.Sprint(i))
	}
	p.call(args...)
	for _, k := range []int{1, 2, 3, 50, n, 2 * n} {
		var some []string
		for _, e := range p.do(fmt.Sprint("SRANDMEMBER s ", k)).parts {
			some = append(some, e.text)
		}
		slices.Sort(some)
		if len(slices.Compact(some)) != min(k, n) {
			t.Errorf("SRANDMEMBER s %d: %d different elements", k, len(some))
		}
	}
	count := map[string]int{}
	for _, e := range p.do(fmt.Sprint("SRANDMEMBER s ", -draws)).parts {
		count[e.text]++
	}
	for e, times := range count {
		if times > 4*draws/n { // with gaps as chances, the most frequent would be drawn about ln(n) times as often as the mean
			t.Errorf("%s was drawn %d times of %d", e, times, draws)
		}
	}
	if len(count) != n {
		t.Errorf("%d of %d were drawn", len(count), n)
	}
}
