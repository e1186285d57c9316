package report

import (
	"slices"
	"strings"
	"testing"

	"gset/internal/bench/checker"
	"gset/internal/bench/edn"
	"gset/internal/bench/history"
	"gset/internal/bench/journal"
)

// keys are the keys of a map at any depth, as paths, but for those below :squall.
func keys(m edn.Map, path string) []string {
	var list []string
	for _, pair := range m {
		name, ok := pair[0].(edn.Keyword)
		if !ok {
			continue
		}
		at := strings.TrimPrefix(path+" "+string(name), " ")
		list = append(list, at)
		if inner, ok := pair[1].(edn.Map); ok && name != "squall" {
			list = append(list, keys(inner, at)...)
		}
	}
	return list
}

// maelstroms are the keys that Maelstrom has for a broadcast test, and squall's one.
var maelstroms = slices.Sorted(slices.Values(slices.Concat([]string{"squall", "valid?"},
	under("exceptions", "valid?"),
	under("stats", "valid?", "count", "ok-count", "fail-count", "info-count", "by-f"),
	under("stats by-f broadcast", "valid?", "count", "ok-count", "fail-count", "info-count"),
	under("stats by-f read", "valid?", "count", "ok-count", "fail-count", "info-count"),
	under("availability", "valid?", "ok-fraction"),
	under("net", "valid?"),
	under("net all", "send-count", "recv-count", "msg-count", "msgs-per-op"),
	under("net clients", "send-count", "recv-count", "msg-count"),
	under("net servers", "send-count", "recv-count", "msg-count", "msgs-per-op"),
	under("workload", "worst-stale", "duplicated-count", "valid?", "lost-count", "lost", "stable-count", "stale-count", "stale",
		"never-read-count", "stable-latencies", "attempt-count", "never-read", "duplicated"),
)))

// under is a key, and those below it.
func under(path string, keys ...string) []string {
	list := []string{path}
	for _, key := range keys {
		list = append(list, path+" "+key)
	}
	return list
}

// What squall tells and Maelstrom does not is below one key, so that the rest can be compared.
func TestWhatMaelstromDoesNotTellIsUnderAKeyOfSquallsOwn(t *testing.T) {
	h := &history.History{}
	began := h.Add(history.Op{F: "broadcast", Value: int64(1), Began: -1})
	h.Add(history.Op{Type: history.OK, F: "broadcast", Value: int64(1), Began: began})
	began = h.Add(history.Op{F: "read", Final: true, Began: -1})
	h.Add(history.Op{Type: history.OK, F: "read", Final: true, Value: history.ParseElements([]byte("[1,1]")), Began: began})
	r := &Results{Stats: checker.CheckStats(h), Workload: checker.CheckSet(h, "broadcast", "read"), History: h,
		Net: journal.NetStats{Ops: 2, ByType: map[string]int64{"gossip": 1}}, Words: []string{"VALID"}}
	got := keys(r.edn(r.Words), "")
	slices.Sort(got)
	if !slices.Equal(got, maelstroms) {
		t.Errorf("got  %q\nwant %q", got, maelstroms)
	}
	own := keys(r.own(r.Words), "")
	for _, key := range []string{"seed", "options", "strict", "muted-nodes", "servers bytes-per-op", "servers by-type", "schedule lag", "words", "duplicates", "missing-at-end count"} {
		if !slices.Contains(own, key) {
			t.Errorf("no %s in :squall, which has %q", key, own)
		}
	}
}
