package squall

import (
	"maps"
	"slices"
	"strconv"
)

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

func intList(ns []int64) List {
	list := make(List, len(ns))
	for i, n := range ns {
		list[i] = n
	}
	return list
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

// edn has a whole 1 for no operations at all, and a float otherwise.
func (a Availability) edn() Map {
	var fraction any = float32(a.OKFraction)
	if a.none {
		fraction = 1
	}
	return Map{{Keyword("valid?"), a.Valid}, {Keyword("ok-fraction"), fraction}}
}

// crashesEDN writes crashes as Maelstrom writes its exceptions.
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
