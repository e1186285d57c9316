package checker

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
	"strings"

	"gset/internal/bench/edn"
	"gset/internal/bench/rawjson"
)

// EDN implements [Result].
func (r *Set) EDN() edn.Map {
	worst := edn.List{}
	for _, s := range r.WorstStale {
		worst = append(worst, edn.Map{
			{edn.Keyword("element"), s.Element},
			{edn.Keyword("outcome"), edn.Keyword("stable")},
			{edn.Keyword("stable-latency"), s.StableLatency},
			{edn.Keyword("lost-latency"), nil},
			{edn.Keyword("known"), s.Known},
			{edn.Keyword("last-absent"), s.LastAbsent},
		})
	}
	m := edn.Map{
		{edn.Keyword("worst-stale"), worst},
		{edn.Keyword("duplicated-count"), 0}, // see Duplicates
		{edn.Keyword("valid?"), r.Valid},
		{edn.Keyword("lost-count"), len(r.Lost)},
		{edn.Keyword("lost"), intList(r.Lost)},
		{edn.Keyword("stable-count"), r.StableCount},
		{edn.Keyword("stale-count"), len(r.Stale)},
		{edn.Keyword("stale"), intList(r.Stale)},
		{edn.Keyword("never-read-count"), len(r.NeverRead)},
	}
	if r.StableLatencies != nil {
		m = append(m, edn.Pair{edn.Keyword("stable-latencies"), r.StableLatencies.edn()})
	}
	if r.LostLatencies != nil {
		m = append(m, edn.Pair{edn.Keyword("lost-latencies"), r.LostLatencies.edn()})
	}
	return append(m,
		edn.Pair{edn.Keyword("attempt-count"), r.AttemptCount},
		edn.Pair{edn.Keyword("never-read"), intList(r.NeverRead)},
		edn.Pair{edn.Keyword("duplicated"), edn.Map{}})
}

// Own implements [Result]: the duplicates, and what is missing at the end.
func (r *Set) Own() edn.Map {
	duplicates := edn.Map{}
	for _, value := range slices.SortedFunc(maps.Keys(r.Duplicates), compareElements) {
		duplicates = append(duplicates, edn.Pair{edn.JSON([]byte(value)), r.Duplicates[value]})
	}
	return edn.Map{{edn.Keyword("duplicates"), duplicates}, {edn.Keyword("missing-at-end"), r.missingEDN()}}
}

// compareElements orders JSON texts: whole numbers by value, then the rest.
func compareElements(a, b string) int {
	x, y := wholeNumber(a), wholeNumber(b)
	switch {
	case x != nil && y != nil:
		return cmp.Or(x.Cmp(y), strings.Compare(a, b))
	case x != nil:
		return -1
	case y != nil:
		return 1
	}
	return strings.Compare(a, b)
}

// maxDigits bounds the whole numbers that are compared by value: making sense of longer ones
// takes time that grows with the square of their length.
const maxDigits = 1000

// wholeNumber returns the whole number that a JSON text is, nil if it is none.
func wholeNumber(text string) *big.Int {
	if !rawjson.IsInt([]byte(text)) || len(text) > maxDigits {
		return nil
	}
	n, _ := new(big.Int).SetString(text, 10)
	return n
}

func intList(ns []int64) edn.List {
	list := make(edn.List, len(ns))
	for i, n := range ns {
		list[i] = n
	}
	return list
}

// EDN is the counts as Jepsen writes them.
func (s *OpStats) EDN() edn.Map {
	return edn.Map{
		{edn.Keyword("valid?"), s.Valid},
		{edn.Keyword("count"), s.Count},
		{edn.Keyword("ok-count"), s.OKCount},
		{edn.Keyword("fail-count"), s.FailCount},
		{edn.Keyword("info-count"), s.InfoCount},
	}
}

// EDN is the counts as Jepsen writes them.
func (s *Stats) EDN() edn.Map {
	byF := edn.Map{}
	for _, f := range slices.Sorted(maps.Keys(s.ByF)) {
		byF = append(byF, edn.Pair{edn.Keyword(f), s.ByF[f].EDN()})
	}
	return append(s.OpStats.EDN(), edn.Pair{edn.Keyword("by-f"), byF})
}

// EDN has a whole 1 for no operations at all, and a float otherwise.
func (a Availability) EDN() edn.Map {
	var fraction any = float32(a.OKFraction)
	if a.none {
		fraction = 1
	}
	return edn.Map{{edn.Keyword("valid?"), a.Valid}, {edn.Keyword("ok-fraction"), fraction}}
}

// CrashesEDN writes crashes as Maelstrom writes its exceptions.
func CrashesEDN(crashes []CrashStats) edn.Map {
	m := edn.Map{{edn.Keyword("valid?"), true}}
	if crashes == nil {
		return m
	}
	list := edn.List{}
	for _, c := range crashes {
		list = append(list, edn.Map{
			{edn.Keyword("count"), c.Count},
			{edn.Keyword("class"), c.Class},
			{edn.Keyword("example"), c.Example},
		})
	}
	return append(m, edn.Pair{edn.Keyword("exceptions"), list})
}
