package squall

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// Pretty returns the results as they are printed and written: a map in EDN.
func (r *Results) Pretty() []byte { return append(appendPretty(nil, r.edn(), 0), '\n') }

// Print writes the results to w as Maelstrom does: the map, and the verdict
// in words.
func (r *Results) Print(w io.Writer) error {
	text := r.Pretty()
	for _, f := range r.Faults {
		text = fmt.Appendf(text, "\nFrom %v\n", f)
	}
	_, err := fmt.Fprintf(w, "%s\n\n%s\n", text, r.verdict())
	return err
}

func (r *Results) verdict() string {
	switch r.Valid {
	case Valid:
		return "Everything looks good! ヽ(‘ー`)ノ"
	case Invalid:
		return "Analysis invalid! (ﾉಥ益ಥ）ﾉ ┻━┻"
	}
	return "No anomaly was found, but not enough was seen to tell. ಠ~ಠ"
}

// edn turns results into the map that is printed and written to results.edn.
func (r *Results) edn() Map {
	return Map{
		{Keyword("perf"), Map{
			{Keyword("latency-graph"), Map{{Keyword("valid?"), true}}},
			{Keyword("rate-graph"), Map{{Keyword("valid?"), true}}},
			{Keyword("valid?"), true},
		}},
		{Keyword("timeline"), Map{{Keyword("valid?"), true}}},
		{Keyword("exceptions"), crashesEDN(r.Crashes)},
		{Keyword("stats"), r.Stats.edn()},
		{Keyword("availability"), Map{
			{Keyword("valid?"), r.Availability.Valid},
			{Keyword("ok-fraction"), r.Availability.edn()},
		}},
		{Keyword("net"), r.Net.edn()},
		{Keyword("workload"), r.Workload.edn()},
		{Keyword("valid?"), r.Valid},
	}
}

// edn is a whole 1 for no operations at all, and a float otherwise.
func (a Availability) edn() any {
	if a.none {
		return 1
	}
	return float32(a.OKFraction)
}

func (s *OpStats) edn() Map {
	return Map{
		{Keyword("valid?"), s.Valid},
		{Keyword("count"), s.Count},
		{Keyword("ok-count"), s.OKCount},
		{Keyword("fail-count"), s.FailCount},
		{Keyword("info-count"), s.InfoCount},
	}
}

func (s *Stats) edn() Map {
	byF := Map{}
	for _, f := range slices.Sorted(maps.Keys(s.ByF)) {
		byF = append(byF, Pair{Keyword(f), s.ByF[f].edn()})
	}
	return append(s.OpStats.edn(), Pair{Keyword("by-f"), byF})
}

func (c CountStats) edn() Map {
	return Map{
		{Keyword("send-count"), c.SendCount},
		{Keyword("recv-count"), c.RecvCount},
		{Keyword("msg-count"), c.MsgCount},
	}
}

func (s *NetStats) edn() Map {
	all, clients, servers := s.All.edn(), s.Clients.edn(), s.Servers.edn()
	if s.Ops > 0 {
		all = append(all, Pair{Keyword("msgs-per-op"), float32(s.AllMsgsPerOp)})
		servers = append(servers,
			Pair{Keyword("msgs-per-op"), float32(s.ServersMsgsPerOp)},
			Pair{Keyword("bytes-per-op"), float32(s.ServersBytesPerOp)})
	}
	byType := Map{}
	for _, name := range slices.Sorted(maps.Keys(s.ByType)) {
		byType = append(byType, Pair{name, s.ByType[name]})
	}
	servers = append(servers, Pair{Keyword("byte-count"), s.ServerBytes}, Pair{Keyword("by-type"), byType})
	return Map{
		{Keyword("all"), all},
		{Keyword("clients"), clients},
		{Keyword("servers"), servers},
		{Keyword("valid?"), true},
	}
}

func crashesEDN(crashes []CrashStats) Map {
	m := Map{{Keyword("valid?"), true}}
	if crashes == nil {
		return m
	}
	list := List{}
	for _, c := range crashes {
		list = append(list, Map{
			{Keyword("count"), c.Count},
			{Keyword("class"), c.Class},
			{Keyword("example"), c.Example},
		})
	}
	return append(m, Pair{Keyword("exceptions"), list})
}

func intList(ns []int64) List {
	list := make(List, len(ns))
	for i, n := range ns {
		list[i] = n
	}
	return list
}

func (r *SetResult) edn() Map {
	worst := List{}
	for _, s := range r.WorstStale {
		worst = append(worst, Map{
			{Keyword("element"), s.Element},
			{Keyword("outcome"), Keyword("stable")},
			{Keyword("stable-latency"), s.StableLatency},
			{Keyword("lost-latency"), nil},
			{Keyword("known"), s.Known},
			{Keyword("last-absent"), s.LastAbsent},
		})
	}
	m := Map{
		{Keyword("worst-stale"), worst},
		{Keyword("duplicated-count"), len(r.Duplicated)},
		{Keyword("valid?"), r.Valid},
		{Keyword("lost-count"), len(r.Lost)},
		{Keyword("lost"), intList(r.Lost)},
		{Keyword("stable-count"), r.StableCount},
		{Keyword("stale-count"), len(r.Stale)},
		{Keyword("stale"), intList(r.Stale)},
		{Keyword("never-read-count"), len(r.NeverRead)},
	}
	if r.StableLatencies != nil {
		m = append(m, Pair{Keyword("stable-latencies"), r.StableLatencies.edn()})
	}
	if r.LostLatencies != nil {
		m = append(m, Pair{Keyword("lost-latencies"), r.LostLatencies.edn()})
	}
	duplicated := Map{}
	for _, value := range slices.SortedFunc(maps.Keys(r.Duplicated), compareElements) {
		duplicated = append(duplicated, Pair{jsonValue([]byte(value)), r.Duplicated[value]})
	}
	return append(m,
		Pair{Keyword("attempt-count"), r.AttemptCount},
		Pair{Keyword("never-read"), intList(r.NeverRead)},
		Pair{Keyword("duplicated"), duplicated})
}

// compareElements orders JSON texts: whole numbers by value, then the rest.
func compareElements(a, b string) int {
	x, errA := strconv.ParseInt(a, 10, 64)
	y, errB := strconv.ParseInt(b, 10, 64)
	switch {
	case errA == nil && errB == nil && x != y:
		return int(max(-1, min(1, float64(x)-float64(y))))
	case errA == nil && errB != nil:
		return -1
	case errA != nil && errB == nil:
		return 1
	}
	if a < b {
		return -1
	}
	return 1
}
